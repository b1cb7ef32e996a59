"""bench-call for real: one full run against a real centre; every planted fault is found in what it left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.call import check, spoil
from bench.call.witness.evidence import gather

from tests.bench.test_check import FOUND_AS

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("bench-call")]

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 150


def bench_call(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m bench.call`, as `make -s bench-call` starts it."""
    command = [sys.executable, "-m", "bench.call", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.terminate()  # it ends what it started; killing it would leave that running
            out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """(the kept folder, the JSON object) of one full run."""
    folder = tmp_path_factory.mktemp("b") / "run"
    done = bench_call("--keep", str(folder))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    result: dict[str, Any] = json.loads(done.stdout)
    return folder, result


def test_twenty_calls_are_answered_and_nothing_differs(run: tuple[Path, dict[str, Any]]) -> None:
    _, result = run
    assert {name: result[name] for name in ("calls", "answered", "audio_both_ways", "recordings")} == dict.fromkeys(
        ("calls", "answered", "audio_both_ways", "recordings"), 20
    )
    assert result["records"] == 23
    assert result["abandoned"] == 3
    assert result["mismatches"] == []
    assert result["ledger_mismatches"] == 0


def test_two_callers_came_at_the_same_instant(run: tuple[Path, dict[str, Any]]) -> None:
    assert run[1]["same_instant_us"] < 20_000


@pytest.mark.parametrize("kind", sorted(spoil.KINDS))
def test_a_fault_put_into_a_real_run_is_found(run: tuple[Path, dict[str, Any]], tmp_path: Path, kind: str) -> None:
    spoil.spoil(run[0], tmp_path, kind)
    result = check.verdict(gather(tmp_path / "data", tmp_path / "artefacts"))
    assert result["ledger_mismatches"] > run[1]["ledger_mismatches"]
    assert FOUND_AS[kind] in result["mismatch_kinds"], result["mismatches"]


def test_the_command_spoils_a_kept_run_and_says_so(run: tuple[Path, dict[str, Any]]) -> None:
    done = bench_call("--kept", str(run[0]), "--spoil", "double-record")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert result["spoilt"] == "double-record"
    assert result["ledger_mismatches"] > result["ledger_mismatches_before"] == 0


def test_a_folder_that_exists_is_not_written_into(tmp_path: Path) -> None:
    done = bench_call("--keep", str(tmp_path))
    assert done.returncode == 2
    assert "exists already" in done.stderr


def _descendants(pid: int) -> set[int]:
    """All processes below this one, by /proc/<pid>/task/<pid>/children (proc(5))."""
    try:
        children = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except FileNotFoundError:
        return set()
    return children.union(*(_descendants(child) for child in children))


def test_a_run_that_is_stopped_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "bench.call", "--plan", "short"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "wave" in line:
                break
        started = _descendants(process.pid)
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert len(started) > 10  # the planes, four phones, four callers, the capture
    assert (process.returncode, out) == (130, "")
    assert "stopped before the end" in err
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
