"""Adding rows of figures up: by interval, or by what they are told of. Gauges keep their greatest instead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from yingda.reports.books.corrections import GAUGE_FIELDS
from yingda.reports.models import TABLES
from yingda.reports.rows import Row
from yingda.reports.sheets.periods import Interval

Sums = dict[str, int]
HIGH_FIELDS = frozenset({"waiting_high", "longest_wait_us", "high", "channels_high", "idle_high"})
"""Of several rows the greatest counts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sheet is asked for. keys: the queues, agents, trunks … it tells of (None: all). media: of entries, work.

    by_key: one row a queue (agent, trunk …) over the whole span; else one row an interval, all of them together.
    firsts: first contacts are counted too, which takes a look at each.
    """

    tenant: str
    zone: str
    intervals: Sequence[Interval]
    now: int
    keys: frozenset[str] | None = None
    media: frozenset[str] = frozenset({"voice"})
    by_key: bool = False
    firsts: bool = False

    @property
    def begin(self) -> int:
        return self.intervals[0].start

    @property
    def end(self) -> int:
        return self.intervals[-1].end

    def has(self, key: str) -> bool:
        return self.keys is None or key in self.keys


@dataclass(slots=True)
class Line:
    """A row of a sheet. key: the queue, agent …, "" for all together. open: something that counts in it goes on (未结).

    facts: what is no figure, such as an agent's first sign-in (µs) or the present state.
    """

    key: str
    interval: Interval
    sums: Sums = field(default_factory=dict)
    open: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


class Grid:
    """The lines of a sheet while they are added up."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.whole = Interval(wanted.begin, wanted.end, wanted.intervals[0].day, "")
        self._starts = [one.start for one in wanted.intervals]
        self._lines: dict[tuple[str, int], Line] = {}
        if not wanted.by_key:
            for number, interval in enumerate(wanted.intervals):
                self._lines[("", number)] = Line("", interval)

    def line(self, key: str, at: int) -> Line:
        """The line that something of `key` at `at` µs counts in."""
        if self.wanted.by_key:
            return self._lines.setdefault((key, 0), Line(key, self.whole))
        return self._lines[("", bisect_right(self._starts, at) - 1)]

    def add(self, key: str, at: int, sums: Mapping[str, int]) -> None:
        add(self.line(key, at).sums, sums)

    def lines(self, names: Collection[str]) -> list[Line]:
        """In order, every one with all the fields; also those in which nothing was."""
        for line in self._lines.values():
            for name in names:
                line.sums.setdefault(name, 0)
            line.sums["interval_us"] = max(0, min(line.interval.end, self.wanted.now) - line.interval.start)
            line.open = line.open or line.interval.end > self.wanted.now
        return [line for _, line in sorted(self._lines.items())]


def add(sums: Sums, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        before = sums.get(name, 0)
        sums[name] = max(before, value) if name in HIGH_FIELDS else before + value


def total(lines: Sequence[Line], wanted: Wanted) -> Sums:
    """All lines together: numerators and denominators are added, ratios formed afterwards."""
    sums: Sums = {}
    for line in lines:
        add(sums, line.sums)
    sums["interval_us"] = max(0, min(wanted.end, wanted.now) - wanted.begin)
    return sums


def fields_of(table: type[Row]) -> list[str]:
    """What a row of figures counts."""
    return [
        one.name
        for one in TABLES[table].columns
        if one.name not in table.KEY and (one.name not in GAUGE_FIELDS or one.name in HIGH_FIELDS)
    ]


def rows_of(
    connection: Connection, table: type[Row], key: str, wanted: Wanted, *conditions: ColumnElement[bool]
) -> Iterator[tuple[str, int, Sums]]:
    """(key, quarter, sums) of a table of figures, added up over its other parts."""
    columns = TABLES[table].c
    summed = [
        (func.max if name in HIGH_FIELDS else func.sum)(columns[name]).label(name)
        for name in fields_of(table)
        if name != "reason_class"
    ]
    query = select(columns[key].label("_key"), columns.quarter.label("_quarter"), *summed)
    query = query.where(columns.tenant_id == wanted.tenant, *conditions)
    query = query.where(columns.quarter >= wanted.begin, columns.quarter < wanted.end)
    if wanted.keys is not None:
        query = query.where(columns[key].in_(sorted(wanted.keys)))
    for row in connection.execute(query.group_by(columns[key], columns.quarter)).mappings():
        yield row["_key"], row["_quarter"], {one.name: int(row[one.name]) for one in summed}
