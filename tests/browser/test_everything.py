"""Every operation between two or three desks, each in a Chromium with a tone of its own: who hears whom, in each page
and on the customer's line, what both desks show, and what the ledger has of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.centre import PEOPLE, QUEUES
from tests.browser.scenes import FIRST, LEADER, SECOND, answers, busy, chooses, consults, customer, takes_part
from tests.browser.stage import CALLER_HZ, Stage, Visitor

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_consulting_swapping_conferring_and_leaving(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as first, stage.agent("1002", SECOND) as second:
            await busy(second)
            async with customer(stage, tmp_path, "13712341001") as caller:
                await answers(first)
                await first.hears(CALLER_HZ)
                await caller.hears(FIRST, but_not=(SECOND,))
                await consults(first, second)
                await asyncio.gather(first.hears(SECOND), second.hears(FIRST), first.hears_no(CALLER_HZ))
                await caller.hears(but_not=(FIRST, SECOND))
                await first.page.keyboard.press("F8")  # swap
                await asyncio.gather(first.hears(CALLER_HZ), first.hears_no(SECOND), second.hears_no(FIRST))
                await caller.hears(FIRST, but_not=(SECOND,))
                await first.page.keyboard.press("Shift+F9")
                await asyncio.gather(first.hears(SECOND), second.hears(FIRST), second.hears(CALLER_HZ))
                await first.hears(CALLER_HZ)
                await caller.hears(FIRST, SECOND)
                await first.page.keyboard.press("F4")  # leaves; the two go on
                await first.state("wrapup")
                await second.state("talking")
                await asyncio.gather(second.hears(CALLER_HZ), second.hears_no(FIRST))
                await caller.hears(SECOND, but_not=(FIRST,))
                await second.page.keyboard.press("F4")
                await second.state("wrapup")
                await caller.kinds("handling.consult_started", "handling.consult_ended", "handling.released")

    stage.run(scene(), 150)


def test_an_attended_transfer_and_taking_the_customer_back(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as first, stage.agent("1002", SECOND) as second:
            await busy(second)
            async with customer(stage, tmp_path, "13712341002") as caller:
                await answers(first)
                await consults(first, second)
                await first.page.keyboard.press("F4")  # the colleague is dismissed
                await first.state("talking")
                await second.state("busy")
                await first.hears(CALLER_HZ)
                await consults(first, second)
                await second.hears(FIRST)
                await first.page.keyboard.press("F9")
                await first.state("wrapup")
                await second.state("talking")
                await second.hears(CALLER_HZ)
                await caller.hears(SECOND, but_not=(FIRST,))
                await caller.kinds("handling.transferred")
                await second.page.keyboard.press("F4")

    stage.run(scene(), 120)


@pytest.mark.parametrize(("text", "name"), [("1002", PEOPLE["1002"]), (QUEUES[1], QUEUES[1])])
def test_a_blind_transfer_to_an_agent_or_a_queue(stage: Stage, tmp_path: Path, text: str, name: str) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as first, customer(stage, tmp_path, "13712341003") as caller:
            await answers(first)
            await first.hears(CALLER_HZ)
            async with stage.agent("1002", SECOND) as second:
                await chooses(first, text, name, "直接转接")
                await first.state("wrapup")
                await takes_part(second)
                await second.state("talking")
                await second.hears(CALLER_HZ)
                await caller.hears(SECOND, but_not=(FIRST,))
                await caller.kinds("handling.transferred")
                await second.page.keyboard.press("F4")
                await second.state("wrapup")

    stage.run(scene(), 120)


def test_holding_muting_parking_taking_and_digits(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as first, stage.agent("1002", SECOND) as second:
            await busy(second)
            async with customer(stage, tmp_path, "13712341004") as caller:
                await answers(first)
                await first.hears(CALLER_HZ)
                await first.page.keyboard.press("F8")
                await first.state("holding")
                await first.hears_no(CALLER_HZ)
                await caller.hears(but_not=(FIRST,))
                await first.page.keyboard.press("F8")
                await first.state("talking")
                await first.button("键盘").click()
                for key in "5#":
                    await first.page.locator(".keypad").get_by_role("button", name=key, exact=True).click()
                caller.ear.keys = "5#"
                await first.page.keyboard.press("Escape")
                await caller.hears(FIRST)
                await first.page.keyboard.press("F9")
                await first.page.locator(".transfer-panel").get_by_role("button", name="驻留").click()
                await first.state("wrapup")
                await caller.hears(but_not=(FIRST, SECOND))
                parked = second.page.locator(".others li[data-state=parked]")
                await expect(parked).to_contain_text("****")  # whose he is not sees no number
                await parked.get_by_role("button", name="接取").click()
                await second.state("talking")
                await second.hears(CALLER_HZ)
                await caller.hears(SECOND, but_not=(FIRST,))
                await second.page.keyboard.press("F4")
                await second.state("wrapup")

    stage.run(scene(), 120)


def test_a_leader_listens_whispers_barges_in_and_takes_over(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as agent, stage.agent("1005", LEADER) as leader:
            await busy(leader)
            async with customer(stage, tmp_path, "13712341005") as caller:
                await answers(agent)
                await agent.hears(CALLER_HZ)
                await leader.room("floor")
                row = leader.page.locator(".floor-agents tbody tr", has_text="1001")
                await row.click()
                await row.focus()
                await leader.page.keyboard.press("l")
                await leader.state("supervising")
                await asyncio.gather(leader.hears(CALLER_HZ), leader.hears(FIRST), agent.hears_no(LEADER))
                await caller.hears(FIRST, but_not=(LEADER,))
                await row.focus()
                await leader.page.keyboard.press("w")
                await asyncio.gather(agent.hears(LEADER), leader.hears(CALLER_HZ))
                await caller.hears(FIRST, but_not=(LEADER,))
                await row.focus()
                await leader.page.keyboard.press("b")
                await agent.hears(LEADER)
                await caller.hears(FIRST, LEADER)
                await row.focus()
                await leader.page.keyboard.press("t")
                await leader.state("talking")
                await agent.state("wrapup")
                await asyncio.gather(leader.hears(CALLER_HZ), leader.hears_no(FIRST))
                await caller.hears(LEADER, but_not=(FIRST,))
                await caller.kinds("supervision.started", "supervision.ended", "handling.transferred")
                await leader.page.keyboard.press("F4")
                await leader.state("wrapup")

    stage.run(scene(), 150)


def test_a_leader_pulls_a_caller_who_waits(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1005", LEADER) as leader:
            await busy(leader)
            async with customer(stage, tmp_path, "13712341006") as caller:
                await leader.room("floor")
                row = leader.page.locator(".floor-calls tbody tr", has_text="137 1234 1006")
                await expect(row).to_be_visible()
                await row.get_by_role("button", name="优先").click()
                await expect(row.locator(".mark")).to_have_text("优先")
                await row.get_by_role("button", name="拉给我").click()
                await leader.state("talking")
                await leader.hears(CALLER_HZ)
                await caller.hears(LEADER)
                await leader.page.keyboard.press("F4")
                await leader.state("wrapup")

    stage.run(scene(), 90)


def test_wrapping_up_longer_with_codes_and_going_busy_after_it(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001", FIRST) as agent:
            page = agent.page
            async with customer(stage, tmp_path, "13712341007") as caller:
                await answers(agent)
                await page.keyboard.press("Shift+F4")  # busy after this contact
                await page.locator(".bar .menu-list").get_by_role("button", name="培训").click()
                await page.get_by_label("小结码").fill("咨询")
                await page.keyboard.press("Enter")
                await page.locator(".summary textarea").fill("说明了退货时限。")
                await page.keyboard.press("F4")
                await agent.state("wrapup")
                await expect(page.locator(".bar-facts")).to_contain_text("培训")
                before = await _seconds_left(agent)
                await agent.button("延长").click()
                await page.wait_for_function(LONGER_THAN, arg=before, timeout=5_000)
                await page.keyboard.press("Control+Enter")
                await agent.state("busy")
                await expect(page.locator(".bar-state")).to_contain_text("培训")
                await caller.kinds("handling.disposed", "handling.wrapup_ended")

    stage.run(scene(), 90)


LONGER_THAN = """(before) => {
  const [minutes, seconds] = document.querySelector(".bar-state .figure").innerText.split(":");
  return 60 * Number(minutes) + Number(seconds) > before;
}"""


async def _seconds_left(agent: Visitor) -> int:
    minutes, seconds = (await agent.page.locator(".bar-state .figure").inner_text()).split(":")
    return 60 * int(minutes) + int(seconds)
