"""The stage of callers' stories with flows: the centre, who calls it, and what its books say of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers.ports import PortBlock

from tests.peers.keying import Dialler, Witness
from tests.peers.sipp import Sipp
from tests.planes.flow_documents import byte_of
from tests.planes.house import House

CALLER_SAYS, PARTY_SAYS = 6_000, 10_000
"""Levels of voices: a caller's, that of whom a flow calls for him."""
DEADLINE_S = 180.0
"""For all stories together, on a slow machine."""


@dataclass
class Stage:
    """The centre, and who calls it."""

    centre: House
    witness: Witness
    ports: PortBlock
    folder: Path
    parties: dict[int, Sipp] = field(default_factory=dict)
    _callers: int = 0

    async def call(self, *steps: str) -> Dialler:
        """A caller of his own number dials the menu."""
        self._callers += 1
        number = f"1380000{self._callers:04}"
        caller = await Dialler.start(
            self.folder / number, self.witness, self.ports, server=("127.0.0.1", self.centre.sip), steps=list(steps),
            number=number, deadline=DEADLINE_S,
        )  # fmt: skip
        self.centre.stack.push_async_callback(caller.sipp.stop)
        return caller

    async def in_menu(self, *steps: str) -> Dialler:
        """… and is welcomed."""
        caller = await self.call(*steps)
        await caller.hears(byte_of("welcome"))
        return caller

    async def books(self, caller: Dialler, *kinds: str) -> list[dict[str, Any]]:
        """The events of these kinds of a caller's contact, once the books have one of each."""
        return await self.booked(caller.number, *kinds)

    async def booked(self, number: str, *kinds: str) -> list[dict[str, Any]]:
        """The same by the caller's number."""
        leader = await self.centre.person("leader")
        async with asyncio.timeout(30):
            while True:
                found = (await leader.get("/calls", number=number))["items"]
                calls = [one["interaction_id"] for one in found if one["medium"] == "voice"]  # not the call he is owed
                path = f"/calls/{calls[0]}" if calls else ""
                events = [one for one in (await leader.get(path))["timeline"] if one["kind"] in kinds] if path else []
                if {one["kind"] for one in events} == set(kinds):
                    return events
                await asyncio.sleep(0.2)  # until the books have it

    async def told(self, caller: Dialler, *kinds: str) -> list[dict[str, Any]]:
        return [one["data"] for one in await self.books(caller, *kinds)]


Story = Callable[[Stage], Awaitable[None]]


async def over(caller: Dialler) -> None:
    """The scenario went through, to its last message."""
    done = await caller.done()
    assert done.ok, done.report
