"""A caller who waits is told so, becomes a call-back by rule, and is called: real peers, real control, real books."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.peers.ports import PortBlock
from bench.peers.process import Child

from tests.planes.house import CENTRE, House, house, needs, run_yingda, wait_for_event

pytestmark = pytest.mark.peer

WAITING = """\
  - name: sales
    ring_limit_s: 10
    wrapup_s: 1
    waiting: {welcome: {say: Hello, language: en}, position: yes, callback_key: "1", language: en}
    escalations:
      - {name: later, after_s: 3, overflow: {then: callback}}
"""


def document(far_port: int) -> str:
    trunks = f"  - {{name: far, hosts: [127.0.0.3], port: {far_port}}}\nroutes:\n  - {{name: all, via: [far]}}\n"
    given = CENTRE.replace("  - {name: sales, ring_limit_s: 10, wrapup_s: 1}\n", WAITING)
    return given.replace("queues:\n", f"{trunks}queues:\n", 1)


async def far_end(centre: House, folder: Path, port: int) -> None:
    """Somebody's phone out there: it answers and lets us hang up."""
    command = ["sipp", "-sn", "uas", "-i", "127.0.0.3", "-p", str(port), "-mi", "127.0.0.3", "-nostdin"]
    command += ["-mp", str(centre.ports.row(4)[0])]
    child = await Child.start("far end", command, folder / "far.log")
    centre.stack.push_async_callback(child.stop, 5.0)


def test_who_waits_too_long_is_called_back(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene(port: int) -> None:
        async with house(tmp_path, centre=document(port)) as centre:
            await far_end(centre, tmp_path, port)
            caller = await centre.caller(tmp_path / "caller", stay_s=60)
            caller.dial()
            ended = [record for record in await centre.records(1, 40) if record["ended"] is not None]
            first = ended[0]  # told that he will be called, and let go
            assert first["outcome"] == "callback"
            phone = await centre.phone("8101", tmp_path / "8101")
            agent, events = await centre.person("1001"), phone.events()
            await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
            await wait_for_event(events, "CALL_INCOMING")
            await phone.answer()
            await centre.state(agent, "talking")
            await agent.post("/desk/hang-up", {})
            records = await centre.records(2)
            assert {record["outcome"] for record in records} == {"callback", "reached"}
            whole = await (await centre.person("leader")).get(f"/calls/{first['interaction_id']}")
            kinds = [event["kind"] for event in whole["timeline"]]
            wanted = ("queue.announced", "callback.requested", "callback.attempt_started", "callback.closed")
            assert set(wanted) <= set(kinds), kinds
            assert await centre.stop() == 0
            for command in ("verify", "replay"):
                code, said = await run_yingda(command, "--data", str(centre.data), data=centre.data, seconds=60)
                assert code == 0, said

    with PortBlock.take() as ports:
        asyncio.run(scene(ports.one()))
