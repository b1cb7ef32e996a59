"""A flow is written in the browser: a fault marked and mended, its test played, published, and returned to."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer

NAME = "service/hello.vxml"
BROKEN = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN">
  <form id="main">
    <block><prompt>您好</prompt><goto nxt="#main"/></block>
  </form>
</vxml>"""
MENDED = BROKEN.replace('<goto nxt="#main"/>', "<exit/>")
TESTS = '- says: 问候\n  do: []\n  see: ["play 您好", exit]\n'


def test_a_flow_is_written_tested_published_and_returned_to(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as author:
            await author.sign_in("admin")
            await author.room("flows")
            await begun(author)
            await a_fault_is_marked_and_mended(author.page)
            await pictured(author.page)
            await its_test_is_played(author.page)
            await published(author.page)
            await tried_key_by_key(author.page)
            await has_a_code(author.page)
            await renamed(author.page)
            await returned_to(author.page)
            await taken_away(author.page)
            await a_phrase_is_recorded(author.page)
            assert author.faults == []

    stage.run(scene(), 120)


async def write(page: Page, text: str) -> None:
    """In place of all that stands in the editor."""
    await page.locator(".cm-content").click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text)


async def begun(author: Visitor) -> None:
    page = author.page
    await page.get_by_role("button", name="新建流程").click()
    await page.get_by_label("名称", exact=True).fill(NAME)
    await page.keyboard.press("Enter")
    await expect(page.locator(".flow-head h1")).to_have_text(NAME)
    await expect(page.locator(".flow-head")).to_contain_text("草稿，尚未发布")


async def a_fault_is_marked_and_mended(page: Page) -> None:
    await write(page, BROKEN)
    problem = page.locator(".problems button", has_text="未知属性 nxt")
    await expect(problem).to_contain_text("3:")
    await expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    await problem.click()
    await expect(page.locator(".cm-activeLineGutter").first).to_have_text("3")
    await write(page, MENDED)
    await expect(page.locator(".flow-panel-body")).to_contain_text("没有发现问题")
    await page.keyboard.press("Control+s")
    await expect(page.locator(".flow-saving")).to_have_text("草稿已保存")


async def pictured(page: Page) -> None:
    """A click in the picture leads to the text, the cursor in the text marks the picture; both by key too."""
    await page.get_by_role("tab", name="问题").press("ArrowLeft")
    await expect(page.get_by_role("tab", name="图", exact=True)).to_be_focused()
    block = page.locator(".picture-dialog button", has_text="步骤")
    await expect(block).to_contain_text("您好")
    await expect(page.locator(".picture-away")).to_have_text("结束流程")
    await block.press("Enter")
    await expect(page.locator(".cm-activeLineGutter").first).to_have_text("3")
    await expect(block).to_have_attribute("aria-current", "true")
    await page.keyboard.press("Control+Home")
    await expect(page.locator(".picture [aria-current]")).to_have_count(0)
    await page.get_by_role("tab", name="问题").click()


async def its_test_is_played(page: Page) -> None:
    await page.get_by_role("tab", name="测试", exact=True).click()
    await write(page, TESTS.replace("您好", "再见"))
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".test[data-passed=false]")).to_contain_text("play 再见")
    await write(page, TESTS)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".tests-sum[data-passes=true]")).to_contain_text("共 1 项测试，0 项未通过")


async def published(page: Page) -> None:
    await page.get_by_role("button", name="发布…").click()
    await expect(page.locator(".diff-group [data-kind=added]").first).to_be_visible()
    await page.get_by_label("发布说明").fill("第一版")
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator(".publish")).to_contain_text("v1 已发布，下一个来电开始使用。")
    await expect(page.locator(".flow-head")).to_contain_text("已发布 v1")


async def tried_key_by_key(page: Page) -> None:
    await page.get_by_role("tab", name="试运行").click()
    heard = page.locator(".step-seen", has_text="您好")
    await expect(heard).to_contain_text("放音")
    await heard.click()
    await expect(page.get_by_role("tab", name="流程", exact=True)).to_have_attribute("aria-selected", "true")
    await expect(page.locator(".cm-activeLineGutter").first).to_have_text("3")


async def has_a_code(page: Page) -> None:
    """For phones of the centre; who is not signed in at one has none rung."""
    trial = page.locator(".trial")
    await trial.get_by_role("button", name="取试拨号码").click()
    await expect(trial.locator(".trial-code")).to_have_text(re.compile(r"^\*9\d{4}$"))
    await expect(trial.get_by_role("button", name="呼叫我的话机")).to_have_attribute("aria-disabled", "true")


