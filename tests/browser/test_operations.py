"""Operations of the phone bar between two desks: consult, swap, complete, conference, blind transfer, own dialling."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.peer


def test_a_customer_is_passed_on_after_a_consultation(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as first, stage.agent("1002") as second:
            await second.button("选择示忙原因").click()
            await second.page.get_by_role("button", name="小休").click()
            caller = await stage.caller("13712340101", stay_s=60)
            caller.dial()
            await first.state("ringing")
            await first.page.keyboard.press("F2")
            await first.state("talking")
            await first.page.keyboard.press("F9")
            panel = first.page.locator(".transfer-panel")
            await panel.get_by_label("转接给").fill("1002")
            await expect(panel.locator("li")).to_have_count(2)
            await panel.locator("li", has_text="韩梅").click()
            await panel.get_by_role("button", name="咨询").click()
            await first.state("consulting")
            await expect(second.button("接听")).to_be_visible(timeout=10_000)
            await second.page.keyboard.press("F2")
            await second.state("assisting", 15)
            await expect(first.page.locator(".half[data-speaks=true]")).to_contain_text("咨询方")
            await first.page.keyboard.press("F8")
            await expect(first.page.locator(".half[data-speaks=true]")).to_contain_text("客户")
            await first.page.keyboard.press("F9")
            await first.state("wrapup")
            await second.state("talking")
            await second.hears(1500)
            await second.page.keyboard.press("F4")
            await second.state("wrapup")
            await both_parts_were_recorded(stage, "13712340101")

    stage.run(play(), 90)


async def both_parts_were_recorded(stage: Stage, number: str) -> None:
    """A file a handling (REC-01), and it can be heard."""
    leader = await stage.house.person("leader")
    async with asyncio.timeout(10):
        while True:
            calls = (await leader.get("/calls", number=number[-8:]))["items"]
            recordings = calls[0]["recordings"] if calls else []
            if len(recordings) == 2 and all(one["state"] == "ended" for one in recordings):
                break
            await asyncio.sleep(0.1)  # until the books have both ends
    for one in recordings:
        path = stage.house.data / "recordings"
        files = [file.name for file in path.rglob("*.wav")]
        assert f"{one['handling_id']}.wav" in files, (one, files)


def test_an_agent_dials_a_colleague_from_the_bar(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as first, stage.agent("1002") as second:
            await first.page.keyboard.press("F2")
            await first.page.keyboard.type("1002")
            await expect(first.page.locator(".dial .target-list li", has_text="韩梅")).to_be_visible()
            await first.page.keyboard.press("ArrowDown")
            await first.page.keyboard.press("Enter")
            await expect(second.button("接听")).to_be_visible(timeout=10_000)
            await second.page.keyboard.press("F2")
            await first.state("internal", 15)
            await second.state("internal", 15)
            await first.page.keyboard.press("F4")
            await first.state("idle")
            await second.state("idle")

    stage.run(play(), 60)


def test_a_leader_releases_a_call_by_its_key_and_cannot_listen_without_a_device(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as agent, stage.visitor() as leader:
            await leader.sign_in("leader")
            caller = await stage.caller("13712340303", stay_s=60)
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            row = leader.page.locator(".floor-agents tbody tr", has_text="1001")
            await row.click()
            await leader.page.get_by_role("button", name="监听 L").click()
            await expect(leader.page.locator(".floor-acts [role=alert]")).to_contain_text("座席")
            await row.focus()
            await leader.page.keyboard.press("x")
            await leader.page.get_by_role("group", name="强拆").get_by_role("button", name="强拆").click()
            await agent.state("wrapup")

    stage.run(play(), 60)
