"""The desk and the floor: what reaches control, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.server.centre import Place
from tests.server.live import MASKED, NUMBER, busy_day
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading
from yingda.media.condition import LIMITS
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
    ("/answer", None, "desk.answer", {}),
    (
        "/dial",
        {"to": {"kind": "number", "id": "13800001111"}},
        "desk.dial",
        {"to": {"kind": "number", "id": "13800001111"}},
    ),
    ("/pick-up", {"entry_id": "e1"}, "desk.pick_up", {"entry_id": "e1"}),
    ("/consult", {"to": {"kind": "agent", "id": "a2"}}, "desk.consult", {"to": {"kind": "agent", "id": "a2"}}),
    ("/swap", None, "desk.swap", {}),
    ("/consult/cancel", None, "desk.cancel_consult", {}),
    ("/conference", None, "desk.conference", {}),
    ("/transfer", {"to": {"kind": "queue", "id": "q1"}}, "desk.transfer", {"to": {"kind": "queue", "id": "q1"}}),
    ("/transfer/complete", None, "desk.complete", {}),
    ("/park", None, "desk.park", {}),
    ("/take", {"slot": "1"}, "desk.take", {"slot": "1"}),
    ("/mute", None, "desk.mute", {}),
    ("/unmute", None, "desk.unmute", {}),
    ("/digits", {"digits": "12#"}, "desk.digits", {"digits": "12#"}),
    ("/announce", None, "desk.announce", {}),
    ("/help/cancel", None, "desk.cancel_help", {}),
    ("/recording/pause", None, "desk.pause_recording", {}),
    ("/recording/resume", None, "desk.resume_recording", {}),
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
        ("/dial", {"to": {"kind": "flow", "id": "f1"}}, "body.to.kind"),
        ("/consult", {"to": {"kind": "number", "id": "sip:1@x"}}, "body.to.id"),
        ("/digits", {"digits": "12;DROP"}, "body.digits"),
        ("/take", {"slot": "1", "agent_id": "another"}, "body.agent_id"),
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
    account = {"extension": "81023", "username": "u", "password": "p", "expires_at": 5, "ice_servers": []}
    place.control.answers["desk.phone"] = account
    async with place.signed_in("lilei") as browser:
        answer = await browser.get(f"{DESK}/phone")
    limits = {cause: list(bounds) for cause, bounds in LIMITS.items()}
    assert answer.json() == {
        **account,
        "limits": limits,
        "websocket_url": "ws://127.0.0.1:5066",
        "uri": "sip:81023@yingda",
    }
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


INTERVENTIONS: list[tuple[str, dict[str, Any] | None, str, dict[str, Any], str]] = [
    ("agents/AGENT/supervise", {"mode": "whisper"}, "floor.supervise", {"mode": "whisper"}, "whisper"),
    ("agents/AGENT/release", None, "floor.release", {}, "release"),
    ("entries/e9/pull", None, "desk.pick_up", {"entry_id": "e9"}, "pull"),
    ("entries/e9/move", {"queue_id": "QUEUE"}, "entry.move", {"entry_id": "e9"}, "move"),
    ("entries/e9/reserve", {"agent_id": "AGENT", "seconds": 30}, "entry.reserve", {"seconds": 30.0}, "reserve"),
    ("entries/e9/prefer", None, "entry.prefer", {"entry_id": "e9"}, "prefer"),
]


@pytest.mark.parametrize(
    ("path", "body", "method", "fields", "action"), INTERVENTIONS, ids=[i[0] for i in INTERVENTIONS]
)
async def test_a_leader_steps_in_and_the_audit_log_knows(
    place: Place, path: str, body: dict[str, Any] | None, method: str, fields: dict[str, Any], action: str
) -> None:
    """Who is no agent has no phone to listen with; what does not wait is not there; an agent may not."""
    agent_id, leader = place.agent("lilei").id, f"user:{place.user('wang').id}"
    docs = busy_day(place)
    docs[("calls", "c9")] = {**docs[("calls", "c1")], "id": "c9", "entry_id": "e9", "state": "waiting"}
    await follow(place, docs)
    there = {"AGENT": agent_id, "QUEUE": place.queue("咨询").id}
    sent = {name: there.get(value, value) for name, value in body.items()} if body else None
    url = f"/api/v1/floor/{path.replace('AGENT', agent_id)}"
    async with place.signed_in("hanmei") as browser:
        assert (await browser.post(url, json=sent)).status_code == 403
    async with place.signed_in("wang") as browser:
        missing = url.replace(agent_id, "nobody").replace("e9", "nothing")
        assert (await browser.post(missing, json=sent)).status_code in (404, 409)
        answer = await browser.post(url, json=sent)
    if action in ("whisper", "pull"):
        assert (answer.status_code, answer.json()["code"]) == (409, "no_agent")
        assert place.control.asked == []
        return
    assert answer.status_code == 204, answer.text
    asked, said = place.control.asked[0]
    assert asked == method and said["by"] == leader
    assert {name: said[name] for name in fields} == fields
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.action).where(AuditLine.who == leader, AuditLine.action.startswith("floor."))
        assert connection.execute(query).scalars().all() == [f"floor.{action}"]
