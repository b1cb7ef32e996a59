"""M4: the slow recount agrees with every row. What is planted in events or rows is found by it, or by an identity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any

import msgspec
import pytest

from tests.reports import recount_contacts
from tests.reports import recount_figures as figures
from tests.reports import recount_more as more
from tests.reports import recount_things as things
from tests.reports.histories import history
from yingda.kernel.event import Envelope
from yingda.reports.books import Books, BooksError
from yingda.reports.books.shelf import Shelf
from yingda.reports.identities import check
from yingda.reports.rows import Key


class Remembered:
    """The archive of books that keep everything, over a list of events."""

    def __init__(self, events: list[Envelope], *, strict: bool = True) -> None:
        self._events = events
        self.books = Books(strict=strict, archive=self)

    def events(self, interaction_id: str, before_seq: int) -> Iterable[Envelope]:
        return [event for event in self._events[: before_seq - 1] if event.interaction_id == interaction_id]

    def spans(self, tenant: str, work: Collection[Key]) -> Iterable[Key]:
        return [key for key, span in self.books.spans.rows.items() if span.handling_id in work or span.offer_id in work]


def fold(events: list[Envelope]) -> Books:
    books = Remembered(events).books
    for event in events:
        books.apply(event)
    return books


def differences(books: Books, raw: list[Envelope]) -> list[str]:
    """Where the books and the recount of the raw events differ: every thing's facts, every field of every figure."""
    events = things.Events(raw)
    entries, offers = things.entries(events), things.offers(events)
    handlings, runs, spans = things.handlings(events), things.runs(events), things.spans(events)
    sessions = things.sessions(events)
    contacts = recount_contacts.contacts(events, entries, offers, handlings, runs)
    legs, callbacks = things.legs(events), more.callbacks(events)
    repeat, again = more.repeats(events)
    seen = {
        name: {**one, "test": events.is_test(one["interaction_id"], corrected=False)} for name, one in entries.items()
    }
    found = [
        *_things(books.contacts, contacts),
        *_things(books.legs, legs),
        *_things(books.entries, entries),
        *_things(books.offers, offers),
        *_things(books.handlings, handlings),
        *_things(books.sessions, sessions),
        *_things(books.spans, spans),
        *_things(books.runs, runs),
        *_things(books.recordings, things.recordings(events)),
        *_things(books.callbacks, callbacks),
        *_things(books.surveys, rated := more.surveys(events, handlings)),
        *_things(books.left_messages, more.left_messages(events)),
        *_things(books.missed, more.missed(events, contacts)),
    ]
    found += _figures(books.queue_quarters, figures.queue_quarters(entries, seen))
    found += _figures(books.work_quarters, figures.work_quarters(offers, handlings))
    found += _figures(books.agent_quarters, figures.agent_quarters(sessions))
    found += _figures(books.state_quarters, figures.state_quarters(spans))
    found += _figures(books.contact_quarters, figures.contact_quarters(contacts, entries, repeat, again))
    found += _figures(books.flow_quarters, figures.flow_quarters(runs))
    found += _figures(books.node_quarters, figures.node_quarters(events, runs))
    found += _figures(books.edge_quarters, more.edge_quarters(events, runs))
    found += _figures(books.trunk_quarters, more.trunk_quarters(events, legs))
    found += _figures(books.callback_quarters, more.callback_quarters(events, callbacks))
    found += _figures(books.survey_quarters, more.survey_quarters(rated))
    found += _figures(books.gauge_quarters, more.gauge_quarters(events))
    return found


def _things(shelf: Shelf[Any], expected: Mapping[Any, Mapping[str, Any]]) -> list[str]:
    name = shelf.table.TABLE
    if shelf.rows.keys() != expected.keys():
        return [f"{name}: other rows: {shelf.rows.keys() ^ expected.keys()}"]
    return [
        f"{name} {key}: {field} is {getattr(shelf.rows[key], field)}, counted {value}"
        for key, facts in expected.items()
        for field, value in facts.items()
        if field not in ("helped", "entered_seq", "left_seq") and getattr(shelf.rows[key], field) != value
    ]


def _figures(shelf: Shelf[Any], expected: Mapping[Any, Mapping[str, int]]) -> list[str]:
    counted = [field.name for field in fields(shelf.table) if field.name not in shelf.table.KEY and field.type == "int"]
    found = []
    for key in shelf.rows.keys() | {key for key, row in expected.items() if any(row.values())}:
        row, plain = shelf.rows.get(key), expected.get(key, {})
        assert set(plain) <= set(counted), f"the recount knows fields the rows have not: {set(plain) - set(counted)}"
        for field in counted:
            value = getattr(row, field) if row is not None else 0
            if value != plain.get(field, 0):
                found.append(f"{shelf.table.TABLE} {key}: {field} is {value}, counted {plain.get(field, 0)}")
    return found


@pytest.mark.parametrize("seed", range(25))
def test_the_recount_agrees_with_every_row(seed: int) -> None:
    events = history(seed)
    assert differences(fold(events), events) == []


@pytest.mark.parametrize("seed", range(100, 115))
def test_what_was_put_right_afterwards_is_so_in_every_row(seed: int) -> None:
    """Contacts that prove to have been tests leave every figure, and the other way round; no identity minds."""
    events = history(seed, corrected=True)
    assert sum(event.kind == "correction.made" and event.data["field"] == "test" for event in events) > 3
    books = fold(events)
    assert differences(books, events) == []
    assert check(books, events[-1].at) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_recount_agrees_in_the_middle_of_things(seed: int) -> None:
    events = history(seed, contacts=30)
    for cut in range(50, len(events), 97):
        while events[cut].at == events[cut - 1].at:
            cut += 1
        assert differences(fold(events[:cut]), events[:cut]) == [], f"seed {seed}, {cut} events"


