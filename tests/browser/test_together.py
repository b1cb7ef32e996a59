"""Several in one talk, and one who is not heard: a conference of four, muting down to the recording, the agent ID in
the customer's ear, the script that becomes a summary."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.sound import level, read_wav
from playwright.async_api import expect

from tests.browser.ears import LOUD, loudness
from tests.browser.scenes import (
    FIRST,
    SECOND,
    THIRD,
    answers,
    busy,
    consults,
    customer,
    ends_it,
)
from tests.browser.stage import CALLER_HZ, WideStage
from tests.planes.house import needs

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

MUTED_DB = -60.0
WORDS_DB = 6.0
"""How much louder a voice is than the talk that is turned down behind it."""


def test_four_in_one_conference(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            wide.agent("1001", FIRST) as first,
            wide.agent("1002", SECOND) as second,
            wide.agent("1003", THIRD) as third,
        ):
            await busy(second)
            await busy(third)
            async with customer(wide, tmp_path, "13712353001") as caller:
                await answers(first)
                await consults(first, second, "1002")
                await first.page.keyboard.press("Shift+F9")
                await first.state("talking")
                await consults(first, third, "1003")
                await asyncio.gather(first.hears(THIRD), third.hears(FIRST), third.hears_no(CALLER_HZ))
                await asyncio.gather(second.hears(CALLER_HZ), caller.hears(SECOND, but_not=(FIRST, THIRD)))
                await first.page.keyboard.press("Shift+F9")
                await expect(first.page.locator(".bar-facts")).to_contain_text("会议：1002、1003")
                voices = {FIRST: first, SECOND: second, THIRD: third}
                for hertz, agent in voices.items():
                    for other in {*voices, CALLER_HZ} - {hertz}:
                        await agent.hears(other)
                await caller.hears(FIRST, SECOND, THIRD)
                await first.page.keyboard.press("F4")  # leaves; three go on
                await first.state("wrapup")
                await asyncio.gather(second.hears(THIRD), third.hears(SECOND), second.hears_no(FIRST))
                await caller.hears(SECOND, THIRD, but_not=(FIRST,))
                told = await caller.kinds("handling.consult_started", "handling.consult_ended")
                assert [one.kind for one in told].count("handling.consult_started") == 2

    wide.run(scene(), 150)


def test_who_is_muted_is_neither_heard_nor_recorded(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with wide.agent("1001", FIRST) as agent:
            async with customer(wide, tmp_path, "13712353002") as caller:
                await answers(agent)
                await agent.hears(CALLER_HZ)
                await caller.hears(FIRST)
                await agent.page.keyboard.press("Shift+F8")
                await expect(agent.page.locator(".bar-facts")).to_contain_text("已静音")
                began, ended = await caller.hears(but_not=(FIRST,))
                await agent.hears(CALLER_HZ)  # he hears as before
                await agent.page.keyboard.press("Shift+F8")
                await expect(agent.page.locator(".bar-facts")).not_to_contain_text("已静音")
                await caller.hears(FIRST)
                await ends_it(agent)
                told = await caller.kinds("recording.started", "recording.ended", "handling.connected")
            start = next(one.at for one in told if one.kind == "recording.started")
            name = next(one.data["recording_id"] for one in told if one.kind == "recording.started")
            handling = next(one.data["handling_id"] for one in told if one.kind == "recording.started")
            files = [*(wide.house.data / "recordings").rglob(f"{handling}.wav")]
            assert files, name
            sound = read_wav(files[0])
            margin = sound.rate // 4  # the recording's clock and ours
            part = slice(
                (began - start) * sound.rate // 1_000_000 + margin, (ended - start) * sound.rate // 1_000_000 - margin
            )
            left, right = sound.channels
            assert level(right[part], FIRST, sound.rate) < MUTED_DB
            assert level(left[part], CALLER_HZ, sound.rate) > LOUD

    wide.run(scene(), 90)


def test_the_agent_id_is_said_into_the_customers_ear(wide: WideStage, tmp_path: Path) -> None:
    needs("espeak-ng")

    async def scene() -> None:
        async with wide.agent("1001", FIRST) as agent, customer(wide, tmp_path, "13712353003") as caller:
            await answers(agent)
            await agent.hears(CALLER_HZ)
            before = await caller.hears(FIRST)
            await agent.button("键盘").click()
            await agent.page.locator(".keypad").get_by_role("button", name="报工号").click()
            await agent.page.keyboard.press("Escape")
            said = await caller.hears()
            await agent.hears(CALLER_HZ)
            await caller.hears(FIRST, alone=True)  # the words are over
            await ends_it(agent)
            await caller.kinds("interaction.ended")
            spoken.extend((caller, before, said))

    spoken: list[object] = []
    wide.run(scene(), 90)
    caller, before, said = spoken
    talk, words = (caller.ear.samples(*when) for when in (before, said))  # type: ignore[attr-defined, misc]
    assert level(words, FIRST) < level(talk, FIRST) - WORDS_DB, "the talk is turned down behind the words"
    assert loudness(words) > LOUD, "nothing was said"


def test_a_script_is_followed_and_becomes_the_summary(wide: WideStage, tmp_path: Path) -> None:
    async def scene() -> None:
        async with wide.agent("1001", FIRST) as agent, customer(wide, tmp_path, "13712353004") as caller:
            script, insert = agent.page.locator(".script"), agent.page.get_by_role("button", name="插入到小结")
            await agent.state("ringing")
            await expect(script).to_contain_text("工号 1001 为您服务")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await script.get_by_role("checkbox").first.check()
            await script.get_by_label("退货原因").fill("尺码不合")
            await expect(script).to_contain_text("已完成 1/2")
            await insert.click()
            await insert.click()  # a second time brings nothing twice
            note = agent.page.locator(".summary textarea")
            await expect(note).to_have_value("✓ 您好，工号 1001 为您服务\n退货原因： 尺码不合")
            await ends_it(agent)
            await agent.state("idle")
            await caller.kinds("handling.disposed")

    wide.run(scene(), 90)
