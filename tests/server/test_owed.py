"""Missed calls, call-backs and corrections over the API: scope, masking, claims, the call, the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.books import answered_call, event, number, put
from tests.server.centre import NOON, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger import reader
from yingda.kernel.ledger.importer import Importer
from yingda.reports.customer_rows import Callback, Missed
from yingda.reports.persist import Projector
from yingda.reports.rows import Contact

pytestmark = pytest.mark.anyio


def missed(place: Place, name: str, caller: str, queue: str | None = "售后", at: int = NOON, **more: Any) -> None:
    queue_id = place.queue(queue).id if queue is not None else None
    number(place, f"ref of {name}", caller)
    times: dict[str, Any] = {"first_at": at, "last_at": at}
    put(place, Missed(DEFAULT_TENANT, f"ref of {name}", **times, interaction_id=name, outcome="abandoned",
                      queue_id=queue_id, **more))  # fmt: skip


async def test_one_row_a_number_latest_first_within_reach(place: Place) -> None:
    missed(place, "m1", "13812345678", calls=3)
    missed(place, "m2", "13900001111", at=NOON + SECOND)
    missed(place, "m3", "02161234567", queue="咨询")
    missed(place, "m4", "13700002222", cleared=NOON + SECOND, cleared_how="answered")
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as agent:
        seen = (await leader.get("/api/v1/missed")).json()
        own = (await agent.get("/api/v1/missed")).json()
        page = (await leader.get("/api/v1/missed", params={"limit": 2})).json()
        rest = (await leader.get("/api/v1/missed", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [row["id"] for row in seen["items"]] == ["m2", "m1", "m3"] and seen["total"] == 3
    assert seen["items"][1]["caller"] == "13812345678" and seen["items"][1]["calls"] == 3
    assert [(row["id"], row["caller"]) for row in own["items"]] == [("m2", "139****1111"), ("m1", "138****5678")]
    assert [row["id"] for row in page["items"] + rest["items"]] == ["m2", "m1", "m3"] and rest["next_cursor"] is None


async def test_who_claims_a_number_sees_it_and_nobody_else_takes_it(place: Place) -> None:
    missed(place, "m1", "13812345678")
    async with place.signed_in("lilei") as mine, place.signed_in("hanmei") as other, place.signed_in("wang") as leader:
        assert (await mine.post("/api/v1/missed/m1/claim")).status_code == 204
        refused = await other.post("/api/v1/missed/m1/claim")
        (row,) = (await mine.get("/api/v1/missed")).json()["items"]
        assert (row["caller"], row["mine"], row["claimed_by"]) == ("13812345678", True, "李雷")
        assert (refused.status_code, refused.json()["code"]) == (409, "claimed_already")
        assert (await other.post("/api/v1/missed/m1/release")).status_code == 409
        assert (await leader.post("/api/v1/missed/m1/release")).status_code == 204
        assert (await other.post("/api/v1/missed/m1/claim")).status_code == 204
        assert (await other.post("/api/v1/missed/nobody/claim")).status_code == 404


async def test_calling_claims_and_dials_the_whole_number(place: Place) -> None:
    missed(place, "m1", "13812345678")
    async with place.signed_in("lilei") as browser:
        assert (await browser.post("/api/v1/missed/m1/call")).status_code == 204
        (row,) = (await browser.get("/api/v1/missed")).json()["items"]
    agent_id = place.agent("lilei").id
    to = {"kind": "number", "id": "13812345678"}
    order = {"agent_id": agent_id, "by": f"agent:{agent_id}", "to": to}
    assert place.control.asked == [("desk.dial", order)] and row["mine"]


async def test_a_number_that_was_erased_cannot_be_called(place: Place) -> None:
    times: dict[str, Any] = {"first_at": NOON, "last_at": NOON, "queue_id": place.queue("售后").id}
    put(place, Missed(DEFAULT_TENANT, "ref of nobody", **times, interaction_id="m1", outcome="abandoned"))
    async with place.signed_in("lilei") as browser:
        refused = await browser.post("/api/v1/missed/m1/call")
    assert (refused.status_code, refused.json()["code"]) == (409, "number_erased")
    assert place.control.asked == []


async def test_call_backs_come_by_their_promise_and_say_when_they_are_late(place: Place) -> None:
    for name, promised in (("c1", NOON + 60 * SECOND), ("c2", NOON - SECOND)):
        number(place, f"ref of {name}", "13812345678")
        named: dict[str, Any] = {"party_ref": f"ref of {name}", "queue_id": place.queue("售后").id}
        put(place, Callback(name, DEFAULT_TENANT, "queue", NOON - 9 * SECOND, NOON, promised, **named))
    async with place.signed_in("wang") as browser:
        found = (await browser.get("/api/v1/callbacks")).json()
    assert [(row["id"], row["late"]) for row in found["items"]] == [("c2", True), ("c1", False)]


async def correct(place: Place, username: str, **order: Any) -> tuple[int, str]:
    async with place.signed_in(username) as browser:
        answer = await browser.post("/api/v1/calls/c1/corrections", json=order)
    return answer.status_code, answer.json()["code"] if answer.content else ""


async def test_a_correction_stands_in_the_ledger_with_its_reason(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    begun = {"medium": "voice", "direction": "inbound", "party_ref": "ref of c1", "withheld": False, "test": False}
    event(place, 1, "interaction.started", "c1", **begun, dialled="95500")
    event(place, 2, "handling.disposed", "c1", handling_id="c1-h")
    order = {"field": "codes", "handling_id": "c1-h", "after": ["投诉"], "reason": "选错了小结码"}
    assert await correct(place, "wang", **order) == (204, "")
    assert await correct(place, "wang", field="test", after=True, reason="是测试电话") == (204, "")
    first, second = list(reader.merged(place.options.ledger))
    assert (first.kind, first.by, first.interaction_id) == ("correction.made", f"user:{place.user('wang').id}", "c1")
    assert first.data == {**order, "target_seq": 2, "before": ["退货", "换货"]}
    assert (second.data["target_seq"], second.data["field"], second.data["after"]) == (1, "test", True)
    place.clock.advance_to(place.clock.now() + SECOND)
    importer = Importer(place.options.ledger, place.store.books, place.clock, [Projector(place.store.books)])
    assert importer.step() == 2
    importer.close()
    async with place.signed_in("wang") as browser:
        call = (await browser.get("/api/v1/calls/c1")).json()
    assert call["handlings"][0]["codes"] == ["投诉"] and call["test"]


async def test_a_contact_that_goes_on_is_no_test_yet(place: Place) -> None:
    put(place, Contact("c1", DEFAULT_TENANT, "voice", "inbound", NOON, NOON))
    event(place, 1, "interaction.started", "c1")
    assert await correct(place, "wang", field="test", after=True, reason="是测试电话") == (409, "still_open")


async def test_what_may_not_be_corrected_is_refused(place: Place) -> None:
    answered_call(place, "c1", "lilei")
    event(place, 1, "interaction.started", "c1")
    part = {"field": "resolved", "handling_id": "c1-h", "reason": "看错了"}
    assert await correct(place, "lilei", **part, after=False) == (403, "not_allowed")
    assert await correct(place, "wang", **part, after=True) == (409, "nothing_to_correct")
    assert await correct(place, "wang", **part, after="yes") == (409, "not_corrigible")
    assert await correct(place, "wang", **{**part, "handling_id": "another"}, after=False) == (409, "not_corrigible")
    assert (await correct(place, "wang", **{**part, "field": "outcome"}, after="answered"))[0] == 422
    assert (await correct(place, "wang", field="test", after=True, reason=""))[0] == 422
    assert list(reader.merged(place.options.ledger)) == []
