"""Reports in the browser: a caller whom nobody served is counted and missed; from his cell to him; the sheet as a file;
claimed; his contact put right and gone from the figures."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage, Visitor

pytestmark = pytest.mark.peer

NUMBER, SHOWN = "13755556666", "137 5555 6666"


def test_a_missed_caller_from_the_figure_to_the_correction(stage: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        caller = await stage.caller(NUMBER, stay_s=7)
        caller.dial()
        assert await caller.finished(30) == 0
        async with stage.visitor() as leader:
            await leader.sign_in("leader")
            await missed_and_claimed(leader)
            await sheet_as_file(leader, tmp_path / "queues.xlsx")
            await put_right(leader)
            assert leader.faults == []

    stage.run(scene(), 120)


async def missed_and_claimed(leader: Visitor) -> None:
    page = leader.page
    await leader.room("reports")
    await page.locator(".tabs a", has_text="漏话").click()
    row = page.locator(".sheet-rows tbody tr", has_text=SHOWN)
    await expect(row).to_contain_text("放弃")
    await row.get_by_role("button", name="认领", exact=True).click()
    await expect(row).to_contain_text("放弃认领")
    call = row.get_by_role("button", name="回拨")
    await expect(call).to_have_attribute("data-why", "您没有座席工作台")


async def sheet_as_file(leader: Visitor, file: Path) -> None:
    page = leader.page
    await page.locator(".tabs a", has_text="队列报表").click()
    await page.locator(".choice label", has_text="队列").click()
    await expect(page.locator(".sheet tbody tr.total")).to_contain_text("合计")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="导出 Excel").click()
    await (await download.value).save_as(file)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(file).worksheets[0].iter_rows()]
    assert rows[0][0] == "时区: Asia/Shanghai" and rows[1][3:5] == ["进线量", "接通量"] and rows[-1][0] == "合计"


async def put_right(leader: Visitor) -> None:
    """The abandoned figure leads to the caller; as a test contact he leaves the list of the missed."""
    page = leader.page
    abandoned = page.locator(".sheet tbody tr:not(.total) a[href*='figure=abandoned']").first
    await abandoned.click()
    await expect(page.locator(".of-cell")).to_contain_text("放弃量")
    await page.locator(".contacts-rows tbody tr", has_text=SHOWN).click()
    await page.get_by_role("button", name="更正").click()
    form = page.locator(".correct")
    await form.locator("select").first.select_option("test")
    await form.locator("select").nth(1).select_option("yes")
    save = form.get_by_role("button", name="保存更正")
    await expect(save).to_have_attribute("data-why", "请填写更正原因")
    await form.locator(".wide input").fill("同事打来试线路")
    await save.click()
    await expect(form).to_have_count(0)
    await leader.room("reports")
    await page.locator(".tabs a", has_text="漏话").click()
    await expect(page.locator(".sheet-rows tbody tr", has_text=SHOWN)).to_have_count(0)
