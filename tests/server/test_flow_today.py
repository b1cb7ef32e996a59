"""Today's counts of a document, and who may take a caller out of his flow: as far as somebody's reach goes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.books import put
from tests.server.centre import NOON, Place
from tests.server.flow_desk import begin, flow, publish
from tests.server.live import busy_day, call_doc
from tests.server.test_desk import follow
from yingda.kernel.clock import SECOND
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Flow, Team
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import reading, writing
from yingda.reports.flow_quarters import EdgeQuarter, FlowQuarter, NodeQuarter
from yingda.reports.quarters import quarter_of
from yingda.reports.rows import Contact, Run

pytestmark = pytest.mark.anyio
DAY = 86_400 * SECOND


async def menu(place: Place, browser: httpx.AsyncClient) -> dict[str, Any]:
    """A document below another one, to which a flow for 售后 leads."""
    below = await begin(browser, "below.vxml", flow("below"))
    assert (await publish(browser, below)).status_code == 200
    first = await begin(browser, "first.vxml", flow("first", '<goto next="below.vxml"/>'))
    assert (await publish(browser, first)).status_code == 200
    with writing(place.store.business) as connection:
        version = versions.current(connection)
        assert version is not None
        more = [Flow(id="f1", name="menu", queue="售后", document="first.vxml")]
        centre = version.centre.model_copy(update={"flows": [*version.centre.flows, *more]})
        versions.publish(connection, centre, version.version, "system", NOON)
    return below


def books(place: Place) -> None:
    """Two runs of today (one is inside), one of yesterday; a node of the document, one of another."""
    quarter = quarter_of(NOON)
    flows: dict[str, Any] = {"tenant_id": DEFAULT_TENANT, "flow_id": "f1", "version": 1}
    put(place, FlowQuarter(**flows, quarter=quarter, runs=2, exit_hangup=1, goals=1))
    put(place, FlowQuarter(**flows, quarter=quarter - DAY, runs=9))
    for node, visits in (("below.vxml#main/order", 2), ("first.vxml#main/order", 5)):
        put(place, NodeQuarter(**flows, node_id=node, quarter=quarter, visits=visits, passed=1, hangups=1))
    put(place, NodeQuarter(**flows, node_id="below.vxml#main/order", quarter=quarter - DAY, visits=9))
    for edge in ("below.vxml#main/bye", "first.vxml#main/menu", "exit:hangup"):
        put(place, EdgeQuarter(**flows, node_id="below.vxml#main/order", edge=edge, quarter=quarter, passed=1))
    for name, goal in (("served", NOON), ("not", None)):
        contact: dict[str, Any] = {
            "tenant_id": DEFAULT_TENANT,
            "interaction_id": name,
            "medium": "voice",
            "direction": "inbound",
        }
        times: dict[str, Any] = {"started": NOON, "last_at": NOON, "ended": NOON, "self_service_us": 9 * SECOND}
        put(place, Contact(**contact, **times, party_ref="x", dialled="1", outcome="self_served", goal_at=goal))
        run: dict[str, Any] = {"interaction_id": name, "run_id": name, "entered": NOON, "self_service": True}
        where = "below.vxml#main/order" if goal is None else "below.vxml#main/bye"
        put(place, Run(**flows, **run, node_id=where, left=goal))


async def test_nodes_flows_and_self_service_of_today(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await menu(place, browser)
        books(place)
        seen = (await browser.get(f"/api/v1/flows/{document['document_id']}/today")).json()
        missing = await browser.get("/api/v1/flows/nothing/today")
    assert [one["name"] for one in seen["flows"]] == ["menu"]
    assert (seen["runs"], seen["inside"], seen["exit_hangup"]) == (2, 1, 1)
    assert (seen["self_helped"], seen["self_service"]) == (1, 2)
    (node,) = seen["nodes"]
    assert (node["node"], node["visits"], node["hangups"], node["inside"]) == ("main/order", 2, 1, 1)
    assert node["exits"] == {"main/bye": 1, "first.vxml#main/menu": 1, "exit:hangup": 1}
    assert missing.status_code == 404


async def test_counts_are_of_flows_within_reach(place: Place) -> None:
    """A leader of the team that serves 咨询 alone sees that there is such a document, and nothing of its callers."""
    async with place.signed_in("root") as browser:
        document = await menu(place, browser)
        books(place)
    with writing(place.store.business) as connection:
        version = versions.current(connection)
        assert version is not None
        centre, away = version.centre, place.agent("lilei").id
        users = [u.model_copy(update={"leads": ["一班"]}) if u.username == "wang" else u for u in centre.users]
        change: dict[bool, dict[str, Any]] = {True: {"team": "二班"}, False: {"queues": ["咨询"]}}
        agents = [one.model_copy(update=change[one.id == away]) for one in centre.agents]
        more = {"users": users, "agents": agents, "teams": [*centre.teams, Team(id="t2", name="二班")]}
        narrowed = centre.model_copy(update=more)
        versions.publish(connection, narrowed, version.version, "system", NOON)
    docs = busy_day(place)
    docs[("calls", "c9")] = call_doc("c9", place.queue("售后").id, state="greeting", flow="menu")
    docs[("calls", "c8")] = call_doc("c8", place.queue("咨询").id, state="greeting", flow="menu")
    for key, doc in docs.items():
        if key[0] == "agents":
            doc["queues"] = [place.queue("咨询").id]
    await follow(place, docs)
    order = {"queue_id": place.queue("咨询").id}
    async with place.signed_in("wang") as leader:
        seen = (await leader.get(f"/api/v1/flows/{document['document_id']}/today")).json()
        there = [one["id"] for one in (await leader.get("/api/v1/floor")).json()["calls"]]
        far = await leader.post("/api/v1/floor/contacts/c9/queue", json=order)
        near = await leader.post("/api/v1/floor/contacts/c8/queue", json=order)
    assert (seen["flows"], seen["runs"], seen["nodes"]) == ([], 0, [])
    assert "c8" in there and "c9" not in there
    assert (far.status_code, near.status_code) == (404, 204)


async def test_a_caller_is_taken_out_by_leaders_alone_and_the_audit_log_knows(place: Place) -> None:
    docs = busy_day(place)
    docs[("calls", "c9")] = call_doc("c9", place.queue("售后").id, state="greeting", flow="menu")
    await follow(place, docs)
    order = {"queue_id": place.queue("咨询").id}
    async with place.signed_in("lilei") as agent:
        assert (await agent.post("/api/v1/floor/contacts/c9/queue", json=order)).status_code == 403
    async with place.signed_in("wang") as leader:
        waiting = await leader.post("/api/v1/floor/contacts/c2/queue", json=order)
        unknown = await leader.post("/api/v1/floor/contacts/c9/queue", json={"queue_id": "nowhere"})
        assert (waiting.status_code, unknown.status_code) == (404, 404)
        assert (await leader.post("/api/v1/floor/contacts/c9/queue", json=order)).status_code == 204
    body = {"interaction_id": "c9", **order, "by": f"user:{place.user('wang').id}"}
    assert place.control.asked == [("flow.take_out", body)]
    with reading(place.store.business) as connection:
        rows = connection.exec_driver_sql("select object from audit_log where action = 'floor.take_out'").scalars()
        assert list(rows) == ["contact:c9"]
