"""A leader and a conference room on the floor: who is in it, muted, locked, taken out; and what a queue has said."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.centre import ROOM
from tests.browser.stage import Stage

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_a_room_on_the_floor(stage: Stage) -> None:
    async def play() -> None:
        async with stage.visitor() as leader:
            await leader.sign_in("leader")
            page = leader.page
            room = page.locator(".floor-rooms tbody tr").first
            await expect(room).to_contain_text("0/30")
            caller = await stage.caller("13712340955", stay_s=40, called=ROOM)
            caller.dial()
            member = page.locator(".room-member", has_text="137 1234 0955")
            await expect(member).to_contain_text("会议中")
            await member.get_by_role("button", name="静音").click()
            await expect(member).to_contain_text("已静音")
            await room.get_by_role("button", name="会议").click()
            await page.get_by_role("button", name="锁定会议").click()
            await expect(room).to_contain_text("已锁定")
            await member.get_by_role("button", name="设为主持人").click()
            await expect(member).to_contain_text("主持人")
            await member.get_by_role("button", name="移出会议").click()
            await expect(member).to_have_count(0)
            assert leader.faults == []

    stage.run(play(), 90)


def test_what_a_queue_has_said_by_itself(stage: Stage) -> None:
    async def play() -> None:
        async with stage.visitor() as admin:
            await admin.sign_in("admin")
            await admin.room("floor")
            page = admin.page
            await page.locator(".floor-queues tbody tr").filter(has_text="咨询").click()
            await page.get_by_role("button", name="自动播报…").click()
            form = page.locator(".floor-form")
            await form.get_by_label("接通时向座席报队列名").check()
            await form.locator("select").select_option("20")
            await form.get_by_role("button", name="立即生效").click()
            await expect(form).to_have_count(0)
            await page.get_by_role("button", name="自动播报…").click()
            await expect(form.get_by_label("接通时向座席报队列名")).to_be_checked()
            await expect(form.locator("select")).to_have_value("20")
            assert admin.faults == []

    stage.run(play(), 60)
