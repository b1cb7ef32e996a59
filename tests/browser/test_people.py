"""Customers and colleagues on the desk: the screen pop, messages between seats, the second factor."""

from __future__ import annotations

import pyotp
import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage
from tests.planes.house import PASSWORD

pytestmark = pytest.mark.peer


def test_an_unknown_caller_becomes_a_customer_who_is_known_the_next_time(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as agent:
            card = agent.page.locator("section.customer")
            first = await stage.caller("13712340001", stay_s=60)
            first.dial()
            await agent.state("ringing")
            await expect(card.locator("h2")).to_have_text("新客户")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await card.get_by_role("button", name="新建客户").click()
            await card.get_by_label("姓名").fill("周先生")
            await card.get_by_label("等级").select_option("VIP")
            await card.get_by_role("button", name="保存").click()
            await expect(card.locator("h2")).to_have_text("周先生")
            await agent.page.locator(".summary textarea").fill("问营业时间")
            await agent.page.keyboard.press("F4")
            await agent.state("wrapup")
            await agent.page.keyboard.press("Control+Enter")
            await agent.state("idle")
            again = await stage.caller("13712340001", stay_s=60)
            again.dial()
            await agent.state("ringing")
            await expect(card.locator("header")).to_contain_text("周先生")
            await expect(card.locator("header")).to_contain_text("VIP")
            await expect(agent.page.locator(".bar-facts")).to_contain_text("周先生")
            await expect(agent.page.locator("section.past tbody tr").first).to_contain_text("问营业时间")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.page.keyboard.press("F4")
            await agent.state("wrapup")
            await agent.page.keyboard.press("Control+Enter")
            await agent.state("idle")

    stage.run(play(), 90)


def test_an_urgent_message_arrives_at_once_and_is_read(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1001") as sender, stage.agent("1002") as reader:
            await sender.page.get_by_role("button", name="写消息").click()
            await sender.page.get_by_label("收件人").fill("1002")
            await sender.page.locator(".messages-find li button").first.click()
            await sender.page.get_by_label("内容").fill("请来一下")
            await sender.page.get_by_label("紧急").check()
            await sender.page.get_by_role("button", name="发送").click()
            line = reader.page.locator(".messages li", has_text="请来一下")
            await expect(line).to_have_attribute("data-urgent", "true", timeout=3_000)
            await line.get_by_role("button", name="已读").click()
            await expect(line).to_have_attribute("data-unread", "false")

    stage.run(play(), 60)


def test_signing_in_with_a_second_factor(stage: Stage) -> None:
    async def play() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await visitor.sign_in("1003")
            await page.goto(f"{visitor.url.rstrip('/')}/account")
            factor = page.locator("section", has_text="动态验证码").last
            await factor.get_by_label("当前密码").fill(PASSWORD)
            await factor.get_by_role("button", name="启用").click()
            secret = await factor.locator(".secret").inner_text()
            await factor.get_by_label("动态验证码").fill(pyotp.TOTP(secret).now())
            await factor.get_by_role("button", name="确认启用").click()
            recovery = await factor.locator(".codes-list span").first.inner_text()
            await factor.get_by_role("button", name="已保存").click()
            async with stage.visitor() as later:
                await later.page.goto(later.url)
                await later.page.locator("input[autocomplete=username]").fill("1003")
                await later.page.locator("input[autocomplete=current-password]").fill(PASSWORD)
                await later.page.keyboard.press("Enter")
                await later.page.locator("input[autocomplete=one-time-code]").fill(recovery)
                await later.page.keyboard.press("Enter")
                await expect(later.page.locator("header.bar")).to_be_visible()
            await factor.get_by_label("当前密码").fill(PASSWORD)
            await factor.get_by_role("button", name="停用").click()
            await expect(factor.get_by_role("button", name="启用")).to_be_visible()

    stage.run(play(), 60)
