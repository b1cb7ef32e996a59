"""What the ledger has of a contact. It is written before anything is visible, so every message of a leader's feed is a
moment to look again: nothing is asked for in turns."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets

from tests.planes.house import House
from yingda.kernel.event import Envelope
from yingda.kernel.ledger.reader import merged


class Witness:
    """calls: every call that was ever shown, by id, as it was shown last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._news = asyncio.Event()
        self.calls: dict[str, dict[str, Any]] = {}

    @classmethod
    @asynccontextmanager
    async def of(cls, house: House) -> AsyncIterator[Witness]:
        witness = cls(house)
        leader = await house.person("leader")
        headers = {"Cookie": leader.cookie}
        address = f"{house.url.replace('http', 'ws')}/api/v1/feed"
        async with websockets.connect(address, additional_headers=headers, max_size=None) as feed:
            follows = asyncio.create_task(witness._follow(feed))
            try:
                yield witness
            finally:
                follows.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await follows

    async def _follow(self, feed: websockets.ClientConnection) -> None:
        async for text in feed:
            self._take(json.loads(text))
            self._news.set()

    def _take(self, said: dict[str, Any]) -> None:
        self.calls.update(said.get("docs", {}).get("calls", {}))
        for collection, ident, doc in said.get("set", ()):
            if collection == "calls":
                self.calls[ident] = doc

    async def until(self, such: Callable[[], bool], complaint: Callable[[], str], seconds: float = 15) -> None:
        """Look now, and again at every message of the feed."""
        try:
            async with asyncio.timeout(seconds):
                while not such():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(complaint()) from None

    async def contact(self, number: str) -> str:
        """The id of the newest contact with this number."""

        def found() -> list[str]:
            mine = [one for one in self.calls.values() if str(one.get("caller") or "").endswith(number[-8:])]
            return [one["id"] for one in sorted(mine, key=lambda one: int(one["started"]))]

        await self.until(lambda: bool(found()), lambda: f"no call of {number} was seen")
        return found()[-1]

    async def events(self, number: str, *kinds: str) -> list[Envelope]:
        """All events of his contact, as soon as these kinds are among them; a kind that is named twice, twice."""
        contact = await self.contact(number)

        def now() -> list[Envelope]:
            return [one for one in merged(self._house.data / "ledger") if one.interaction_id == contact]

        def missing() -> Counter[str]:
            return Counter(kinds) - Counter(one.kind for one in now())

        await self.until(lambda: not missing(), lambda: f"the ledger lacks {[*missing()]} of {number}")
        return now()
