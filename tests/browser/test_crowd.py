"""A floor of two hundred agents: all of them on one screen of 1920×1080; who is too long in his state stands out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from playwright.async_api import expect

from tests.browser.centre import CENTRE, QUEUES, REASONS, TEAM
from tests.browser.scenes import busy
from tests.browser.stage import Stage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

CROWD = 200
SCREEN = {"width": 1920, "height": 1080}
FITS = "(list) => list.parentElement.scrollHeight <= list.parentElement.clientHeight"


def crowded() -> str:
    """The test centre with two hundred agents, and a break of one second."""
    document = yaml.safe_load(CENTRE)
    document["busy_reasons"][0]["limit_s"] = 1
    for number in range(2_000, 2_000 + CROWD - len(document["agents"])):
        document["users"].append({"username": str(number), "display_name": f"欧阳{number}", "role": "agent"})
        device = {"kind": "browser", "extension": f"7{number}"}
        document["agents"].append(
            {"number": str(number), "user": str(number), "team": TEAM, "queues": [QUEUES[0]], "devices": [device]}
        )
    return yaml.safe_dump(document, allow_unicode=True)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("crowd"), crowded())
    stage.open()
    try:
        yield stage
    finally:
        stage.close()


def test_two_hundred_agents_are_on_one_screen(crowd: Stage) -> None:
    async def scene() -> None:
        async with crowd.agent("1001"), crowd.visitor() as leader:
            page = leader.page
            await page.set_viewport_size(SCREEN)  # type: ignore[arg-type]
            await leader.sign_in("leader")
            await page.goto(f"{leader.url}/floor?absent=1&show=cards")
            cards = page.locator(".agent-cards li")
            await expect(cards).to_have_count(CROWD)
            assert await page.locator(".agent-cards").evaluate(FITS)
            await expect(cards.nth(CROWD - 1)).to_be_in_viewport(ratio=1)
            await expect(cards.filter(has_text="1001")).to_contain_text(re.compile(r"李雷\s*空闲"))
            await cards.nth(0).focus()
            await page.keyboard.press("ArrowRight")
            await page.keyboard.press("Enter")
            await expect(cards.nth(1)).to_have_attribute("aria-selected", "true")
            await expect(page.locator(".floor-acts")).to_contain_text("强制签出")
            assert leader.faults == []

    crowd.run(scene())


def test_who_is_too_long_on_a_break_stands_out_and_the_day_is_beside_him(crowd: Stage) -> None:
    async def scene() -> None:
        async with crowd.agent("1001"), crowd.agent("1002") as resting, crowd.visitor() as leader:
            await leader.sign_in("leader")
            rows = leader.page.locator(".floor-agents tbody tr")
            await expect(rows).to_have_count(2)
            await busy(resting)
            await expect(rows.nth(0)).to_contain_text("韩梅")
            await expect(rows.nth(0).locator(".over")).to_contain_text("▲")
            await expect(rows.nth(0)).to_contain_text(REASONS[0])
            await leader.page.locator(".floor-view label", has_text="今日").click()
            await expect(leader.page.locator(".floor-agents thead")).to_contain_text("占用率")
            await expect(rows.nth(0).locator("td").last).to_have_text(re.compile(r"\d\d:\d\d"))
            await leader.page.reload()
            await expect(leader.page.locator(".floor-agents thead")).to_contain_text("占用率")
            assert leader.faults == []

    crowd.run(scene())
