"""An agent who speaks through his mobile and works from the desk: chosen at sign-in, rung over a trunk, taken by
a key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.centre import ROAMS
from tests.browser.scenes import OUTSIDE, customer, outside
from tests.browser.stage import CALLER_HZ, WideStage
from tests.e2e.test_mobile import asked
from tests.planes.house import wait_for_event

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

MASKED = "139****1111"


def test_a_customer_is_served_at_the_mobile_from_the_desk(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.visitor() as agent,
            outside(wide.house, tmp_path, wide.outside_port, ROAMS) as (mobile, far),
        ):
            await agent.sign_in("1002")
            await expect(agent.page.locator(".bar .choice label", has_text=MASKED)).to_be_visible()
            await agent.take_calls(MASKED)
            try:
                rung = mobile.events()
                async with customer(wide, tmp_path, "13712354001") as caller:
                    await wait_for_event(rung, "CALL_INCOMING")
                    await agent.state("ringing")
                    await expect(agent.page.locator(".bar")).to_contain_text("请在手机上接听")
                    await mobile.answer()
                    await wait_for_event(rung, "CALL_ESTABLISHED")
                    await asked(mobile)
                    await agent.state("ringing")  # a mailbox would have answered, too
                    await mobile.press("1")
                    await agent.state("talking")
                    await asyncio.gather(far.hears(CALLER_HZ), caller.hears(OUTSIDE))
                    await agent.page.keyboard.press("F8")
                    await agent.state("holding")
                    await asyncio.gather(far.hears(but_not=(CALLER_HZ,)), caller.hears(but_not=(OUTSIDE,)))
                    await agent.page.keyboard.press("F8")
                    await agent.state("talking")
                    await agent.page.keyboard.press("Shift+F8")
                    await expect(agent.page.locator(".bar-facts")).to_contain_text("已静音")
                    await asyncio.gather(far.hears(CALLER_HZ), caller.hears(but_not=(OUTSIDE,)))
                    await agent.page.keyboard.press("Shift+F8")
                    await asyncio.gather(far.hears(CALLER_HZ), caller.hears(OUTSIDE))
                    await agent.page.keyboard.press("F4")
                    await agent.state("wrapup")
                    await wait_for_event(rung, "CALL_CLOSED")
                    told = await caller.kinds("handling.connected", "handling.released", "interaction.ended")
                    assert not any(ROAMS[1:] in str(dict(one.data)) for one in told), "by reference only"
                await agent.page.keyboard.press("Control+Enter")
                await agent.state("idle")
                assert agent.faults == []
            finally:
                await wide.leave("1002")

    wide.run(scene(), 120)
