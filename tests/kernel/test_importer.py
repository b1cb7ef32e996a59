"""The importer: one final order, wherever it is interrupted, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from tests.kernel.samples import event as sample
from tests.kernel.samples import stream
from yingda.kernel.clock import MS, SECOND, SystemClock, VirtualClock
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope
from yingda.kernel.ledger.importer import BEHIND, Importer
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.ledger.reader import merged
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.store import Store, reading, writing

REPOSITORY = Path(__file__).parents[2]

WRITER = """
import random, sys
from pathlib import Path
from tests.kernel.samples import stream
from yingda.kernel.clock import SystemClock
from yingda.kernel.ledger.writer import LedgerWriter
root, name, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rng, left = random.Random(seed), stream(seed, 4000)
with LedgerWriter(root, name, "a", SystemClock(), segment_bytes=1 << 16, reserve=1 << 14) as ledger:
    while left:
        size = rng.randint(1, 6)
        ledger.append(left[:size])
        left = left[size:]
"""

IMPORTER = """
import sys, threading
from pathlib import Path
from tests.kernel.test_importer import Tally
from yingda.kernel.clock import SystemClock
from yingda.kernel.ledger.importer import Importer
from yingda.kernel.store import open_store
importer = Importer(Path(sys.argv[1]), open_store(sys.argv[2]).books, SystemClock(), [Tally()], batch_events=37)
print("ready", flush=True)
importer.run(threading.Event())
"""


class Tally:
    """A small projection: how many events of each kind there were, and the seq of the latest."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.latest: dict[str, int] = {}
        self.changed: set[str] = set()

    def load(self, connection: Connection) -> None:
        for kept in (self.counts, self.latest, self.changed):
            kept.clear()
        for kind, count, seq in connection.execute(text("SELECT kind, number, seq FROM tally")):
            self.counts[kind], self.latest[kind] = count, seq

    def apply(self, envelope: Envelope) -> None:
        self.counts[envelope.kind] += 1
        self.latest[envelope.kind] = envelope.seq
        self.changed.add(envelope.kind)

    def flush(self, connection: Connection) -> None:
        for kind in sorted(self.changed):
            row = {"kind": kind, "number": self.counts[kind], "seq": self.latest[kind]}
            connection.execute(text("DELETE FROM tally WHERE kind = :kind"), row)
            connection.execute(text("INSERT INTO tally VALUES (:kind, :number, :seq)"), row)
        self.changed.clear()


@pytest.fixture
def store(ready_store: Store) -> Store:
    with writing(ready_store.books) as connection:
        connection.execute(text("CREATE TABLE tally (kind VARCHAR, number INTEGER, seq INTEGER)"))
    return ready_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def ledger(root: Path, name: str, clock: VirtualClock) -> LedgerWriter:
    return LedgerWriter(root, name, "a", clock, segment_bytes=1 << 14, reserve=1 << 14)


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        columns = (StoredEvent.seq, StoredEvent.writer, StoredEvent.n, StoredEvent.kind, StoredEvent.at)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(StoredEvent.seq))]


def expected(root: Path) -> list[tuple[Any, ...]]:
    return [(one.seq, one.writer, one.n, one.kind, one.at) for one in merged(root)]


def assert_books_agree(root: Path, store: Store) -> None:
    """The books hold every event of the ledger in the order derived from the folders, and the tally counts them."""
    order = expected(root)
    assert stored(store.books) == order
    with reading(store.books) as connection:
        tally = {kind: (count, seq) for kind, count, seq in connection.execute(text("SELECT * FROM tally"))}
    counts = Counter(row[3] for row in order)
    assert tally == {kind: (count, max(row[0] for row in order if row[3] == kind)) for kind, count in counts.items()}


def drain(importer: Importer) -> None:
    while importer.step():
        pass


