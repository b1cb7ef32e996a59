"""What is too long for CI: fuzzing with coverage (ten minutes in all), and a hundred thousand calls."""

from __future__ import annotations

import gc
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.sip.traffic import AGENTS, Traffic

pytestmark = pytest.mark.soak

WARM, CALLS = 20_000, 100_000
BLOCKS_A_CALL = 0.01
"""Growth of allocated blocks a call that passes for noise: one thing kept a call would be at least one block."""

SECONDS = {"message": 150, "sdp": 150, "endpoint": 300}


@pytest.mark.parametrize("target", SECONDS)
def test_nothing_that_a_stranger_sends_raises(target: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        skip_or_fail("atheris is not installed: pip install --editable '.[soak]'")
    command = [sys.executable, "-m", "tests.sip.fuzzing", target, str(SECONDS[target]), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS[target] * 2 + 60)
    assert done.returncode == 0, done.stderr[-6_000:]


def test_a_hundred_thousand_calls_leave_nothing_behind() -> None:
    """No table holds anything when all is over, and memory is what it was after the first fifth."""
    traffic = Traffic()
    traffic.run(WARM)
    traffic.settle(120)
    before, resident = allocated(), resident_mb()
    traffic.run(CALLS - WARM)
    traffic.settle(120)
    assert {name: size for name, size in traffic.left().items() if size} == {}
    assert traffic.endpoint.live()["bindings"] == AGENTS
    kinds = traffic.ledger.kinds
    assert kinds["interaction.started"] == kinds["interaction.ended"] > 0.97 * CALLS
    assert kinds["leg.created"] == kinds["leg.ended"] and kinds["offer.made"] == kinds["offer.ended"]
    grown = allocated() - before
    print(f"\n{CALLS} calls: {grown} blocks more than after {WARM}; resident {resident:.1f} → {resident_mb():.1f} MB")
    assert grown < BLOCKS_A_CALL * (CALLS - WARM)
    assert resident_mb() < resident * 1.05


def allocated() -> int:
    """Blocks of memory that Python objects hold, exactly."""
    gc.collect()
    return sys.getallocatedblocks()


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
