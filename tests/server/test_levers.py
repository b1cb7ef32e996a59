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
from yingda.reports.rows import Callback
from yingda.server.models import AuditLine

pytestmark = pytest.mark.anyio


SAID = {"announce": {"say": "系统故障，正在抢修。", "language": "zh"}, "seconds": 600.0}


@pytest.mark.parametrize(
    ("path", "body", "method", "asked"),
    [
        ("flush", None, "queue.flush", {"then": "end", "to": ""}),
        ("flush", {"then": "callback"}, "queue.flush", {"then": "callback", "to": ""}),
        ("flush", {"then": "move", "to": "咨询"}, "queue.flush", {"then": "move", "to": "咨询"}),
        ("emergency", {"on": False}, "queue.emergency", {"on": False}),
        ("emergency", {"on": True}, "queue.emergency", {"on": True, "announce": {}, "seconds": 3_600.0}),
        (
            "emergency",
            {"on": True, "say": "系统故障，正在抢修。", "seconds": 600},
            "queue.emergency",
            {"on": True, **SAID},
        ),
        (
            "emergency",
            {"on": True, "file": "storm.wav"},
            "queue.emergency",
            {"on": True, "announce": {"file": "storm.wav"}, "seconds": 3_600.0},
        ),
        ("lend", {"agent_id": "", "seconds": 600.0}, "agent.lend", {"seconds": 600.0}),
        ("give-back", {"agent_id": ""}, "agent.give_back", {}),
    ],
)
async def test_a_lever_reaches_control_and_the_audit_log(
    place: Place, path: str, body: dict[str, Any] | None, method: str, asked: dict[str, Any]
) -> None:
    agent_id, queue_id, other = place.agent("lilei").id, place.queue("售后").id, place.queue("咨询").id
    order = body and {**body, **({"agent_id": agent_id} if "agent_id" in body else {})}
    order = order and {**order, **({"to": other} if "to" in order else {})}
    expected = {**asked, **({"agent_id": agent_id} if order and "agent_id" in order else {})}
    expected |= {"to": other} if order and "to" in order else {}
    async with place.signed_in("wang") as browser:
        assert (await browser.post(f"/api/v1/floor/queues/nowhere/{path}", json=order)).status_code == 404
        assert (await browser.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=order)).status_code == 204
    async with place.signed_in("hanmei") as browser:
        assert (await browser.post(f"/api/v1/floor/queues/{queue_id}/{path}", json=order)).status_code == 403
    leader = f"user:{place.user('wang').id}"
    assert place.control.asked == [(method, {"queue_id": queue_id, "by": leader, **expected})]
    with reading(place.store.business) as connection:
        query = sa.select(AuditLine.object).where(AuditLine.action == method)
        assert connection.execute(query).scalars().all() == [f"queue:{queue_id}"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("flush", {"then": "move"}),
        ("flush", {"then": "end", "to": "somewhere"}),
        ("emergency", {"on": True, "say": "一", "file": "two.wav"}),
        ("emergency", {"on": True, "say": ""}),
        ("emergency", {"on": True, "seconds": 0}),
        ("lend", {"agent_id": "a", "seconds": 100_000}),
    ],
)
async def test_a_lever_pulled_wrongly_is_refused_with_its_place(place: Place, path: str, body: dict[str, Any]) -> None:
    async with place.signed_in("wang") as browser:
        answer = await browser.post(f"/api/v1/floor/queues/{place.queue('售后').id}/{path}", json=body)
    assert answer.status_code == 422 and place.control.asked == []


async def test_recorded_announcements_are_offered_by_name(place: Place) -> None:
    for name in ("storm.wav", "house/closed.wav", "spoken/0123.wav", "music/4567.wav", "notes.txt"):
        path = place.options.prompts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    async with place.signed_in("wang") as browser:
        assert (await browser.get("/api/v1/floor/announcements")).json() == {"files": ["house/closed.wav", "storm.wav"]}


@pytest.mark.parametrize(
    ("deed", "who", "status"),
    [("take", "lilei", 204), ("take", "wang", 409), ("assign", "wang", 204), ("assign", "lilei", 403),
     ("cancel", "wang", 204), ("cancel", "lilei", 403)],
)  # fmt: skip
async def test_a_call_back_is_taken_by_agents_assigned_and_cancelled_by_leaders(
    place: Place, deed: str, who: str, status: int
) -> None:
    named: dict[str, Any] = {"party_ref": "ref", "queue_id": place.queue("售后").id}
    put(place, Callback("c1", DEFAULT_TENANT, "queue", NOON - SECOND, NOON, NOON + SECOND, **named))
    put(place, Callback("far", DEFAULT_TENANT, "queue", NOON, NOON, NOON, queue_id=place.queue("咨询").id))
    agent_id = place.agent("lilei").id
    order = {"agent_id": agent_id} if deed == "assign" else None
    async with place.signed_in(who) as browser:
        answer = await browser.post(f"/api/v1/callbacks/c1/{deed}", json=order)
        assert (await browser.post(f"/api/v1/callbacks/nothing/{deed}", json=order)).status_code in (403, 404)
        if who == "lilei" and deed == "take":
            assert (await browser.post("/api/v1/callbacks/far/take")).status_code == 404, "another's queue"
    assert answer.status_code == status
    if status == 204:
        by = f"user:{place.user(who).id}"
        fields: dict[str, dict[str, Any]] = {
            "take": {"agent_id": agent_id},
            "assign": {"agent_id": agent_id, "seconds": 3_600.0},
            "cancel": {},
        }
        assert place.control.asked == [(f"callback.{deed}", {"callback_id": "c1", "by": by, **fields[deed]})]


async def test_what_is_shown_at_the_desk_is_accepted_there(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        assert (await browser.post("/api/v1/desk/accept")).status_code == 204
    assert place.control.asked[0][0] == "desk.accept"
