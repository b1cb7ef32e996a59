"""A message that a waiting caller leaves with a real phone: recorded until he hangs up, listed, heard, cleared."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.planes.house import CENTRE, PASSWORD, House, house, needs, run_yingda

OVERFLOW = """\
  - name: sales
    ring_limit_s: 10
    wrapup_s: 1
    waiting: {language: en}
    escalations:
      - {name: message, after_s: 1, overflow: {then: message}}
"""
DOCUMENT = CENTRE.replace("  - {name: sales, ring_limit_s: 10, wrapup_s: 1}\n", OVERFLOW)


async def listed(leader: Any, state: str, count: int) -> list[dict[str, Any]]:
    """Wait until the list has so many."""
    async with asyncio.timeout(20):
        while True:
            items: list[dict[str, Any]] = (await leader.get("/voicemail", state=state))["items"]
            if len(items) == count:
                return items
            await asyncio.sleep(0.1)


async def heard(centre: House, message: str) -> bytes:
    """Its sound, as a browser fetches it."""
    async with httpx.AsyncClient(base_url=f"{centre.url}/api/v1", timeout=20) as browser:
        who = {"username": "leader", "password": PASSWORD}
        assert (await browser.post("/session", json=who)).status_code < 300
        answer = await browser.get(f"/voicemail/{message}/audio")
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.e2e
def test_a_message_is_recorded_listed_heard_and_cleared(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path, centre=DOCUMENT) as centre:
            caller = await centre.caller(tmp_path / "caller", stay_s=25)
            caller.dial()
            (record,) = [one for one in await centre.records(1, 60) if one["outcome"] == "diverted"]
            leader = await centre.person("leader")
            (message,) = await listed(leader, "open", 1)
            assert (message["contact_id"], message["queue_name"]) == (record["interaction_id"], "sales")
            assert message["duration_ms"] > 3_000 and message["heard"] is None
            sound = await heard(centre, message["id"])
            assert sound[:4] == b"RIFF" and len(set(sound[58:])) > 8, "the caller's tone is in it"
            assert abs((len(sound) - 58) / 16 - message["duration_ms"]) <= 20
            await leader.post(f"/voicemail/{message['id']}/clear", {})
            assert await listed(leader, "open", 0) == []
            (done,) = await listed(leader, "done", 1)
            assert done["heard"] is not None and done["cleared_by"] == "Leader"
            assert await centre.stop() == 0
            code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data, seconds=60)
            assert code == 0, said

    asyncio.run(scene())
