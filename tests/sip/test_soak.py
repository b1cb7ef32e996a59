"""What is too long for CI: fuzzing with coverage (ten minutes in all), and a hundred thousand calls."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import skip_or_fail
from tests.peers.sipp import expect, pause, request, scenario, start_sipp
from tests.planes.house import CENTRE, House, house, needs
from tests.sip.traffic import AGENTS, Traffic

pytestmark = pytest.mark.soak

DAYS, CALLS_A_DAY = 5, 20_000
BLOCKS_A_CALL = 0.01
"""Growth of allocated blocks a call that passes for noise: one thing kept a call would be at least one block."""
WARM_UP = 1
"""Days before memory is compared: what is kept up to a bound (reasons of decisions, the store's caches) fills in it."""
RESIDENT = 1.03
"""How far resident memory may rise from the fullest hour of the first day that counts to that of the last."""

SECONDS = {"message": 150, "sdp": 150, "endpoint": 300}


@pytest.mark.parametrize("target", SECONDS)
def test_nothing_that_a_stranger_sends_raises(target: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        skip_or_fail("atheris is not installed: pip install --editable '.[soak]'")
    command = [sys.executable, "-m", "tests.sip.fuzzing", target, str(SECONDS[target]), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS[target] * 2 + 60)
    assert done.returncode == 0, done.stderr[-6_000:]


def test_a_hundred_thousand_calls_leave_nothing_behind() -> None:
    """No table holds anything when all is over, and the last day needs the memory that the second one needed."""
    traffic, calls = Traffic(), DAYS * (CALLS_A_DAY + 1)
    blocks, resident = zip(*(day(traffic) for _ in range(DAYS)), strict=True)
    assert {name: size for name, size in traffic.left().items() if size} == {}
    assert traffic.endpoint.live()["bindings"] == AGENTS
    kinds = traffic.ledger.kinds
    assert kinds["interaction.started"] + kinds["call.refused"] == calls
    assert kinds["interaction.started"] == kinds["interaction.ended"] > 0.97 * calls
    assert kinds["leg.created"] == kinds["leg.ended"] and kinds["offer.made"] == kinds["offer.ended"]
    print(f"\n{calls} calls; blocks by day {blocks}; resident MB {resident}")
    assert blocks[-1] - blocks[WARM_UP] < BLOCKS_A_CALL * CALLS_A_DAY * (DAYS - 1 - WARM_UP)
    assert resident[-1] < resident[WARM_UP] * RESIDENT


def day(traffic: Traffic) -> tuple[int, float]:
    """Calls, and a night; blocks of memory held after it, MB before it.

    Resident memory is taken at the fullest, with every form of the day still open: how much of it the allocator gives
    back overnight hangs on which of its arenas happen to be empty (10 MB more or less with nothing kept).
    """
    traffic.run(CALLS_A_DAY)
    fullest = resident_mb()
    night(traffic)
    return allocated(), fullest


def night(traffic: Traffic) -> None:
    """Nobody calls until even the forms that agents may still fill in (twelve hours) are closed; then one call."""
    traffic.settle(13 * 3_600)
    traffic.run(1)
    traffic.settle(120)


def allocated() -> int:
    """Blocks of memory that Python objects hold, exactly."""
    gc.collect()
    return sys.getallocatedblocks()


def resident_mb(pid: int | str = "self") -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * 4096 / 1e6, 1)


# ---- the same on the wire --------------------------------------------------------------------------------------------

WIRE_WARM, WIRE_CALLS, WIRE_RATE = 20_000, 80_000, 80
"""Calls before and after memory is taken. What is kept up to a bound fills in the first: the web plane's history after
some 5,000, the ids of ended contacts that a cause may still name (four a call, at most 50,000) after some 13,000, and
what is known as written down of callers after 20,000."""
LEVEL, LEVEL_OF_WORKER = 1.03, 1.1
"""How far a plane's resident memory may rise in the calls after those: 5 MB, for a hundred bytes a call would be 8. The
worker's may rise further: 10 MB were seen, of the store's own (docs/performance.md)."""
EMPTY_S = 60  # transactions live on for 32 s
MEDIA_PORTS = "12000-15998"  # a port rests for 10 s after its call
CALL = scenario(
    request("INVITE", 1, sdp=True), expect(100), expect(200), request("ACK", 1, to_tag=True), pause(700),
    request("BYE", 2, to_tag=True), expect(200),
).replace("From: <sip:[service]@", "From: <sip:139[field0]@")  # fmt: skip
CUSTOMERS = 10_000
"""Each calls ten times. Of everybody who called in the last 72 hours, or whose missed call stands, the books keep a row
at hand (1.2 kB in the worker): that is data, and grows with the customers of a centre."""
ONE_TRUNK = CENTRE.replace("hosts: [127.0.0.2]", "hosts: [127.0.0.1], max_calls: 1000")


def test_a_hundred_thousand_calls_by_sipp_leave_nothing_behind(tmp_path: Path) -> None:
    """A running centre is called by sipp; afterwards its tables are empty, and no plane has grown."""
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path, "--media-ports", MEDIA_PORTS, centre=ONE_TRUNK) as centre:
            planes = centre.planes()
            await _calls(centre, tmp_path / "warm", WIRE_WARM)
            before = _resident(centre)
            await _calls(centre, tmp_path / "more", WIRE_CALLS)
            after = _resident(centre)
            print(f"\nMB after {WIRE_WARM:,} calls {before}, after {WIRE_CALLS:,} more {after}")
            assert centre.planes() == planes, "a plane was started anew"
            level = dict.fromkeys(before, LEVEL) | {"worker": LEVEL_OF_WORKER}
            assert {name: mb for name, mb in after.items() if mb > before[name] * level[name]} == {}

    asyncio.run(scene())


async def _calls(centre: House, folder: Path, calls: int) -> None:
    numbers = folder.with_suffix(".csv")
    numbers.write_text("SEQUENTIAL\n" + "".join(f"{number:08}\n" for number in range(CUSTOMERS)))
    sipp = await start_sipp(
        CALL, folder, server=("127.0.0.1", centre.sip), calls=calls, rate=WIRE_RATE, service="4008001000",
        extra=("-l", "500", "-inf", str(numbers)), deadline=calls / WIRE_RATE * 3 + 60,
    )  # fmt: skip
    run = await sipp.done()
    assert run.ok, run.report
    loop = asyncio.get_running_loop()
    deadline = loop.time() + EMPTY_S
    async with httpx.AsyncClient() as client:
        while not (tables := await _tables(client, centre)) or any(tables.values()):
            assert loop.time() < deadline, tables
            await asyncio.sleep(1)


async def _tables(client: httpx.AsyncClient, centre: House) -> dict[str, float]:
    text = (await client.get(f"{centre.url}/metrics")).text
    return {table: float(size) for table, size in re.findall(r'yingda_sip_live\{[^}]*table="(\w+)"[^}]*\} (\S+)', text)}


def _resident(centre: House) -> dict[str, float]:
    """MB of each plane, with the processes it has started (media's engine is one)."""
    return {name: resident_mb(pid) + sum(map(resident_mb, _children(pid))) for name, pid in centre.planes().items()}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