async def renamed(page: Page) -> None:
    """And back: its name is that of the version in force at once."""
    for name in ("service/good-day.vxml", NAME):
        await page.get_by_role("button", name="改名", exact=True).click()
        await page.get_by_label("名称", exact=True).fill(name)
        await page.keyboard.press("Enter")
        await expect(page.locator(".flow-head h1")).to_have_text(name)
    await expect(page.locator(".flow-head")).to_contain_text("已发布 v3")


async def returned_to(page: Page) -> None:
    await write(page, MENDED.replace("您好", "早上好"))
    await page.keyboard.press("Control+s")
    await expect(page.locator(".flow-head")).to_contain_text("草稿，已发布 v3")
    await page.get_by_role("tab", name="版本").click()
    await page.get_by_role("button", name="与当前内容比较").first.click()
    await compared(page)
    await page.get_by_role("button", name="恢复为草稿").first.click()
    await expect(page.locator(".cm-content")).to_contain_text("您好")
    await page.get_by_role("button", name="全部流程").click()
    await expect(page.locator(".flows-rows tbody tr", has_text=NAME)).to_contain_text(
        re.compile("草稿，已发布 v3.*金主管")
    )


async def compared(page: Page) -> None:
    """Side by side: the words that changed are marked, keys lead from change to change and back to the text."""
    changed = page.locator(".comparison [data-change]")
    await expect(changed.locator("del")).to_have_text("您")
    await expect(changed.locator("ins")).to_have_text("早上")
    await expect(page.locator(".comparison-text")).to_be_focused()
    await expect(page.locator(".comparison-bar [role=status]")).to_have_text("第 1 处，共 1 处")
    await page.get_by_label("之前").first.select_option("（空）")
    await expect(page.locator(".comparison-bar [role=status]")).to_have_text("第 1 处，共 2 处")
    await page.keyboard.press("n")
    await expect(page.locator(".comparison tr[aria-current]").first).to_have_attribute("data-change", "1")
    await page.keyboard.press("p")
    await expect(page.locator(".comparison tr[aria-current]").first).to_have_attribute("data-change", "0")
    await page.keyboard.press("Escape")
    await expect(page.locator(".comparison")).to_have_count(0)


async def taken_away(page: Page) -> None:
    """The centre is left as it was found; others may have flows of their own there."""
    own = page.locator(".flows-rows a", has_text=NAME)
    await own.click()
    await page.get_by_role("tab", name="版本").click()
    await page.get_by_role("button", name="删除流程…").click()
    await page.get_by_role("button", name=f"删除 {NAME}").click()
    await expect(page.locator(".flows-rows")).to_be_visible()
    await expect(own).to_have_count(0)


async def a_phrase_is_recorded(page: Page) -> None:
    """From the microphone, until it has been heard for a second; played from the server, replaced, and put back."""
    await page.locator(".tabs a", has_text="语音").click()
    await page.get_by_label("名称").fill("welcome")
    await page.get_by_role("button", name="开始录音").click()
    live = page.locator(".booth-live")
    await expect(live).to_have_attribute("data-heard", "true")
    await expect(live).to_contain_text(re.compile(r"[1-9]\d*\.\d 秒"))
    await page.get_by_role("button", name="停止并保存").click()
    row = page.locator(".phrases tbody tr", has_text="welcome")
    await expect(row.locator("td").nth(0)).to_contain_text(re.compile(r" 秒.*历史 v1"))
    await expect(row.locator("td").nth(1)).to_contain_text("没有")
    await expect(page.locator(".phrases-player")).to_have_attribute("src", re.compile("/phrases/zh/welcome"))
    await put_back(page)
    await row.get_by_role("button", name="删除").click()
    await expect(row).to_have_count(0)


async def put_back(page: Page) -> None:
    """What a voice says takes the place of the recording, until that is put back."""
    await page.get_by_label("合成语音的文字").fill("欢迎致电")
    await page.get_by_role("button", name="存为语音").click()
    await page.get_by_role("button", name="历史 v2").click()
    history = page.locator(".phrases-history")
    await expect(history.locator("li").first).to_contain_text("合成（默认音色）：欢迎致电")
    await history.locator("li", has_text="录音").get_by_role("button", name="恢复这一版").click()
    await expect(history.locator("li").first).to_contain_text("恢复自 v1")
    await expect(page.locator(".phrases-player")).to_have_attribute("src", re.compile("number=3"))
    await page.keyboard.press("Escape")
    await expect(history).to_have_count(0)
