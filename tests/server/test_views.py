"""Saved views: one's own under names, a leader's for all; nobody changes another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.centre import Place

pytestmark = pytest.mark.anyio
VIEWS = "/api/v1/views"
OWN: dict[str, Any] = {"room": "contacts", "name": "今天漏话", "query": "outcome=abandoned"}


async def test_views_are_kept_by_room_and_person(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post(VIEWS, json=OWN)).status_code == 201
        assert (await browser.post(VIEWS, json=OWN)).json()["code"] == "view_taken"
        assert (await browser.post(VIEWS, json={**OWN, "room": "reports"})).status_code == 201
        (view,) = (await browser.get(VIEWS, params={"room": "contacts"})).json()["items"]
        assert (view["name"], view["query"], view["mine"], view["shared"]) == (
            "今天漏话",
            "outcome=abandoned",
            True,
            False,
        )
    async with place.signed_in("hanmei") as other:
        assert (await other.get(VIEWS, params={"room": "contacts"})).json()["items"] == []
        changed = {"name": "x", "query": ""}
        assert (await other.put(f"{VIEWS}/{view['view_id']}", json=changed)).status_code == 404
        assert (await other.delete(f"{VIEWS}/{view['view_id']}")).status_code == 404
    async with place.signed_in("lilei") as browser:
        assert (
            await browser.put(f"{VIEWS}/{view['view_id']}", json={"name": "漏话", "query": "a=b"})
        ).status_code == 204
        assert (await browser.delete(f"{VIEWS}/{view['view_id']}")).status_code == 204
        assert (await browser.get(VIEWS, params={"room": "contacts"})).json()["items"] == []


async def test_leaders_share_views_and_agents_do_not(place: Place) -> None:
    order = {**OWN, "room": "floor", "shared": True}
    async with place.signed_in("lilei") as agent:
        assert (await agent.post(VIEWS, json=order)).status_code == 403
    async with place.signed_in("wang") as leader:
        view_id = (await leader.post(VIEWS, json=order)).json()["view_id"]
    async with place.signed_in("lilei") as agent:
        (view,) = (await agent.get(VIEWS, params={"room": "floor"})).json()["items"]
        assert (view["mine"], view["owner_name"]) == (False, "王班长")
        assert (await agent.delete(f"{VIEWS}/{view_id}")).status_code == 404


async def test_names_stay_apart_and_rooms_exist(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with place.signed_in("lilei") as browser:
        first = (await browser.post(VIEWS, json=OWN)).json()["view_id"]
        await browser.post(VIEWS, json={**OWN, "name": "另一个"})
        taken = await browser.put(f"{VIEWS}/{first}", json={"name": "另一个", "query": ""})
        assert taken.json()["code"] == "view_taken"
        for wrong in ({**OWN, "room": "kitchen"}, {**OWN, "name": " "}, {**OWN, "query": "x" * 2_001}):
            assert (await browser.post(VIEWS, json=wrong)).status_code == 422
        monkeypatch.setattr("yingda.server.views.api.MOST", 2)
        assert (await browser.post(VIEWS, json={**OWN, "name": "第三个"})).json()["code"] == "too_many_views"
