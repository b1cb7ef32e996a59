"""Agents at home: the address changes in the middle of a call; no UDP comes through and a relay stands between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from bench.peers.capture import Capture
from bench.peers.pcap import datagrams, heard, rtp
from bench.sound import level

from tests.browser.home import (
    LATER,
    OFFLINE,
    PAIR,
    SENT,
    SERVER,
    Network,
    at_home,
    centre_for_home,
    network,
    relay,
    somebody,
    talking,
)
from tests.browser.stage import AGENT_HZ, CALLER_HZ, Visitor
from tests.deadline import within
from tests.planes.house import House, needs

pytestmark = pytest.mark.peer

Scene = Callable[[House, Visitor, Network, Path], Awaitable[None]]


def ms() -> float:
    return time.time_ns() / 1e6


async def later_than(agent: Visitor, what: str, when: float) -> float:
    """The first such moment after `when`."""
    moment: float = await agent.page.evaluate(LATER, [what, when])
    return moment


def plays(scene: Scene, tmp_path: Path) -> None:
    """One scene in a centre whose agent sits behind a relay at home."""
    needs("sipp", "dumpcap", "turnserver")

    async def whole() -> None:
        with network() as net:
            async with (
                relay(tmp_path) as url,
                centre_for_home(tmp_path, f'relays: {{urls: ["{url}"]}}, ') as centre,
                at_home(tmp_path, net) as browser,
                somebody(browser, f"https://{SERVER}:{centre.web}") as agent,
            ):
                await scene(centre, agent, net, tmp_path / "scene")

    asyncio.run(within(120, whole()))


def test_without_udp_a_relay_stands_between(tmp_path: Path) -> None:
    plays(without_udp, tmp_path)


@pytest.mark.e2e  # three seconds at most, by the clock: only a machine that does nothing else can be held to them
def test_another_network_in_the_middle_of_a_call(tmp_path: Path) -> None:
    plays(another_network, tmp_path)


async def another_network(centre: House, agent: Visitor, net: Network, folder: Path) -> None:
    """The address changes in the middle of a call; sound is back within three seconds, signalling goes the new way."""
    caller = await talking(centre, agent, "1001", folder)
    wire = await Capture.start(folder / "wire.pcap", (caller.settings.media_port,) * 2)
    try:
        net.pull(0)
        await agent.page.evaluate(OFFLINE)
        pulled = ms()
        net.plug(1)
        plugged = ms()
        first = await later_than(agent, "restarts", pulled)
        back = await later_than(agent, "heard", max(first, plugged))
        restarted = max(one for one in await agent.page.evaluate("probe.restarts") if one < back)
        print(f"restarted after {restarted - plugged:.0f} ms, heard {back - restarted:.0f} ms later")
        assert back - plugged < 3_000
        assert back - restarted < 1_000
        await agent.hears(CALLER_HZ)
        await agent.page.evaluate(SENT, 75)
        assert (await agent.page.evaluate(PAIR))[0] in ("host", "prflx")
    finally:
        await wire.stop()
    caller_hears(wire.file, caller.settings.media_port)
    await agent.button("挂断").click()
    await agent.state("wrapup")
    assert await caller.finished(10) == 0


async def without_udp(centre: House, agent: Visitor, net: Network, folder: Path) -> None:
    """A company's firewall lets no UDP through; a relay stands between."""
    net.block_udp()
    caller = await talking(centre, agent, "1002", folder)
    assert await agent.page.evaluate(PAIR) == ["relay", "tls"]
    wire = await Capture.start(folder / "wire.pcap", (caller.settings.media_port,) * 2)
    try:
        await agent.page.evaluate(SENT, 75)
    finally:
        await wire.stop()
    caller_hears(wire.file, caller.settings.media_port)
    await agent.button("挂断").click()
    await agent.state("wrapup")
    assert await caller.finished(10) == 0


def caller_hears(capture: Path, port: int) -> None:
    """The agent's tone in the last second."""
    packets = [packet for one in datagrams(capture) if one.target[1] == port and (packet := rtp(one)) is not None]
    last = max(packet.at for packet in packets)
    assert level(heard(packets, last - 1_000_000, last), AGENT_HZ) > -30