def test_events_stand_in_the_books_as_they_were_written(root: Path, store: Store) -> None:
    clock = VirtualClock(SECOND)
    importer = Importer(root, store.books, clock, [Tally()])
    with ledger(root, "control", clock) as writer:
        writer.config_version = 3
        writer.append([sample(at=7)])
        clock.advance_to(2 * SECOND)
        assert importer.step() == 1 and importer.step() == 0
    with reading(store.books) as connection:
        row = connection.execute(select(StoredEvent.__table__)).mappings().one()
    envelope = {"seq": 1, "writer": "control", "n": 1, "stamp": SECOND, "kind": "handling.connected", "v": 1, "at": 7}
    origin = {"by_": "system", "node": "a", "config": 3, "tenant_id": "default", "interaction_id": None}
    rest = {"data": '{"handling_id":"x1"}', "cause_writer": None, "cause_n": None}
    assert dict(row) == envelope | origin | rest
    importer.close()


def test_what_is_not_final_yet_waits_and_shows_as_lag(root: Path, store: Store) -> None:
    clock = VirtualClock(SECOND)
    importer = Importer(root, store.books, clock)
    with ledger(root, "control", clock) as writer:
        assert importer.lag() == (0, 0)
        writer.append([sample(), sample()])
        clock.advance_to(SECOND + 10 * MS)
        assert importer.step() == 0
        writer.append([sample()])
        assert importer.lag() == (3, 10 * MS)
        clock.advance_to(SECOND + BEHIND)
        assert importer.step() == 2 and importer.lag() == (1, 40 * MS)
        clock.advance_to(2 * SECOND)
        assert importer.step() == 1 and importer.lag() == (0, 0)
    importer.close()


def test_a_writer_that_comes_late_never_writes_below_the_horizon(root: Path, store: Store) -> None:
    clock, behind = VirtualClock(10 * SECOND), VirtualClock(SECOND)
    importer = Importer(root, store.books, clock, [Tally()])
    with ledger(root, "control", clock) as writer:
        writer.append([sample()])
        clock.advance_to(20 * SECOND)
        assert importer.step() == 1
    with ledger(root, "apply", behind) as late:  # its clock is wrong by 19 s
        late.append([sample(), sample()])
        assert late.last_stamp == 20 * SECOND - BEHIND + 1
    clock.advance_to(30 * SECOND)
    assert importer.step() == 2
    assert [row[1] for row in stored(store.books)] == ["control", "apply", "apply"]
    assert_books_agree(root, store)
    importer.close()


def test_a_lost_horizon_is_found_again_in_the_books(root: Path, store: Store) -> None:
    clock = VirtualClock(10 * SECOND)
    with ledger(root, "control", clock) as writer:
        writer.append([sample()])
    clock.advance_to(20 * SECOND)
    first = Importer(root, store.books, clock, [Tally()])
    assert first.step() == 1
    first.close()
    (root / "horizon").write_bytes(b"")
    again = Importer(root, store.books, clock, [Tally()])
    again.step()
    with ledger(root, "apply", VirtualClock(SECOND)) as late:
        late.append([sample()])
        assert late.last_stamp == 10 * SECOND + 1
    drain(again)
    assert_books_agree(root, store)
    again.close()


def test_batches_of_any_size_and_restarts_give_the_same_books(root: Path, store: Store) -> None:
    rng, clock = random.Random(7), VirtualClock(SECOND)
    writers = [ledger(root, name, clock) for name in ("control", "web", "worker")]
    importer = Importer(root, store.books, clock, [Tally()], batch_events=1)
    for round_ in range(120):
        for _ in range(rng.randint(0, 3)):
            rng.choice(writers).append(stream(rng.getrandbits(32), rng.randint(1, 5)))
        clock.advance_to(clock.at + rng.randint(0, 60 * MS))
        if rng.random() < 0.7:
            importer.step()
        if round_ % 10 == 9:
            importer.close()
            importer = Importer(root, store.books, clock, [Tally()], batch_events=rng.randint(1, 40))
    for writer in writers:
        writer.close()
    clock.advance_to(clock.at + SECOND)
    drain(importer)
    assert_books_agree(root, store)
    importer.close()


class PowerCutError(Exception):
    """The power went."""


