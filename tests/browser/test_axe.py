"""Every room, menu and state of the bar, in both languages, light and dark: no serious or critical finding of axe-core.

The rooms are those of the router: one that nobody walks into here fails the test.
"""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.axe import rooms, stumbles
from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer


class Walk:
    """Somebody walks through the house and notes what he stumbles over, and where he has been."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.found: list[str] = []
        self.seen = set[str]()

    async def look(self, where: str) -> None:
        self.found += await stumbles(self.visitor.page, where)

    async def walk(self) -> None:
        """Every room of the rail, the pages within it, and the menus there."""
        page = self.visitor.page
        for place in range(await page.locator(".rail a").count()):
            link = page.locator(".rail a").nth(place)
            address = await link.get_attribute("href") or ""
            await link.click()
            await self._room(address)
            self.seen.add(address.strip("/"))
        for address in ("/account", "/nowhere"):
            await page.goto(self.visitor.url + address)
            await self._room(address)

    async def _room(self, address: str) -> None:
        page = self.visitor.page
        await expect(page.locator("main#room :is(h1, h2, table, form, section)").first).to_be_visible()
        await self.look(address)
        tabs = page.locator("main#room .tabs a")
        for place in range(1, await tabs.count()):
            await tabs.nth(place).click()
            await expect(tabs.nth(place)).to_have_attribute("aria-current", "page")
            await self.look(f"{address} {await tabs.nth(place).inner_text()}")
        await self.menus("main#room", address)

    async def menus(self, within: str, where: str) -> None:
        """Whatever opens there."""
        page = self.visitor.page
        openers = page.locator(f"{within} [aria-expanded]:visible")
        for place in range(await openers.count()):
            opener = openers.nth(place)
            name = await opener.inner_text()
            await opener.click()
            await self.look(f"{where}: {name}")
            await page.keyboard.press("Escape")


async def agent_walks(stage: Stage, language: str) -> Walk:
    async with stage.visitor(language) as agent:
        walk = Walk(agent)
        await agent.page.goto(agent.url)
        await expect(agent.page.locator("form")).to_be_visible()
        await walk.look("sign-in")
        await agent.sign_in("1003")
        await agent.state("offline")
        await walk.walk()
        await agent.room("desk")
        await agent.page.locator(".bar .act button").first.click()
        await agent.state("idle")
        try:
            await a_call(stage, walk)
        finally:
            await stage.leave("1003")
    return walk


async def a_call(stage: Stage, walk: Walk) -> None:
    agent, page = walk.visitor, walk.visitor.page
    await walk.menus("header.bar", "bar, idle")
    await page.keyboard.press("Control+/")
    await walk.look("keys")
    await page.keyboard.press("Escape")
    caller = await stage.caller("13688887777")
    caller.dial()
    await agent.state("ringing")
    await walk.look("ringing")
    await page.keyboard.press("F2")
    await agent.state("talking")
    await walk.look("talking")
    await walk.menus("header.bar", "bar, talking")
    await page.keyboard.press("F9")
    await walk.look("transfer")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F4")
    await agent.state("wrapup")
    await walk.look("wrap-up")


async def leader_walks(stage: Stage, language: str) -> Walk:
    async with stage.visitor(language) as leader:
        walk = Walk(leader)
        await leader.sign_in("leader")
        await expect(leader.page.locator(".floor-queues tbody tr").first).to_be_visible()
        await leader.page.locator(".floor-agents .absent").click()
        await leader.page.locator(".floor-agents tbody tr").first.click()
        await walk.walk()
    return walk


async def admin_walks(stage: Stage, language: str) -> Walk:
    """To his own room only: others walk the rest. A flow is written, and every page of its bench seen."""
    async with stage.visitor(language) as admin:
        walk, page = Walk(admin), admin.page
        await admin.sign_in("admin")
        await admin.room("flows")
        create = page.locator("main#room .button.primary").first
        await expect(create).to_be_visible()
        await walk.look("/flows")
        await create.click()
        await walk.look("/flows: new")
        await page.locator("main#room form input:not([type=file])").first.fill(f"service/{language}.vxml")
        await page.keyboard.press("Enter")
        await expect(page.locator(".cm-content")).to_be_visible()
        tabs = page.get_by_role("tab")
        for place in range(await tabs.count()):
            await tabs.nth(place).click()
            await walk.look(f"/flows, bench {place}")
        walk.seen.add("flows")
    return walk


@pytest.mark.parametrize("language", ["zh-CN", pytest.param("en", marks=pytest.mark.e2e)])
def test_nobody_stumbles_in_any_room(stage: Stage, language: str) -> None:
    async def scene() -> tuple[Walk, Walk, Walk]:
        return await asyncio.gather(
            agent_walks(stage, language), leader_walks(stage, language), admin_walks(stage, language)
        )

    walks = stage.run(scene(), 180)
    assert set.union(*(walk.seen for walk in walks)) == rooms()
    found = [one for walk in walks for one in walk.found]
    assert not found, "\n".join(found)
