"""M3: tables kept live, in any batches and with restarts, equal the rows of books that kept everything in memory."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Table, select
from sqlalchemy.event import listen

from tests.reports.histories import history
from tests.reports.test_recount import Remembered
from tests.reports.world import MINUTE
from yingda.kernel.event import Envelope
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, migrate, open_store, reading, writing
from yingda.kernel.store.bulk import insert_rows
from yingda.reports.models import TABLES
from yingda.reports.persist import Projector
from yingda.reports.rows import Row

Rows = dict[str, list[tuple[Any, ...]]]


def keep_live(store: Store, events: list[Envelope], rng: random.Random, largest: int, restart: float) -> None:
    """Import as the importer does: random batches, and now and then a new projector."""
    projector = Projector(store.books)
    with reading(store.books) as connection:
        projector.load(connection)
    done, logged = 0, set[int]()
    while done < len(events):
        batch = events[done : done + rng.randint(1, largest)]
        done += len(batch)
        with writing(store.books) as connection:
            log_events(connection, batch, logged)
            for event in batch:
                projector.apply(event)
            projector.flush(connection)
        if rng.random() < restart:
            projector = Projector(store.books)
            with reading(store.books) as connection:
                projector.load(connection)


def log_events(connection: Connection, events: list[Envelope], logged: set[int]) -> None:
    """The events themselves, as the importer keeps them; each once."""
    table = StoredEvent.__table__
    assert isinstance(table, Table)
    fresh = {event.seq: event for event in events if event.seq not in logged}
    logged |= fresh.keys()
    insert_rows(connection, table, [stored_event(event) for event in fresh.values()])


def stored_event(event: Envelope) -> dict[str, Any]:
    whole = ("seq", "writer", "n", "stamp", "kind", "v", "at", "node", "config", "interaction_id")
    named = {name: getattr(event, name) for name in whole}
    rest = {"by_": event.by, "tenant_id": event.tenant, "cause_writer": None, "cause_n": None}
    return {**named, **rest, "data": msgspec.json.encode(event.data).decode()}


def stored(store: Store) -> Rows:
    with reading(store.books) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in TABLES.values()
        }


def in_memory(events: list[Envelope]) -> Rows:
    books = Remembered(events, strict=False).books
    for event in events:
        books.apply(event)
    shelves: dict[type[Row], Any] = {shelf.table: shelf for shelf in books.shelves}
    return {
        table.name: sorted(
            (tuple(getattr(row, column.name) for column in table.columns) for row in shelves[kind].rows.values()),
            key=repr,
        )
        for kind, table in TABLES.items()
    }


def long_history(seed: int) -> list[Envelope]:
    """Four hours: longer than figures stay in memory; then something of it is put right."""
    return history(seed, contacts=60, agents=4, spread=240 * MINUTE, corrected=True)


def opened(url: str) -> Store:
    store = open_store(url)
    migrate(store)
    return store


@pytest.mark.parametrize(("seed", "largest", "restart"), [(1, 12, 0.1), (2, 100, 0.5), (3, 5000, 1.0)])
def test_live_tables_equal_the_books_in_any_batches_and_with_restarts(
    store_url: str, seed: int, largest: int, restart: float
) -> None:
    events = long_history(seed)
    store = opened(store_url)
    keep_live(store, events, random.Random(seed), largest, restart)
    expected = in_memory(events)
    found = stored(store)
    for name in expected:
        assert found[name] == expected[name], name
    assert found["contacts"] and found["queue_quarters"] and found["state_quarters"]
    store.close()


def test_a_projector_lets_go_of_what_is_over(tmp_path: Any) -> None:
    events = long_history(11)
    store = opened(str(tmp_path))
    projector = Projector(store.books)
    with writing(store.books) as connection:
        projector.load(connection)
    for start in range(0, len(events), 50):
        with writing(store.books) as connection:
            log_events(connection, events[start : start + 50], set())
            for event in events[start : start + 50]:
                projector.apply(event)
            projector.flush(connection)
    books = projector.books
    for shelf in (books.contacts, books.legs, books.entries, books.offers, books.handlings, books.spans, books.runs):
        assert shelf.rows == {}, shelf.table.TABLE
    assert 0 < len(books.state_quarters.rows) < len(in_memory(events)["state_quarters"]) / 2
    store.close()


def test_a_contradiction_is_put_down_and_changes_no_figure(store_url: str) -> None:
    events = long_history(5)
    doubled = [event for event in events for _ in range(1 + (event.kind == "queue.left" and event.seq % 3 == 0))]
    store = opened(store_url)
    keep_live(store, doubled, random.Random(1), largest=500, restart=0.0)
    found, clean = stored(store), in_memory(events)
    assert len(found.pop("anomalies")) == len(doubled) - len(events) > 0
    clean.pop("anomalies")
    assert found == clean
    store.close()


@pytest.mark.parametrize("contacts", [5, 80])
def test_a_flush_is_one_statement_a_table_however_much_happened(store_url: str, contacts: int) -> None:
    store = open_store(store_url)
    migrate(store)
    projector, statements = Projector(store.books), list[str]()
    with reading(store.books) as connection:
        projector.load(connection)
    for envelope in history(7, contacts):
        projector.apply(envelope)
    dirty = sum(1 for shelf in projector.books.shelves if shelf.dirty)
    with writing(store.books) as connection:
        listen(connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        projector.flush(connection)
    store.close()
    assert 8 < len(statements) == dirty <= len(TABLES)
