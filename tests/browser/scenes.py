"""What scenes between desks are made of: customers and outside parties with their ears on the wire, what agents do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.peers.baresip import Phone, PhoneSettings
from bench.peers.keypad import FRAME, FRAME_S, LAW_TYPE, Keypad
from bench.sound import RATE, encode, tone
from playwright.async_api import expect

from tests.browser.centre import NUMBER, OUTSIDE_HOST, OUTSIDE_NUMBER, PEOPLE
from tests.browser.ears import Ear, ear
from tests.browser.stage import AGENT_HZ, CALLER_HZ, Stage, Visitor
from tests.browser.witness import Witness
from tests.planes.house import House, ends, wait_for_event
from yingda.kernel.event import Envelope

FIRST, SECOND, THIRD, LEADER, OUTSIDE = AGENT_HZ, 900, 1300, 1100, 1900
"""Voices, in Hz; CALLER_HZ is the customer's."""


@dataclass
class Customer:
    """Somebody who called, his ear, and what the ledger has of him."""

    number: str
    ear: Ear
    witness: Witness

    async def hears(self, *hertz: int, but_not: tuple[int, ...] = (), alone: bool = False) -> tuple[int, int]:
        return await self.ear.hears(*hertz, but_not=but_not, alone=alone)

    async def kinds(self, *wanted: str) -> list[Envelope]:
        """Wait until the ledger has these of his contact; all it has."""
        return await self.witness.events(self.number, *wanted)


@asynccontextmanager
async def customer(stage: Stage, folder: Path, number: str, called: str = NUMBER) -> AsyncIterator[Customer]:
    """He dials at once."""
    caller = await stage.caller(number, stay_s=90, called=called)
    async with Witness.of(stage.house) as witness, ear("customer", caller.settings.media_port, folder) as his:
        caller.dial()
        yield Customer(number, his, witness)


class Voice(Keypad):
    """A customer who speaks in a tone and presses keys."""

    @property
    def media_port(self) -> int:
        port: int = self._rtp.get_extra_info("sockname")[1]
        return port

    async def _silence(self) -> None:
        loop = asyncio.get_running_loop()
        start, voice = loop.time(), encode(tone(CALLER_HZ, 1.0), "PCMA")
        for number in count(1):
            at = (number - 1) * FRAME % RATE
            self._packet(LAW_TYPE, voice[at : at + FRAME], self._timestamp, marker=False)
            self._timestamp += FRAME
            await asyncio.sleep(max(0.0, start + number * FRAME_S - loop.time()))


@asynccontextmanager
async def voice(house: House, folder: Path, number: str) -> AsyncIterator[tuple[Voice, Customer]]:
    """He dials, is answered by the centre, and can press keys."""
    async with Witness.of(house) as witness:
        caller = Voice(("127.0.0.1", house.sip), NUMBER, number)
        await caller.dial()
        try:
            async with ear("customer", caller.media_port, folder) as his:
                yield caller, Customer(number, his, witness)
        finally:
            await caller.hang_up()


@asynccontextmanager
async def outside(
    house: House, folder: Path, port: int, number: str = OUTSIDE_NUMBER
) -> AsyncIterator[tuple[Phone, Ear]]:
    """A telephone beyond the second trunk, which listens at this SIP port."""
    media = ends(house.ports.row(2))  # one pair: a phone takes any of a range, and the ear is at the first
    settings = PhoneSettings(
        extension=number, password="", registrar=f"127.0.0.1:{house.sip}", sip_port=port, host=OUTSIDE_HOST,
        control_port=house.ports.one(), media_ports=media, tone_hz=OUTSIDE, registers=False,
    )  # fmt: skip
    phone = await Phone.start(settings, folder / "outside")
    try:
        async with ear("outside", media[0], folder) as his:
            yield phone, his
    finally:
        await phone.stop()


@asynccontextmanager
async def rings_and_answers(phone: Phone) -> AsyncIterator[None]:
    """Whatever is done within makes the phone ring; then it is answered."""
    events = phone.events()
    yield
    await wait_for_event(events, "CALL_INCOMING")
    await phone.answer()
    await wait_for_event(events, "CALL_ESTABLISHED")


# ---- what agents do ------------------------------------------------------------------------------------------------


async def answers(agent: Visitor) -> None:
    await agent.state("ringing")
    await agent.page.keyboard.press("F2")
    await agent.state("talking")


async def takes_part(agent: Visitor) -> None:
    """Answers what rings without an offer: a colleague's consultation or transfer."""
    await expect(agent.button("接听")).to_be_visible()
    await agent.page.keyboard.press("F2")


async def chooses(agent: Visitor, text: str, name: str, button: str) -> None:
    """In the transfer panel."""
    await agent.page.keyboard.press("F9")
    panel = agent.page.locator(".transfer-panel")
    await panel.get_by_label("转接给").fill(text)
    await panel.locator("li", has_text=name).first.click()
    await panel.get_by_role("button", name=button).click()


async def consults(first: Visitor, second: Visitor, number: str = "1002") -> None:
    await chooses(first, number, PEOPLE[number], "咨询")
    await first.state("consulting")
    await takes_part(second)
    await second.state("assisting")


async def busy(agent: Visitor) -> None:
    await agent.button("选择示忙原因").click()
    await agent.page.get_by_role("button", name="小休").click()
    await agent.state("busy")


async def ends_it(agent: Visitor) -> None:
    """Hangs up, and is through with it."""
    await agent.page.keyboard.press("F4")
    await agent.state("wrapup")
    await agent.page.keyboard.press("Control+Enter")
