"""200 sipp callers over 50 sipp agents for five minutes: order, waits and counts equal what sipp saw.

The truth is computed from sipp's own logs (`siplog.py`); the centre is asked through its interface, and verified.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bench.call.centre import Person

from tests.e2e import siplog
from tests.e2e.floor import AGENTS, CALLERS, SHORT_S, TARGET_S, Floor, document, extension, media_ports
from tests.e2e.siplog import CallerSaw, PhoneSaw
from tests.planes.house import house, needs, run_yingda

SECOND = 1_000_000
TOLERANCE_S = 0.5
"""Between two clocks that stamp the same thing at two ends of a socket, on a machine that others use too. A call is
joined when its agent is heard, up to 0.1 s after the ACK."""

HEARD_S, MOST_CLOSE = 0.25, 3
"""A phone's sound is 0.1 s long, and begins with the ACK."""

Record = dict[str, Any]


@pytest.mark.e2e
def test_what_the_books_say_is_what_sipp_saw(tmp_path: Path) -> None:
    needs("sipp")
    asyncio.run(_run(tmp_path))


async def _run(folder: Path) -> None:
    async with house(folder, centre=document(), start=False) as built, AsyncExitStack() as stack:
        built.media = media_ports(1_200)
        await built.start()
        leader = await built.person("leader")
        agents = sorted((await leader.get("/floor"))["agents"], key=lambda one: one["number"])
        assert len(agents) == AGENTS
        floor = Floor(built, folder, stack)
        await floor.open([agent["id"] for agent in agents])
        await floor.call()
        records = await built.records(CALLERS, 60)
        details = [await leader.get(f"/calls/{record['interaction_id']}") for record in records]
        sheets = await _sheets(leader)
        assert await built.stop() == 0
        code, said = await run_yingda("verify", "--data", str(built.data), data=built.data, seconds=120)
        assert code == 0, said
        code, said = await run_yingda("replay", "--data", str(built.data), data=built.data, seconds=120)
        assert code == 0, said
    callers, phones = siplog.callers(floor.caller_logs), siplog.phones(floor.phone_log)
    measured = compare(callers, phones, details, sheets)
    print(json.dumps(measured))


async def _sheets(leader: Person) -> dict[str, Record]:
    """Both days if midnight passed."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    since = (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=15)).date()
    days = {"from": since.isoformat(), "to": today.isoformat(), "by": "key", "grain": "whole"}
    columns = {"queues": ["offered", "answered", "abandoned", "short", "hit", "asa"], "agents": ["handled"]}
    return {name: await leader.get(f"/reports/sheets/{name}", **days, column=names) for name, names in columns.items()}


def compare(
    callers: dict[str, CallerSaw], phones: list[PhoneSaw], details: list[Record], sheets: dict[str, Record]
) -> dict[str, float]:
    """Every claim; what was measured on the way."""
    records = {_national(one["caller"]): one for one in details}
    assert len(callers) == len(details) == CALLERS and records.keys() == callers.keys()
    served = {phone.caller: phone for phone in phones if phone.joined}
    assert len(served) == sum(1 for phone in phones if phone.joined), "somebody was served twice"
    answered = {number for number, one in records.items() if one["outcome"] == "answered"}
    # Who hung up while his agent could not have been heard yet is abandoned or answered as the centre's order has it.
    close = {number for number, phone in served.items() if callers[number].over - phone.joined <= HEARD_S * SECOND}
    assert answered - close == served.keys() - close and len(close) <= MOST_CLOSE
    served = {number: phone for number, phone in served.items() if number in answered}
    assert {one["outcome"] for number, one in records.items() if number not in served} == {"abandoned"}
    waits = {number: _wait(callers[number], served.get(number)) for number in callers}
    off = [abs(waits[number] - _entry_wait(one)) / SECOND for number, one in records.items()]
    talks = [abs(_talked(served[number]) - _handling_talk(records[number])) / SECOND for number in served]
    assert max(off) <= TOLERANCE_S and max(talks) <= TOLERANCE_S, (max(off), max(talks))
    _check_order(callers, phones)
    _check_agents(served, records, sheets["agents"])
    _check_queue(waits, served, sheets["queues"])
    return {
        "callers": len(callers),
        "answered": len(served),
        "abandoned": len(callers) - len(served),
        "mean_wait_s": round(statistics.mean(waits.values()) / SECOND, 3),
        "longest_wait_s": round(max(waits.values()) / SECOND, 3),
        "largest_wait_error_ms": round(max(off) * 1_000, 1),
        "median_wait_error_ms": round(statistics.median(off) * 1_000, 1),
        "largest_talk_error_ms": round(max(talks) * 1_000, 1),
    }


def _national(number: str) -> str:
    return number.removeprefix("+86")


def _wait(caller: CallerSaw, phone: PhoneSaw | None) -> int:
    """From being let in to the agent's answer, or to the end."""
    return (phone.joined if phone is not None else caller.over) - caller.let_in


def _entry_wait(record: Record) -> int:
    (entry,) = record["entries"]
    return int(entry["left"] - entry["entered"])


def _talked(phone: PhoneSaw) -> int:
    return phone.over - phone.joined


def _handling_talk(record: Record) -> int:
    (handling,) = [one for one in record["handlings"] if one["connected"] is not None]
    return int(handling["released"] - handling["connected"])


def _check_order(callers: dict[str, CallerSaw], phones: list[PhoneSaw]) -> None:
    """First come, first rung: nobody's phone rings for a caller while one who came 50 ms earlier still waits."""
    first_rung: dict[str, int] = {}
    for phone in phones:
        first_rung.setdefault(phone.caller, phone.rang)
    came = sorted(callers.values(), key=lambda one: one.let_in)
    for earlier, later in ((a, b) for place, a in enumerate(came) for b in came[place + 1 :]):
        rung = first_rung.get(later.number)
        if rung is None or later.let_in - earlier.let_in < 0.05 * SECOND:
            continue
        waited_until = first_rung.get(earlier.number, earlier.over)
        assert waited_until <= rung + 0.05 * SECOND, f"{later.number} overtook {earlier.number}"


def _check_agents(served: dict[str, PhoneSaw], records: dict[str, Record], sheet: Record) -> None:
    """Who served whom, and how often each."""
    by_extension = {extension(number): str(1_000 + number) for number in range(AGENTS)}
    for number, phone in served.items():
        assert records[number]["agent_number"] == by_extension[phone.extension]
    for line in sheet["lines"]:
        rang = sum(by_extension[phone.extension] == line["number"] for phone in served.values())
        assert line["values"]["handled"] == rang, line["number"]
    assert sheet["total"]["handled"] == len(served)


def _check_queue(waits: dict[str, int], served: dict[str, PhoneSaw], sheet: Record) -> None:
    """The sheet's counts are those of sipp's waits; who was within the tolerance of a limit may be on either side."""
    total = sheet["total"]
    lost = [wait for number, wait in waits.items() if number not in served]
    assert (total["offered"], total["answered"], total["abandoned"]) == (len(waits), len(served), len(lost))
    limit, slack = TARGET_S * SECOND, TOLERANCE_S * SECOND
    taken = [waits[number] for number in served]
    assert sum(w <= limit - slack for w in taken) <= total["hit"] <= sum(w <= limit + slack for w in taken)
    short = SHORT_S * SECOND
    assert sum(w <= short - slack for w in lost) <= total["short"] <= sum(w <= short + slack for w in lost)
    assert abs(total["asa"] - statistics.mean(taken)) <= slack
