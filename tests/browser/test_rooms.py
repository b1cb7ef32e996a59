"""Floor and contacts: what a leader sees and does, filters that live in the address, refusals under their button."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.peer


def test_the_leader_sees_states_change_and_forces_them(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as leader, stage.agent("1002") as agent:
            await leader.sign_in("leader")
            page = leader.page
            row = page.locator(".floor-agents tbody tr", has_text="韩梅")
            await expect(row).to_have_attribute("data-state", "idle")
            await row.click()
            await page.get_by_role("button", name="强制示忙").click()
            acts = page.locator(".floor-acts")
            await expect(acts).to_contain_text("强制示忙 1002 韩梅")
            await acts.get_by_role("button", name="强制示忙").click()
            await agent.state("busy")
            await expect(row).to_have_attribute("data-state", "busy")
            await page.get_by_role("button", name="强制签出").click()
            await acts.get_by_role("button", name="强制签出").click()
            await agent.state("offline")
            await expect(row).to_have_count(0)
            await page.get_by_role("button", name="显示未签入的座席").click()
            await expect(row).to_have_attribute("data-state", "offline")
            assert leader.faults == []

    stage.run(scene())


def test_rows_do_not_jump_under_the_pointer(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as leader, stage.agent("1001"), stage.agent("1002") as second:
            await leader.sign_in("leader")
            page = leader.page
            names = page.locator(".floor-agents tbody td:first-child")
            await expect(names).to_have_text(["1001 李雷", "1002 韩梅"])
            await page.locator(".floor-agents tbody tr").first.hover()
            await second.button("选择示忙原因").click()
            await second.page.get_by_role("button", name="小休").click()
            await second.state("busy")
            row = page.locator(".floor-agents tbody tr", has_text="韩梅")
            await expect(row).to_have_attribute("data-state", "busy")
            await expect(row).to_contain_text("小休")
            await expect(names).to_have_text(["1001 李雷", "1002 韩梅"])  # values change in place
            await page.mouse.move(5, 400)
            await expect(names).to_have_text(["1002 韩梅", "1001 李雷"], timeout=6_000)

    stage.run(scene())


def test_busy_with_a_reason_and_ready_again_by_key(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1003") as agent:
            page = agent.page
            await page.keyboard.press("Shift+F2")
            await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
            await agent.state("busy")
            await expect(page.locator(".bar-state")).to_contain_text("培训")
            await page.keyboard.press("Shift+F2")
            await agent.state("idle")
            assert agent.faults == []

    stage.run(scene())


def test_a_refusal_stands_under_its_button_until_the_next_action(stage: Stage) -> None:
    """The SIP phone is not registered, so signing in there is refused by the server."""

    async def scene() -> None:
        async with stage.visitor() as visitor:
            await visitor.sign_in("1004")
            page = visitor.page
            await page.locator(".bar .choice label", has_text="话机 8104").click()
            await visitor.button("签入").click()
            refusal = page.locator(".act .refusal")
            await expect(refusal).to_have_text("该话机未注册，来电无法振铃。请连接话机后再签入。")
            await page.wait_for_timeout(1_200)
            await expect(refusal).to_be_visible()
            box, bar = await refusal.bounding_box(), await page.locator("header.bar").bounding_box()
            assert box is not None and bar is not None
            assert (bar["y"], bar["height"]) == (0, 56)
            assert box["y"] >= 56, "the refusal covers the bar"

    stage.run(scene())


def test_filters_live_in_the_address(stage: Stage) -> None:
    async def scene() -> None:
        caller = await stage.caller("13511112222", stay_s=2)
        caller.dial()  # nobody is signed in: he waits, and gives up
        async with stage.visitor() as leader:
            await leader.sign_in("leader")
            await leader.room("contacts")
            page = leader.page
            rows = page.locator(".contacts-rows tbody tr")
            await expect(rows.filter(has_text="135 1111 2222")).to_have_count(1, timeout=8_000)
            here = datetime.now(ZoneInfo("Asia/Shanghai"))  # days and hours are the centre's, not the browser's
            await page.get_by_role("button", name="今天").click()
            await page.wait_for_url(re.compile(f"day={here:%Y-%m-%d}"))
            await expect(rows.filter(has_text="135 1111 2222")).to_contain_text(f"{here:%m-%d}")
            await page.get_by_label("号码").fill("2222")
            await page.wait_for_url(re.compile("number=2222"))
            await page.get_by_label("结果").select_option("turned_away")
            await page.wait_for_url(re.compile("outcome=turned_away"))
            await expect(page.get_by_text("没有符合条件的会话。")).to_be_visible()
            await page.reload()
            await expect(page.get_by_label("号码")).to_have_value("2222")
            await page.get_by_role("button", name="清除条件").click()
            await expect(rows.filter(has_text="135 1111 2222")).to_have_count(1)
            await rows.filter(has_text="135 1111 2222").focus()
            await page.keyboard.press("Enter")
            await expect(page.locator("aside.detail")).to_contain_text("会话开始")
            await page.keyboard.press("Escape")
            await expect(page.locator("aside.detail")).to_have_count(0)
            async with page.expect_download() as download:
                await page.get_by_role("link", name="导出 CSV").click()
            text = (await (await download.value).path()).read_bytes()
            assert text.startswith("\ufeff".encode())
            assert b"13511112222" in text
            assert leader.faults == []
        assert await caller.finished(20) == 0  # he has hung up: nobody waits when the next test begins

    stage.run(scene())
