"""A leader's levers on queues: what reaches control, who may pull them, what the audit log knows (SUP-11)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.server.books import put
from tests.server.centre import NOON, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import reading
from yingda.reports.customer_rows import Callback
from yingda.server.models import AuditLine

pytestmark = pytest.mark.anyio


SAID = {"announce": {"say": "系统故障，正在抢修。", "language": "zh"}, "seconds": 600.0}


async def test_levers_reach_control_and_the_audit_log(place: Place) -> None:
    agent_id, queue_id, other = place.agent("lilei").id, place.queue("售后").id, place.queue("咨询").id
    text, file = {"on": True, "say": "系统故障，正在抢修。", "seconds": 600}, {"on": True, "file": "storm.wav"}
    levers: list[tuple[str, dict[str, Any] | None, str, dict[str, Any]]] = [
        ("flush", None, "queue.flush", {"then": "end", "to": ""}),
        ("flush", {"then": "callback"}, "queue.flush", {"then": "callback", "to": ""}),
        ("flush", {"then": "move", "to": other}, "queue.flush", {"then": "move", "to": other}),
        ("emergency", {"on": False}, "queue.emergency", {"on": False}),
        ("emergency", {"on": True}, "queue.emergency", {"on": True, "announce": {}, "seconds": 3_600.0}),
        ("emergency", text, "queue.emergency", {"on": True, **SAID}),
        (
            "emergency",
            file,
            "queue.emergency",
            {"on": True, **SAID, "announce": {"file": "storm.wav"}, "seconds": 3_600},
        ),
        ("lend", {"agent_id": agent_id, "seconds": 600}, "agent.lend", {"agent_id": agent_id, "seconds": 600.0}),
        ("give-back", {"agent_id": agent_id}, "agent.give_back", {"agent_id": agent_id}),
    ]
    async with place.signed_in("wang") as leader, place.signed_in("hanmei") as agent:
        for path, body, _, _ in levers:
            assert (await leader.post(f"/api/v1/floor/queues/nowhere/{path}", json=body)).status_code == 404
            assert (await agent.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=body)).status_code == 403
            assert (await leader.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=body)).status_code == 204
    by = {"queue_id": queue_id, "by": f"user:{place.user('wang').id}"}
    assert place.control.asked == [(method, {**by, **asked}) for _, _, method, asked in levers]
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.action).where(AuditLine.object == f"queue:{queue_id}").order_by(AuditLine.at)
        assert sorted(connection.execute(query).scalars()) == sorted(method for _, _, method, _ in levers)


async def test_levers_pulled_wrongly_are_refused(place: Place) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("flush", {"then": "move"}),
        ("flush", {"then": "end", "to": "somewhere"}),
        ("emergency", {"on": True, "say": "一", "file": "two.wav"}),
        ("emergency", {"on": True, "say": ""}),
        ("emergency", {"on": True, "seconds": 0}),
        ("lend", {"agent_id": "a", "seconds": 100_000}),
    ]
    async with place.signed_in("wang") as browser:
        for path, body in wrong:
            answer = await browser.post(f"/api/v1/floor/queues/{place.queue('售后').id}/{path}", json=body)
            assert answer.status_code == 422, (path, body)
    assert place.control.asked == []


async def test_recorded_announcements_are_offered_by_name(place: Place) -> None:
    for name in ("storm.wav", "house/closed.wav", "spoken/0123.wav", "music/4567.wav", "notes.txt"):
        path = place.options.prompts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    async with place.signed_in("wang") as browser:
        assert (await browser.get("/api/v1/floor/announcements")).json() == {"files": ["house/closed.wav", "storm.wav"]}


async def test_call_backs_are_taken_by_agents_assigned_and_cancelled_by_leaders(place: Place) -> None:
    near, far = place.queue("售后").id, place.queue("咨询").id
    put(place, Callback("c1", DEFAULT_TENANT, "queue", NOON - SECOND, NOON, NOON + SECOND, queue_id=near))
    put(place, Callback("far", DEFAULT_TENANT, "queue", NOON, NOON, NOON, queue_id=far))
    agent_id = place.agent("lilei").id
    give = {"agent_id": agent_id}
    async with place.signed_in("lilei") as agent, place.signed_in("wang") as leader:
        assert (await agent.post("/api/v1/callbacks/c1/take")).status_code == 204
        assert (await agent.post("/api/v1/callbacks/far/take")).status_code == 404, "another's queue"
        assert (await agent.post("/api/v1/callbacks/c1/assign", json=give)).status_code == 403
        assert (await agent.post("/api/v1/callbacks/c1/cancel")).status_code == 403
        assert (await leader.post("/api/v1/callbacks/c1/take")).json()["code"] == "no_agent"
        assert (await leader.post("/api/v1/callbacks/c1/assign", json=give)).status_code == 204
        assert (await leader.post("/api/v1/callbacks/c1/cancel")).status_code == 204
        assert (await leader.post("/api/v1/callbacks/nothing/cancel")).status_code == 404
    mine, his = ({"callback_id": "c1", "by": f"user:{place.user(who).id}"} for who in ("lilei", "wang"))
    assert place.control.asked == [
        ("callback.take", {**mine, **give}),
        ("callback.assign", {**his, **give, "seconds": 3_600.0}),
        ("callback.cancel", his),
    ]


async def test_what_is_shown_at_the_desk_is_accepted_there(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post("/api/v1/desk/accept")).status_code == 204
    assert place.control.asked[0][0] == "desk.accept"
