"""Operations of the phone bar between two desks: consult, swap, complete, conference, blind transfer, own dialling."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage
from tests.browser.witness import Witness
from yingda.kernel.event import Envelope

pytestmark = pytest.mark.peer


def test_a_customer_is_passed_on_after_a_consultation(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as first, stage.agent("1002") as second, Witness.of(stage.house) as witness:
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
            await expect(second.button("接听")).to_be_visible()
            await second.page.keyboard.press("F2")
            await second.state("assisting")
            await expect(first.page.locator(".half[data-speaks=true]")).to_contain_text("咨询方")
            await first.page.keyboard.press("F8")
            await expect(first.page.locator(".half[data-speaks=true]")).to_contain_text("客户")
            await first.page.keyboard.press("F9")
            await first.state("wrapup")
            await second.state("talking")
            await second.hears(1500)
            await second.page.keyboard.press("F4")
            await second.state("wrapup")
            told = await witness.events("13712340101", "recording.ended", "recording.ended")
            both_parts_were_recorded(told, {one.name for one in (stage.house.data / "recordings").rglob("*.wav")})

    stage.run(play(), 90)


def both_parts_were_recorded(told: list[Envelope], files: set[str]) -> None:
    """A file a handling (REC-01)."""
    ended = [one.data["handling_id"] for one in told if one.kind == "recording.ended"]
    assert len(set(ended)) == 2
    assert {f"{one}.wav" for one in ended} <= files


def test_an_agent_dials_a_colleague_from_the_bar(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as first, stage.agent("1002") as second:
            await first.page.keyboard.press("F2")
            await first.page.keyboard.type("1002")
            await expect(first.page.locator(".dial .target-list li", has_text="韩梅")).to_be_visible()
            await first.page.keyboard.press("ArrowDown")
            await first.page.keyboard.press("Enter")
            await expect(second.button("接听")).to_be_visible()
            await second.page.keyboard.press("F2")
            await first.state("internal")
            await second.state("internal")
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
