"""Packets as long as the far end asks for (a=ptime, RFC 4566 section 6), 10–60 ms, made from frames of 20 ms.

Only what media makes is cut anew: prompts, music, mixes, silence. What is forwarded keeps the packets it came in.
"""

from __future__ import annotations

from yingda.kernel.clock import MS
from yingda.media.g711 import FRAME

SHORTEST_MS, LONGEST_MS, STEP_MS = 10, 60, 10
USUAL_MS = 20
STALE = 2 * USUAL_MS * MS
"""µs after which what is left of an earlier frame is the past: something else was forwarded in between."""


class Portions:
    """The frames of one leg. ptime_ms: rounded down to what can be made."""

    def __init__(self, ptime_ms: int) -> None:
        self.samples = 8 * ptime_of(ptime_ms)
        self._rest, self._at = b"", 0

    def cut(self, frame: bytes, now: int) -> list[bytes]:
        """All packets that this frame completes; the rest waits for the next one."""
        waiting = (self._rest if now - self._at < STALE else b"") + frame
        whole = len(waiting) - len(waiting) % self.samples
        self._rest, self._at = waiting[whole:], now
        return [waiting[at : at + self.samples] for at in range(0, whole, self.samples)]


def ptime_of(ptime_ms: int) -> int:
    return min(LONGEST_MS, max(SHORTEST_MS, ptime_ms - ptime_ms % STEP_MS))


def portions(ptime_ms: int) -> Portions | None:
    """None where frames go out as they are."""
    return None if 8 * ptime_of(ptime_ms) == FRAME else Portions(ptime_ms)
