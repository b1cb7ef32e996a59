"""Ctrl+K finds and does; a leader's broadcast stands on every screen until it is read; a marked number is dialled."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.peer


def test_everything_is_found_by_name_pinyin_or_initials(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await visitor.sign_in("1004")
            palette = page.locator(".palette")
            for typed, found in (("hh", "会话"), ("hanmei", "1002 韩梅"), ("1001", "1001 李雷")):
                await page.keyboard.press("Control+k")
                await palette.get_by_role("combobox").fill(typed)
                await expect(palette.get_by_role("option", name=found).first).to_be_visible()
                await page.keyboard.press("Escape")
                await expect(palette).to_have_count(0)
            await page.keyboard.press("Control+k")
            await palette.get_by_role("combobox").fill("huihua")
            await page.keyboard.press("Enter")
            await expect(page).to_have_url(f"{visitor.url}/contacts")
            assert visitor.faults == []

    stage.run(scene())


@pytest.mark.e2e
def test_an_urgent_broadcast_stands_on_every_screen_until_it_is_read(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as leader, stage.visitor() as agent:
            await leader.sign_in("leader")
            await agent.sign_in("1003")
            await agent.room("contacts")
            page = leader.page
            await page.get_by_role("button", name="广播").click()
            await page.get_by_role("button", name="全体").click()
            await page.get_by_role("textbox", name="内容").fill("系统十点维护，请告知客户")
            await page.get_by_role("button", name="发送").click()
            banner = agent.page.locator(".urgent")
            await expect(banner).to_contain_text("系统十点维护，请告知客户")
            await banner.get_by_role("button", name="已读").click()
            await expect(banner).to_have_count(0)
            assert agent.faults == [] and leader.faults == []

    stage.run(scene())


@pytest.mark.e2e
def test_a_marked_number_goes_into_the_dial_field(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as agent:
            page = agent.page
            await page.evaluate("""() => {
                const note = document.createElement("p");
                note.textContent = "请回电 138 1234 5678";
                document.querySelector(".desk-side").append(note);
                const range = document.createRange();
                range.setStart(note.firstChild, 4);
                range.setEnd(note.firstChild, note.firstChild.length);
                getSelection().removeAllRanges();
                getSelection().addRange(range);
            }""")
            await expect(page.locator(".dial-picked")).to_contain_text("13812345678")
            await page.keyboard.press("F2")
            await expect(page.locator(".dial input")).to_have_value("13812345678")

    stage.run(scene())
