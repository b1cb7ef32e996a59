"""Tasks: one's own and those given within reach; what is due comes first; what is closed stays closed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.centre import NOON, Place
from tests.server.test_reach import split

pytestmark = pytest.mark.anyio
TASKS = "/api/v1/tasks"


async def new(browser: httpx.AsyncClient, title: str, **more: Any) -> str:
    answer = await browser.post(TASKS, json={"title": title, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["task_id"])


async def titles(browser: httpx.AsyncClient, **query: Any) -> list[str]:
    return [one["title"] for one in (await browser.get(TASKS, params=query)).json()["items"]]


async def test_due_ones_come_first_and_pages_follow_each_other(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        await new(browser, "someday")
        await new(browser, "later", due=NOON + 2)
        await new(browser, "soon", due=NOON + 1)
        assert await titles(browser) == ["soon", "later", "someday"]
        first = (await browser.get(TASKS, params={"limit": 2})).json()
        assert (first["total"], first["next_cursor"]) == (3, "2")
        assert await titles(browser, limit=2, cursor="2") == ["someday"]
        assert (await browser.get(TASKS, params={"cursor": "x"})).json()["code"] == "bad_cursor"


async def test_what_is_closed_stays_closed(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        done, dropped = await new(browser, "done"), await new(browser, "dropped")
        assert (await browser.put(f"{TASKS}/{done}", json={"title": "changed", "note": "n"})).status_code == 204
        assert (await browser.post(f"{TASKS}/{done}/done")).status_code == 204
        assert (await browser.post(f"{TASKS}/{dropped}/cancel")).status_code == 204
        assert await titles(browser) == []
        closed = (await browser.get(TASKS, params={"state": "closed"})).json()["items"]
        assert {one["title"]: one["state"] for one in closed} == {"changed": "done", "dropped": "cancelled"}
        for path in (f"{done}/done", f"{done}/cancel"):
            assert (await browser.post(f"{TASKS}/{path}")).json()["code"] == "task_closed"
        assert (await browser.put(f"{TASKS}/{done}", json={"title": "again"})).json()["code"] == "task_closed"


async def test_a_leader_gives_and_sees_tasks_within_his_reach_only(place: Place) -> None:
    split(place)
    mine, theirs = place.user("lilei").id, place.user("hanmei").id
    async with place.signed_in("wang") as leader:
        task = await new(leader, "回访王女士", owner=mine)
        assert (await leader.post(TASKS, json={"title": "x", "owner": theirs})).json()["code"] == "unknown_user"
        assert (await leader.get(TASKS, params={"owner": theirs})).status_code == 404
        assert await titles(leader, owner=mine) == ["回访王女士"]
    async with place.signed_in("hanmei") as other:
        assert (await other.get(TASKS, params={"owner": mine})).status_code == 404
        assert (await other.post(TASKS, json={"title": "x", "owner": mine})).json()["code"] == "unknown_user"
        for call in (other.post(f"{TASKS}/{task}/done"), other.put(f"{TASKS}/{task}", json={"title": "x"})):
            assert (await call).status_code == 404
    async with place.signed_in("lilei") as agent:
        (shown,) = (await agent.get(TASKS)).json()["items"]
        assert (shown["author_name"], shown["owner_name"]) == ("王班长", place.user("lilei").display_name)
        assert (await agent.post(f"{TASKS}/{task}/done")).status_code == 204


async def test_a_task_may_be_about_a_customer_who_exists(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post(TASKS, json={"title": "x", "customer_id": "nobody"})).json()[
            "code"
        ] == "unknown_customer"
        draft = {"name": "王芳", "numbers": [{"number": "13812345678", "label": ""}]}
        customer = (await browser.post("/api/v1/customers", json=draft)).json()["customer_id"]
        await new(browser, "回访", customer_id=customer)
        (shown,) = (await browser.get(TASKS)).json()["items"]
        assert (shown["customer_id"], shown["customer_name"]) == (customer, "王芳")


@pytest.mark.parametrize(
    "order", [{"title": ""}, {"title": "  "}, {"title": "x", "due": -1}, {"title": "x", "state": "done"}]
)
async def test_what_makes_no_task_is_refused(place: Place, order: dict[str, Any]) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post(TASKS, json=order)).status_code == 422


async def test_nobody_has_more_open_tasks_than_anybody_works_through(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yingda.server.tasks.service.MOST_OPEN", 1)
    async with place.signed_in("lilei") as browser:
        await new(browser, "one")
        assert (await browser.post(TASKS, json={"title": "two"})).json()["code"] == "too_many_tasks"
