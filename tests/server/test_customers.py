"""Customers: found by what people type, one owner a number, saved over nobody, popped with their past."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from tests.server.books import answered_call
from tests.server.centre import NOON, Place
from yingda.kernel.config import versions
from yingda.kernel.config.centre import CustomerCard, CustomerField
from yingda.kernel.store import reading, writing
from yingda.server.models import AuditLine, HandlingNote

pytestmark = pytest.mark.anyio
CUSTOMERS = "/api/v1/customers"
FANG: dict[str, Any] = {
    "name": "王芳",
    "grade": "VIP",
    "tags": ["团购"],
    "note": "下午来电",
    "numbers": [{"number": "138 1234 5678", "label": "手机"}],
}


async def created(browser: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await browser.post(CUSTOMERS, json={**FANG, **fields})
    assert answer.status_code == 201, answer.text
    customer: dict[str, Any] = answer.json()
    return customer


async def found(browser: httpx.AsyncClient, text: str) -> list[str]:
    answer = await browser.get(CUSTOMERS, params={"q": text})
    assert answer.status_code == 200, answer.text
    return [customer["name"] for customer in answer.json()["items"]]


@pytest.mark.parametrize(
    "text", ["王芳", "芳", "wangfang", "WangFang", "wf", "团购", "tuangou", "5678", "13812345678", "+8613812345678"]
)
async def test_a_customer_is_found_by_what_people_type(place: Place, text: str) -> None:
    async with place.signed_in("wang") as browser:
        await created(browser)
        await created(browser, name="Li Lei", tags=[], numbers=[{"number": "02161234567"}])
        assert await found(browser, text) == ["王芳"]


async def test_nothing_is_found_by_signs_of_patterns(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        await created(browser)
        assert [await found(browser, text) for text in ("%", "_", "99999", "'; --")] == [[], [], [], []]


async def test_pages_hold_every_customer_once(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        for number in range(7):
            await created(browser, name=f"c{number}", numbers=[])
        names, cursor = [], None
        while True:
            params: dict[str, Any] = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
            page = (await browser.get(CUSTOMERS, params=params)).json()
            names += [customer["name"] for customer in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
    assert sorted(names) == [f"c{number}" for number in range(7)]


async def test_a_number_belongs_to_one_customer(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        first = await created(browser)
        answer = await browser.post(CUSTOMERS, json={**FANG, "name": "another"})
        assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
        assert answer.json()["where"] == f"customer {first['customer_id']}"
        assert await found(browser, "another") == []
        path = f"{CUSTOMERS}/{first['customer_id']}/numbers"
        await browser.delete(f"{path}/{first['numbers'][0]['number_id']}")
        assert (await browser.post(CUSTOMERS, json={**FANG, "name": "another"})).status_code == 201
        again = await browser.post(path, json={"number": "13812345678"})
        assert (again.status_code, again.json()["code"]) == (409, "number_taken")


async def test_nobody_saves_over_what_somebody_saved_meanwhile(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        customer = await created(browser)
        path = f"{CUSTOMERS}/{customer['customer_id']}"
        mine = await browser.put(path, json={"version": customer["version"], "name": "王芳芳"})
        theirs = await browser.put(path, json={"version": customer["version"], "name": "王方"})
        assert (mine.status_code, theirs.status_code, theirs.json()["code"]) == (200, 409, "customer_changed")
        kept = (await browser.get(path)).json()
    assert (kept["name"], kept["version"], kept["grade"], kept["tags"]) == ("王芳芳", customer["version"] + 1, "", [])


async def test_the_centres_own_fields_are_held_to_their_kinds(place: Place) -> None:
    fields = [
        CustomerField(key="contract", label="合同号"),
        CustomerField(key="since", label="开户日", kind="date"),
        CustomerField(key="limit", label="额度", kind="number"),
        CustomerField(key="branch", label="网点", kind="choice", choices=["城东", "城西"]),
    ]
    card = CustomerCard(grades=["A"], fields=fields)
    info = place.centre.centre.model_copy(update={"customers": card})
    with writing(place.store.business) as connection:
        versions.publish(connection, place.centre.model_copy(update={"centre": info}), 1, "system", NOON)
    good = {"contract": "X-1", "since": "2024-02-29", "limit": "-1.50", "branch": "城东"}
    async with place.signed_in("lilei") as browser:
        assert (await created(browser, grade="A", fields=good))["fields"] == good
        for wrong, code in (
            ({"fields": {"colour": "red"}}, "unknown_field"),
            ({"fields": {"since": "2023-02-29"}}, "bad_field"),
            ({"fields": {"limit": "1,5"}}, "bad_field"),
            ({"fields": {"branch": "城南"}}, "bad_field"),
            ({"grade": "VIP"}, "unknown_grade"),
            ({"version": 3}, "invalid"),
        ):
            answer = await browser.post(CUSTOMERS, json={"name": "x", **wrong})
            assert (answer.status_code, answer.json()["code"]) == (422, code), wrong


async def ringing(place: Place, username: str, interaction_id: str, caller: str | None) -> None:
    """The agent's device rings for this caller."""
    agent = place.agent(username)
    offer = {"id": "o", "entry_id": "e", "interaction_id": interaction_id, "queue_id": "q", "since": 1}
    doc = {"id": agent.id, "number": "1", "name": "x", "state": "ringing", "queues": [], "offer": offer}
    call = {"id": interaction_id, "state": "ringing", "caller": caller, "queue_id": "q"}
    place.control.change({("agents", agent.id): doc, ("calls", interaction_id): call})
    await place.control.followed(place.app.state.house.hub)


