"""A whole call with the browser as the agent's phone: both tones measured at both far ends and in the recording."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from bench.peers.capture import Capture
from bench.peers.pcap import datagrams, heard, rtp
from bench.sound import level, read_wav
from playwright.async_api import expect

from tests.browser.stage import AGENT_HZ, CALLER_HZ, Stage, Visitor

pytestmark = pytest.mark.peer

NUMBER, SHOWN = "13812345678", "138 1234 5678"

FETCH = """async ([id, range]) => {
  const answer = await fetch(`/api/v1/recordings/${id}`, {headers: range ? {Range: range} : {}});
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return [answer.status, answer.headers.get("Content-Type"), btoa(text)];
}"""


def now() -> int:
    return time.time_ns() // 1000


def test_a_call_from_ringing_to_the_recording(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller(NUMBER)
            wire = await Capture.start(tmp_path / "wire.pcap", (caller.settings.media_port, caller.settings.media_port))
            try:
                caller.dial()
                await _rings(agent)
                await agent.button("接听").click()
                await agent.state("talking")
                await _both_hear(agent)
                talked = (now() - 1_500_000, now())
                await _hold_and_retrieve(agent)
                await _hang_up_and_write(agent)
                assert await caller.finished(10) == 0
            finally:
                await wire.stop()
            _caller_heard(wire.file, caller.settings.media_port, talked)
            await _in_contacts(agent, tmp_path)
            assert agent.faults == []

    stage.run(scene())


async def _rings(agent: Visitor) -> None:
    await agent.state("ringing")
    facts = agent.page.locator(".bar-facts")
    await expect(facts).to_contain_text(SHOWN)
    await expect(facts).to_contain_text("售后")
    await expect(agent.page.locator(".ring-line")).to_be_visible()
    assert await agent.page.title() == f"(来电) {SHOWN}"


async def _both_hear(agent: Visitor) -> None:
    await agent.hears(CALLER_HZ)
    await agent.page.wait_for_timeout(2_000)  # the caller must have heard enough to be measured
    levels = await agent.levels(CALLER_HZ, AGENT_HZ)
    assert levels is not None
    assert levels[0] - levels[1] > 30, f"the agent hears himself: {levels}"


async def _hold_and_retrieve(agent: Visitor) -> None:
    await agent.page.keyboard.press("F8")
    await agent.state("holding")
    await agent.hears_no(CALLER_HZ)
    await agent.page.keyboard.press("F8")
    await agent.state("talking")
    await agent.hears(CALLER_HZ)


async def _hang_up_and_write(agent: Visitor) -> None:
    page = agent.page
    await page.get_by_label("小结码").fill("退货咨询")
    await page.keyboard.press("Enter")
    await page.locator(".summary textarea").fill("客户已同意退货。")
    await page.keyboard.press("F4")
    await agent.state("wrapup")
    await expect(page.locator(".bar-facts")).to_contain_text("→ 空闲")
    await expect(page.locator(".bar-facts")).to_contain_text(SHOWN)
    await page.keyboard.press("Control+Enter")
    await agent.state("idle")


def _caller_heard(file: Path, port: int, talked: tuple[int, int]) -> None:
    """What came to the caller while they talked: the agent's tone and nothing of his own."""
    packets = [packet for one in datagrams(file) if one.target[1] == port and (packet := rtp(one)) is not None]
    samples = heard(packets, *talked)
    assert len(samples) > 8_000
    assert level(samples, AGENT_HZ) > -30
    assert level(samples, CALLER_HZ) < level(samples, AGENT_HZ) - 30


async def _in_contacts(agent: Visitor, folder: Path) -> None:
    """The call is in the list, its summary with it, and its recording can be played and has both sides."""
    page = agent.page
    await agent.room("contacts")
    await page.locator("tbody tr", has_text=SHOWN).first.click()
    detail = page.locator("aside.detail")
    await expect(detail).to_contain_text("退货咨询")
    await expect(detail).to_contain_text("客户已同意退货。")
    source = await detail.locator("audio").get_attribute("src")
    assert source is not None
    recording = source.rpartition("/")[2]
    status, kind, body = await page.evaluate(FETCH, [recording, None])
    assert (status, kind) == (200, "audio/wav")
    part = await page.evaluate(FETCH, [recording, "bytes=0-99"])
    assert (part[0], len(base64.b64decode(part[2]))) == (206, 100)
    file = folder / "recording.wav"
    file.write_bytes(base64.b64decode(body))
    _two_sides(file)
    await detail.get_by_role("button", name="播放", exact=True).click()
    await expect(detail.get_by_role("button", name="暂停", exact=True)).to_be_visible()
    await expect(detail.locator(".player-time")).to_contain_text("00:01 /")


def _two_sides(file: Path) -> None:
    sound = read_wav(file)
    left, right = sound.channels
    assert sound.seconds > 2
    begin = slice(sound.rate // 2, 3 * sound.rate // 2)  # before the hold, in which the customer hears music
    assert level(left[begin], CALLER_HZ, sound.rate) > -30
    assert level(right[begin], AGENT_HZ, sound.rate) > -30
    assert level(left[begin], AGENT_HZ, sound.rate) < level(left[begin], CALLER_HZ, sound.rate) - 30
    assert level(right[begin], CALLER_HZ, sound.rate) < level(right[begin], AGENT_HZ, sound.rate) - 30


def test_mute_is_heard_by_nobody_and_seen_by_the_agent(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller(NUMBER)
            port = caller.settings.media_port
            wire = await Capture.start(tmp_path / "wire.pcap", (port, port))
            try:
                caller.dial()
                await agent.state("ringing")
                await agent.page.keyboard.press("F2")
                await agent.state("talking")
                await agent.hears(CALLER_HZ)
                await agent.page.keyboard.press("Shift+F8")
                await expect(agent.page.locator(".bar-facts")).to_contain_text("已静音")
                await agent.page.wait_for_timeout(500)
                began = now()
                await agent.page.wait_for_timeout(1_000)
                muted = (began, now())
            finally:
                await wire.stop()
            packets = [p for one in datagrams(wire.file) if one.target[1] == port and (p := rtp(one)) is not None]
            assert level(heard(packets, *muted), AGENT_HZ) < -60
            assert agent.faults == []

    stage.run(scene())


def test_a_declined_call_rings_at_the_next_agent(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as first, stage.agent("1002") as second:
            caller = await stage.caller("13900002222")
            caller.dial()
            await first.state("ringing")  # who has been idle for longest
            await first.button("拒接").click()
            await second.state("ringing")
            await expect(second.page.locator(".bar-facts")).to_contain_text("139 0000 2222")
            await second.page.keyboard.press("F2")
            await second.state("talking")
            await first.state("idle")
            await caller.stop()

    stage.run(scene())
