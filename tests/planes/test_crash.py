"""`kill -9` of one plane, and of everything, in the middle of a call (metrics.md section 9)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from bench.call.centre import Person
from bench.sound import read_wav

from tests.planes.house import House, house, needs, run_yingda

pytestmark = pytest.mark.peer


MEDIA_PROCESSES = 2  # one alone dies in `test_recordings`, in a consultation


def test_a_call_outlives_web_and_media_and_its_recording_is_as_long_as_the_talk(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, "--media-processes", str(MEDIA_PROCESSES)) as centre:
            agent, _, caller = await centre.answered_call(tmp_path, stay_s=60)
            before = await agent.get("/desk")
            for plane in ("web", "media"):
                await centre.kill(plane)
                await centre.healthy()
                await _counted(centre)
                # The same session, after the web plane too: it is in the store, not in the process.
                after = await centre.state(agent, "talking")
                assert after["agent"]["handling"]["id"] == before["agent"]["handling"]["id"]
            await agent.post("/desk/hang-up")
            assert await caller.finished(20) == 0
            (record,) = await centre.records(1)
            assert record["outcome"] == "answered"
            (recording,) = record["recordings"]
            assert recording["state"] == "ended"
            assert abs(recording["duration_ms"] - record["talking_us"] / 1_000) < 200
            await _sound(centre)

    asyncio.run(scene())


def test_what_cannot_be_adopted_is_closed_at_the_next_start(tmp_path: Path) -> None:
    """Everything is killed, and what was written down of the calls is gone as well."""
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            await centre.answered_call(tmp_path, stay_s=60)
            waiting = await centre.caller(tmp_path / "waiting", stay_s=60, number="13900002222")
            waiting.dial()
            leader = await centre.person("leader")
            await _waiting(leader, 1)
            await centre.kill("everything")
            (centre.data / "standing").unlink()
            await centre.start()
            records = await centre.records(2)
            assert sorted(record["outcome"] for record in records) == ["answered", "failed"]
            for record in records:
                whole = await (await centre.person("leader")).get(f"/calls/{record['interaction_id']}")
                assert all(event["data"].get("estimated") for event in whole["timeline"][-1:])
            await _sound(centre)

    asyncio.run(scene())


async def _counted(centre: House) -> None:
    """The metrics of every media process are shown, and the call's legs lie in one of them."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{centre.url}/metrics")).text
    names = ["media", *(f"media-{number}" for number in range(1, MEDIA_PROCESSES))]
    legs = [re.search(rf'^yingda_media_legs{{plane="{name}"}} (\S+)', text, re.MULTILINE) for name in names]
    assert sum(float(found[1]) for found in legs if found is not None) == 2
    assert None not in legs


async def _sound(centre: House) -> None:
    """The books hold together, and every recording that is on disk can be played."""
    assert await centre.stop() == 0
    code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
    assert code == 0, said
    files = list((centre.data / "recordings").rglob("*.wav"))
    assert files
    for file in files:
        read_wav(file)


async def _waiting(leader: Person, count: int) -> None:
    """Wait until the floor shows so many callers waiting."""
    deadline = asyncio.get_running_loop().time() + 10
    while True:
        floor = await leader.get("/floor")
        if sum(queue["waiting"] for queue in floor["queues"]) == count:
            return
        assert asyncio.get_running_loop().time() < deadline, floor
        await asyncio.sleep(0.05)
