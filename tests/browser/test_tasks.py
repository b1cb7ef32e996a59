"""Tasks at the desk, and views of the floor under a name that a leader shares."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_a_task_is_written_called_to_mind_and_done(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as visitor:
            page = visitor.page
            await visitor.sign_in("1004")
            tasks = page.locator(".tasks")
            await tasks.get_by_role("button", name="新任务").click()
            await tasks.get_by_role("textbox").fill("回访王女士")
            await tasks.get_by_role("combobox").select_option("m30")
            await page.keyboard.press("Tab")
            await tasks.get_by_role("button", name="保存").click()
            line = tasks.locator("li", has_text="回访王女士")
            await expect(line).to_have_attribute("data-due", "false")
            await line.get_by_role("button", name="完成").click()
            await expect(line).to_have_count(0)
            assert visitor.faults == []

    stage.run(scene())


def test_a_view_of_the_floor_is_kept_and_shared(stage: Stage) -> None:
    async def scene() -> None:
        async with stage.visitor() as leader, stage.visitor() as other:
            page = leader.page
            await leader.sign_in("leader")
            await page.locator(".floor-view").get_by_role("combobox", name="状态").select_option("busy")
            await expect(page).to_have_url(f"{leader.url}/floor?state=busy")
            await page.locator(".views").get_by_role("button", name="视图").click()
            await page.get_by_role("button", name="保存当前视图").click()
            await page.get_by_role("textbox", name="视图名称").fill("正在示忙")
            await page.get_by_role("checkbox", name="所有人可用").check()
            await page.locator(".views-naming").get_by_role("button", name="保存").click()
            await expect(page.locator(".views")).to_contain_text("正在示忙")
            await other.sign_in("leader")
            await other.page.locator(".views").get_by_role("button", name="视图").click()
            await other.page.get_by_role("button", name="正在示忙").click()
            await expect(other.page).to_have_url(f"{other.url}/floor?state=busy")
            await page.get_by_role("button", name="删除视图").click()
            await expect(page.locator(".views")).not_to_contain_text("正在示忙")
            assert leader.faults == [] and other.faults == []

    stage.run(scene())
