"""A whole centre keeps its recordings: archived, sealed, played."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.planes.house import CENTRE, House, house, needs, until
from yingda.kernel.bus import BusClient

pytestmark = pytest.mark.peer

RULES = "centre: {name: Test centre, language: en, recordings: {archive_after_h: 0, format: opus, encrypt: true}}"
WITHIN_S = 60


def test_a_recording_is_archived_by_the_worker_and_plays(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, centre="\n".join((RULES, *CENTRE.splitlines()[1:]))) as centre:
            _, _, caller = await centre.answered_call(tmp_path, stay_s=3)
            assert await caller.finished(20) == 0
            (record,) = await centre.records(1)
            (recording,) = record["recordings"]
            folder = centre.data / "recordings"
            await until("the archive", lambda: _forms(folder) == [[".opus", ".sealed"]], WITHIN_S)
            answer = await _fetch(centre, recording["recording_id"])
            assert (answer.status_code, answer.content[:4]) == (200, b"OggS")
            assert await _alarms(centre) == set()

    asyncio.run(scene())


def _forms(folder: Path) -> list[list[str]]:
    return [file.suffixes for file in folder.rglob("*.*")]


async def _fetch(centre: House, recording_id: str) -> httpx.Response:
    leader = await centre.person("leader")
    async with httpx.AsyncClient(headers={"Cookie": leader.cookie}) as client:
        return await client.get(f"{centre.url}/api/v1/recordings/{recording_id}")


async def _alarms(centre: House) -> set[str]:
    bus = BusClient(centre.data / "run" / "control.sock")
    await bus.start(timeout=5)
    try:
        return set((await bus.call("live.snapshot", {}))["docs"].get("alarms", {}))
    finally:
        await bus.close()
