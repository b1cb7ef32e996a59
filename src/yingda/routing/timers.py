"""What falls due when. Deadlines live in the things themselves; this is the index over them.

A deadline that no longer holds is not searched for: it is found stale when its turn comes. What is due at the same
instant comes in the order of kind and id, so a restored state goes on exactly as the one it was taken from.

The index is a heap of seconds, each a small heap of its own. Clearing out what is stale concerns one second at a time,
so no single step ever pays for all the deadlines of a large centre.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import Final

from yingda.kernel.clock import SECOND

_CLEAR_FROM: Final = 64
"""A second with so many deadlines, or twice, four times … as many, is cleared of the stale ones."""

Timer = tuple[int, "Due", str]


class Due(IntEnum):
    """In the order they are dealt with when due together."""

    OFFER = 1
    WRAPUP = 2
    LONGEST_WAIT = 3
    RETRY = 4
    TIER = 5
    BREAK = 6
    LOAN = 7
    SHIFT = 8
    CALLBACK = 9


Holds = Callable[[int, str], bool]
"""Given a time and an id: whether that deadline is still in force."""


class Timers:
    """holds: kind → who knows."""

    def __init__(self, holds: Mapping[Due, Holds]) -> None:
        self._holds = holds
        self._seconds: list[int] = []
        self._heaps: dict[int, list[Timer]] = {}

    def set(self, at: int, kind: Due, item: str) -> None:
        second = at // SECOND
        heap = self._heaps.get(second)
        if heap is None:
            heap = self._heaps[second] = []
            heappush(self._seconds, second)
        heappush(heap, (at, kind, item))
        size = len(heap)
        if size >= _CLEAR_FROM and size & (size - 1) == 0:
            heap[:] = [timer for timer in heap if self._in_force(timer)]
            heapify(heap)

    def next(self) -> int | None:
        """When the next deadline that holds falls due (µs UTC)."""
        heap = self._soonest()
        return heap[0][0] if heap else None

    def pop(self, now: int) -> tuple[Due, str] | None:
        """The first deadline that holds and is due, taken out."""
        heap = self._soonest()
        if heap is None or heap[0][0] > now:
            return None
        _, kind, item = heappop(heap)
        return kind, item

    def _soonest(self) -> list[Timer] | None:
        """The heap of the first second in which a deadline holds, that deadline at its head."""
        while self._seconds:
            heap = self._heaps[self._seconds[0]]
            while heap:
                at, kind, item = heap[0]
                if self._holds[kind](at, item):
                    return heap
                heappop(heap)
            del self._heaps[heappop(self._seconds)]
        return None

    def _in_force(self, timer: Timer) -> bool:
        at, kind, item = timer
        return self._holds[kind](at, item)
