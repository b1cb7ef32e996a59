"""Signing in to the screens: wrong, too often, right; what is remembered; addresses that lead nowhere."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer

UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"


def test_a_wrong_password_is_said_under_the_button(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await _try(visitor, "1004", "wrong")
            await expect(visitor.page.get_by_role("alert")).to_have_text("用户名或密码不正确。")
            await _try(visitor, "nobody-here", "wrong")
            await expect(visitor.page.get_by_role("alert")).to_have_text("用户名或密码不正确。")
            assert set(visitor.faults) == {UNAUTHORIZED}  # which Chromium prints by itself

    stage.run(scene())


def test_too_many_attempts_say_how_long_to_wait(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor("en") as visitor:
            for _ in range(6):
                await _try(visitor, "somebody", "wrong")
                await expect(visitor.page.get_by_role("alert")).not_to_be_empty()
            await expect(visitor.page.get_by_role("alert")).to_contain_text(
                "Too many attempts to sign in. Try again in"
            )

    stage.run(scene())


def test_a_right_password_leads_to_the_desk_and_back(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await visitor.sign_in("1004")
            page = visitor.page
            await expect(page).to_have_url(f"{visitor.url}/desk")
            await expect(page.locator(".bar-state")).to_contain_text("未签入")
            await page.reload()
            await visitor.state("offline")  # the session outlives the page
            await visitor.button("我的菜单").click()
            await page.get_by_role("button", name="退出登录").click()
            await expect(page.get_by_role("heading", name="应答")).to_be_visible()
            await page.reload()
            await expect(page.get_by_role("heading", name="应答")).to_be_visible()
            assert visitor.faults == []

    stage.run(scene())


def test_language_and_appearance_are_remembered(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await page.goto(visitor.url)
            await page.locator(".choice label", has_text="English").click()
            await page.locator(".choice label", has_text="Dark").click()
            await page.reload()
            await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
            html = page.locator("html")
            await expect(html).to_have_attribute("data-theme", "dark")
            await expect(html).to_have_attribute("lang", "en")

    stage.run(scene())


def test_an_unknown_address_gets_a_clear_page_and_roles_their_rooms(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await visitor.sign_in("1004")
            rooms = page.locator(".rail a")
            await expect(rooms).to_have_text(["工作台", "会话", "报表"])
            for address in ("/floor", "/nothing/here"):
                await page.goto(visitor.url + address)
                await expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
            await page.get_by_role("button", name="返回首页").click()
            await expect(page).to_have_url(f"{visitor.url}/desk")
        async with stage.visitor() as visitor:
            await visitor.sign_in("leader")
            await expect(visitor.page.locator(".rail a")).to_have_text(["现场", "会话", "报表", "流程"])

    stage.run(scene())


def test_the_first_load_of_the_desk_is_light(stage: Stage) -> None:
    """Everything up to a desk at which one can sign in to take calls, as it crosses the wire: compressed."""

    async def scene() -> int:
        async with stage.visitor() as visitor:
            await visitor.sign_in("1004")
            await visitor.state("offline")
            await expect(visitor.page.locator(".desk .tasks")).to_be_visible()
            total: int = await visitor.page.evaluate(
                "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.encodedBodySize, 0)"
            )
            return total

    carried = stage.run(scene())
    print(f"first load of the desk: {carried:,} bytes")
    assert 20_000 < carried < 250_000


async def _try(visitor: Visitor, username: str, password: str) -> None:
    page = visitor.page
    if not page.url.startswith(visitor.url):
        await page.goto(visitor.url)
    await page.locator("input[autocomplete=username]").fill(username)
    await page.locator("input[autocomplete=current-password]").fill(password)
    async with page.expect_response("**/api/v1/session"):
        await page.keyboard.press("Enter")
