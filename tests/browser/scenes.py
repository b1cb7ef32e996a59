"""What scenes between desks are made of: customers and outside parties with their ears on the wire, what agents do."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
from bench.peers.baresip import Phone, PhoneSettings
from bench.peers.capture import Capture
from bench.peers.keypad import EVENT_TYPE, FRAME, FRAME_S, KEYS, LAW_TYPE, Keypad
from bench.peers.pcap import datagrams, heard, rtp
from bench.sound import RATE, Samples, encode, level, tone
from playwright.async_api import expect

from tests.browser.centre import NUMBER, OUTSIDE_HOST, OUTSIDE_NUMBER, PEOPLE
from tests.browser.stage import AGENT_HZ, CALLER_HZ, Stage, Visitor
from tests.browser.witness import Witness
from tests.planes.house import House, ends
from yingda.kernel.event import Envelope

FIRST, SECOND, THIRD, LEADER, OUTSIDE = AGENT_HZ, 900, 1300, 1100, 1900
"""Voices, in Hz; CALLER_HZ is the customer's."""
LISTENED_MS = 1_200
SETTLES_S = 0.4
LOUD, QUIET = -40.0, -55.0


def now() -> int:
    return time.time_ns() // 1_000


@dataclass
class Ear:
    """What comes to somebody's UDP port. It is written down on the spot and measured when the scene is over."""

    name: str
    port: int
    wire: Capture
    told: list[tuple[int, int, set[int], set[int]]] = field(default_factory=list)
    keys: str = ""
    """What must have been pressed to him."""

    async def hears(self, *hertz: int, but_not: tuple[int, ...] = ()) -> tuple[int, int]:
        """From now on for a while he hears these voices, and none of those. When that was (µs UTC)."""
        await asyncio.sleep(SETTLES_S)  # what was on its way when the order was given
        began = now()
        await asyncio.sleep(LISTENED_MS / 1_000)
        self.told.append((began, now(), set(hertz), set(but_not)))
        return began, self.told[-1][1]

    def samples(self, began: int, ended: int) -> Samples:
        packets = [p for one in datagrams(self.wire.file) if one.target[1] == self.port and (p := rtp(one)) is not None]
        return heard(packets, began, ended)

    def measure(self) -> None:
        for place, (began, ended, loud, quiet) in enumerate(self.told):
            samples = self.samples(began, ended)
            for hertz in loud:
                assert level(samples, hertz) > LOUD, f"{place}: {self.name} does not hear {hertz} Hz"
            for hertz in quiet:
                assert level(samples, hertz) < QUIET, f"{place}: {self.name} hears {hertz} Hz"
        assert self.pressed() == self.keys

    def pressed(self) -> str:
        """Keys that came as RFC 4733 events: one a timestamp."""
        events: dict[int, str] = {}
        for one in datagrams(self.wire.file):
            data = one.payload
            if one.target[1] == self.port and len(data) >= 16 and data[0] >> 6 == 2 and data[1] & 0x7F == EVENT_TYPE:
                events.setdefault(struct.unpack_from("!I", data, 4)[0], KEYS[data[12]])
        return "".join(events.values())


@asynccontextmanager
async def ear(name: str, port: int, folder: Path) -> AsyncIterator[Ear]:
    folder.mkdir(parents=True, exist_ok=True)
    wire = await Capture.start(folder / f"{name}.pcap", (port, port))
    one = Ear(name, port, wire)
    try:
        yield one
    finally:
        await wire.stop()
    one.measure()


@dataclass
class Customer:
    """Somebody who called, his ear, and what the ledger has of him."""

    number: str
    ear: Ear
    witness: Witness

    async def hears(self, *hertz: int, but_not: tuple[int, ...] = ()) -> tuple[int, int]:
        return await self.ear.hears(*hertz, but_not=but_not)

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
async def outside(house: House, folder: Path, port: int) -> AsyncIterator[tuple[Phone, Ear]]:
    """A telephone beyond the second trunk, which listens at this SIP port."""
    media = ends(house.ports.row(4))
    settings = PhoneSettings(
        extension=OUTSIDE_NUMBER, password="", registrar=f"127.0.0.1:{house.sip}", sip_port=port, host=OUTSIDE_HOST,
        control_port=house.ports.one(), media_ports=media, tone_hz=OUTSIDE, registers=False,
    )  # fmt: skip
    phone = await Phone.start(settings, folder / "outside")
    try:
        async with ear("outside", media[0], folder) as his:
            yield phone, his
    finally:
        await phone.stop()


def loudness(samples: Samples) -> float:
    """RMS in dB of full scale."""
    power = float(np.mean(np.square(samples.astype(np.float64)))) if len(samples) else 0.0
    return 10 * float(np.log10(power / 32_768**2 + 1e-12))


# ---- what agents do ------------------------------------------------------------------------------------------------


async def answers(agent: Visitor) -> None:
    await agent.state("ringing", 15)
    await agent.page.keyboard.press("F2")
    await agent.state("talking")


async def takes_part(agent: Visitor) -> None:
    """Answers what rings without an offer: a colleague's consultation or transfer."""
    await expect(agent.button("接听")).to_be_visible(timeout=15_000)
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
    await second.state("assisting", 15)


async def busy(agent: Visitor) -> None:
    await agent.button("选择示忙原因").click()
    await agent.page.get_by_role("button", name="小休").click()
    await agent.state("busy")


async def ends_it(agent: Visitor) -> None:
    """Hangs up, and is through with it."""
    await agent.page.keyboard.press("F4")
    await agent.state("wrapup")
    await agent.page.keyboard.press("Control+Enter")
