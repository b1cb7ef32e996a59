"""`verify` on a seeded day that went through segments and importer: it holds, and every kind of damage is told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from tests.reports.test_recount import differences
from yingda.kernel.clock import SECOND, VirtualClock
from yingda.kernel.event import Event
from yingda.kernel.ledger import reader
from yingda.kernel.ledger.importer import Importer
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.store import Store, migrate, open_store, reading, writing
from yingda.reports.books import Books
from yingda.reports.models import TABLES
from yingda.reports.persist import Projector
from yingda.reports.quarters import QueueQuarter, StateQuarter
from yingda.reports.rebuild import rebuild
from yingda.reports.rows import Contact, Entry, StateSpan
from yingda.reports.verify import verify
from yingda.sim import day


@dataclass
class Centre:
    """A data folder after a day."""

    store: Store
    ledger: Path


def appends(events: list[Event], rng: random.Random) -> Iterator[list[Event]]:
    """The day in appends: what happened at one instant, now and then a few instants."""
    pending: list[Event] = []
    for event in events:
        if pending and pending[-1].at != event.at and rng.random() < 0.8:
            yield pending
            pending = []
        pending.append(event)
    yield pending


def live_through(where: str, ledger: Path, seed: int, contacts: int) -> Centre:
    """A day written and imported in random batches, with the importer restarting now and then."""
    rng, clock = random.Random(seed), VirtualClock(SECOND)
    store = open_store(where)
    migrate(store)
    importer = Importer(ledger, store.books, clock, [Projector(store.books)], batch_events=700)
    with LedgerWriter(ledger, "control", "test", clock) as writer:
        for batch in appends(day.events(seed, contacts), rng):
            clock.advance_to(max(clock.now(), batch[-1].at))
            writer.append(batch)
            if rng.random() < 0.003:
                importer.step()
            if rng.random() < 0.0006:
                importer.close()
                importer = Importer(ledger, store.books, clock, [Projector(store.books)], batch_events=300)
        clock.advance_to(clock.now() + SECOND)
        while importer.step():
            pass
    importer.close()
    return Centre(store, ledger)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = live_through(str(tmp_path / "data"), tmp_path / "ledger", seed=3, contacts=60)
    yield made
    made.store.close()


def test_a_day_of_2000_contacts_kept_live_rebuilt_and_recounted(tmp_path: Path) -> None:
    events = lived_through_and_proved(str(tmp_path / "data"), tmp_path / "ledger", contacts=2_000)
    assert events > 40_000


def test_a_shorter_day_in_postgresql_is_proved_the_same_way(postgresql_url: str, tmp_path: Path) -> None:
    lived_through_and_proved(postgresql_url, tmp_path / "ledger", contacts=400)


def lived_through_and_proved(where: str, ledger: Path, contacts: int) -> int:
    """How many events it was."""
    made = live_through(where, ledger, seed=1, contacts=contacts)
    report = verify(made.store, made.ledger)
    assert report.sound and len(report.lines()) == 2, report.lines()
    assert report.events == report.imported and report.anomalies == 0
    raw = list(reader.merged(made.ledger))
    books = Books()
    for event in raw:
        books.apply(event)
    assert differences(books, raw) == []
    made.store.close()
    return report.events


def test_what_was_put_right_verifies_and_is_rebuilt_alike(centre: Centre) -> None:
    """Corrections by another writer, taken up by the importer from the store, by verify from the segments."""
    contacts, clock = TABLES[Contact], VirtualClock(1 << 51)
    with reading(centre.store.books) as connection:
        query = select(contacts).where(contacts.c.open == 0, contacts.c.outcome == "answered").limit(4)
        chosen = [dict(row._mapping) for row in connection.execute(query)]
    put_right = {"target_seq": 1, "field": "test", "before": False, "after": True, "reason": "a call of our own"}
    with LedgerWriter(centre.ledger, "web", "test", clock) as writer:
        for row in chosen:
            event = Event(kind="correction.made", at=clock.now(), interaction_id=row["interaction_id"], data=put_right)
            writer.append([event])
    clock.advance_to(clock.now() + SECOND)
    importer = Importer(centre.ledger, centre.store.books, clock, [Projector(centre.store.books)])
    assert importer.step() == len(chosen) == 4
    importer.close()
    report = verify(centre.store, centre.ledger)
    assert report.sound and report.anomalies == 0, report.lines()
    with reading(centre.store.books) as connection:
        tests = connection.scalar(select(func.count()).select_from(contacts).where(contacts.c.test.is_(True)))
    assert tests is not None and tests >= len(chosen)
    rebuild(centre.store, centre.ledger)
    assert verify(centre.store, centre.ledger).sound


DAMAGE = {
    "rows": update(TABLES[QueueQuarter]).values(answered=TABLES[QueueQuarter].c.answered + 1),
    "rows: state_quarters": update(TABLES[StateQuarter]).values(time_us=TABLES[StateQuarter].c.time_us + 1),
    "rows: entries lacks": delete(TABLES[Entry]),
    "rows: state_spans": update(TABLES[StateSpan]).values(started=TABLES[StateSpan].c.started - 1),
    "order": update(StoredEvent).where(StoredEvent.seq == 7).values(kind="leg.ended"),
}


@pytest.mark.parametrize("told", DAMAGE)
def test_damage_to_the_tables_is_told_and_a_rebuild_mends_the_rows(centre: Centre, told: str) -> None:
    assert verify(centre.store, centre.ledger).sound
    with writing(centre.store.books) as connection:
        connection.execute(DAMAGE[told])
    assert any(fault.startswith(told) for fault in verify(centre.store, centre.ledger).faults)
    assert rebuild(centre.store, centre.ledger) > 0
    assert verify(centre.store, centre.ledger).sound == (told != "order")


def test_rows_that_no_event_accounts_for_are_told_and_cleared_away(centre: Centre) -> None:
    with writing(centre.store.books) as connection:
        row = dict(connection.execute(select(TABLES[Contact]).limit(1)).one()._mapping)
        connection.execute(TABLES[Contact].insert(), {**row, "interaction_id": "nobody"})
    assert any("no event accounts for" in fault for fault in verify(centre.store, centre.ledger).faults)
    rebuild(centre.store, centre.ledger)
    assert verify(centre.store, centre.ledger).faults == []


def test_a_changed_segment_is_told(centre: Centre) -> None:
    segment = next((centre.ledger / "control").glob("*.seg"))
    written = segment.read_bytes()
    segment.write_bytes(written.replace(b'"answered"', b'"abandoned"', 1))
    assert any(fault.startswith("chain: control") for fault in verify(centre.store, centre.ledger).faults)
