"""The quality light in a browser: three bars while all is well, and what is to blame when no sound leaves the agent."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

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
