"""Customers who are passed on: to an outside number, through a flow and back, to the survey, picked up for others; keys
that reach the far end. Who hears whom, what both desks show, what the ledger has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.centre import ASKING, ONWARD, OUTSIDE_NUMBER
from tests.browser.scenes import (
    FIRST,
    OUTSIDE,
    SECOND,
    answers,
    busy,
    chooses,
    customer,
    ends_it,
    outside,
    rings_and_answers,
    voice,
)
from tests.browser.stage import CALLER_HZ, WideStage
from tests.planes.house import wait_for_event

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_a_blind_transfer_to_an_outside_number(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as agent,
            outside(wide.house, tmp_path, wide.outside_port) as (phone, far),
            customer(wide, tmp_path, "13712351001") as caller,
        ):
            await answers(agent)
            await agent.hears(CALLER_HZ)
            async with rings_and_answers(phone):
                await chooses(agent, OUTSIDE_NUMBER, OUTSIDE_NUMBER, "直接转接")
                await agent.state("wrapup")
            await asyncio.gather(caller.hears(OUTSIDE, but_not=(FIRST,)), far.hears(CALLER_HZ, but_not=(FIRST,)))
            told = await caller.kinds("handling.transferred", "handling.released")
            (moved,) = [one.data for one in told if one.kind == "handling.transferred"]
            assert (moved["how"], moved["result"], moved["target"][:7]) == ("blind", "completed", "number:")
            assert OUTSIDE_NUMBER[1:] not in moved["target"], "the ledger has it by reference only"
            await phone.hang_up()
            await caller.kinds("interaction.ended")

    wide.run(scene(), 120)


def test_an_attended_transfer_to_an_outside_number(wide: WideStage, tmp_path: Path) -> None:
    """The outside party is asked first, while the customer hears neither of them; then the two are left alone."""

    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as agent,
            outside(wide.house, tmp_path, wide.outside_port) as (phone, far),
            customer(wide, tmp_path, "13712351002") as caller,
        ):
            await answers(agent)
            await agent.hears(CALLER_HZ)
            async with rings_and_answers(phone):
                await chooses(agent, OUTSIDE_NUMBER, OUTSIDE_NUMBER, "咨询")
                await agent.state("consulting")
            await asyncio.gather(agent.hears(OUTSIDE), agent.hears_no(CALLER_HZ))
            await asyncio.gather(far.hears(FIRST, but_not=(CALLER_HZ,)), caller.hears(but_not=(FIRST, OUTSIDE)))
            await expect(agent.page.locator(".half[data-speaks=true]")).to_contain_text(OUTSIDE_NUMBER[-4:])
            await agent.page.keyboard.press("F9")
            await agent.state("wrapup")
            await asyncio.gather(caller.hears(OUTSIDE, but_not=(FIRST,)), far.hears(CALLER_HZ, but_not=(FIRST,)))
            told = await caller.kinds("handling.consult_ended", "handling.transferred", "handling.released")
            (moved,) = [one.data for one in told if one.kind == "handling.transferred"]
            assert (moved["how"], moved["result"], moved["target"][:7]) == ("attended", "completed", "number:")
            assert OUTSIDE_NUMBER[1:] not in moved["target"], "the ledger has it by reference only"
            await phone.hang_up()
            await caller.kinds("interaction.ended")

    wide.run(scene(), 120)


def test_digits_reach_the_outside_party_and_nobody_else(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as agent,
            outside(wide.house, tmp_path, wide.outside_port) as (phone, far),
        ):
            events = phone.events()
            await agent.page.keyboard.press("F2")
            await agent.page.keyboard.type(OUTSIDE_NUMBER)
            await agent.page.keyboard.press("Enter")
            await wait_for_event(events, "CALL_INCOMING")
            await phone.answer()
            await agent.state("talking")
            await asyncio.gather(agent.hears(OUTSIDE), far.hears(FIRST))
            await agent.button("键盘").click()
            for key in "1*7#":
                await agent.page.locator(".keypad").get_by_role("button", name=key, exact=True).click()
            far.keys = "1*7#"
            await agent.page.keyboard.press("Escape")
            await asyncio.gather(agent.hears(OUTSIDE), far.hears(FIRST))
            await ends_it(agent)
            await wait_for_event(events, "CALL_CLOSED")

    wide.run(scene(), 120)


def test_into_a_flow_and_back_with_what_it_found_out(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as agent,
            voice(wide.house, tmp_path, "13712351003") as (keys, caller),
        ):
            await answers(agent)
            await agent.hears(CALLER_HZ)
            await chooses(agent, ASKING, ASKING, "去流程再回来")
            await agent.state("holding")
            await expect(agent.page.locator(".bar-facts")).to_contain_text(ASKING)
            await expect(agent.page.locator(".sent")).to_contain_text("客户正在其中")
            await agent.hears_no(CALLER_HZ)
            await caller.hears(but_not=(FIRST,))
            for key in "8802":
                await keys.press(key)
            await agent.state("talking")
            await agent.hears(CALLER_HZ)
            await caller.hears(FIRST)
            await expect(agent.page.locator(".sent")).to_contain_text("已走完")
            value = agent.page.locator(".attached-value", has_text="订单号")
            await expect(value).to_contain_text("8802")
            await expect(agent.page.locator(".script")).to_contain_text("核对订单 8802")
            await caller.kinds("flow.entered", "flow.left", "interaction.data_set")
            await ends_it(agent)

    wide.run(scene(), 120)


def test_into_a_flow_for_good(wide: WideStage, tmp_path: Path) -> None:
    """The agent is through with him at once; what the flow asks him goes to whom it leads him to."""

    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as first,
            voice(wide.house, tmp_path, "13712351006") as (keys, caller),
        ):
            await answers(first)
            await first.hears(CALLER_HZ)
            async with wide.agent("1002", SECOND) as second:
                await chooses(first, ONWARD, ONWARD, "转到流程")
                await first.state("wrapup")
                await caller.hears(but_not=(FIRST, SECOND))
                for key in "8802":
                    await keys.press(key)
                await answers(second)
                await second.hears(CALLER_HZ)
                await caller.hears(SECOND, but_not=(FIRST,))
                await expect(second.page.locator(".attached-value", has_text="订单号")).to_contain_text("8802")
                told = await caller.kinds("flow.entered", "flow.left", "handling.transferred")
                (moved,) = [one.data for one in told if one.kind == "handling.transferred"]
                assert (moved["how"], moved["result"]) == ("blind", "completed")
                assert [one.kind for one in told].count("handling.connected") == 2
                await ends_it(second)

    wide.run(scene(), 120)


def test_the_customer_is_sent_to_the_survey_and_his_score_is_on_the_desk(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as agent,
            voice(wide.house, tmp_path, "13712351004") as (keys, caller),
        ):
            await answers(agent)
            await agent.hears(CALLER_HZ)
            await agent.button("转评价").click()
            await agent.state("wrapup")
            sent = agent.page.locator(".sent")
            await expect(sent).to_contain_text("客户正在其中")
            await caller.hears(but_not=(FIRST,))
            await keys.press("5")
            await expect(sent).to_contain_text("已评价")
            await expect(sent.locator(".tag")).to_contain_text("5")
            told = await caller.kinds("survey.offered", "survey.ended", "interaction.ended")
            (ended,) = [one.data for one in told if one.kind == "survey.ended"]
            assert (ended["result"], ended["answers"]) == ("answered", {"score": 5})
            await agent.page.keyboard.press("Control+Enter")
            await agent.state("idle")

    wide.run(scene(), 120)


def test_who_waits_for_others_is_picked_up(wide: WideStage, tmp_path: Path) -> None:
    """He rings at one agent; another one, who is busy, takes him from his own list."""

    async def scene() -> None:
        async with wide.agent("1002", SECOND) as second:
            await busy(second)
            async with wide.agent("1001", FIRST) as first, customer(wide, tmp_path, "13712351005") as caller:
                await first.state("ringing")
                line = second.page.locator(".others li[data-state=ringing]")
                await expect(line).to_contain_text("****")
                await line.get_by_role("button", name="代接").click()
                await second.state("talking")
                await first.state("idle")
                await second.hears(CALLER_HZ)
                await caller.hears(SECOND, but_not=(FIRST,))
                told = await caller.kinds("handling.started", "offer.ended")
                (begun,) = [one.data for one in told if one.kind == "handling.started"]
                assert begun["origin"] == "pickup"
                outcomes = {one.data["outcome"] for one in told if one.kind == "offer.ended"}
                assert outcomes == {"answered_elsewhere", "accepted"}
                await ends_it(second)

    wide.run(scene(), 120)
