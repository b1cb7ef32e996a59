"""Asking the leader for help: from the agent's key to the leader's alarm and back, in two browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.peer


def test_an_agent_asks_and_a_leader_answers(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as leader, stage.agent("1002") as agent:
            await leader.sign_in("leader")
            caller = await stage.caller("13744440001")
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.page.keyboard.press("F10")
            await agent.page.get_by_role("button", name="客户要求班长").click()
            alarm = leader.page.locator(".help-alarm")
            await expect(alarm).to_contain_text("1002 韩梅 求助")
            await expect(alarm).to_contain_text("客户要求班长")
            await expect(agent.page.locator(".help-standing")).to_contain_text("1 人已看到")
            await alarm.get_by_role("button", name="回复").click()
            await alarm.get_by_role("textbox").fill("按政策可退")
            await alarm.get_by_role("button", name="发送").click()
            await expect(agent.page.locator(".help-standing")).to_contain_text("班长：按政策可退")
            await agent.button("求助已解决").click()
            await expect(alarm).to_have_count(0)
            await expect(agent.button("求助")).to_be_visible()
            assert agent.faults == [] and leader.faults == []

    stage.run(scene())
