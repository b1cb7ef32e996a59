"""`kill -9` of control alone: calls, waits and agents go on in the next control (metrics.md section 9)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.planes.house import house, needs, run_yingda

pytestmark = pytest.mark.peer


def test_a_call_goes_on_when_control_is_killed(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            agent, _, caller = await centre.answered_call(tmp_path, stay_s=60)
            before = await agent.get("/desk")
            await asyncio.sleep(0.5)
            await centre.kill("control")
            await centre.healthy()
            after = await centre.state(agent, "talking")
            assert after["agent"]["handling"]["id"] == before["agent"]["handling"]["id"]
            assert after["agent"]["since"] == before["agent"]["since"]
            await agent.post("/desk/hold")
            await centre.state(agent, "holding")
            await agent.post("/desk/retrieve")
            await centre.state(agent, "talking")
            await agent.post("/desk/hang-up")
            assert await caller.finished(20) == 0
            (record,) = await centre.records(1)
            print(record)
            assert await centre.stop() == 0
            code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
            assert code == 0, said

    asyncio.run(scene())
