"""Figures of today: sums of the books' rows, by name, within the viewer's scope."""

from __future__ import annotations

import pytest

from tests.server.books import put
from tests.server.centre import NOON, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.reports.quarters import QUARTER, QueueQuarter, StateQuarter, WorkQuarter

pytestmark = pytest.mark.anyio
YESTERDAY = NOON - 96 * QUARTER


def work(place: Place) -> None:
    """Each queue answered 2 of 3 in two quarter hours of today, and more yesterday; each agent handled 2."""
    for queue in place.centre.queues:
        for quarter, offered in ((NOON, 3), (NOON + QUARTER, 3), (YESTERDAY, 50)):
            answered = offered - 1
            counts = {"offered": offered, "answered": answered, "abandoned": 1, "hit": answered, "miss": 1}
            waits = {"wait_answered_us": answered * 4 * SECOND}
            put(place, QueueQuarter(DEFAULT_TENANT, queue.id, "voice", quarter, **counts, **waits))
    for agent in place.centre.agents:
        queue_id = place.queue("售后").id
        put(
            place,
            WorkQuarter(DEFAULT_TENANT, agent.id, queue_id, "voice", NOON, handled=2, talking_us=60 * SECOND),
            StateQuarter(
                DEFAULT_TENANT, agent.id, NOON, "talking", "occupied", reason="", test=False, time_us=60 * SECOND
            ),
        )


async def test_leaders_see_every_queue_and_agent(place: Place) -> None:
    work(place)
    async with place.signed_in("wang") as browser:
        queues = (await browser.get("/api/v1/figures/queues", params={"day": "today"})).json()
        agents = (await browser.get("/api/v1/figures/agents")).json()
    assert queues["now"] == place.clock.now()
    assert sorted(row["queue_name"] for row in queues["rows"]) == sorted(["售后", "咨询"])
    for row in queues["rows"]:
        assert (row["sums"]["offered"], row["sums"]["answered"], row["zone"]) == (6, 4, "Asia/Shanghai")
        assert row["metrics"]["service_level"] == pytest.approx(4 / 6)
        assert row["metrics"]["asa"] == 4 * SECOND
    assert [row["agent_number"] for row in agents["rows"]] == ["1019", "1023"]
    for row in agents["rows"]:
        assert (row["sums"]["handled"], row["states"], row["state"]) == (2, {"talking": 60 * SECOND}, None)
        assert row["metrics"]["att"] == 30 * SECOND


async def test_agents_see_their_own(place: Place) -> None:
    work(place)
    async with place.signed_in("lilei") as browser:
        queues = (await browser.get("/api/v1/figures/queues")).json()["rows"]
        agents = (await browser.get("/api/v1/figures/agents")).json()["rows"]
    assert [row["queue_name"] for row in queues] == ["售后"]
    assert [row["agent_number"] for row in agents] == ["1023"]
    async with place.signed_in("newcomer") as browser:
        assert (await browser.get("/api/v1/figures/queues")).json()["rows"] == []
        assert (await browser.get("/api/v1/figures/agents")).json()["rows"] == []


async def test_no_other_day_yet(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        assert (await browser.get("/api/v1/figures/queues", params={"day": "yesterday"})).status_code == 422
