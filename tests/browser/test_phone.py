"""The browser as a telephone when something is wrong: the address, the microphone, a second window, an input method."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = pytest.mark.peer

NO_MICROPHONE = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("none", "NotFoundError"));
"""
INSECURE = "Object.defineProperty(window, 'isSecureContext', {value: false});"
COMPOSING_F4 = "dispatchEvent(new KeyboardEvent('keydown', {key: 'F4', isComposing: true}))"


def test_an_insecure_address_says_which_one_to_use(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await visitor.page.add_init_script(INSECURE)
            await visitor.page.goto(visitor.url)
            note = visitor.page.locator(".signin-note.warn")
            await expect(note).to_contain_text("浏览器会隐藏麦克风")
            await expect(note.get_by_role("link")).to_have_attribute(
                "href", visitor.url.replace("http:", "https:") + "/"
            )
            await visitor.sign_in("1004")
            await visitor.page.locator(".bar .choice label", has_text="浏览器").click()
            await visitor.button("签入").click()
            await expect(visitor.page.locator(".refusal")).to_contain_text("请改用 https 地址")

    stage.run(scene())


def test_a_missing_microphone_is_named(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            await visitor.page.add_init_script(NO_MICROPHONE)
            await visitor.sign_in("1004")
            await visitor.page.locator(".bar .choice label", has_text="浏览器").click()
            await visitor.button("签入").click()
            await expect(visitor.page.locator(".refusal")).to_contain_text("找不到麦克风")
            await visitor.state("offline")

    stage.run(scene())


def test_a_second_window_says_where_the_phone_is_and_takes_it_over(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1002") as first:
            second = await first.page.context.new_page()
            await second.goto(f"{first.url}/desk")
            await expect(second.locator(".bar")).to_contain_text("网页话机在另一个窗口中。")
            await second.get_by_role("button", name="移到此窗口").click()
            await expect(first.page.locator(".bar")).to_contain_text("网页话机在另一个窗口中。")
            await expect(second.locator("header.bar")).to_have_attribute("data-state", "idle")
            caller = await stage.caller("13544445555")
            caller.dial()
            await expect(second.locator("header.bar")).to_have_attribute("data-state", "ringing")
            await second.keyboard.press("F2")
            await expect(second.locator("header.bar")).to_have_attribute("data-state", "talking")
            assert first.faults == []

    stage.run(scene())


def test_keys_do_nothing_while_an_input_method_composes(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.agent("1001") as agent:
            caller = await stage.caller("13544446666")
            caller.dial()
            await agent.state("ringing")
            await agent.page.keyboard.press("F2")
            await agent.state("talking")
            await agent.page.evaluate(COMPOSING_F4)
            await agent.page.keyboard.press("F8")
            await agent.state("holding")  # had F4 done anything, there would be nobody to hold
            await agent.page.keyboard.press("Escape")  # Esc never touches a call
            await agent.page.keyboard.press("F8")
            await agent.state("talking")
            await agent.page.keyboard.press("F4")
            await agent.state("wrapup")

    stage.run(scene())
