"""`python -m bench.desk`: one JSON object. Exit code 1 if a desk missed or doubled anything, or had to begin anew."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from bench.desk.desks import PASSWORD
from bench.machine import machine
from bench.peers.process import PeerError
from bench.sip.centre import HOST, Centre, Place, document
from bench.sip.phones import Phones
from bench.sip.step import Step, run_step
from yingda.kernel.store import open_store, reading
from yingda.reports.models import TABLES
from yingda.reports.rows import StateSpan

AGENTS, LEADERS, AWAY, AWAY_S = 190, 10, 10, 30.0
SHOWN_S = 0.1
"""A state that lasts less may be passed over by a desk: it shows what is, every 10 ms, and no film of it."""
_SIGN_IN_S, _END_S = 180.0, 30.0
_SECRET = "bench-desk-password"


def centre_document() -> dict[str, Any]:
    """bench-sip's centre, with passwords for those who sit at desks, and leaders."""
    centre = document(recording=False)
    for user in centre["users"][:AGENTS]:
        user["password_env"] = PASSWORD
    leader = {"display_name": "Leader", "role": "leader", "password_env": PASSWORD}
    centre["users"] += [{"username": f"leader{n}", **leader} for n in range(LEADERS)]
    return centre


async def bench(rate: int, seconds: float, folder: Path) -> dict[str, Any]:
    place = Place(folder / "run", recording=False)
    secret = {PASSWORD: _SECRET}
    async with Centre.running(place, centre_document(), secret) as centre, Phones.running(place) as phones:
        await centre.sign_in(AGENTS)
        phones.answer_calls()
        command = [sys.executable, "-m", "bench.desk.desks", f"http://{HOST}:{place.web}"]
        command += [str(part) for part in (AGENTS, LEADERS, AWAY, AWAY_S)]
        pipe = asyncio.subprocess.PIPE
        desks = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=_environment())
        try:
            assert desks.stdout is not None
            async with asyncio.timeout(_SIGN_IN_S):
                line = await desks.stdout.readline()
            if line.strip() != b"ready":
                raise PeerError("The desks could not sign in.")
            before = centre.used()
            step = await run_step(Step(0, rate, seconds, recording=False), place, centre)
            spent, rss = centre.used().since(before), centre.used().rss_mb
            async with asyncio.timeout(_END_S):
                told, _ = await desks.communicate(b"")
        finally:
            if desks.returncode is None:
                desks.kill()
                await desks.wait()
        spans = _spans(place)
    (folder / "desks.json").write_bytes(told)
    seen = json.loads(told)
    return _judged(seen["desks"], spans) | {
        "bench_ms_p99": round(float(np.percentile(seen["own_late"], 99)), 1),
        "calls_per_s": rate,
        "calls_ok": step["ok"],
        "calls_failed": step["failed"],
        "cpu_percent": round(spent.all_ms / spent.seconds / 10, 1),
        "cpu_percent_web": round(spent.ms["web"] / spent.seconds / 10, 1),
        "rss_mb": round(rss),
        "machine": machine(),
    }


def _environment() -> dict[str, str]:
    return {**os.environ, PASSWORD: _SECRET}


def _spans(place: Place) -> dict[str, list[tuple[str, int, int | None]]]:
    """(state, began, ended) of every agent, as the books have them: the truth that desks are held against."""
    table = TABLES[StateSpan]
    store = open_store(place.data)
    found: dict[str, list[tuple[str, int, int | None]]] = {}
    try:
        with reading(store.books) as connection:
            query = sa.select(table.c.agent_id, table.c.state, table.c.started, table.c.ended)
            for agent_id, state, began, ended in connection.execute(query.order_by(table.c.started)):
                found.setdefault(agent_id, []).append((state, began, ended))
    finally:
        store.close()
    return found


def _judged(desks: list[dict[str, Any]], spans: dict[str, list[tuple[str, int, int | None]]]) -> dict[str, Any]:
    late = np.array([one for desk in desks if not desk["away"] for one in desk["late"]])
    missed = sum(_missed(desk, spans.get(desk["agent_id"], [])) for desk in desks if desk["agent_id"])
    away = [desk for desk in desks if desk["away"]]
    return {
        "desks": len(desks),
        "events": len(late),
        "event_ms_p50": round(float(np.percentile(late, 50)), 1),
        "event_ms_p99": round(float(np.percentile(late, 99)), 1),
        "missed": missed,
        "doubled": sum(desk["doubled"] for desk in desks),
        "away": len(away),
        "away_resumed": sum(desk["resumed"] for desk in away),
        "begun_anew": sum(desk["snapshots"] - 1 for desk in desks),
    }


def _missed(desk: dict[str, Any], spans: list[tuple[str, int, int | None]]) -> int:
    """States that lasted long enough and were never shown; of a desk that was away, only the last state counts."""
    seen = {(state, since) for state, since in desk["seen"]}
    if not seen:
        return len(spans)
    first = min(since for _, since in seen)
    lasting = [
        (state, began)
        for state, began, ended in spans
        if began >= first and (ended is None or ended - began >= SHOWN_S * 1_000_000)
    ]
    if desk["away"]:
        lasting = [(state, began) for state, began, ended in spans if ended is None]
    return sum(one not in seen for one in lasting)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--rate", type=int, default=50, metavar="CALLS", help="calls a second (default: 50)")
    parser.add_argument("--seconds", type=float, default=45.0, help="how long callers dial (default: 45)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep data and logs in this new folder")
    options = parser.parse_args()
    folder = options.keep.absolute() if options.keep else Path(tempfile.mkdtemp(prefix="ydd-"))
    folder.mkdir(exist_ok=True)
    try:
        result = asyncio.run(bench(options.rate, options.seconds, folder))
    except PeerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    return 0 if result["missed"] == result["doubled"] == result["begun_anew"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
