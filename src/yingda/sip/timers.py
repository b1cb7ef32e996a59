"""One queue for all timers of a sans-IO core: named alarms of named owners, in the order they fall due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

Alarm = tuple[str, str]  # (owner, name)


class TimerQueue:
    """At most one alarm for each (owner, name). Times in µs. Equal times ring in the order they were set."""

    def __init__(self) -> None:
        self._due: dict[Alarm, tuple[int, int]] = {}
        self._heap: list[tuple[int, int, Alarm]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._due)

    def set(self, owner: str, name: str, due: int) -> None:
        alarm = (owner, name)
        self._count += 1
        self._due[alarm] = (due, self._count)
        heapq.heappush(self._heap, (due, self._count, alarm))

    def has(self, owner: str, name: str) -> bool:
        return (owner, name) in self._due

    def due(self, owner: str, name: str) -> int | None:
        """When it rings, or None."""
        return self._due.get((owner, name), (None, 0))[0]

    def cancel(self, owner: str, *names: str) -> None:
        for name in names:
            self._due.pop((owner, name), None)

    def next(self) -> int | None:
        """When the earliest alarm is due; cancelled ones on top are thrown away."""
        heap = self._heap
        while heap:
            due, count, alarm = heap[0]
            if self._due.get(alarm) == (due, count):
                return due
            heapq.heappop(heap)
        return None

    def pop_due(self, now: int) -> Iterator[Alarm]:
        """Take out what is due, one by one, so that a handler may set and cancel others in between."""
        while (due := self.next()) is not None and due <= now:
            alarm = heapq.heappop(self._heap)[2]
            del self._due[alarm]
            yield alarm

    def to_state(self) -> list[list[object]]:
        ordered = sorted(self._due.items(), key=lambda item: item[1])
        return [[owner, name, due] for (owner, name), (due, _) in ordered]

    @classmethod
    def from_state(cls, raw: list[list[object]]) -> TimerQueue:
        queue = cls()
        for owner, name, due in raw:
            assert isinstance(due, int)
            queue.set(str(owner), str(name), due)
        return queue
