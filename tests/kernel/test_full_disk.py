"""The ledger on a disk that fills up: it goes on for a while, then says so in one sentence, then goes on again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.kernel.samples import event
from yingda.kernel.clock import VirtualClock
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.reader import verify
from yingda.kernel.ledger.writer import LedgerWriter

RESERVE = 64 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "yingda-test", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        skip_or_fail("the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def ledger(disk: Path) -> LedgerWriter:
    return LedgerWriter(disk / "ledger", "control", "a", VirtualClock(1), segment_bytes=RESERVE, reserve=RESERVE)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass
    return ballast


def append_until_refused(writer: LedgerWriter) -> int:
    for number in range(10_000):
        try:
            writer.append([event(), event()])
        except YingdaError as refusal:
            assert refusal.code == "ledger_full"
            return number
    raise AssertionError("never refused")


def test_a_full_disk_leaves_time_and_then_a_sentence(small_disk: Path) -> None:
    writer = ledger(small_disk)
    ballast = fill(small_disk)
    taken = append_until_refused(writer)
    assert taken * 400 > RESERVE // 2, "the reserve holds for a while, over the end of the segment"
    n = writer.last_n
    assert verify(small_disk / "ledger" / "control").events == n == 2 * taken
    ballast.unlink()
    assert writer.append([event()]) == n + 1
    writer.close()
    verdict = verify(small_disk / "ledger" / "control")
    assert (verdict.events, verdict.fault) == (n + 1, None)


def test_a_crash_on_a_full_disk_keeps_the_reserve(small_disk: Path) -> None:
    writer = ledger(small_disk)
    writer.append([event()])
    segment = small_disk / "ledger" / "control" / "00000001.seg"
    as_crashed = segment.read_bytes()
    writer.close()
    segment.write_bytes(as_crashed.rstrip(b"\0") + b"torn" + bytes(RESERVE))
    fill(small_disk)
    again = ledger(small_disk)
    assert append_until_refused(again) * 400 > RESERVE // 2
    again.close()
    assert verify(small_disk / "ledger" / "control").fault is None


def test_a_start_on_a_full_disk_is_refused_in_one_sentence(small_disk: Path) -> None:
    (small_disk / "ledger" / "control").mkdir(parents=True)
    (small_disk / "ledger" / "horizon").touch()
    (small_disk / "ledger" / "control" / "lock").touch()
    ballast = fill(small_disk)
    with pytest.raises(YingdaError, match="disk is full"):
        ledger(small_disk)
    ballast.unlink()
    ledger(small_disk).close()
