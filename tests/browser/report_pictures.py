"""Pictures of the reports: `python -m tests.browser.report_pictures [FOLDER]`.

A simulated day of 900 callers over eight agents is written to the ledger of a centre, which then starts, imports it and
shows it: sheets, missed calls, and what lies behind a figure.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa
from playwright.async_api import async_playwright, expect

from tests.browser.screenshots import FOLDER, Album
from tests.browser.stage import ARGUMENTS, CHROMIUM, SIZE, Visitor
from tests.planes.house import House, house
from yingda.kernel.clock import SECOND, SystemClock
from yingda.kernel.event import DEFAULT_TENANT, Event
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.personal import PersonalValue
from yingda.kernel.store import open_store, writing
from yingda.sim import day

CONTACTS = 900
NAMES = ("李雷", "韩梅", "林涛", "周周", "吴迪", "郑洁", "王芳", "赵敏")
QUEUES = {"sales": "销售", "service": "售后", "complaints": "投诉"}


def centre() -> str:
    """Its parts have the ids of the simulated day."""
    agents = [f"agent-{number}" for number in range(1, len(NAMES) + 1)]
    queues = "".join(f"  - {{id: {ident}, name: {name}}}\n" for ident, name in QUEUES.items())
    users = "".join(f"  - {{username: a{n}, display_name: {name}}}\n" for n, name in enumerate(NAMES, 1))
    seats = "".join(_seat(ident, n) for n, ident in enumerate(agents, 1))
    return (
        "centre: {name: 示例呼叫中心, language: zh-CN, time_zone: Asia/Shanghai}\n"
        f"queues:\n{queues}teams:\n  - {{name: 一班}}\n  - {{name: 二班}}\n"
        "users:\n  - {username: leader, display_name: 周班长, role: admin, password_env: TEST_PASSWORD}\n"
        f"{users}agents:\n{seats}"
    )


def _seat(ident: str, n: int) -> str:
    team = "一班" if n < 5 else "二班"
    return f'  - {{id: {ident}, number: "{1000 + n}", user: a{n}, team: {team}, queues: [销售, 售后, 投诉]}}\n'


def write_day(data: Path) -> str:
    """The day, as yesterday's in Shanghai (or today's, once it is over there); which day that is."""
    begin = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if datetime.now(UTC) < begin + timedelta(hours=14):
        begin -= timedelta(days=1)
    rng, parties = random.Random(1), dict[str, str]()
    events = day.events(1, CONTACTS)
    shift = int(begin.timestamp()) * SECOND - events[0].at
    with LedgerWriter(data / "ledger", "control", "n1", SystemClock()) as writer:
        for event in events:
            if event.kind == "interaction.started":
                ref = f"caller-{rng.randrange(CONTACTS * 2 // 3)}"
                parties.setdefault(ref, f"+86138{rng.randrange(10**8):08}")
                event = _with(event, party_ref=ref)
            writer.append([msgspec.structs.replace(event, at=event.at + shift)])
    store = open_store(data)
    with writing(store.business) as connection:
        rows = [
            {"tenant_id": DEFAULT_TENANT, "ref": ref, "kind": "number", "value": number}
            for ref, number in parties.items()
        ]
        connection.execute(sa.insert(PersonalValue), rows)
    store.close()
    return f"{begin:%Y-%m-%d}"


def _with(event: Event, **data: str) -> Event:
    return msgspec.structs.replace(event, data={**event.data, **data})


async def pictures(built: House, album: Album, when: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        context = await browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
        leader = Visitor(await context.new_page(), built.url)
        await leader.sign_in("leader")
        page = leader.page
        for name, path in {
            "report-queues": f"/reports/queues?from={when}&to={when}",
            "report-agents": f"/reports/agents?from={when}&to={when}",
            "report-missed": "/reports/missed",
        }.items():
            await page.goto(built.url + path)
            await expect(page.locator(".sheet-rows tbody tr").nth(3)).to_be_visible()
            await album.take_all(leader, name)
        await page.goto(f"{built.url}/reports/queues?from={when}&to={when}&by=key")
        await page.locator(".table.sheet tbody a").nth(2).click()
        await page.locator(".contacts-rows tbody tr").first.click()
        await page.get_by_role("button", name="更正").click()
        await page.locator(".correct").scroll_into_view_if_needed()
        await album.take_all(leader, "report-cell")
        await browser.close()


async def play(folder: Path, album: Album) -> None:
    async with house(folder, centre=centre(), start=False) as built:
        when = write_day(built.data)
        await built.start()
        await built.records(CONTACTS, 60)
        await pictures(built, album, when)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="yd-") as folder:
        asyncio.run(play(Path(folder), Album(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)))


if __name__ == "__main__":
    main()
