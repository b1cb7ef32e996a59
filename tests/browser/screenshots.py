"""Pictures of the main screens in both languages and both appearances: `python -m tests.browser.screenshots [FOLDER]`.

A small centre is played on a stage: some calls are over, one talks, one waits, somebody is on a break. Every picture is
a screen of 1366×768 with what really happened there.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import expect

from tests.browser.stage import Stage, Visitor

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
LOOKS = [(language, theme) for language in ("zh-CN", "en") for theme in ("light", "dark")]
CHOICES = {"zh-CN": "中文", "en": "English"}
EARLIER = [
    ("13912345678", ["退货咨询"], "客户要求七天无理由退货，已说明时限并登记。"),
    ("02161234567", ["物流查询"], "快递已到上海转运中心，预计明天送达。"),
    ("13587654321", ["退货咨询", "运费"], "运费由商家承担，客户认可。"),
    ("13698761234", ["发票"], "补开电子发票，已发送至邮箱。"),
]


class Album:
    """Where pictures go: NAME-LANGUAGE-THEME.png."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def take(self, visitor: Visitor, name: str, language: str, theme: str) -> None:
        await visitor.page.mouse.move(683, 760)
        await visitor.page.wait_for_timeout(250)
        path = self._folder / f"{name}-{'zh' if language == 'zh-CN' else 'en'}-{theme}.png"
        await visitor.page.screenshot(path=path)
        print(path.name, flush=True)

    async def take_all(self, visitor: Visitor, name: str) -> None:
        """In all looks, chosen as a person does: in his menu."""
        for language, theme in LOOKS:
            await choose(visitor, language, theme)
            await self.take(visitor, name, language, theme)
        await choose(visitor, "zh-CN", "light")


async def choose(visitor: Visitor, language: str, theme: str) -> None:
    page = visitor.page
    await page.locator(".bar .user").click()
    menu = page.locator(".menu-settings .choice")
    await menu.nth(0).locator("label", has_text=CHOICES[language]).click()
    await menu.nth(1).locator("label").nth(("system", "light", "dark").index(theme)).click()
    await page.keyboard.press("Escape")
    await page.evaluate("document.activeElement?.blur()")


async def an_earlier_call(stage: Stage, agent: Visitor, number: str, codes: list[str], note: str) -> None:
    caller = await stage.caller(number)
    caller.dial()
    await agent.state("ringing")
    await agent.page.keyboard.press("F2")
    await agent.state("talking")
    await agent.page.wait_for_timeout(2_500)
    for code in codes:
        await agent.page.get_by_label("小结码").fill(code)
        await agent.page.keyboard.press("Enter")
    await agent.page.locator(".summary .choice label").first.click()
    await agent.page.locator(".summary textarea").fill(note)
    await agent.page.keyboard.press("F4")
    await agent.state("wrapup")
    await agent.page.keyboard.press("Control+Enter")
    await agent.state("idle")


async def sign_in_pages(stage: Stage, album: Album) -> None:
    for language, theme in LOOKS:
        async with stage.visitor(language, theme) as visitor:
            await visitor.page.goto(visitor.url)
            await expect(visitor.page.locator("form")).to_be_visible()
            await album.take(visitor, "sign-in", language, theme)


async def play(stage: Stage, album: Album) -> None:
    await sign_in_pages(stage, album)
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(stage.agent("1001"))
        for number, codes, note in EARLIER:
            await an_earlier_call(stage, agent, number, codes, note)
        impatient = await stage.caller("13333334444", stay_s=60)
        others = {number: await stack.enter_async_context(stage.agent(number)) for number in ("1002", "1003", "1004")}
        await others["1003"].button("选择示忙原因").click()
        await others["1003"].page.get_by_role("button", name="小休").click()
        await album.take_all(agent, "desk-idle")
        await call_pictures(stage, album, agent)
        impatient.dial()
        await others["1002"].state("ringing")
        await others["1002"].page.keyboard.press("F2")
        await others["1002"].state("talking")
        await others["1002"].page.keyboard.press("F8")
        rings, waits = await stage.caller("15800001234"), await stage.caller("18911112222")
        rings.dial()
        await others["1004"].state("ringing")
        waits.dial()
        await leaders_pictures(stage, album)


async def call_pictures(stage: Stage, album: Album, agent: Visitor) -> None:
    """Ringing at 1001, the others being busy; then talking, and his contacts meanwhile."""
    caller = await stage.caller("13812345678", stay_s=120)
    caller.dial()
    page = agent.page
    await agent.state("ringing", 30)
    await album.take_all(agent, "desk-ringing")
    await page.keyboard.press("F2")
    await agent.state("talking")
    await page.get_by_label("小结码").fill("退货咨询")
    await page.keyboard.press("Enter")
    await page.locator(".summary textarea").fill("订单 8802，快递未取件。")
    await album.take_all(agent, "desk-talking")
    await agent.room("contacts")
    await page.locator(".contacts-rows tbody tr", has_text="021 6123 4567").click()
    await expect(page.locator(".timeline li").first).to_be_visible()
    await album.take_all(agent, "contacts")
    await agent.room("desk")


async def leaders_pictures(stage: Stage, album: Album) -> None:
    async with stage.visitor() as leader:
        await leader.sign_in("leader")
        await expect(leader.page.locator(".floor-agents tbody tr")).to_have_count(4)
        await leader.page.locator(".floor-agents tbody tr", has_text="林涛").click()
        await expect(leader.page.locator(".floor-queues tbody")).to_contain_text("%")
        await album.take_all(leader, "floor")
    await flow_pictures(stage, album)


MENU = """\
<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN">
  <meta name="description" content="售后主菜单"/>
  <menu id="main">
    <prompt>您好，欢迎致电。退货请按 1，物流请按 2。</prompt>
    <choice dtmf="1" next="#goods">退货</choice>
    <choice dtmf="2" next="#way">物流</choice>
  </menu>
  <form id="goods">
    <field name="order" type="digits?length=4">
      <prompt>请输入四位订单号。</prompt>
    </field>
    <filled><prompt>订单 <value expr="order"/>，正在为您转接。</prompt><exit namelist="order"/></filled>
  </form>
  <form id="way"><block>您的包裹正在路上。<exit/></block></form>
</vxml>
"""


async def flow_pictures(stage: Stage, album: Album) -> None:
    """A menu on the bench, tried with two keys."""
    async with stage.visitor() as author:
        page = author.page
        await author.sign_in("admin")
        await author.room("flows")
        await page.get_by_role("button", name="新建流程").click()
        await page.get_by_label("名称", exact=True).fill("service/menu.vxml")
        await page.keyboard.press("Enter")
        await page.locator(".cm-content").click()
        await page.keyboard.press("Control+a")
        await page.keyboard.press("Delete")
        await page.keyboard.insert_text(MENU)
        await page.get_by_role("tab", name="试运行").click()
        await page.locator(".keypad .button", has_text="1").click()
        await expect(page.locator(".step-seen")).to_have_count(2)
        await album.take_all(author, "flows")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        stage.open()
        try:
            stage.run(play(stage, Album(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)), 240)
        finally:
            stage.close()


if __name__ == "__main__":
    main()
