"""What a session does by the clock while its caller listens: marks that are passed, sound while something is fetched.

VoiceXML 2.1, 4 (marks); VoiceXML 2.0, 6.1.1 and 6.3.5 (fetchaudio, fetchaudiodelay, fetchaudiominimum).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from yingda.ivr.voicexml.effects import Fetch

_WAV_HEAD: Final = 44
_BYTE_RATE_AT: Final = 28


class Marks:
    """passed: told a play's request and the mark's name, at the mark's time."""

    def __init__(self, passed: Callable[[int, str], None]) -> None:
        self._passed = passed
        self._waiting: list[tuple[asyncio.TimerHandle, int, str]] = []

    def begin(self, request: int, places: list[tuple[int, str]]) -> None:
        """It plays from now on. places: (ms from its beginning, name)"""
        self.drop()
        loop = asyncio.get_running_loop()
        for ms, name in places:
            handle = loop.call_later(ms / 1_000, self._pass, request, name)
            self._waiting.append((handle, request, name))

    def end(self) -> None:
        """It was heard to its end: so were all of them."""
        waiting, self._waiting = self._waiting, []
        for handle, request, name in waiting:
            handle.cancel()
            self._passed(request, name)

    def drop(self) -> None:
        """It was stopped: what was not reached will not be."""
        for handle, _, _ in self._waiting:
            handle.cancel()
        self._waiting.clear()

    def _pass(self, request: int, name: str) -> None:
        self._waiting = [one for one in self._waiting if one[2] != name or one[1] != request]
        self._passed(request, name)


def duration_ms(item: str) -> int:
    """How long a player item lasts; 0 where that cannot be seen."""
    kind, _, rest = item.partition(":")
    if kind == "silence":
        return int(rest)
    try:
        path = Path(rest)
        with path.open("rb") as file:
            (rate,) = struct.unpack_from("<I", file.read(_WAV_HEAD), _BYTE_RATE_AT)
        return max(0, path.stat().st_size - _WAV_HEAD) * 1_000 // rate if rate else 0
    except (OSError, struct.error):
        return 0


class FetchAudio:
    """play: begin to play a sound, awaited until it plays; stop: end it, by the same number."""

    def __init__(self, play: Callable[[int, str], Awaitable[bool]], stop: Callable[[int], None]) -> None:
        self._play, self._stop = play, stop

    async def while_fetching(self, fetch: Fetch, answer: Awaitable[object]) -> None:
        """Until the answer is there: nothing for fetchaudiodelay, then the sound for fetchaudiominimum at least."""
        getting = asyncio.ensure_future(answer)
        done, _ = await asyncio.wait([getting], timeout=fetch.audio_delay_ms / 1_000)
        if done:
            return
        number = -fetch.request  # its own, beside the interpreter's
        if await self._play(number, fetch.audio):
            least = asyncio.create_task(asyncio.sleep(fetch.audio_minimum_ms / 1_000))
            await asyncio.wait([getting, least], return_when=asyncio.ALL_COMPLETED)
            self._stop(number)
        await asyncio.wait([getting])
