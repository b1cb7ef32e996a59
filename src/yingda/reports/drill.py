"""The contacts behind a figure: those whose entries (or handlings) a cell of a sheet counts (metrics.md section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import ColumnElement, Table, exists, func, true

from yingda.reports.models import TABLES
from yingda.reports.rows import Contact, Entry, Handling

_contacts, _entries, _handlings = TABLES[Contact], TABLES[Entry], TABLES[Handling]
Condition = Callable[[], ColumnElement[bool]]


def _outcome(name: str) -> Condition:
    return lambda: _entries.c.outcome == name


_OF_ENTRIES: Mapping[str, Condition] = {
    "offered": true,
    **{name: _outcome(name) for name in ("answered", "abandoned", "callback", "diverted", "turned_away", "failed")},
    "overflow_out": _outcome("overflowed"),
    "overflow_in": lambda: _entries.c.cause.in_(("overflow", "moved")),
    "short": lambda: _entries.c.short.is_(True),
    "hit": lambda: _entries.c.verdict == "hit",
    "waiting": lambda: _entries.c.left.is_(None),
}
_OF_HANDLINGS: Mapping[str, Condition] = {
    "handled": lambda: _handlings.c.connected.is_not(None) & (_handlings.c.role == "primary"),
    "assisted": lambda: _handlings.c.connected.is_not(None) & (_handlings.c.role == "assisting"),
    "consults": lambda: _handlings.c.consults > 0,
}
FIGURES = frozenset((*_OF_ENTRIES, *_OF_HANDLINGS))
"""The figures that lead to their contacts."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of [since, until) µs, of one queue or agent or of all. figure: one of FIGURES."""

    figure: str
    since: int
    until: int
    queue_id: str | None = None
    agent_id: str | None = None


def behind(cell: Cell) -> ColumnElement[bool]:
    """Which contacts it counts."""
    if cell.figure in _OF_ENTRIES:
        anchor: ColumnElement[int] = _entries.c.entered
        return _some(_entries, anchor, cell, _OF_ENTRIES[cell.figure]())
    anchor = func.coalesce(_handlings.c.connected, _handlings.c.started)
    mine = true() if cell.agent_id is None else _handlings.c.agent_id == cell.agent_id
    return _some(_handlings, anchor, cell, _OF_HANDLINGS[cell.figure]() & mine)


def _some(table: Table, anchor: ColumnElement[int], cell: Cell, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    of_queue = true() if cell.queue_id is None else table.c.queue_id == cell.queue_id
    hangs = table.c.interaction_id == _contacts.c.interaction_id
    return exists().where(hangs, anchor >= cell.since, anchor < cell.until, of_queue, condition)
