"""The feed lost and found: the call goes on, the screen says so and comes back by itself, nothing is loaded anew."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from playwright.async_api import expect

from tests.browser.stage import CALLER_HZ, Stage
from tests.planes.house import until
from tests.planes.test_adoption import all_written
from yingda.planes.known_phones import ACCOUNTS

pytestmark = pytest.mark.peer


def test_the_web_plane_is_killed_in_a_call(stage: Stage) -> None:
    """It first falls silent (a stopped process answers nothing), then is killed with -9 and started anew."""

    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller("13700003333")
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.hears(CALLER_HZ)
            await agent.page.evaluate("window.same = true")
            before = stage.house.planes()
            strip = agent.page.locator(".strip")
            await expect(strip).to_be_hidden()
            os.kill(before["web"], signal.SIGSTOP)
            await expect(strip).to_be_visible(timeout=5_000)  # after 3 s of silence
            await expect(strip).to_contain_text("与服务器断开")
            await expect(strip).to_contain_text("通话不受影响")
            await expect(agent.button("保持")).to_have_attribute("aria-disabled", "true")
            await expect(agent.button("挂断")).to_have_attribute("aria-disabled", "false")
            await agent.hears(CALLER_HZ, seconds=2)
            await stage.house.kill("web")
            await stage.house.healthy()
            await expect(strip).to_be_hidden()
            await agent.state("talking")
            await agent.hears(CALLER_HZ, seconds=2)
            assert stage.house.planes()["web"] != before["web"]
            assert stage.house.planes()["control"] == before["control"]
            assert await agent.page.evaluate("window.same")
            await agent.page.keyboard.press("F8")
            await agent.state("holding")
            await agent.page.keyboard.press("F8")
            await agent.state("talking")
            await agent.page.keyboard.press("F4")
            await agent.state("wrapup")

    stage.run(scene())


@pytest.mark.e2e
def test_control_is_killed_in_a_call(stage: Stage) -> None:
    """The browser's telephone loses its connection with it, makes another, and the call goes on by that one."""

    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller("13700003335")
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.hears(CALLER_HZ)
            before = stage.house.planes()["control"]
            data = stage.house.data
            await until("the browser's account to be written down", (data / ACCOUNTS).exists, 10)
            await until("the call to be written down", lambda: all_written(data, 1), 10)
            await stage.house.kill("control")
            await stage.house.healthy()
            assert stage.house.planes()["control"] != before
            await agent.state("talking")
            await agent.hears(CALLER_HZ, seconds=2)
            await agent.page.wait_for_timeout(32_000)  # longer than a lost connection is waited for
            await agent.page.keyboard.press("F8")
            await agent.state("holding")
            await agent.page.keyboard.press("F8")
            await agent.state("talking")
            await agent.hears(CALLER_HZ, seconds=2)
            await agent.page.keyboard.press("F4")
            await agent.state("wrapup")
            assert await caller.finished(5) == 0

    stage.run(scene())


def test_the_browser_phone_hangs_up_without_the_server_s_screens(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller("13700003334")
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.hears(CALLER_HZ)
            web = stage.house.planes()["web"]
            os.kill(web, signal.SIGSTOP)
            try:
                await expect(agent.page.locator(".strip")).to_be_visible(timeout=8_000)
                await agent.page.keyboard.press("F4")
                assert await caller.finished(5) == 0
            finally:
                os.kill(web, signal.SIGCONT)
            await agent.state("wrapup")

    stage.run(scene())


def test_a_resumed_feed_tells_only_what_was_missed(stage: Stage) -> None:
    """After a short break the feed continues from EPOCH:SEQ; the leader's floor is right again without a snapshot."""

    async def scene() -> None:
        async with stage.visitor() as leader:
            heard: list[str] = []
            leader.page.on(
                "websocket", lambda socket: socket.on("framereceived", lambda text: heard.append(str(text)[:40]))
            )
            await leader.sign_in("leader")
            await expect(leader.page.locator(".counts")).to_contain_text("空闲")
            await expect(leader.page.locator(".floor-queues tbody tr")).to_have_count(2)
            snapshots = [text for text in heard if '"snapshot"' in text]
            assert len(snapshots) == 1
            web = stage.house.planes()["web"]
            os.kill(web, signal.SIGSTOP)
            await expect(leader.page.locator(".strip")).to_be_visible(timeout=8_000)
            os.kill(web, signal.SIGCONT)
            await expect(leader.page.locator(".strip")).to_be_hidden()
            deadline = asyncio.get_running_loop().time() + 5
            while not any('"resumed"' in text for text in heard):
                assert asyncio.get_running_loop().time() < deadline, heard
                await asyncio.sleep(0.05)
            assert len([text for text in heard if '"snapshot"' in text]) == 1

    stage.run(scene())
