"""The quality light in a browser: three bars while all is well, and what is to blame when no sound leaves the agent."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import CALLER_HZ, Stage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

DEAD_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
"""


def test_a_microphone_that_brings_no_sound_is_named(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as agent:
            await agent.page.add_init_script(DEAD_MICROPHONE)
            await agent.sign_in("1004")
            await agent.take_calls()
            try:
                caller = await stage.caller("13744440009")
                caller.dial()
                await agent.state("ringing")
                await agent.page.keyboard.press("F2")
                await agent.state("talking")
                quality = agent.page.locator(".quality")
                await expect(quality).to_have_attribute("data-grade", "good")
                await expect(quality).to_contain_text("麦克风没有声音", timeout=30_000)
                await expect(quality).to_have_attribute("data-grade", "poor")
                await expect(quality.get_by_role("button")).to_have_attribute("data-why", "检查耳机插头和静音开关。")
            finally:
                await stage.leave("1004")

    stage.run(scene())


SYSTEM_MUTES = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), tracks = [];
let muted = false;
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await open(wish);
  for (const track of stream.getAudioTracks()) {
    Object.defineProperty(track, "muted", {get: () => muted});
    tracks.push(track);
  }
  return stream;
};
window.systemMutes = (on) => {
  muted = on;
  for (const track of tracks) track.dispatchEvent(new Event(on ? "mute" : "unmute"));
};
"""
"""The headset's own switch, as browsers tell of it: W3C Media Capture, section 4.3.1."""


def test_a_microphone_that_the_system_mutes_is_said_at_once_and_rings_stop(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as agent:
            page = agent.page
            await page.add_init_script(SYSTEM_MUTES)
            await agent.sign_in("1004")
            await agent.take_calls()
            try:
                caller = await stage.caller("13744440010")
                caller.dial()
                await agent.state("ringing")
                await page.keyboard.press("F2")
                await agent.state("talking")
                await agent.hears(CALLER_HZ)
                await page.evaluate("systemMutes(true)")
                await expect(page.locator(".bar-facts")).to_contain_text("系统把麦克风静音了", timeout=1_000)
                await page.keyboard.press("F4")
                await agent.state("wrapup")
                await page.keyboard.press("Control+Enter")
                await agent.state("unreachable")
                await expect(page.locator(".bar-facts")).to_contain_text("暂不派发来电")
                await page.evaluate("systemMutes(false)")
                await agent.state("idle")
            finally:
                await stage.leave("1004")

    stage.run(scene())
