"""The sound check at the desk: shown until it was fine once, reached again from the menu, and says what is wrong."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer

DENIED = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
"""


async def offline_in_browser(visitor: Visitor) -> None:
    await visitor.sign_in("1004")
    await visitor.state("offline")
    await visitor.page.locator(".bar .choice label", has_text="浏览器").click()


def test_the_check_is_shown_until_the_sound_was_fine_once(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await offline_in_browser(visitor)
            check = page.locator(".soundcheck")
            await check.get_by_role("button", name="开始检查").click()
            await expect(check.get_by_role("status")).to_contain_text("听得到您的声音")
            await expect(check.locator("select").first.locator("option")).not_to_have_count(1)
            await check.get_by_role("button", name="声音正常").click()
            await expect(check).to_have_count(0)
            await page.reload()
            await visitor.state("offline")
            await expect(page.locator(".current")).to_be_visible()
            await expect(check).to_have_count(0)
            await page.locator(".bar .user").click()
            await page.get_by_role("button", name="声音检查").click()
            await expect(check).to_be_visible()
            assert visitor.faults == []

    stage.run(scene())


def test_a_refused_microphone_is_named_in_the_check(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await visitor.page.add_init_script(DENIED)
            await offline_in_browser(visitor)
            check = visitor.page.locator(".soundcheck")
            await check.get_by_role("button", name="开始检查").click()
            await expect(check.get_by_role("alert")).to_contain_text("浏览器不允许使用麦克风")

    stage.run(scene())


@pytest.mark.e2e
def test_what_was_said_is_played_back(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await offline_in_browser(visitor)
            check = visitor.page.locator(".soundcheck")
            await check.get_by_role("button", name="开始检查").click()
            await check.get_by_role("button", name="录三秒再放给我听").click()
            await expect(check.get_by_role("button", name="正在播放")).to_be_visible()
            await expect(check.get_by_role("button", name="录三秒再放给我听")).to_be_visible()
            assert visitor.faults == []

    stage.run(scene())
