"""Time: whole microseconds of UTC, never going back (metrics.md, law 2).

Wall time is read once at the start and carried on by the monotonic clock; when the wall clock drifts away
(NTP), the difference is taken up at 500 ppm at most, so durations stay honest.
Cores never read a clock: they are given `now`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

SECOND = 1_000_000
MS = 1_000
SLEW_PPM = 500


class Clock(Protocol):
    def now(self) -> int:
        """UTC in µs; never less than the answer before."""
        ...


def _wall() -> int:
    return time.time_ns() // 1000


def _monotonic() -> int:
    return time.monotonic_ns() // 1000


class SystemClock:
    """Slewed-monotonic UTC. `not_before` (µs): the latest time already on the books."""

    def __init__(
        self, not_before: int = 0, wall: Callable[[], int] = _wall, monotonic: Callable[[], int] = _monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._anchor_mono = monotonic()
        self._anchor_at = max(wall(), not_before)

    def now(self) -> int:
        mono = self._monotonic()
        passed = mono - self._anchor_mono
        at = self._anchor_at + passed
        if passed >= SECOND:  # slewing by whole seconds keeps the rounding of tiny steps out
            allowed = passed * SLEW_PPM // SECOND
            at += max(-allowed, min(allowed, self._wall() - at))
            self._anchor_mono, self._anchor_at = mono, at
        return at


class VirtualClock:
    """A clock that a simulation moves."""

    def __init__(self, at: int = 0) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def advance_to(self, at: int) -> None:
        if at < self.at:
            raise ValueError(f"time cannot go back from {self.at} to {at}")
        self.at = at
