"""The ledger's writer: numbers, stamps, causes, the chain, restarts, torn tails, rotation, and what it refuses."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.samples import event, stream
from yingda.kernel.clock import VirtualClock
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger.horizon import Horizon
from yingda.kernel.ledger.reader import last_run, latest_stamp, merged, read, verify
from yingda.kernel.ledger.writer import LedgerWriter


@contextmanager
def writing(root: Path, writer: str = "control", at: int = 1_000_000, reserve: int = 1 << 16) -> Iterator[LedgerWriter]:
    with LedgerWriter(root, writer, "node-a", VirtualClock(at), segment_bytes=1 << 16, reserve=reserve) as ledger:
        yield ledger


def events_of(root: Path, writer: str = "control") -> list[Envelope]:
    return [envelope for batch in read(root / writer) for envelope in batch.envelopes]


def stripped(folder: Path) -> bytes:
    """The data of a writer's only segment."""
    (path,) = folder.glob("*.seg")
    return path.read_bytes().rstrip(b"\0")


def test_an_append_is_on_file_when_it_returns(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        ledger.config_version = 7
        assert ledger.append([event(at=5), event("offer.ended", at=6, outcome="declined")]) == 1
        first, second = events_of(tmp_path)
    assert (first.n, second.n, first.seq) == (1, 2, 0)
    assert first.stamp == second.stamp == 1_000_000, "what happens together carries one stamp"
    assert (first.kind, first.v, first.at, first.node, first.config, first.tenant) == (
        *("handling.connected", 1, 5, "node-a", 7),
        "default",
    )
    assert second.data == {"offer_id": "x1", "outcome": "declined"}


def test_stamps_rise_even_when_the_clock_stands_still(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        for _ in range(3):
            ledger.append([event()])
        assert [one.stamp for one in events_of(tmp_path)] == [1_000_000, 1_000_001, 1_000_002]


def test_a_stamp_lies_above_the_horizon(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        horizon = Horizon(tmp_path)
        assert horizon.raise_to(5_000_000) == 5_000_000
        assert horizon.raise_to(4_000_000) == 5_000_000, "it never falls"
        horizon.close()
        ledger.append([event()])
        assert ledger.last_stamp == 5_000_001


def test_the_horizon_is_not_raised_in_the_middle_of_an_append(tmp_path: Path) -> None:
    class Intruder:
        """A clock that tries to take the importer's lock while the writer chooses its stamp."""

        held_off = 0

        def now(self) -> int:
            with (tmp_path / "horizon").open("r+b") as horizon, pytest.raises(BlockingIOError):
                fcntl.flock(horizon, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.held_off += 1
            return 1

    clock = Intruder()
    with LedgerWriter(tmp_path, "control", "a", clock) as ledger:
        ledger.append([event()])
        assert clock.held_off == 1
        with (tmp_path / "horizon").open("r+b") as horizon:
            fcntl.flock(horizon, fcntl.LOCK_EX | fcntl.LOCK_NB)  # free again


def test_a_cause_is_the_latest_event_about_that_thing(tmp_path: Path) -> None:
    def about(offer: str, cause: str | None = None, contact: str | None = None) -> Event:
        data = {"offer_id": offer, "outcome": "declined"}
        return Event(kind="offer.ended", at=1, interaction_id=contact, cause=cause, data=data)

    with writing(tmp_path) as ledger:
        ledger.append([about("o1", contact="i1"), about("o2", cause="o1"), about("o3", cause="o3")])
        ledger.append([about("o1", cause="o1"), about("o4", cause="i1")])
        ledger.append([about("o5", cause="o1"), about("o6", cause="nobody")])
    causes = [one.cause for one in events_of(tmp_path)]
    assert causes == [None, ("control", 1), None, ("control", 1), ("control", 1), ("control", 4), None]
    with writing(tmp_path) as ledger:
        ledger.append([about("o7", cause="o5")])
    assert events_of(tmp_path)[-1].cause == ("control", 6), "causes reach across a restart"


def test_a_refused_event_leaves_nothing_behind(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        ledger.append([event()])
        before = stripped(tmp_path / "control")
        for bad in (
            Event(kind="queue.exploded", at=1),
            event(colour="red"),
            Event(kind="config.changed", at=1, data={**event("config.changed").data, "after": object()}),
        ):
            with pytest.raises(YingdaError, match=bad.kind) as caught:
                ledger.append([event(), bad])
            assert caught.value.code == "event_refused"
        with pytest.raises(ValueError, match="at least one"):
            ledger.append([])
        assert stripped(tmp_path / "control") == before
        assert ledger.append([event()]) == 2


def test_a_second_writer_of_the_same_name_is_refused(tmp_path: Path) -> None:
    with writing(tmp_path), pytest.raises(YingdaError, match="Another process") as caught, writing(tmp_path):
        pass
    assert caught.value.code == "ledger_in_use"
    with writing(tmp_path) as ledger:
        assert ledger.append([event()]) == 1


def test_a_closed_ledger_takes_nothing(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        ledger.append([event()])
    ledger.close()
    with pytest.raises(YingdaError, match="closed"):
        ledger.append([event()])
    assert b"\0" not in (tmp_path / "control" / "00000001.seg").read_bytes(), "the reserve is given back"


@given(st.lists(st.lists(st.integers(1, 4), max_size=5), min_size=1, max_size=5), st.integers(0, 1 << 16))
def test_numbers_and_chain_go_on_across_restarts(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[int]], seed: int
) -> None:
    root = tmp_path_factory.mktemp("ledger")
    written: list[Event] = []
    for run in runs:
        with writing(root) as ledger:
            for size in run:
                events = stream(seed + len(written), size)
                assert ledger.append(events) == len(written) + 1
                written += events
    found = events_of(root)
    assert [one.n for one in found] == list(range(1, len(written) + 1))
    assert [(one.kind, one.at, one.data) for one in found] == [(one.kind, one.at, dict(one.data)) for one in written]
    verdict = verify(root / "control")
    assert (verdict.events, verdict.torn, verdict.fault) == (len(written), 0, None)
    shutil.rmtree(root)


def torn_copies(root: Path, scratch: Path) -> Iterator[tuple[int, Path]]:
    """The ledger as a crash would leave it, cut off at every byte of its last append; by turns with a reserve."""
    data = stripped(root / "control")
    last = data.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(data)):
        copy = scratch / str(cut)
        (copy / "control").mkdir(parents=True)
        (copy / "control" / "00000001.seg").write_bytes(data[:cut] + bytes(cut % 2 * 4096))
        yield cut - last, copy


def test_a_torn_append_is_lost_whole_at_every_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for sync in ("fdatasync", "fsync"):  # no power is lost here, and there are many files
        monkeypatch.setattr(os, sync, lambda descriptor: None)
    with writing(tmp_path / "whole") as ledger:
        ledger.append([event(), event()])
        ledger.append([event("offer.ended"), event()])
    for torn, copy in torn_copies(tmp_path / "whole", tmp_path):
        assert len(events_of(copy)) == 2, "a reader does not meet half an append"
        assert verify(copy / "control").torn == torn
        with writing(copy, reserve=1 << 12) as ledger:
            assert ledger.append([event("handling.held")]) == 3
        assert [one.kind for one in events_of(copy)] == ["handling.connected"] * 2 + ["handling.held"]
        assert verify(copy / "control").fault is None
        shutil.rmtree(copy)


def test_a_segment_that_never_got_its_header_is_begun_again(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        ledger.append([event()])
    (tmp_path / "control" / "00000002.seg").write_bytes(b"0123" + bytes(100))
    assert len(events_of(tmp_path)) == 1
    with writing(tmp_path) as ledger:
        assert ledger.append([event()]) == 2
    assert verify(tmp_path / "control").events == 2


def test_a_new_segment_begins_when_one_is_full(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        for number in range(600):
            ledger.append([event(at=number)])
    segments = sorted((tmp_path / "control").glob("*.seg"))
    assert len(segments) > 2 and all(path.stat().st_size <= (1 << 16) + 512 for path in segments)
    assert [one.at for one in events_of(tmp_path)] == list(range(600))
    assert verify(tmp_path / "control").fault is None
    segments[1].unlink()
    assert "missing" in str(verify(tmp_path / "control").fault)


@given(st.data())
def test_any_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("ledger")
    with writing(root) as ledger:
        for number in range(5):
            ledger.append([event(at=number)])
    path = root / "control" / "00000001.seg"
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 2))  # the last newline: cutting it is a torn tail, not a change
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    verdict = verify(root / "control")
    assert verdict.fault is not None or verdict.torn
    assert verdict.events < 5
    shutil.rmtree(root)


def test_a_ledger_broken_in_the_middle_is_not_written_on(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        for _ in range(3):
            ledger.append([event()])
    path = tmp_path / "control" / "00000001.seg"
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"handling.connected", b"handling.retrieved")
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(YingdaError, match="broken"), writing(tmp_path):
        pass
    assert "byte" in str(verify(tmp_path / "control").fault)


def test_a_folder_of_another_writer_is_not_written_on(tmp_path: Path) -> None:
    with writing(tmp_path, "web") as ledger:
        ledger.append([event()])
    (tmp_path / "web").rename(tmp_path / "control")
    with pytest.raises(YingdaError, match="writer web"), writing(tmp_path):
        pass


def test_all_writers_merge_into_one_order(tmp_path: Path) -> None:
    with writing(tmp_path, "control") as control, writing(tmp_path, "web", at=1_000_001) as web:
        control.append([event(at=1), event(at=2)])
        control.append([event(at=4)])
        web.append([event(at=5)])
        web.append([event(at=6)])
        control.append([event(at=7)])
    order = list(merged(tmp_path))
    assert [(one.seq, one.writer, one.at) for one in order] == [
        *((1, "control", 1), (2, "control", 2), (3, "control", 4)),
        *((4, "web", 5), (5, "control", 7), (6, "web", 6)),
    ]
    assert latest_stamp(tmp_path) == 1_000_002
    assert latest_stamp(tmp_path / "nowhere") == 0 and list(merged(tmp_path / "nowhere")) == []


def test_the_last_run_begins_with_the_latest_start_of_the_plane(tmp_path: Path) -> None:
    def started(plane: str) -> Event:
        return event("plane.started", plane=plane)

    with writing(tmp_path) as ledger:
        ledger.append([event(at=1)])
        assert [one.at for one in last_run(tmp_path, "control")] == [1], "no start at all: everything"
        ledger.append([started("control"), event(at=2)])
        ledger.append([started("control"), event(at=3)])
        ledger.append([started("media"), event(at=4)])
        assert [one.n for one in last_run(tmp_path, "control")] == [4, 5, 6, 7]
        assert [one.n for one in last_run(tmp_path, "control", plane="media")] == [6, 7]
        for number in range(400):
            ledger.append([event(at=number)])
        assert [one.n for one in last_run(tmp_path, "control")] == list(range(4, 408)), "across segments"
    assert list(last_run(tmp_path, "web")) == []


def test_a_run_that_goes_on_from_another_begins_with_what_is_still_open(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        for number in range(400):
            ledger.append([event(at=number)])
        ledger.append([event("plane.started", plane="control", since=3)])
        ledger.append([event(at=500)])
        assert [one.n for one in last_run(tmp_path, "control")] == list(range(3, 403)), "across segments"
        ledger.append([event("plane.started", plane="control", since=399), event(at=501)])
        assert [one.n for one in last_run(tmp_path, "control")] == list(range(399, 405))
        ledger.append([event("plane.started", plane="control")])
        assert [one.n for one in last_run(tmp_path, "control")] == [405]


def test_kill_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.kernel.samples import event\n"
        "from yingda.kernel.clock import SystemClock; from yingda.kernel.ledger.writer import LedgerWriter\n"
        "ledger = LedgerWriter(Path(sys.argv[1]), 'control', 'a', SystemClock())\n"
        "while True: print(ledger.append([event(), event()]), flush=True)\n"
    )
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(50)]
        process.kill()
        seen += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
        process.wait()
        assert len(events_of(tmp_path)) >= seen[-1] + 1
        assert verify(tmp_path / "control").fault is None


def test_a_disk_that_cannot_reserve_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", unsupported)
    with writing(tmp_path) as ledger:
        for number in range(600):
            ledger.append([event(at=number)])
    assert verify(tmp_path / "control").events == 600


def test_after_a_failed_sync_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()

    def fail(descriptor: int) -> None:
        failed.set()
        raise OSError(errno.EIO, "Input/output error")

    with writing(tmp_path) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            ledger.append([event()])
            assert failed.wait(10)
            ledger._syncer.join(10)
        with pytest.raises(YingdaError, match="made safe") as caught:
            ledger.append([event()])
        assert caught.value.code == "ledger_failed"


def test_a_failing_disk_is_a_sentence_and_the_next_append_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(tmp_path) as ledger:
        ledger.append([event()])
        real = os.pwrite

        def half(descriptor: int, data: bytes, offset: int) -> int:
            real(descriptor, data[: len(data) // 2], offset)
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "pwrite", half)
        with pytest.raises(YingdaError, match="Input/output error") as caught:
            ledger.append([event("handling.held")])
        assert caught.value.code == "ledger_failed"
        monkeypatch.setattr(os, "pwrite", real)
        assert ledger.append([event()]) == 2
        assert verify(tmp_path / "control").events == 2
