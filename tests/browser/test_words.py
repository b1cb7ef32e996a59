"""Both languages are written: no key shows through, no Latin word on a Chinese screen, no Chinese one on an English
screen except names. The words are gathered from every screen as people and screen readers get them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.centre import NAMES
from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer

GATHER = """() => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) {
      if (!["SCRIPT", "STYLE", "KBD"].includes(node.parentElement.tagName)) words.push(node.textContent);
    } else {
      const names = ["aria-label", "placeholder", "title", "alt", "data-why", "data-formula"];
      words.push(...names.map((name) => node.getAttribute(name) ?? ""));
    }
  }
  return [document.title, ...words].map((word) => word.trim()).filter(Boolean);
}"""

KEY = re.compile(r"\b[a-z_]+\.[a-z_]+\b")
LATIN = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
LATIN_NAMES = {
    "CSV",
    "Excel",
    "MOS",
    "English",
    "Ctrl",
    "Shift",
    "Asia",
    "Shanghai",
}
"""Formats, a scale, a language's own name, keys of a keyboard, a time zone."""
CHINESE_NAMES = {"中文"}
FORBIDDEN = (
    "坐席",
    "客服",
    "置忙",
    "耳语",
    "电话会议",
    "利用率",
    "系统繁忙",
    "确定",
    "not available",
    "conversation",
    "work item",
    "AWT",
)


def _bare(word: str) -> str:
    """A metric may be called by its full name, never by the bare end of it."""
    return word.replace("工时利用率", "")


def faults(language: str, words: set[str]) -> list[str]:
    """Words that must not be on a screen of this language."""
    found = [f"a key: {word}" for word in words if KEY.search(word) or "{{" in word]
    found += [f"forbidden: {word}" for word in words for one in FORBIDDEN if one.lower() in _bare(word).lower()]
    for word in words:
        if language == "zh-CN":
            found += [f"Latin in: {word}" for one in LATIN.findall(word) if one not in LATIN_NAMES]
        else:
            rest = word
            for name in (*NAMES, *CHINESE_NAMES):
                rest = rest.replace(name, "")
            found += [f"Chinese in: {word}" for _ in CHINESE.findall(rest)]
    return found


def test_the_check_finds_what_it_looks_for() -> None:
    assert faults("zh-CN", {"空闲", "导出 CSV", "1001 李雷"}) == []
    assert faults("zh-CN", {"Idle"}) and faults("zh-CN", {"bar.answer"}) and faults("zh-CN", {"坐席"})
    assert faults("en", {"Idle", "1001 李雷", "中文"}) == []
    assert faults("en", {"空闲"}) and faults("en", {"{{count}} agents"})


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_screen_speaks_one_language(stage: Stage, language: str) -> None:
    async def scene() -> set[str]:
        words: set[str] = set()
        async with stage.visitor(language) as visitor:
            await visitor.page.goto(visitor.url)
            await expect(visitor.page.locator("form")).to_be_visible()
            words |= await _gather(visitor)
        await _agents_screens(stage, language, words)
        await _leaders_screens(stage, language, words)
        return words

    words = stage.run(scene(), 120)
    assert len(words) > 150
    assert faults(language, words) == []


async def _gather(visitor: Visitor) -> set[str]:
    return set(await visitor.page.evaluate(GATHER))


async def _agents_screens(stage: Stage, language: str, words: set[str]) -> None:
    """An agent's day in a minute: offline, idle, menus, ringing, talking, held, wrap-up, contacts."""
    async with stage.visitor(language) as agent:
        page = agent.page
        await agent.sign_in("1003")
        await agent.state("offline")
        words |= await _gather(agent)
        await page.locator(".bar .act button").first.click()
        await agent.state("idle")
        try:
            await page.locator(".bar .user").click()
            await page.keyboard.press("Control+/")
            words |= await _gather(agent)
            await page.keyboard.press("Escape")
            await page.keyboard.press("Escape")
            caller = await stage.caller("13688889999")
            caller.dial()
            await agent.state("ringing")
            words |= await _gather(agent)
            await page.keyboard.press("F2")
            for key, state in (("", "talking"), ("F8", "holding"), ("F4", "wrapup")):
                if key:
                    await page.keyboard.press(key)
                await agent.state(state)
                words |= await _gather(agent)
            await agent.room("contacts")
            await page.locator(".contacts-rows tbody tr").first.click()
            await expect(page.locator(".timeline li").first).to_be_visible()
            words |= await _gather(agent)
            await page.goto(f"{agent.url}/nowhere")
            await expect(page.locator(".nowhere")).to_be_visible()
            words |= await _gather(agent)
        finally:
            await stage.leave("1003")


async def _leaders_screens(stage: Stage, language: str, words: set[str]) -> None:
    async with stage.visitor(language) as leader:
        page = leader.page
        await leader.sign_in("leader")
        await expect(page.locator(".floor-queues tbody tr")).to_have_count(2)
        words |= await _gather(leader)
        await page.locator(".floor-agents .absent").click()
        await page.locator(".floor-agents tbody tr").first.click()
        words |= await _gather(leader)
        await leader.room("contacts")
        await expect(page.locator(".contacts-rows tbody tr").first).to_be_visible()
        words |= await _gather(leader)
        await _reports(leader, words)


async def _reports(leader: Visitor, words: set[str]) -> None:
    """Every sheet with every column's name and formula, and who is owed a call."""
    await leader.room("reports")
    for place in range(6):
        await leader.page.locator(".tabs a").nth(place).click()
        await expect(leader.page.locator(".sheet-foot")).not_to_be_empty()
        await leader.page.get_by_role("button", name=re.compile("选择列|Columns")).click()
        words |= await _gather(leader)
        await leader.page.keyboard.press("Escape")
    for place in (6, 7):
        await leader.page.locator(".tabs a").nth(place).click()
        await expect(leader.page.locator(".sheet-rows :is(.empty, table)")).to_be_visible()
        words |= await _gather(leader)