Plant = Callable[[list[Envelope]], list[Envelope]]


def dropped(kind: str, number: int = 3) -> Plant:
    def plant(events: list[Envelope]) -> list[Envelope]:
        victim = [event for event in events if event.kind == kind][number]
        return [event for event in events if event is not victim]

    return plant


def doubled(kind: str) -> Plant:
    def plant(events: list[Envelope]) -> list[Envelope]:
        victim = [event for event in events if event.kind == kind][3]
        return [event for event in events for _ in range(2 if event is victim else 1)]

    return plant


def changed(kind: str, **data: Any) -> Plant:
    def plant(events: list[Envelope]) -> list[Envelope]:
        victim = next(
            event for event in events if event.kind == kind and event.data.items() >= data.get("when", {}).items()
        )
        values = {name.rstrip("_"): value for name, value in data.items() if name != "when"}
        spoilt = msgspec.structs.replace(victim, data={**victim.data, **values})
        return [spoilt if event is victim else event for event in events]

    return plant


def late(kind: str, number: int, shift: int, **when: Any) -> Plant:
    """One event tells another time than what happened together with it."""

    def plant(events: list[Envelope]) -> list[Envelope]:
        victim = [event for event in events if event.kind == kind and event.data.items() >= when.items()][number]
        return [msgspec.structs.replace(event, at=event.at + shift) if event is victim else event for event in events]

    return plant


EVENT_FAULTS: dict[str, Plant] = {
    "an offer never ends": dropped("offer.ended"),
    "an entry never leaves": dropped("queue.left"),
    "an answer without a connection": dropped("handling.connected"),
    "a wrap-up never ends": dropped("handling.wrapup_ended"),
    "a hold never ends": dropped("handling.retrieved"),
    "a state change is lost": dropped("agent.state_changed", 12),
    "a sign-out is lost": dropped("agent.signed_out", 0),
    "an entry counted twice": doubled("queue.entered"),
    "an entry leaves twice": doubled("queue.left"),
    "an agent signs in twice": doubled("agent.signed_in"),
    "a hold told late": late("handling.held", 2, 1),
    "a release told late": late("handling.released", 4, 7, ended_by="customer"),
    "a state told late": late("agent.state_changed", 2, 3, to="talking"),
    "an overflow to nowhere": changed("queue.left", to="queue:elsewhere", when={"outcome": "overflowed"}),
    "an answer that names another handling": changed(
        "queue.left", handling_id="handling-0", when={"outcome": "answered"}
    ),
    "a first entry called a transfer": changed("queue.entered", cause="transfer", when={"cause": "first"}),
    "a run left at another node": changed("flow.left", node_id="elsewhere"),
}


@pytest.mark.parametrize("fault", EVENT_FAULTS)
def test_a_fault_in_the_events_breaks_an_identity_or_is_refused(fault: str) -> None:
    events = EVENT_FAULTS[fault](history(4, contacts=120))
    try:
        books = fold(events)
    except BooksError:
        return
    assert check(books, events[-1].at), fault


def _bump(shelf: str, field: str, amount: int = 1) -> Callable[[Books], None]:
    def spoil(books: Books) -> None:
        rows = getattr(books, shelf).rows
        row = next(row for row in rows.values() if getattr(row, field))
        setattr(row, field, getattr(row, field) + amount)

    return spoil


def _wrong_queue(books: Books) -> None:
    row, other = list(books.queue_quarters.rows.values())[:2]
    row.answered, other.answered = row.answered - 1, other.answered + 1


def _more_channel_time(books: Books) -> None:
    row = next(row for row in books.gauge_quarters.rows.values() if row.gauge == "channels" and row.area_us)
    row.area_us += 1


ROW_FAULTS: dict[str, Callable[[Books], None]] = {
    "wrong queue credited": _wrong_queue,
    "an offered too many": _bump("queue_quarters", "offered"),
    "a hit too many": _bump("queue_quarters", "hit"),
    "a microsecond of area": _bump("queue_quarters", "area_us"),
    "served elsewhere, for nobody": _bump("queue_quarters", "served_elsewhere"),
    "overflow in without out": _bump("queue_quarters", "overflow_in"),
    "an entry left elsewhere in time": _bump("queue_quarters", "left_here"),
    "an offer too many": _bump("work_quarters", "offers"),
    "a handled too many": _bump("work_quarters", "handled"),
    "a microsecond of talk": _bump("work_quarters", "talking_us"),
    "a microsecond of idleness": _bump("state_quarters", "time_us"),
    "a microsecond signed in": _bump("agent_quarters", "signed_in_us"),
    "a contact too many": _bump("contact_quarters", "contacts"),
    "an exit too many": _bump("flow_quarters", "exit_queue"),
    "a visit too many": _bump("node_quarters", "visits"),
    "a wait too long": _bump("queue_quarters", "wait_answered_us"),
    "a transfer too many": _bump("work_quarters", "transferred"),
    "a way through a flow too many": _bump("edge_quarters", "passed"),
    "an attempt too many at a trunk": _bump("trunk_quarters", "attempts"),
    "a call-back too many": _bump("callback_quarters", "requested"),
    "a microsecond of channels": _more_channel_time,
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_fault_in_the_rows_breaks_an_identity_and_the_recount(fault: str) -> None:
    events = history(4, contacts=120)
    books = fold(events)
    ROW_FAULTS[fault](books)
    assert check(books, events[-1].at), fault
    assert differences(books, events), fault
