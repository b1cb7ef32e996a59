"""Agents at home: the address changes in the middle of a call; no UDP comes through and a relay stands between."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from bench.peers.capture import Capture
from bench.peers.pcap import datagrams, heard, rtp
from bench.sound import level

from tests.browser.home import PAIR, at_home, centre_for_home, network, relay, talking
from tests.browser.stage import AGENT_HZ, CALLER_HZ, Visitor
from tests.planes.house import needs

pytestmark = pytest.mark.peer


def ms() -> float:
    return time.time_ns() / 1e6


async def probed(agent: Visitor, what: str) -> list[float]:
    found: list[float] = await agent.page.evaluate(f"probe.{what}")
    return found


async def later_than(agent: Visitor, what: str, when: float, seconds: float = 10) -> float:
    """The first such moment after `when`."""
    due = ms() + seconds * 1_000
    while True:
        found = [one for one in await probed(agent, what) if one > when]
        if found:
            return found[0]
        assert ms() < due, f"nothing {what} after the change"
        await asyncio.sleep(0.02)


# The browser learns of its new address by itself, up to 3.2 s after it is there, and the bound of 3 s is then missed:
# in about every second run. It stands with the long tests until that is better, not with those that say yes or no.
@pytest.mark.e2e
def test_another_network_in_the_middle_of_a_call(tmp_path: Path) -> None:
    needs("sipp", "dumpcap")

    async def scene() -> None:
        with network() as net:
            async with centre_for_home(tmp_path) as centre, at_home(tmp_path, net) as agent:
                caller = await talking(centre, agent, tmp_path / "caller")
                wire = await Capture.start(tmp_path / "wire.pcap", (caller.settings.media_port,) * 2)
                try:
                    net.pull(0)
                    pulled = ms()
                    await asyncio.sleep(0.3)  # between two networks
                    net.plug(1)
                    plugged = ms()
                    first = await later_than(agent, "restarts", pulled)
                    back = await later_than(agent, "heard", max(first, plugged))
                    restarted = max(one for one in await probed(agent, "restarts") if one < back)
                    print(f"restarted after {restarted - plugged:.0f} ms, heard {back - restarted:.0f} ms later")
                    assert back - plugged < 3_000
                    assert back - restarted < 1_000
                    await agent.hears(CALLER_HZ)
                    await asyncio.sleep(1.5)
                    assert (await agent.page.evaluate(PAIR))[0] in ("host", "prflx")
                finally:
                    await wire.stop()
                caller_hears(wire.file, caller.settings.media_port)
                await agent.button("挂断").click()  # and signalling goes the new way
                await agent.state("wrapup")
                assert await caller.finished(10) == 0

    asyncio.run(asyncio.wait_for(scene(), 90))


def test_without_udp_a_relay_stands_between(tmp_path: Path) -> None:
    needs("sipp", "dumpcap", "turnserver")

    async def scene() -> None:
        with network() as net:
            net.block_udp()
            async with (
                relay(tmp_path) as url,
                centre_for_home(tmp_path, f'relays: {{urls: ["{url}"]}}, ') as centre,
                at_home(tmp_path, net) as agent,
            ):
                caller = await talking(centre, agent, tmp_path / "caller")
                assert await agent.page.evaluate(PAIR) == ["relay", "tls"]
                wire = await Capture.start(tmp_path / "wire.pcap", (caller.settings.media_port,) * 2)
                try:
                    await asyncio.sleep(1.5)
                finally:
                    await wire.stop()
                caller_hears(wire.file, caller.settings.media_port)
                await agent.button("挂断").click()
                assert await caller.finished(10) == 0

    asyncio.run(asyncio.wait_for(scene(), 90))


def caller_hears(capture: Path, port: int) -> None:
    """The agent's tone in the last second."""
    packets = [packet for one in datagrams(capture) if one.target[1] == port and (packet := rtp(one)) is not None]
    last = max(packet.at for packet in packets)
    assert level(heard(packets, last - 1_000_000, last), AGENT_HZ) > -30
