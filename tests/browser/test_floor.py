"""A leader in a surge: borrows an agent, announces, flushes the queue into call-backs, cancels one (SUP-11, ACD-33).
And who is where in which flow: on the floor, on the bench beside today's counts, taken out of it into a queue."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.centre import DOCUMENT, MENU, SELF_FLOW, SELF_SERVICE
from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer


async def taken_out_of_a_flow(leader: Visitor) -> None:
    """Seen on the floor and on the bench, beside today's counts, and taken to the queue from there."""
    page = leader.page
    place = page.locator(".floor-flows tbody tr", has_text=SELF_FLOW)
    await expect(place.locator("td").first).to_have_text(MENU)
    await place.get_by_role("button", name="1", exact=True).click()
    await expect(page.locator(".floor-flows")).to_contain_text("137 1234 0901")
    await leader.room("flows")
    await page.get_by_role("link", name=DOCUMENT).click()
    await page.get_by_role("tab", name="今日").click()
    await expect(page.locator(".live-sums")).to_contain_text(re.compile(r"今日进入\s*\d"))
    inside = page.locator(".live-nodes tbody tr", has_text=MENU).locator("td").nth(1)
    await expect(inside).to_have_text("1")
    await expect(page.get_by_role("button", name="发布…")).to_have_count(0)  # a leader reads
    here = page.locator(".live-callers li", has_text="137 1234 0901")
    await here.get_by_role("button", name="转入队列").click()
    await here.get_by_role("button", name="售后队列").click()
    await expect(here).to_have_count(0)
    await expect(inside).to_have_text("0")
    await leader.room("floor")


def test_a_surge_is_dealt_with_from_the_floor(stage: Stage) -> None:
    async def play() -> None:
        async with stage.agent("1003") as agent, stage.visitor() as leader:
            await agent.button("选择示忙原因").click()
            await agent.page.get_by_role("button", name="小休").click()
            caller = await stage.caller("13712340901", stay_s=60, called=SELF_SERVICE)
            caller.dial()
            await leader.sign_in("leader")
            await taken_out_of_a_flow(leader)
            page, queues = leader.page, leader.page.locator(".floor-queues tbody tr")
            await expect(page.locator(".floor-calls tbody tr .floor-waiting")).to_have_count(1, timeout=20_000)
            await queues.filter(has_text="咨询").click()
            await page.get_by_role("button", name="借调座席…").click()
            await page.locator(".floor-form").get_by_role("button", name="借调", exact=True).click()
            await expect(page.locator(".floor-banners li")).to_contain_text("1003 林涛 已借给咨询")
            await page.get_by_role("button", name="归还").click()
            await expect(page.locator(".floor-banners li")).to_have_count(0)
            await queues.filter(has_text="售后").click()
            await page.get_by_role("button", name="紧急公告…").click()
            await page.locator(".floor-form input.grow").fill("系统故障，正在抢修。")
            await page.get_by_role("button", name="开始公告").click()
            await expect(page.locator(".floor-banners li.urgent")).to_contain_text(
                "系统故障，正在抢修。", timeout=20_000
            )
            await page.locator(".floor-banners").get_by_role("button", name="停止公告").click()
            await expect(page.locator(".floor-banners li")).to_have_count(0)
            await page.get_by_role("button", name="清空队列…").click()
            await expect(page.locator(".floor-form")).to_contain_text("1 位等待者：137 1234 0901。")
            await page.get_by_role("button", name="清空 售后").click()
            await expect(page.locator(".floor-calls .floor-waiting")).to_have_count(0)
            await leader.room("reports")
            await page.locator(".tabs a", has_text="待回拨").click()
            row = page.locator("tbody tr", has_text="137 1234 0901")
            await row.get_by_role("button", name="撤销").click()
            await row.get_by_role("button", name="撤销，不再回拨").click()
            await expect(row).to_have_count(0)
            assert leader.faults == []

    stage.run(play(), 90)
