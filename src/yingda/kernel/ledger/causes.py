"""Which event last spoke of a thing: how a core's `cause`, an object id, becomes a number (metrics.md section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

BEGINS, ENDS = "interaction.started", "interaction.ended"
SpokenOf = dict[str | None, dict[str, int]]
"""Of one append: contact (None: no contact's) → object id → number of the latest event that mentions it."""


class Mentions:
    """Object id → number of the latest event that mentioned it.

    What only one contact's events speak of is kept until it ends, however long it talks. The rest (agents, queues, what
    has ended) is in two generations: when the younger has `limit` ids it becomes the elder, whose ids are forgotten but
    for those mentioned again. So of the rest the last `limit` ids are always known, and twice as many at most.
    """

    def __init__(self, limit: int = 25_000) -> None:
        self._limit = limit
        self._open: dict[str, set[str]] = {}  # contact → what it has spoken of
        self._kept: dict[str, int] = {}  # by id, of open contacts
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._kept) + len(self._young) + len(self._old)

    def latest(self, object_id: str) -> int | None:
        rest = self._young.get(object_id) or self._old.get(object_id, 0)
        return max(self._kept.get(object_id, 0), rest) or None

    def begin(self, contact: str) -> None:
        self._open[contact] = set()

    def note(self, spoken_of: SpokenOf) -> None:
        for contact, mentioned in spoken_of.items():
            theirs = self._open.get(contact) if contact is not None else None
            if theirs is None:
                self._young.update(mentioned)
            else:
                theirs.update(mentioned)
                self._kept.update(mentioned)
        self._forget()

    def end(self, contact: str) -> None:
        """From here on its ids are among the rest: what is said of it later (wrap-up, recordings) still finds them."""
        for object_id in self._open.pop(contact, ()):
            if (n := self._kept.pop(object_id, None)) is not None:
                self._young[object_id] = max(n, self._young.get(object_id, 0))
        self._forget()

    def _forget(self) -> None:
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
