"""Every operation between two or three desks, each in a Chromium with a tone of its own: who hears whom, in each page
and on the customer's line, what both desks show, and what the ledger has of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bench.peers.capture import Capture
from bench.peers.pcap import datagrams, heard, rtp
from bench.peers.sipp import Caller
from bench.sound import level
from playwright.async_api import expect

from tests.browser.centre import PEOPLE, QUEUES
from tests.browser.stage import AGENT_HZ, CALLER_HZ, Stage, Visitor

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

FIRST, SECOND, LEADER = AGENT_HZ, 900, 1100
LISTENED_MS = 1_200
LOUD, QUIET = -40.0, -55.0


@dataclass
class Customer:
    """A caller and what came to him on the wire. `told`: (from, until, tones he must hear, tones he must not)."""

    stage: Stage
    number: str
    caller: Caller
    wire: Capture
    told: list[tuple[int, int, set[int], set[int]]] = field(default_factory=list)

    async def hears(self, *hertz: int, but_not: tuple[int, ...] = ()) -> None:
        """From now on for a while; it is measured when the call is over."""
        await asyncio.sleep(0.4)  # what was on its way when the order was given
        began = _now()
        await asyncio.sleep(LISTENED_MS / 1_000)
        self.told.append((began, _now(), set(hertz), set(but_not)))

    def measure(self) -> None:
        port = self.caller.settings.media_port
        packets = [p for one in datagrams(self.wire.file) if one.target[1] == port and (p := rtp(one)) is not None]
        for place, (began, ended, loud, quiet) in enumerate(self.told):
            samples = heard(packets, began, ended)
            for hertz in loud:
                assert level(samples, hertz) > LOUD, f"{place}: the customer does not hear {hertz} Hz"
            for hertz in quiet:
                assert level(samples, hertz) < QUIET, f"{place}: the customer hears {hertz} Hz"

    async def kinds(self, *wanted: str) -> None:
        """Wait until the ledger has these of his contact, in any order."""
        leader = await self.stage.house.person("leader")
        found: list[str] = []
        async with asyncio.timeout(15):
            while not set(wanted) <= set(found):
                await asyncio.sleep(0.2)
                items = (await leader.get("/calls", number=self.number[-8:]))["items"]
                if items:
                    detail: dict[str, Any] = await leader.get(f"/calls/{items[0]['interaction_id']}")
                    found = [event["kind"] for event in detail["timeline"]]


def _now() -> int:
    return time.time_ns() // 1_000


@asynccontextmanager
async def customer(stage: Stage, folder: Path, number: str) -> AsyncIterator[Customer]:
    """He dials at once."""
    caller = await stage.caller(number, stay_s=90)
    wire = await Capture.start(folder / "wire.pcap", (caller.settings.media_port, caller.settings.media_port))
    one = Customer(stage, number, caller, wire)
    try:
        caller.dial()
        yield one
    finally:
        await wire.stop()
    one.measure()


async def answers(agent: Visitor) -> None:
    await agent.state("ringing", 15)
    await agent.page.keyboard.press("F2")
    await agent.state("talking")


async def chooses(agent: Visitor, text: str, name: str, button: str) -> None:
    """In the transfer panel."""
    await agent.page.keyboard.press("F9")
    panel = agent.page.locator(".transfer-panel")
    await panel.get_by_label("转接给").fill(text)
    await panel.locator("li", has_text=name).first.click()
    await panel.get_by_role("button", name=button).click()


async def consults(first: Visitor, second: Visitor) -> None:
    await chooses(first, "1002", PEOPLE["1002"], "咨询")
    await first.state("consulting")
    await expect(second.button("接听")).to_be_visible(timeout=10_000)
    await second.page.keyboard.press("F2")
    await second.state("assisting", 15)


async def busy(agent: Visitor) -> None:
    await agent.button("选择示忙原因").click()
    await agent.page.get_by_role("button", name="小休").click()
    await agent.state("busy")


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
                await second.state("busy", 15)
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
                await expect(second.button("接听")).to_be_visible(timeout=15_000)
                await second.page.keyboard.press("F2")
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
                await first.page.locator(".keypad").get_by_role("button", name="5", exact=True).click()
                await first.page.keyboard.press("Escape")
                await caller.hears(FIRST)
                await first.page.keyboard.press("F9")
                await first.page.locator(".transfer-panel").get_by_role("button", name="驻留").click()
                await first.state("wrapup")
                await caller.hears(but_not=(FIRST, SECOND))
                person = await stage.house.person("1002")
                floor = await (await stage.house.person("leader")).get("/floor")
                (slot,) = [call["parked"] for call in floor["calls"] if call["parked"]]
                await person.post("/desk/take", {"slot": slot})
                await second.state("talking", 15)
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
                await leader.state("supervising", 15)
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
                await leader.state("talking", 15)
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
                await expect(row).to_be_visible(timeout=15_000)
                await row.get_by_role("button", name="优先").click()
                await expect(row.locator(".mark")).to_have_text("优先")
                await row.get_by_role("button", name="拉给我").click()
                await leader.state("talking", 15)
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
                await _longer_than(agent, before)
                await page.keyboard.press("Control+Enter")
                await agent.state("busy")
                await expect(page.locator(".bar-state")).to_contain_text("培训")
                await caller.kinds("handling.disposed", "handling.wrapup_ended")

    stage.run(scene(), 90)


async def _seconds_left(agent: Visitor) -> int:
    minutes, seconds = (await agent.page.locator(".bar-state .figure").inner_text()).split(":")
    return 60 * int(minutes) + int(seconds)


async def _longer_than(agent: Visitor, before: int, seconds: float = 5) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        if await _seconds_left(agent) > before:
            return
        assert asyncio.get_running_loop().time() < deadline, "the wrap-up was not made longer"
        await asyncio.sleep(0.05)
