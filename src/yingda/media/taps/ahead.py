"""What a tap's leg will hear: µ-law that came faster than it is heard, given out at the media process's pace.

Positions count bytes since the beginning. Marks are names at positions: they come up when all before them was heard.
"""

from __future__ import annotations

import asyncio
from collections import deque

from yingda.media.g711 import FRAME, SILENCE, Law

TURN_S = 0.02
FRAMES_IN_HAND = 4
"""What the media process may have in hand: 80 ms against a late turn of ours."""


class Ahead:
    def __init__(self) -> None:
        self._waiting = bytearray()
        self._fed = self._given = 0
        self._in_hand = 0
        self._empty = asyncio.Event()  # set in the loop's thread only, by `take` and `flush`
        self._empty.set()
        self._marks: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def feed(self, law: bytes) -> None:
        self._empty.clear()
        self._waiting += law
        self._fed += len(law)

    def mark(self, name: str) -> None:
        """Behind everything that was fed."""
        self._marks.append((self._fed, name))

    def take(self) -> tuple[list[bytes], list[str]]:
        """Once each 20 ms: frames to hear now, and the marks that were reached."""
        self._in_hand = max(0, self._in_hand - 1)
        if 0 < len(self._waiting) < FRAME and self._in_hand == 0:  # the end of an utterance
            self._waiting += SILENCE[Law.MU] * (FRAME - len(self._waiting))
        frames: list[bytes] = []
        while len(self._waiting) >= FRAME and self._in_hand < FRAMES_IN_HAND:
            frames.append(bytes(self._waiting[:FRAME]))
            del self._waiting[:FRAME]
            self._given += FRAME
            self._in_hand += 1
        if not self._waiting:
            self._empty.set()
        return frames, self._reached(self._given - self._in_hand * FRAME)

    async def heard(self) -> None:
        """Settles when nothing waits any more, here or in the media process."""
        await self._empty.wait()
        await asyncio.sleep(FRAMES_IN_HAND * TURN_S)

    def flush(self) -> list[str]:
        """Forget what waits; its marks are over too."""
        self._waiting.clear()
        self._empty.set()
        self._in_hand = 0
        self._given = self._fed
        return self._reached(self._fed)

    def _reached(self, heard: int) -> list[str]:
        names: list[str] = []
        while self._marks and self._marks[0][0] <= heard:
            names.append(self._marks.popleft()[1])
        return names
