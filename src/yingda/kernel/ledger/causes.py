"""Which event last spoke of a thing: how a core's `cause`, an object id, becomes a number (metrics.md section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Mentions:
    """Object id → number of the latest event that mentioned it.

    Two generations instead of an order of all: what was mentioned since the younger one began is in it, and when it has
    `limit` ids it becomes the elder, whose ids are forgotten but for those mentioned again. So the last `limit` ids are
    always known, twice as many at most, and a note is one update of a dict.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def latest(self, object_id: str) -> int | None:
        return self._young.get(object_id) or self._old.get(object_id)

    def note(self, mentioned: Mapping[str, int]) -> None:
        self._young.update(mentioned)
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}


def mentioned(interaction_id: str | None, fields: Iterable[str], data: Mapping[str, Any]) -> Iterator[str]:
    """The object ids an event speaks of. fields: the names of its kind's `*_id` fields."""
    if interaction_id is not None:
        yield interaction_id
    for field in fields:
        value = data.get(field)
        if value is not None:
            yield value
