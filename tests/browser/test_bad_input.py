"""What people type elsewhere is text on every screen, never markup: names, notes, messages, a summary."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

HURT = "<img src=x onerror='window.hurt=1'>"
NUMBER = "13712342900"


def test_markup_of_others_is_shown_as_text(stage: Stage) -> None:
    async def scene() -> None:
        sender = await stage.house.person("1002")
        reader = await stage.house.person("1001")
        me = (await reader.get("/session"))["user"]["id"]
        await sender.post("/messages", {"to": [{"kind": "user", "id": me}], "text": HURT, "urgent": True})
        async with stage.agent("1001") as agent:
            page = agent.page
            await expect(page.locator(".messages li", has_text="onerror").first).to_be_visible()
            caller = await stage.caller(NUMBER)
            caller.dial()
            await agent.state("ringing")
            await page.keyboard.press("F2")
            await agent.state("talking")
            card = page.locator("section.customer")
            await card.get_by_role("button", name="新建客户").click()
            await card.get_by_label("姓名").fill(HURT)
            await card.get_by_role("button", name="保存").click()
            await expect(card.locator("h2")).to_have_text(HURT)
            await page.locator(".summary textarea").fill(HURT)
            await page.keyboard.press("F4")
            await agent.state("wrapup")
            await page.keyboard.press("Control+Enter")
            await agent.state("idle")
            await agent.room("contacts")
            await page.locator(".contacts-rows tbody tr", has_text="137 1234 2900").first.click()
            await expect(page.locator("aside.detail")).to_contain_text("onerror")
            assert await page.evaluate("window.hurt") is None
            assert await page.locator("img[src=x]").count() == 0
            assert agent.faults == []

    stage.run(scene())
