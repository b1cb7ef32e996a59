"""From `yingda serve --demo`, which is what `make run` starts, to the first answered call in a browser: two minutes and
three clicks at most, counted in the page. Prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import pytest
from bench.peers.ports import PortBlock
from bench.peers.sipp import Caller, CallerSettings
from playwright.async_api import async_playwright

from tests.browser.stage import ARGUMENTS, CALLER_HZ, CHROMIUM, SIZE, Visitor
from tests.planes.test_demo import demo

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

LONGEST_S, MOST_CLICKS = 120, 3
COUNT = """
const clicks = () => Number(sessionStorage.getItem("clicks") ?? 0);
addEventListener("click", (event) => {
  if (event.isTrusted && event.detail > 0) sessionStorage.setItem("clicks", clicks() + 1);
}, {capture: true});
"""
CLICKS = "Number(sessionStorage.getItem('clicks') ?? 0)"


def test_from_the_start_to_the_first_answered_call(tmp_path: Path) -> None:
    async def scene() -> dict[str, float]:
        began = time.monotonic()
        with PortBlock.take() as ports:
            server, url, password = await demo(tmp_path, ports, "first")
            sip = int(re.findall(r"sip-port\0(\d+)", Path(f"/proc/{server.pid}/cmdline").read_text())[0])
            try:
                async with async_playwright() as playwright:
                    browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
                    context = await browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
                    await context.add_init_script(COUNT)
                    agent = Visitor(await context.new_page(), url)
                    clicks = await _answered(agent, password, await _caller(ports, sip, tmp_path))
                    await browser.close()
            finally:
                await server.stop(15)
        return {"seconds": round(time.monotonic() - began, 1), "clicks": clicks}

    said = asyncio.run(scene())
    print(json.dumps(said))
    assert said["seconds"] < LONGEST_S
    assert said["clicks"] <= MOST_CLICKS


async def _caller(ports: PortBlock, sip: int, folder: Path) -> Caller:
    settings = CallerSettings(
        number="13812345678", called="4008001000", target=f"127.0.0.1:{sip}", sip_port=ports.one(),
        media_port=ports.row(4)[0], host="127.0.0.1", control_port=ports.one(), tone_hz=CALLER_HZ, codec="PCMA",
        stay_s=60,
    )  # fmt: skip
    caller = await Caller.start(settings, folder / "caller", exact=False)
    await caller.ready()
    return caller


async def _answered(agent: Visitor, password: str, caller: Caller) -> int:
    """Signs in, takes calls, answers; how often he clicked."""
    page = agent.page
    try:
        await page.goto(agent.url)
        await page.locator("input[autocomplete=username]").fill("1001")
        await page.locator("input[autocomplete=current-password]").fill(password)
        await page.get_by_role("button", name="登录").click()
        await agent.state("offline")
        await agent.button("签入").click()
        await agent.state("idle")
        caller.dial()
        await agent.state("ringing", 30)
        await agent.button("接听").click()
        await agent.state("talking")
        await agent.hears(CALLER_HZ)
        clicks: int = await page.evaluate(CLICKS)
        return clicks
    finally:
        await caller.stop()