def interrupt_at(engine: Engine, countdown: int) -> Any:
    """Let the engine's `countdown`-th statement, or the commit behind it, be the last."""
    left = [countdown]

    def statement(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PowerCutError

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", statement)

    def disarm() -> None:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", statement)

    return disarm


def test_an_interruption_at_any_statement_loses_and_doubles_nothing(root: Path, store: Store) -> None:
    clock = VirtualClock(SECOND)
    importer = Importer(root, store.books, clock, [Tally()], batch_events=25)
    interruptions = 0
    with ledger(root, "control", clock) as control, ledger(root, "web", clock) as web:
        for seed in range(40):
            control.append(stream(seed, 4))
            web.append(stream(1000 + seed, 3))
            clock.advance_to(clock.at + SECOND)
            disarm = interrupt_at(store.books, 1 + seed % 20)
            try:
                importer.step()
            except PowerCutError:
                interruptions += 1
                if seed % 2:  # every other time as a new process
                    importer.close()
                    importer = Importer(root, store.books, clock, [Tally()], batch_events=25)
            disarm()
    assert interruptions >= 20
    drain(importer)
    assert_books_agree(root, store)
    importer.close()


def test_a_failing_projector_leaves_the_books_as_they_were(root: Path, store: Store) -> None:
    class Moody(Tally):
        def flush(self, connection: Connection) -> None:
            super().flush(connection)
            if len(self.counts) == 1:
                raise YingdaError("moody", "Not today.")

    clock = VirtualClock(SECOND)
    importer = Importer(root, store.books, clock, [moody := Moody()])
    with ledger(root, "control", clock) as writer:
        writer.append([sample()])
        clock.advance_to(2 * SECOND)
        with pytest.raises(YingdaError, match="Not today"):
            importer.step()
        assert stored(store.books) == [] and importer.seq == 0
        writer.append([sample("handling.held")])
        clock.advance_to(3 * SECOND)
        assert importer.step() == 2 and importer.seq == 2
    assert moody.counts == {"handling.connected": 1, "handling.held": 1}
    assert_books_agree(root, store)
    importer.close()


def test_a_broken_ledger_stops_the_import_with_a_sentence(root: Path, store: Store) -> None:
    clock = VirtualClock(SECOND)
    with ledger(root, "control", clock) as writer:
        writer.append([sample(at=1)])
        writer.append([sample(at=2)])
    path = root / "control" / "00000001.seg"
    path.write_bytes(path.read_bytes().replace(b'"at":2', b'"at":3'))
    clock.advance_to(2 * SECOND)
    importer = Importer(root, store.books, clock)
    with pytest.raises(YingdaError, match="broken"):
        importer.step()
    assert stored(store.books) == []
    path.write_bytes(path.read_bytes().replace(b'"at":3', b'"at":2'))
    assert importer.step() == 2
    importer.close()


def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)


def test_three_processes_write_while_the_import_runs(root: Path, store: Store) -> None:
    rng = random.Random(3)
    importer = Importer(root, store.books, SystemClock(), [Tally()], batch_events=1)
    processes = [start(WRITER, str(root), name, str(seed)) for seed, name in enumerate(("control", "web", "worker"))]
    while any(process.poll() is None for process in processes):
        importer.batch_events = rng.choice((1, 10, 200, 2000))
        importer.step()
    assert [process.wait() for process in processes] == [0, 0, 0]
    stop = threading.Event()
    runner = threading.Thread(target=importer.run, args=(stop,))
    runner.start()
    while importer.seq < 12_000 and importer.fault is None and runner.is_alive():
        runner.join(0.05)
    stop.set()
    runner.join()
    assert importer.fault is None
    assert_books_agree(root, store)
    importer.close()


def test_killing_the_importer_again_and_again_changes_nothing(root: Path, store: Store, ready_url: str) -> None:
    rng = random.Random(5)
    writer = start(WRITER, str(root), "control", "1")
    for _ in range(4):
        importer = start(IMPORTER, str(root), ready_url)
        assert importer.stdout is not None and importer.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            importer.wait(rng.random() * 0.4)
        importer.kill()
        importer.wait()
        importer.stdout.close()
    assert writer.wait() == 0
    final = Importer(root, store.books, VirtualClock(SystemClock().now() + SECOND), [Tally()])
    drain(final)
    assert final.seq == 4000
    assert_books_agree(root, store)
    final.close()
