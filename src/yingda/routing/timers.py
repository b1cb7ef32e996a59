"""What falls due when. Deadlines live in the things themselves; this is the index over them.

A deadline that no longer holds is not searched for: it is found stale when its turn comes. What is due at the same
instant comes in the order of kind and id, so a restored state goes on exactly as the one it was taken from.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heapify, heappop, heappush

_SLACK = 64


class Due(IntEnum):
    """In the order they are dealt with when due together."""

    OFFER = 1
    WRAPUP = 2
    LONGEST_WAIT = 3
    RETRY = 4


class Timers:
    """holds(at, kind, id): whether that deadline is still in force."""

    def __init__(self, holds: Callable[[int, Due, str], bool]) -> None:
        self._holds = holds
        self._heap: list[tuple[int, Due, str]] = []
        self._clear_at = _SLACK

    def set(self, at: int, kind: Due, item: str) -> None:
        heappush(self._heap, (at, kind, item))
        if len(self._heap) > self._clear_at:
            self._heap = [timer for timer in self._heap if self._holds(*timer)]
            heapify(self._heap)
            self._clear_at = 2 * len(self._heap) + _SLACK

    def next(self) -> int | None:
        """When the next deadline that holds falls due (µs UTC)."""
        while self._heap and not self._holds(*self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, now: int) -> tuple[Due, str] | None:
        """The first deadline that holds and is due, taken out."""
        at = self.next()
        if at is None or at > now:
            return None
        _, kind, item = heappop(self._heap)
        return kind, item
