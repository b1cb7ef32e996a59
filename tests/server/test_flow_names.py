"""Flow documents under another name, and one that is heard before anybody else can."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.centre import NOON, Place
from tests.server.flow_desk import FLOWS, apply, begin, flow, in_force, publish, save
from yingda.kernel.config.centre import Flow, FlowDocument

pytestmark = pytest.mark.anyio


async def rename(browser: httpx.AsyncClient, document: dict[str, Any], name: str) -> httpx.Response:
    draft, published = document["draft"], document["published"]
    body = {"name": name, "number": published["number"] if published else 0}
    body["revision"] = draft["revision"] if draft else 0
    return await browser.put(f"{FLOWS}/{document['document_id']}/name", json=body)


async def test_a_renamed_document_keeps_its_versions_and_its_numbers(place: Place) -> None:
    used = FlowDocument(id="d1", name="service/old.vxml", text=flow("old"))
    apply(place, used, flows=(Flow(id="f1", name="self-service", document="service/old.vxml", queue="售后"),))
    async with place.signed_in("root") as browser:
        document = (await browser.get(f"{FLOWS}/d1")).json()
        drafted = (await save(browser, document, flow("newer"))).json()
        renamed = (await rename(browser, drafted, "service/new.vxml")).json()
        history = (await browser.get(f"{FLOWS}/d1/versions")).json()
        first = (await browser.get(f"{FLOWS}/d1/versions/1")).json()
        published = await publish(browser, renamed)
    assert (renamed["name"], renamed["text"]) == ("service/new.vxml", flow("newer"))
    assert renamed["used_by"] == [{"kind": "flow", "name": "self-service"}]
    assert [(one["number"], one["name"]) for one in history] == [(2, "service/new.vxml"), (1, "service/old.vxml")]
    assert first["text"] == flow("old")
    assert published.status_code == 200, published.text
    assert in_force(place) == {"service/new.vxml": flow("newer")}
    assert ("config.published", {"version": 3}) in place.control.asked


async def test_a_draft_that_was_never_published_is_renamed(place: Place) -> None:
    async with place.signed_in("root") as browser:
        begun = await begin(browser, "a.vxml", flow("a"))
        other = await begin(browser, "b.vxml", flow("b"))
        taken = await rename(browser, begun, "b.vxml")
        stale = await rename(browser, {**other, "draft": {**other["draft"], "revision": 9}}, "c.vxml")
        renamed = (await rename(browser, begun, "c.vxml")).json()
        assert (await publish(browser, renamed)).status_code == 200
    assert taken.json()["code"] == "flow_name_taken" and stale.json()["code"] == "flow_draft_moved"
    assert renamed["name"] == "c.vxml" and set(in_force(place)) == {"c.vxml"}


async def test_what_a_text_names_is_not_renamed(place: Place) -> None:
    named = FlowDocument(id="d1", name="named.vxml", text=flow("named"))
    names = FlowDocument(id="d2", name="names.vxml", text=flow("names", '<goto next="named.vxml"/>'))
    apply(place, named, names)
    async with place.signed_in("root") as browser:
        used = await rename(browser, (await browser.get(f"{FLOWS}/d1")).json(), "other.vxml")
        moved = await rename(browser, (await browser.get(f"{FLOWS}/d2")).json(), "elsewhere/names.vxml")
        beside = await rename(browser, (await browser.get(f"{FLOWS}/d2")).json(), "beside.vxml")
    assert (used.json()["code"], used.json()["where"]) == ("flow_in_use", "document names.vxml")
    assert moved.json()["code"] == "flow_points_elsewhere"
    assert beside.status_code == 200 and set(in_force(place)) == {"named.vxml", "beside.vxml"}


async def test_a_text_is_tried_by_phone_as_it_stands_in_the_editor(place: Place) -> None:
    apply(
        place,
        FlowDocument(id="d1", name="hello.vxml", text=flow("hello")),
        flows=(Flow(id="f1", name="self-service", document="hello.vxml", queue="售后"),),
    )
    place.control.answers["flow.trial"] = {"code": "*91234", "until": NOON}
    async with place.signed_in("root") as browser, place.signed_in("wang") as leader:
        trial = await browser.post(f"{FLOWS}/d1/trial", json={"text": flow("other")})
        faulty = await browser.post(f"{FLOWS}/d1/trial", json={"text": "<vxml>"})
        refused = await leader.post(f"{FLOWS}/d1/trial", json={"text": flow("other")})
        unknown = await browser.post(f"{FLOWS}/d7/trial", json={"text": flow("other")})
    assert trial.json() == {"code": "*91234", "until": NOON}
    assert (faulty.json()["code"], refused.status_code, unknown.status_code) == ("flow_faulty", 403, 404)
    (asked,) = [body for method, body in place.control.asked if method == "flow.trial"]
    assert (asked["document"], asked["text"], asked["flow"]) == ("hello.vxml", flow("other"), "self-service")
    assert in_force(place) == {"hello.vxml": flow("hello")}
