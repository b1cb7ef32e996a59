"""`correction.made`: what may be put right afterwards (metrics.md sections 3 and 4), never a time or an outcome.

Codes, resolved and case belong to a handling, the call type to its contact. A contact that proves to have been a test
leaves every figure, and one that was none enters them: its own events are folded alone, and what they come to is taken
from the rows or added to them. Gauges stay as they are: they tell what was seen at an instant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import msgspec

from yingda.kernel.event import Envelope
from yingda.reports.books import handlings
from yingda.reports.books.core import FOLDS, Archive, Books
from yingda.reports.books.shelf import BooksError, Shelf
from yingda.reports.quarters import GaugeQuarter, StateQuarter, parts
from yingda.reports.rows import Contact, Key, StateSpan

GAUGE_FIELDS = frozenset({"start", "low", "high", "waiting_low", "waiting_high", "longest_wait_us"})
_SUMMED = (
    *("queue_quarters", "work_quarters", "contact_quarters", "flow_quarters", "node_quarters", "edge_quarters"),
    *("trunk_quarters", "callback_quarters", "gauge_quarters", "survey_quarters"),
)
_TESTED = ("entries", "offers", "handlings", "runs", "recordings", "callbacks", "surveys")


def made(books: Books, event: Envelope) -> None:
    data = event.data
    correct = _CORRECT.get(data["field"])
    if correct is None:
        raise BooksError("not_corrigible", f"Nobody may correct {data['field']!r}.")
    correct(books, event, data["after"])


def _of_handling(field: str) -> Callable[[Books, Envelope, Any], None]:
    def correct(books: Books, event: Envelope, after: Any) -> None:
        row = books.handlings.need(event.data.get("handling_id"))
        setattr(row, field, "|".join(after) if field == "codes" else after)

    return correct


def _call_type(books: Books, event: Envelope, after: Any) -> None:
    books.contacts.need(event.interaction_id).call_type = after


def _test(books: Books, event: Envelope, after: Any) -> None:
    contact = books.contacts.need(event.interaction_id)
    if contact.test == after:
        return
    if contact.open:
        raise BooksError("still_open", f"The contact {contact.interaction_id} is not over yet.")
    if contact.merged_into is not None:
        raise BooksError("merged_already", f"The contact {contact.interaction_id} is part of another.")
    if books.archive is None:
        raise BooksError("no_archive", "These books cannot look a contact up again.")
    alone = _alone(books, books.archive, contact, event.seq)
    _move_figures(books, alone, -1 if after else 1)
    _move_spans(books, books.archive, alone, contact.tenant_id, to_test=after)
    contact.test = after
    for name in _TESTED:
        shelf = getattr(books, name)
        for key in getattr(alone, name).rows:
            shelf.need(key).test = after
    missed = books.missed.find((contact.tenant_id, contact.party_ref))
    if after and missed is not None and missed.interaction_id == contact.interaction_id and missed.cleared is None:
        books.missed.need(missed.key())
        missed.cleared, missed.cleared_how = event.at, "corrected"


def _alone(books: Books, archive: Archive, contact: Contact, before_seq: int) -> Books:
    """Books of this contact and nothing else, as if it had been no test."""
    alone = Books(strict=False)
    for event in archive.events(contact.interaction_id, before_seq):
        if event.kind == "interaction.started":
            event = msgspec.structs.replace(event, data={**event.data, "test": False})
        if event.kind != "correction.made":
            alone.apply(event)
    for row in [row for row in alone.handlings.rows.values() if row.over is None]:
        whole = books.handlings.need(row.handling_id)
        if whole.over is not None:  # a sign-out ended it
            handlings.close(alone, row, alone.contacts.need(contact.interaction_id), whole.over)
    for figures in alone.contact_quarters.rows.values():
        figures.repeat_call = int(contact.repeat)
        figures.self_kept = 0 if contact.again else figures.self_helped
    return alone


def _move_figures(books: Books, alone: Books, sign: int) -> None:
    for name in _SUMMED:
        shelf: Shelf[Any] = getattr(books, name)
        counted = [
            field.name
            for field in fields(shelf.table)
            if field.name not in shelf.table.KEY and field.name not in GAUGE_FIELDS
        ]
        for key, row in getattr(alone, name).rows.items():
            if isinstance(row, GaugeQuarter) and not row.area_us:
                continue
            target = shelf.either(key, shelf.table)
            for field in counted:
                setattr(target, field, getattr(target, field) + sign * getattr(row, field))


def _move_spans(books: Books, archive: Archive, alone: Books, tenant: str, *, to_test: bool) -> None:
    for key in list(archive.spans(tenant, {*alone.handlings.rows, *alone.offers.rows})):
        span = books.spans.need(key)
        if span.ended is None or span.test == to_test:
            continue
        for quarter, part in parts(span.started, span.ended):
            for test, sign in ((span.test, -1), (to_test, 1)):
                row = books.state_quarters.either(state_key(span, quarter, test), StateQuarter)
                row.reason_class = span.reason_class or ""
                row.time_us += sign * part
        span.test = to_test


def state_key(span: StateSpan, quarter: int, test: bool) -> Key:
    """The StateQuarter that a part of an ended span counts in."""
    return (span.tenant_id, span.agent_id, quarter, span.state, span.state_class or "", span.reason or "", test)


_CORRECT: dict[str, Callable[[Books, Envelope, Any], None]] = {
    **{field: _of_handling(field) for field in ("codes", "resolved", "case_id")},
    "call_type": _call_type,
    "test": _test,
}

FOLDS["correction.made"] = made
