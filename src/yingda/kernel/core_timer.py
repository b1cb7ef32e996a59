"""The one timer of the loop that wakes a sans-IO core when it wants to be called, and not before.

A loop counts in whole milliseconds and rounds: uvloop's timers ring up to 1.5 ms early, half of them. A core that is
called too early has nothing to do and asks again, for what is left, which rounds to nothing: the plane goes round until
the time has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from yingda.kernel.clock import MS, SECOND

_ROUNDED = 2 * MS - 1
"""Up to the next whole ms, and one more, for the loop's own time is behind by up to one."""


class CoreTimer:
    """now: the core's time, µs. ring: called at `due` + `late`, or a moment after. late, µs: how long what is due may
    wait for what falls due soon after, so that the plane wakes once for both."""

    def __init__(self, now: Callable[[], int], ring: Callable[[], None], late: int = 0) -> None:
        self._now, self._ring, self._late = now, ring, late
        self._due: int | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._set_for = 0

    def set(self, due: int | None) -> None:
        """Ring at `due` (µs) instead of whenever it was before; None: not at all.

        The loop's timer is only ever moved forward, for to take one back costs a turn of the loop: it looks at what is
        wanted when it rings.
        """
        self._due = due
        if due is None or (self._handle is not None and self._set_for <= due):
            return
        if self._handle is not None:
            self._handle.cancel()
        self._set_for = due
        ms = max(0, due + self._late - self._now() + _ROUNDED) // MS
        self._handle = asyncio.get_running_loop().call_later(ms * MS / SECOND, self._rings)

    def stop(self) -> None:
        """Not at all, and the loop holds nothing of it."""
        self._due = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _rings(self) -> None:
        due, self._due, self._handle = self._due, None, None
        if due is not None and due > self._set_for:
            self.set(due)
        elif due is not None:
            self._ring()