async def test_the_number_is_whole_for_who_is_in_contact_and_masked_for_others(place: Place) -> None:
    async with place.signed_in("lilei") as browser, place.signed_in("wang") as leader:
        customer = await created(leader)
        path = f"{CUSTOMERS}/{customer['customer_id']}"

        async def seen(by: httpx.AsyncClient) -> str:
            return str((await by.get(path)).json()["numbers"][0]["number"])

        assert (await seen(browser), await seen(leader)) == ("+86138****5678", "+8613812345678")
        await ringing(place, "lilei", "i1", "+8613812345678")
        assert await seen(browser) == "+8613812345678"


async def test_the_pop_of_a_known_customer_has_his_past(place: Place) -> None:
    answered_call(place, "before", "hanmei", at=NOON - 1, caller="+8613812345678")
    with writing(place.store.business) as connection:
        note = {"tenant_id": "default", "handling_id": "before-h", "agent_id": "a", "at": NOON, "note": "快递未取件"}
        connection.execute(sa.insert(HandlingNote), note)
    async with place.signed_in("lilei") as browser:
        await created(browser)
        await ringing(place, "lilei", "i1", "+8613812345678")
        pop = (await browser.get("/api/v1/pop/i1")).json()
    assert (pop["number"], pop["customer"]["name"], pop["contacts_30_days"]) == ("+8613812345678", "王芳", 1)
    assert pop["last_agent_number"] == "1019"
    (past,) = pop["recent"]
    assert (past["interaction_id"], past["codes"], past["note"]) == ("before", ["退货", "换货"], "快递未取件")
    assert past["opens"] is False  # handled by a colleague: told, but not opened
    assert pop["region"]


async def test_the_pop_of_a_stranger_becomes_a_customer(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        await ringing(place, "lilei", "i1", "+8613900001111")
        pop = (await browser.get("/api/v1/pop/i1")).json()
        assert (pop["number"], pop["customer"], pop["recent"]) == ("+8613900001111", None, [])
        await created(browser, name="新客户", numbers=[], interaction_id="i1")
        assert (await browser.get("/api/v1/pop/i1")).json()["customer"]["name"] == "新客户"


async def test_a_withheld_number_pops_nobody(place: Place) -> None:
    async with place.signed_in("lilei") as browser:
        await ringing(place, "lilei", "i1", None)
        pop = (await browser.get("/api/v1/pop/i1")).json()
    assert (pop["number"], pop["customer"], pop["contacts_30_days"]) == (None, None, 0)


async def test_a_pop_of_somebody_elses_contact_does_not_exist(place: Place) -> None:
    async with place.signed_in("hanmei") as browser:
        await ringing(place, "lilei", "i1", "+8613812345678")
        answers = [await browser.get(f"/api/v1/pop/{ident}") for ident in ("i1", "nothing")]
        refused = await browser.post(CUSTOMERS, json={"name": "x", "interaction_id": "i1"})
    assert [answer.status_code for answer in (*answers, refused)] == [404, 404, 404]


async def test_the_address_of_another_system_is_filled_in_and_escaped(place: Place) -> None:
    card = CustomerCard(pop_url="https://crm.example/find?n={number}&who={name}&by={agent}")
    info = place.centre.centre.model_copy(update={"customers": card})
    with writing(place.store.business) as connection:
        versions.publish(connection, place.centre.model_copy(update={"centre": info}), 1, "system", NOON)
    async with place.signed_in("lilei") as browser:
        await created(browser, name="A&B {agent}", grade="")
        await ringing(place, "lilei", "i1", "+8613812345678")
        pop = (await browser.get("/api/v1/pop/i1")).json()
    assert pop["url"] == "https://crm.example/find?n=%2B8613812345678&who=A%26B%20%7Bagent%7D&by=lilei"


async def test_erasing_is_for_administrators_and_takes_the_numbers_of_calls_with_it(place: Place) -> None:
    answered_call(place, "c1", "lilei", caller="+8613812345678")
    async with place.signed_in("wang") as leader, place.signed_in("root") as admin:
        customer = await created(leader)
        path = f"{CUSTOMERS}/{customer['customer_id']}"
        assert (await leader.delete(path)).status_code == 403
        assert (await admin.get("/api/v1/calls")).json()["items"][0]["caller"] == "+8613812345678"
        assert (await admin.delete(path)).status_code == 204
        assert [(await admin.get(path)).status_code, await found(admin, "wf")] == [404, []]
        assert (await admin.get("/api/v1/calls")).json()["items"][0]["caller"] is None
    with reading(place.store.business) as connection:
        deeds = connection.execute(sa.select(AuditLine.action).where(AuditLine.action.startswith("customer"))).scalars()
        assert sorted(deeds) == ["customer.created", "customer.erased"]
