"""Trunks: channels asked for and refused (C), and the time they were taken (S), by legs (metrics.md 7; T1, T2)."""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books import gauges
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import REFUSALS, TrunkQuarter, quarter_of
from yingda.reports.rows import Leg

_REFUSED_FIELDS = {cause: f"refused_{cause}" for cause in REFUSALS}


def row_of(books: Books, leg: Leg) -> TrunkQuarter:
    """The row that a trunk's leg counts in."""
    return books.trunk_quarters.either(
        (leg.tenant_id, leg.trunk_id, leg.direction, quarter_of(leg.created)), TrunkQuarter
    )


def seized(books: Books, leg: Leg) -> None:
    row = row_of(books, leg)
    row.attempts += 1
    row.seized += 1
    gauges.move(books, (leg.tenant_id, gauges.CHANNELS, leg.trunk_id or ""), leg.created, 1)


def answered(books: Books, leg: Leg) -> None:
    row_of(books, leg).answered += 1


def cleared(books: Books, leg: Leg, at: int) -> None:
    gauges.move(books, (leg.tenant_id, gauges.CHANNELS, leg.trunk_id or ""), at, -1)


def refused(books: Books, event: Envelope) -> None:
    data = event.data
    field = _REFUSED_FIELDS.get(data["cause"])
    if field is None:
        raise BooksError("unknown_cause", f"No trunk refuses because of {data['cause']!r}.")
    key = (event.tenant, data["trunk_id"], data["direction"], quarter_of(event.at))
    row = books.trunk_quarters.either(key, TrunkQuarter)
    row.attempts += 1
    setattr(row, field, getattr(row, field) + 1)


def state_changed(books: Books, event: Envelope) -> None:
    """What a trunk has: `channels` while it is up, none while it is down."""
    data = event.data
    have = 0 if data["to"] == "down" else data["channels"]
    gauges.put(books, (event.tenant, gauges.CAPACITY, data["trunk_id"]), event.at, have)


FOLDS |= {"trunk.refused": refused, "trunk.state_changed": state_changed}
