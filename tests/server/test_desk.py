"""The desk and the floor: what reaches control, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.server.centre import Place
from tests.server.live import MASKED, NUMBER, busy_day
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading
from yingda.server.models import AuditLine, HandlingNote

pytestmark = pytest.mark.anyio
DESK = "/api/v1/desk"

COMMANDS: list[tuple[str, dict[str, Any] | None, str, dict[str, Any]]] = [
    ("/sign-out", None, "desk.sign_out", {}),
    ("/idle", None, "desk.idle", {}),
    ("/busy", {"reason": "r1"}, "desk.busy", {"reason": "r1"}),
    ("/hang-up", None, "desk.hang_up", {}),
    ("/hold", None, "desk.hold", {}),
    ("/retrieve", None, "desk.retrieve", {}),
    ("/decline", None, "desk.decline", {}),
    ("/wrap-up/finish", None, "desk.finish_wrapup", {}),
    ("/wrap-up/extend", {"seconds": 30}, "desk.extend_wrapup", {"seconds": 30.0}),
    (
        "/disposition",
        {"handling_id": "h1", "codes": ["退货"], "resolved": True, "note": "n"},
        "desk.dispose",
        {"handling_id": "h1", "codes": ["退货"], "resolved": True},
    ),
]


async def follow(place: Place, docs: dict[tuple[str, str], Any]) -> None:
    place.control.change(docs)
    await place.control.followed(place.app.state.house.hub)


@pytest.mark.parametrize(("path", "body", "method", "fields"), COMMANDS, ids=[command[0] for command in COMMANDS])
async def test_a_command_goes_to_control_in_the_agents_own_name(
    place: Place, path: str, body: dict[str, Any] | None, method: str, fields: dict[str, Any]
) -> None:
    agent_id = place.agent("lilei").id
    async with place.signed_in("lilei") as browser:
        answer = await browser.post(DESK + path, json=body)
    assert answer.status_code == 204, answer.text
    assert place.control.asked == [(method, {"agent_id": agent_id, "by": f"agent:{agent_id}", **fields})]


async def test_signing_in_at_a_desk_answers_the_agent(place: Place) -> None:
    doc = busy_day(place)[("agents", place.agent("hanmei").id)]
    place.control.answers["desk.sign_in"] = doc
    async with place.signed_in("hanmei") as browser:
        answer = await browser.post(f"{DESK}/sign-in", json={"extension": "81019", "ready": True})
    assert answer.json()["name"] == "<script>alert(1)</script>"  # a name is data; only pages escape
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["state"] == "idle"


async def test_a_refusal_of_control_passes_unchanged(place: Place) -> None:
    refusal = YingdaError("device_unreachable", "Extension 81023 is not registered.", where="81023", todo="Connect it.")
    place.control.refusals["desk.sign_in"] = refusal
    async with place.signed_in("lilei") as browser:
        answer = await browser.post(f"{DESK}/sign-in", json={"extension": "81023", "ready": True})
    assert answer.status_code == 409
    assert {**answer.json(), "support": ""} == {**refusal.as_dict(), "support": ""}
    assert answer.json()["support"] == answer.headers["x-support"]


async def test_while_control_is_away_the_desk_says_so(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        await place.control.stop()
        answer = await browser.post(f"{DESK}/hold")
    assert (answer.status_code, answer.json()["code"]) == (503, "control_away")
    assert str(place.folder) not in answer.text


async def test_who_is_no_agent_has_no_desk(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        for answer in (await browser.get(DESK), await browser.post(f"{DESK}/idle")):
            assert (answer.status_code, answer.json()["code"]) == (409, "no_agent")
    assert place.control.asked == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/sign-in", {"extension": "81023", "ready": True, "agent_id": "another"}, "body.agent_id"),
        ("/sign-in", {"extension": "not a number", "ready": True}, "body.extension"),
        ("/busy", {"reason": "r1", "by": "user:root"}, "body.by"),
        ("/wrap-up/extend", {"seconds": -1}, "body.seconds"),
        ("/disposition", {"handling_id": "h1", "codes": [], "resolved": None, "note": "x" * 4_001}, "body.note"),
        ("/disposition", {"codes": [], "resolved": None}, "body.handling_id"),
    ],
)
async def test_fields_nobody_asked_for_are_refused(place: Place, path: str, body: dict[str, Any], field: str) -> None:
    async with place.signed_in("lilei") as browser:
        answer = await browser.post(DESK + path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [problem["path"] for problem in answer.json()["fields"]] == [field]
    assert place.control.asked == []


async def test_the_desk_shows_the_own_call_with_its_number(place: Place) -> None:
    await follow(place, busy_day(place))
    async with place.signed_in("lilei") as browser:
        desk = (await browser.get(DESK)).json()
    assert desk["agent"]["state"] == "talking"
    assert (desk["call"]["id"], desk["call"]["caller"]) == ("c1", NUMBER)
    assert [queue["name"] for queue in desk["queues"]] == ["售后"]
    assert [reason["name"] for reason in desk["busy_reasons"]] == ["小休", "会议"]
    assert desk["now"] == place.clock.now()


async def test_the_desk_without_a_call_and_before_control_was_heard_of(place: Place) -> None:
    async with place.signed_in("hanmei") as browser:
        assert (await browser.get(DESK)).json()["code"] == "control_away"
        await follow(place, busy_day(place))
        assert (await browser.get(DESK)).json()["call"] is None


async def test_the_note_of_a_disposition_is_kept_once_and_only_if_control_took_it(place: Place) -> None:
    order: dict[str, Any] = {"handling_id": "h1", "codes": [], "resolved": None, "note": "first"}
    async with place.signed_in("lilei") as browser:
        await browser.post(f"{DESK}/disposition", json=order)
        await browser.post(f"{DESK}/disposition", json={**order, "note": "'; DROP TABLE handling_note; --"})
        place.control.refusals["desk.dispose"] = YingdaError("not_yours", "That was not your call.")
        await browser.post(f"{DESK}/disposition", json={**order, "handling_id": "h2"})
    with reading(place.store.business) as connection:
        rows = connection.execute(sa.select(HandlingNote.handling_id, HandlingNote.note)).all()
    assert [tuple(row) for row in rows] == [("h1", "'; DROP TABLE handling_note; --")]


async def test_the_phone_account_names_the_host_the_browser_came_to(place: Place) -> None:
    account = {"extension": "81023", "username": "u", "password": "p", "expires_at": 5}
    place.control.answers["desk.phone"] = account
    async with place.signed_in("lilei") as browser:
        answer = await browser.get(f"{DESK}/phone")
    assert answer.json() == {**account, "websocket_url": "ws://127.0.0.1:5066", "uri": "sip:81023@yingda"}
    assert "no-store" in answer.headers["cache-control"]


async def test_the_floor_shows_leaders_everything_and_agents_nothing(place: Place) -> None:
    await follow(place, busy_day(place))
    async with place.signed_in("lilei") as browser:
        assert (await browser.get("/api/v1/floor")).status_code == 403
    async with place.signed_in("wang") as browser:
        floor = (await browser.get("/api/v1/floor")).json()
    assert len(floor["agents"]) == len(floor["queues"]) == 2
    assert {call["caller"] for call in floor["calls"]} == {NUMBER}
    assert MASKED not in str(floor)


@pytest.mark.parametrize(
    ("path", "body", "method"),
    [("sign-out", None, "desk.sign_out"), ("idle", None, "desk.idle"), ("busy", {"reason": "r1"}, "desk.busy")],
)
async def test_a_leader_acts_for_an_agent_and_the_audit_log_knows(
    place: Place, path: str, body: dict[str, str] | None, method: str
) -> None:
    agent_id, leader = place.agent("lilei").id, f"user:{place.user('wang').id}"
    async with place.signed_in("hanmei") as browser:
        assert (await browser.post(f"/api/v1/floor/agents/{agent_id}/{path}", json=body)).status_code == 403
    async with place.signed_in("wang") as browser:
        assert (await browser.post(f"/api/v1/floor/agents/nobody/{path}", json=body)).status_code == 404
        assert (await browser.post(f"/api/v1/floor/agents/{agent_id}/{path}", json=body)).status_code == 204
    assert place.control.asked == [(method, {"agent_id": agent_id, "by": leader, **(body or {})})]
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.object).where(AuditLine.who == leader, AuditLine.action.startswith("floor."))
        assert connection.execute(query).scalars().all() == [f"agent:{agent_id}"]
