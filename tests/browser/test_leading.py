"""A leader on the floor: skills on the spot, tasks, lending until an end, telling everybody, ending somebody's call."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.centre import LANGUAGE_NUMBER, QUEUES
from tests.browser.scenes import FIRST, answers, customer, ends_it
from tests.browser.stage import CALLER_HZ, Visitor, WideStage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


async def selects(leader: Visitor, number: str) -> None:
    row = leader.page.locator(".floor-agents tbody tr", has_text=number)
    await expect(row).to_be_visible()
    if await row.get_attribute("aria-selected") != "true":
        await row.click()


def test_a_skill_given_on_the_spot_brings_the_next_call(wide: WideStage, tmp_path: Path) -> None:
    """A caller waits where nobody who is there can serve him; the leader gives an agent the skill, and he rings."""

    async def scene() -> None:
        async with wide.agent("1001", FIRST) as agent, wide.visitor() as leader:
            await leader.sign_in("leader")
            async with customer(wide, tmp_path, "13712352001", called=LANGUAGE_NUMBER) as caller:
                waits = leader.page.locator(".floor-calls tbody tr", has_text="137 1235 2001")
                await expect(waits).to_be_visible()
                await agent.state("idle")
                await selects(leader, "1001")
                await leader.page.get_by_role("button", name="技能…").click()
                form = leader.page.locator(".floor-skills")
                await form.get_by_role("combobox").select_option("5")
                await form.get_by_role("button", name="立即生效").click()
                await expect(form).to_have_count(0)
                await answers(agent)
                await agent.hears(CALLER_HZ)
                await caller.hears(FIRST)
                told = await caller.kinds("handling.connected", "queue.left")
                assert [one.data["outcome"] for one in told if one.kind == "queue.left"] == ["answered"]
                await ends_it(agent)
            await leader.page.get_by_role("button", name="技能…").click()
            await form.get_by_role("combobox").select_option("0")
            await form.get_by_role("button", name="立即生效").click()
            await expect(form).to_have_count(0)
            assert leader.faults == []

    wide.run(scene(), 120)


def test_a_leader_gives_changes_and_follows_tasks(wide: WideStage) -> None:
    async def scene() -> None:
        async with wide.visitor() as agent, wide.visitor() as leader:
            await agent.sign_in("1001")
            await leader.sign_in("leader")
            await leader.page.get_by_role("button", name="显示未签入的座席").click()
            await selects(leader, "1001")
            await leader.page.get_by_role("button", name="任务…").click()
            panel = leader.page.locator(".floor-tasks")
            await panel.get_by_label("要做什么").fill("联系王女士")
            await panel.get_by_role("button", name="保存").click()
            await expect(panel).to_contain_text("已交给 1 人")
            line = panel.locator("li", has_text="联系王女士")
            await line.get_by_role("button", name="修改").click()
            await line.get_by_label("要做什么").fill("联系王女士，退运费")
            await line.get_by_role("button", name="保存").click()
            await expect(panel.locator("li", has_text="退运费")).to_have_count(1)
            await agent.page.reload()
            mine = agent.page.locator(".tasks li", has_text="联系王女士，退运费")
            await expect(mine).to_contain_text("周班长 交办")
            await mine.get_by_role("button", name="完成").click()
            await expect(mine).to_have_count(0)
            await agent.page.locator(".tasks").get_by_role("button", name="已关闭").click()
            await expect(agent.page.locator(".tasks li", has_text="退运费")).to_contain_text("已完成")
            await panel.get_by_role("button", name="已关闭").click()
            await expect(panel.locator("li", has_text="退运费")).to_contain_text("已完成")
            assert agent.faults == [] and leader.faults == []

    wide.run(scene(), 90)


def test_a_loan_ends_by_itself(wide: WideStage, tmp_path: Path) -> None:
    """He serves one queue, is lent to another for seconds, and both desks show it until then."""

    async def scene() -> None:
        async with wide.agent("1003", FIRST) as agent, wide.visitor() as leader:
            await leader.sign_in("leader")
            person = await wide.house.person("leader")
            floor = await person.get("/floor")
            queue = next(one["id"] for one in floor["queues"] if one["name"] == QUEUES[1])
            lent = next(one["id"] for one in floor["agents"] if one["number"] == "1003")
            await person.post(f"/floor/queues/{queue}/lend", {"agent_id": lent, "seconds": 6})
            banner = leader.page.locator(".floor-banners li", has_text="林涛 已借给咨询")
            await expect(banner).to_be_visible()
            await expect(agent.page.locator(".desk-side")).to_contain_text(QUEUES[1])
            await expect(banner).to_have_count(0)
            await expect(agent.page.locator(".desk-side")).not_to_contain_text(QUEUES[1])
            assert leader.faults == [] and agent.faults == []

    wide.run(scene(), 90)


def test_everybody_is_told_and_a_call_is_ended(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with wide.agent("1001", FIRST) as agent, wide.visitor() as leader:
            await leader.sign_in("leader")
            async with customer(wide, tmp_path, "13712352004") as caller:
                await answers(agent)
                await agent.hears(CALLER_HZ)
                page = leader.page
                await page.get_by_role("button", name="广播").click()
                await page.get_by_role("button", name="+ 全体").click()
                await page.get_by_label("内容").fill("系统五分钟后维护")
                await page.get_by_role("button", name="发送").click()
                urgent = agent.page.locator(".urgent [role=alert]", has_text="系统五分钟后维护")
                await expect(urgent).to_be_visible()
                await urgent.get_by_role("button", name="已读").click()
                await expect(urgent).to_have_count(0)
                await selects(leader, "1001")
                await page.get_by_role("button", name="强拆 X").click()
                await page.get_by_role("group", name="强拆").get_by_role("button", name="强拆").click()
                await agent.state("wrapup")
                told = await caller.kinds("handling.released", "interaction.ended")
                (released,) = [one.data for one in told if one.kind == "handling.released"]
                assert released["ended_by"] == "leader"
            await agent.page.keyboard.press("Control+Enter")
            await agent.state("idle")

    wide.run(scene(), 90)
