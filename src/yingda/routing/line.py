"""A line of those who wait their turn: the first in O(1), joining and leaving in amortised O(log n)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from heapq import heapify, heappop, heappush

Place = tuple[int, ...]
"""The lowest comes first; no two in one line are alike."""

_SLACK = 32


class Line:
    """Ids in the order of their places. Who leaves is struck off at once and cleared out of the heap later."""

    __slots__ = ("_heap", "_places")

    def __init__(self) -> None:
        self._heap: list[tuple[Place, str]] = []
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, item: str) -> bool:
        return item in self._places

    def __iter__(self) -> Iterator[str]:
        """In order; sorts, so it is for views, not for decisions."""
        return iter(sorted(self._places, key=self._places.__getitem__))

    def place(self, item: str) -> Place:
        """Raises KeyError for somebody who is not in the line."""
        return self._places[item]

    def join(self, item: str, place: Place) -> None:
        self._places[item] = place
        heappush(self._heap, (place, item))

    def leave(self, item: str) -> bool:
        """Also for somebody who is not in the line. Answers whether anybody is left."""
        if self._places.pop(item, None) is not None and len(self._heap) > 2 * len(self._places) + _SLACK:
            self._heap = [(place, other) for other, place in self._places.items()]
            heapify(self._heap)
        return bool(self._places)

    def first(self, barred: Container[str] = ()) -> str | None:
        """The first who is not barred. Costs O(log n) for each barred one ahead of him."""
        heap, places = self._heap, self._places
        while heap and places.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        if not heap or heap[0][1] not in barred:
            return heap[0][1] if heap else None
        found = self.heads(1, barred)
        return found[0] if found else None

    def heads(self, most: int, barred: Container[str] = ()) -> list[str]:
        """The first few who are not barred, in order."""
        passed: list[tuple[Place, str]] = []
        found: list[str] = []
        while self._heap and len(found) < most:
            place, item = self._heap[0]
            if self._places.get(item) != place:
                heappop(self._heap)
                continue
            standing = heappop(self._heap)
            if passed and passed[-1] == standing:
                continue  # he left and came back to the same place
            passed.append(standing)
            if item not in barred:
                found.append(item)
        for standing in passed:
            heappush(self._heap, standing)
        return found
