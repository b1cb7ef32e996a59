"""Which event last spoke of a thing: how a core's `cause`, an object id, becomes a number (metrics.md section 2)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Mentions:
    """Object id → number of the latest event that mentioned it; the longest unmentioned ones are forgotten."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._latest: OrderedDict[str, int] = OrderedDict()

    def latest(self, object_id: str) -> int | None:
        return self._latest.get(object_id)

    def note(self, mentioned: Mapping[str, int]) -> None:
        for object_id, n in mentioned.items():
            self._latest[object_id] = n
            self._latest.move_to_end(object_id)
        while len(self._latest) > self._limit:
            self._latest.popitem(last=False)


def mentioned(interaction_id: str | None, fields: Iterable[str], data: Mapping[str, Any]) -> Iterator[str]:
    """The object ids an event speaks of. fields: the names of its kind's `*_id` fields."""
    if interaction_id is not None:
        yield interaction_id
    for field in fields:
        value = data.get(field)
        if value is not None:
            yield value
