"""A call-back from the agent's screen: shown before anybody is called, declined, taken from the list, reached (ACD-39).

A caller leaves his queue for a promise; whoever is free sees who he is and that he is to be called. Declined, it stays
owed, at nobody's cost; taken from the list of what is due it is called at once, and is owed no longer once he is
reached.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.peers.ports import PortBlock
from bench.peers.process import Child
from playwright.async_api import expect

from tests.browser.centre import CENTRE, QUEUES
from tests.browser.stage import Stage
from tests.planes.house import needs, run_yingda

NUMBER, SHOWN = "13712340911", "137****0911"
PROMISES = (
    "ring_limit_s: 30, wrapup_s: 1, target_s: 20, callbacks: {preview: yes, promise_s: 600},"
    " escalations: [{name: later, after_s: 1, overflow: {then: callback}}]"
)


def document(far_port: int) -> str:
    """The first queue promises call-backs after a second, and shows them first."""
    plain = f"{{name: {QUEUES[0]}, ring_limit_s: 20, wrapup_s: 30, target_s: 20}}"
    assert plain in CENTRE
    given = CENTRE.replace(plain, f"{{name: {QUEUES[0]}, {PROMISES}}}")
    trunk = f"  - {{name: far, hosts: [127.0.0.3], port: {far_port}}}\nroutes:\n  - {{name: all, via: [far]}}\n"
    return given.replace("queues:\n", f"{trunk}queues:\n", 1)


async def scene(stage: Stage, folder: Path, port: int, media_port: int) -> None:
    command = ["sipp", "-sn", "uas", "-i", "127.0.0.3", "-p", str(port), "-mi", "127.0.0.3", "-nostdin"]
    far = await Child.start("far end", [*command, "-mp", str(media_port)], folder / "far.log")
    try:
        caller = await stage.caller(NUMBER, stay_s=60)
        caller.dial()
        (promised,) = [one for one in await stage.house.records(1, 40) if one["outcome"] == "callback"]
        async with stage.visitor() as agent:
            await agent.sign_in("1003")
            await agent.page.locator(".bar .choice label", has_text="浏览器").click()
            await agent.button("签入").click()
            await agent.state("ringing", 30)
            bar, page = agent.page.locator("header.bar"), agent.page
            await expect(bar).to_contain_text("137 1234 0911")
            await expect(bar).to_contain_text("售后 · 回拨")
            assert not [one for one in await stage.house.records(1) if one["outcome"] == "reached"], (
                "nobody is called yet"
            )
            await agent.button("拒接").click()
            await agent.button("选择示忙原因").click()
            await page.get_by_role("button", name="小休").click()
            await agent.state("busy")
            await agent.room("reports")
            await page.locator(".tabs a", has_text="待回拨").click()
            row = page.locator("tbody tr", has_text=SHOWN)
            await row.get_by_role("button", name="拨打").click(timeout=20_000)
            await agent.state("talking", 30)
            await expect(row).to_have_count(0, timeout=20_000)
            await agent.button("挂断").click()
            assert agent.faults == []
            await stage.leave("1003")
        leader = await stage.house.person("leader")
        whole = await leader.get(f"/calls/{promised['interaction_id']}")
        told = {kind: [one["data"] for one in whole["timeline"] if one["kind"] == kind] for kind in KINDS}
        assert [one["result"] for one in told["callback.closed"]] == ["reached"]
        assert [one["result"] for one in told["callback.attempt_ended"]] == ["connected"]
        assert len(told["callback.requested"]) == 1
    finally:
        await far.stop(5.0)


KINDS = ("callback.requested", "callback.attempt_ended", "callback.closed")


@pytest.mark.e2e
def test_a_call_back_is_seen_declined_taken_and_reached(tmp_path: Path) -> None:
    needs("sipp")
    with PortBlock.take() as ports:
        stage = Stage(tmp_path / "stage", document(port := ports.one()))
        stage.open()
        try:
            stage.run(scene(stage, tmp_path, port, ports.row(4)[0]), 240)
            assert stage.run(stage.house.stop(), 60) == 0
            proof = run_yingda("verify", "--data", str(stage.house.data), data=stage.house.data, seconds=60)
            code, said = stage.run(proof, 90)
            assert code == 0, said
        finally:
            stage.close()
