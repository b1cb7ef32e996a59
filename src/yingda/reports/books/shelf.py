"""Where rows stand while the books are open: shelves by key, cohorts of what is open, the error of a contradiction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from yingda.kernel.errors import YingdaError
from yingda.reports.rows import Key, Row

R = TypeVar("R", bound=Row)

Fetch = Callable[[type[Row], Key], Row | None]
"""Reads one row of a table back from where it was put away; None if there is none."""


class BooksError(YingdaError):
    """An event contradicts the books: an end without a beginning, a state that does not follow, time going back."""


class Shelf(Generic[R]):
    """The rows of one table. `dirty` holds those changed since they were last taken, by key."""

    __slots__ = ("_fetch", "dirty", "key_of", "rows", "table")

    def __init__(self, table: type[R], fetch: Fetch | None = None) -> None:
        self.table = table
        self.key_of = table.key_getter()
        self.rows: dict[Key, R] = {}
        self.dirty: dict[Key, R] = {}
        self._fetch = fetch

    def find(self, key: Key) -> R | None:
        """The row, brought back if it was put away."""
        row = self.rows.get(key)
        if row is None and self._fetch is not None:
            fetched = self._fetch(self.table, key)
            if isinstance(fetched, self.table):
                row = self.rows[key] = fetched
        return row

    def need(self, key: Key) -> R:
        """The row, to be changed. Raises BooksError when nothing of the kind has begun."""
        row = self.rows.get(key) or self.find(key)
        if row is None:
            raise BooksError("unknown_thing", f"Nothing in {self.table.TABLE} goes by {key!r}.")
        self.dirty[key] = row
        return row

    def add(self, key: Key, row: R) -> R:
        """A new row. Raises BooksError when it has begun already."""
        if key in self.rows:
            raise BooksError("begun_twice", f"{key!r} stands in {self.table.TABLE} already.")
        self.rows[key] = self.dirty[key] = row
        return row

    def either(self, key: Key, make: Callable[..., R]) -> R:
        """The row of figures, to be changed; made from its key when it is the first of its kind."""
        row = self.rows.get(key) or self.find(key)
        if row is None:
            row = self.rows[key] = make(*key) if isinstance(key, tuple) else make(key)
        self.dirty[key] = row
        return row

    def take_dirty(self) -> dict[Key, R]:
        taken, self.dirty = self.dirty, {}
        return taken


class Cohort(Generic[R]):
    """What is open, by the key of the row of figures it will count in.

    Kept apart from the counters on purpose: they are checked against it, and live figures add it.
    """

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[Key, dict[str, R]] = {}

    def enter(self, key: Key, item: str, row: R) -> None:
        self._open.setdefault(key, {})[item] = row

    def leave(self, key: Key, item: str) -> None:
        items = self._open.get(key)
        if items is not None:
            items.pop(item, None)
            if not items:
                del self._open[key]

    def of(self, key: Key) -> Iterable[R]:
        items = self._open.get(key)
        return items.values() if items else ()

    def count(self, key: Key) -> int:
        items = self._open.get(key)
        return len(items) if items else 0

    def keys(self) -> list[Key]:
        return list(self._open)

    def everything(self) -> list[R]:
        return [row for items in self._open.values() for row in items.values()]


class Recent:
    """When a customer last began a contact, and which: for as long as anybody may ask (LONGEST).

    Kept in the order of their beginnings, so that those too old are found at the front.
    """

    LONGEST = 72 * 3_600_000_000
    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[int, str]] = {}

    def note(self, place: tuple[str, str], at: int, interaction_id: str) -> tuple[int, str] | None:
        """The contact before this one, (µs, id), if there was one; from now on this is the last."""
        before = self._last.pop(place, None)
        self._last[place] = (at, interaction_id)
        oldest = at - self.LONGEST
        while self._last:
            first = next(iter(self._last))
            if self._last[first][0] >= oldest:
                break
            del self._last[first]
        return before
