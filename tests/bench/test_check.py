"""The check itself: it finds nothing in a run of one piece, and finds each fault that is put in."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bench.call import check, spoil
from bench.call.centre import zone_within_a_day
from bench.call.witness import ledger
from bench.call.witness.evidence import gather
from bench.call.witness.wire import media_address
from bench.sound import tone, write_wav

from tests.bench.imagined import AGENTS, CALLERS, imagine
from yingda.kernel.clock import VirtualClock
from yingda.kernel.event import Event
from yingda.kernel.ledger.writer import LedgerWriter

ROOT = Path(__file__).resolve().parents[2]

FOUND_AS = {
    "drop-event": "lifetime",
    "gap": "ledger",
    "broken-hash": "ledger",
    "shift-time": "wait",
    "lengthen-talk": "talk",
    "swap-agents": "agent",
    "abandoned-as-answered": "outcome",
    "hide-declined": "offers",
    "jump-the-queue": "offers",
    "part-answer": "ledger",
    "delete-recording": "recording",
    "swap-channels": "recording",
    "double-record": "record",
    "lose-record": "record",
    "change-figure": "sums",
    "flatter": "figures",
}
"""Kind of fault → kind of mismatch that must be among those found."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    imagine(folder)
    return folder


def judged(folder: Path) -> dict[str, Any]:
    return check.verdict(gather(folder / "data", folder / "artefacts"))


def test_a_run_of_one_piece_has_no_mismatch(run: Path) -> None:
    result = judged(run)
    assert result["mismatches"] == []
    counts = {
        name: result[name] for name in ("calls", "answered", "audio_both_ways", "recordings", "records", "abandoned")
    }
    assert counts == {"calls": 2, "answered": 2, "audio_both_ways": 2, "recordings": 2, "records": 3, "abandoned": 1}


def test_it_runs_as_a_file_and_says_it_in_json(run: Path) -> None:
    command = [
        sys.executable,
        str(ROOT / "bench/call/check.py"),
        "--data",
        str(run / "data"),
        "--artefacts",
        str(run / "artefacts"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ledger_mismatches"] == 0


def test_a_run_that_is_not_whole_is_refused_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench/call/check.py"), "--data", str(tmp_path), "--artefacts", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("The run cannot be read: FileNotFoundError")


@pytest.mark.parametrize("kind", sorted(spoil.KINDS))
def test_every_fault_put_in_is_found(run: Path, tmp_path: Path, kind: str) -> None:
    spoil.spoil(run, tmp_path, kind)
    result = judged(tmp_path)
    assert result["ledger_mismatches"] > 0
    assert FOUND_AS[kind] in result["mismatch_kinds"], result["mismatches"]


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy that a test may spoil by itself."""
    spoil.KINDS["nothing"] = lambda _: None
    spoil.spoil(run, tmp_path / "copy", "nothing")
    del spoil.KINDS["nothing"]
    yield tmp_path / "copy"


def test_a_dump_with_the_agents_own_tone_is_no_proof(copy: Path) -> None:
    dump = next((copy / "artefacts/agents/8001").glob("*.wav"))
    write_wav(dump, tone(AGENTS[0].tone_hz, 3))
    result = judged(copy)
    assert result["audio_both_ways"] == 1
    assert result["mismatch_kinds"] == {"audio": 1}


def test_a_phone_that_says_nothing_of_a_call_is_no_witness(copy: Path) -> None:
    (copy / "artefacts/agents/8001/events.jsonl").write_text("")
    assert judged(copy)["mismatch_kinds"] == {"audio": 1, "peers": 1}


def test_a_caller_who_is_not_in_the_call_list_has_no_record(copy: Path) -> None:
    _replace(copy / "artefacts/api/calls.json", CALLERS[2].number, "13900000000")
    result = judged(copy)
    assert result["records"] == 2
    assert result["mismatch_kinds"]["record"] >= 2


def test_a_server_that_does_not_stop_cleanly_is_a_mismatch(copy: Path) -> None:
    _replace(copy / "artefacts/run.json", '"server_exit_code": 0', '"server_exit_code": -9')
    assert judged(copy)["mismatch_kinds"] == {"server": 1}


def test_the_ledger_is_read_as_its_writer_wrote_it(tmp_path: Path) -> None:
    clock = VirtualClock(1_790_000_000_000_000)
    with LedgerWriter(tmp_path, "control", "n1", clock, segment_bytes=2_000) as writer:
        for number in range(40):
            clock.advance_to(clock.at + 10)
            writer.append([Event(kind="handling.connected", at=clock.at, data={"handling_id": f"客户-{number}"})] * 2)
    assert len(list((tmp_path / "control").glob("*.seg"))) > 2
    read = ledger.read(tmp_path)
    assert read.faults == []
    assert [fact.n for fact in read.facts] == list(range(1, 81))
    assert [fact.append for fact in read.facts] == [number // 2 + 1 for number in range(80)]
    assert read.facts[-1].data == {"handling_id": "客户-39"}


def test_today_does_not_end_during_a_run() -> None:
    assert zone_within_a_day(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "Asia/Shanghai"
    assert zone_within_a_day(datetime(2026, 3, 1, 15, 55, tzinfo=UTC)) == "UTC"  # 23:55 in Shanghai


def test_an_sdp_without_audio_has_no_address() -> None:
    assert media_address("v=0\r\nc=IN IP4 127.0.0.1\r\nm=video 4000 RTP/AVP 96\r\n") is None


@pytest.mark.parametrize(
    "file", [*(ROOT / "bench/call").rglob("*.py"), *(ROOT / "bench/peers").rglob("*.py"), ROOT / "bench/sound.py"]
)
def test_nothing_of_the_server_is_imported(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name.split(".")[0] == "yingda"]
