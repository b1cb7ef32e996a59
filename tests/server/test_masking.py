"""Customers' numbers and those who may not see them: every route that answers with a body, every document of the feed.

CARRIES: routes whose answer can hold a number. A leader finds it in each, so that it is really there to be hidden; an
agent finds it in none, however far his scope reaches, unless the contact is his own. QUIET: routes without any.
A route that stands in neither fails, and so does a text of a live document that nobody declared.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import pytest
from pydantic import BaseModel

from tests.server.books import answered_call, event, number, put
from tests.server.centre import NOON, PASSWORD, Place
from tests.server.live import agent_doc, call_doc, handling, queue_doc
from tests.server.test_feed import feed
from tests.server.test_owed import missed
from tests.server.test_scopes import routes
from tests.server.test_voicemail import left
from yingda.kernel.config import versions
from yingda.kernel.config.centre import CustomerCard
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import writing
from yingda.reports.customer_rows import Callback
from yingda.reports.rows import Contact, Handling
from yingda.server.feed.schemas import LIVE
from yingda.server.feed.visible import Eyes, visible
from yingda.server.permissions import PERMISSIONS, permitted
from yingda.server.reach import EVERYWHERE, Reach

pytestmark = pytest.mark.anyio

NUMBER = "+8613987654321"
DIGITS = NUMBER.removeprefix("+86")
PHONE = {"extension": "81023", "username": "u", "password": "p", "expires_at": NOON, "ice_servers": []}
ABOUT = {"name": "王芳", "grade": "", "tags": [], "note": "", "fields": {}}
DAY = "from=2025-11-21&to=2025-11-21"


@dataclass(frozen=True)
class Asked:
    """How a route is asked: what its address names, the query, the body."""

    path: Mapping[str, str] | None = None
    query: str = ""
    body: Any = None


CARRIES: Mapping[str, Asked] = {
    "list_calls": Asked(),
    "export_calls": Asked(),
    "read_call": Asked({"interaction_id": "theirs"}),
    "list_customers": Asked(),
    "read_customer": Asked({"customer_id": "CUSTOMER"}),
    "change_customer": Asked({"customer_id": "CUSTOMER"}, body={**ABOUT, "version": 1}),
    "add_customer_number": Asked({"customer_id": "CUSTOMER"}, body={"number": "02161234567"}),
    "remove_customer_number": Asked({"customer_id": "CUSTOMER", "number_id": "SPARE"}),
    "create_customer": Asked(body={**ABOUT, "interaction_id": "stranger"}),
    "read_pop": Asked({"interaction_id": "theirs"}),
    "read_desk_script": Asked({"interaction_id": "theirs"}),
    "list_missed": Asked(),
    "list_callbacks": Asked(),
    "list_voicemail": Asked(),
    "export_voicemail_csv": Asked(),
    "read_floor": Asked(),
    "read_export_file": Asked({"export_id": "EXPORT"}),
}
"""correct_call and the like answer with nothing; desk_sign_in and read_desk tell of the asker alone."""
QUIET: Mapping[str, Asked] = {
    **{name: Asked() for name in (
        "read_session", "read_account", "read_desk", "list_targets", "list_messages", "list_tasks", "list_metrics",
        "read_queue_figures", "read_agent_figures", "openapi", "documentation", "health", "metrics",
        "client", "read_load",
    )},
    "sign_in": Asked(body={"username": "wang", "password": "wrong"}),
    "begin_factor": Asked(body={"password": PASSWORD}),
    "confirm_factor": Asked(body={"password": "wrong", "code": "123456"}),
    "desk_sign_in": Asked(body={"extension": "81023", "ready": True}),
    "desk_help": Asked(body={"reason": "other", "text": ""}),
    "read_desk_phone": Asked(),
    "read_recording": Asked({"recording_id": "theirs-r"}),
    "play_voicemail": Asked({"message_id": "left"}),
    "export_voicemail": Asked(body={}),
    "list_customer_contacts": Asked({"customer_id": "CUSTOMER"}),
    "list_views": Asked(query="room=contacts"),
    "create_view": Asked(body={"room": "contacts", "name": "mine", "query": ""}),
    "create_task": Asked(body={"title": "call back", "customer_id": "CUSTOMER"}),
    "send_message": Asked(body={"to": [{"kind": "team", "id": "一班"}], "text": "…"}),
    "read_sheet": Asked({"name": "agents"}, DAY),
    "export_sheet_csv": Asked({"name": "agents"}, DAY),
    "export_sheet": Asked({"name": "agents"}, body={"from": "2025-11-21", "to": "2025-11-21"}),
    "export_contacts": Asked(body={}),
    "read_export": Asked({"export_id": "EXPORT"}),
}  # fmt: skip
ELSEWHERE = {"feed"}
"""Asked by `test_the_feed_hides_them_too`, and text by text below."""


def speaking(place: Place) -> set[str]:
    """The routes that an agent may use and that answer with more than that it was done."""
    operations = [operation for methods in place.app.openapi()["paths"].values() for operation in methods.values()]
    silent = {one["operationId"] for one in operations if {code for code in one["responses"] if code < "3"} == {"204"}}
    return {name for name, needed in PERMISSIONS.items() if permitted(needed, "agent")} - silent


async def test_every_route_that_answers_is_asked_for_numbers(place: Place) -> None:
    tables = (set(CARRIES), set(QUIET), ELSEWHERE)
    assert sum(map(len, tables)) == len(set.union(*tables)), "in two tables"
    beyond_agents = {name for name in CARRIES if not permitted(PERMISSIONS[name], "agent")}
    unknown = speaking(place).symmetric_difference(set.union(*tables) - beyond_agents)
    assert sorted(unknown) == [], "say whether its answer can hold a customer's number"


# ---- a whole centre ------------------------------------------------------------------------------------------------


def outward(place: Place, name: str, agent_id: str) -> None:
    """A call that this agent made to the customer, and what the ledger says of it."""
    kind: dict[str, Any] = {"party_ref": f"ref of {name}", "dialled": f"ref of {name}", "first_agent_id": agent_id}
    number(place, f"ref of {name}", NUMBER)
    ids: dict[str, Any] = {"interaction_id": name, "agent_id": agent_id, "session_id": "s", "queue_id": "outbound"}
    put(
        place,
        Contact(name, DEFAULT_TENANT, "voice", "outbound", NOON, NOON, **kind, ended=NOON, outcome="answered"),
        Handling(f"{name}-h", DEFAULT_TENANT, **ids, medium="voice", role="primary", origin="dial", started=NOON,
                 since=NOON, connected=NOON),
    )  # fmt: skip


def live(place: Place) -> dict[tuple[str, str], Any]:
    """Han Meimei talks with the customer, has an outside number beside, and failed to reach him before."""
    theirs, queue = place.agent("hanmei").id, place.queue("售后").id
    call = call_doc("now", queue, state="talking", agent_id=theirs, caller=NUMBER, data={"phone": NUMBER})
    call["parties"] = [{"leg_id": "l", "role": "outside", "number": NUMBER, "state": "up", "room": "aside"}]
    call["consult"] = {"handling_id": "h1", "target": f"number:{NUMBER}", "name": NUMBER, "state": "up"}
    busy = agent_doc(place, "hanmei", state="talking", handling={**handling("now", queue), "caller": NUMBER})
    return {
        ("agents", theirs): {**busy, "failure": {"target": f"number:{NUMBER}", "outcome": "busy", "at": 1}},
        ("agents", place.agent("lilei").id): agent_doc(place, "lilei"),
        ("queues", queue): queue_doc(place, "售后", waiting=1),
        ("calls", "now"): call,
        ("calls", "dials"): {**call, "id": "dials", "direction": "outbound", "called": NUMBER, "caller": "81019"},
        ("calls", "waits"): call_doc("waits", queue, caller=NUMBER, entry_id="e"),
        ("trunks", "t1"): {"id": "t1", "name": "carrier", "state": "up", "why": None, "since": 1, "inbound": 1,
                           "outbound": 0, "max_calls": 9},
    }  # fmt: skip


def configure(place: Place, scope: str) -> None:
    """Agents reach so far; the pop opens another system's page."""
    centre = place.centre
    users = [one.model_copy(update={"scope": scope if one.role == "agent" else None}) for one in centre.users]
    info = centre.centre.model_copy(update={"customers": CustomerCard(pop_url="https://crm.example/?n={number}")})
    queues = [one.model_copy(update={"script": "{caller}"}) for one in centre.queues]
    with writing(place.store.business) as connection:
        changed = centre.model_copy(update={"users": users, "centre": info, "queues": queues})
        versions.publish(connection, changed, 1, "system", NOON)


async def fill(place: Place) -> dict[str, str]:
    """The customer is in every book and document, nowhere as lilei's own; ids by the words of the tables."""
    theirs = place.agent("hanmei").id
    answered_call(place, "theirs", "hanmei", caller=NUMBER)
    answered_call(place, "stranger", "hanmei", caller=NUMBER[:-1] + "9")
    outward(place, "dialled", theirs)
    event(place, 1, "interaction.started", "theirs", party_ref="r", dialled="ref of dialled")
    event(place, 2, "handling.transferred", "theirs", how="blind", target="number:ref of dialled", result="completed")
    missed(place, "lost", NUMBER)
    left(place, "left", NUMBER)
    owed: dict[str, Any] = {"party_ref": "ref of theirs", "queue_id": place.queue("售后").id}
    put(place, Callback("owed", DEFAULT_TENANT, "queue", NOON, NOON, NOON, **owed))
    place.control.change(live(place))
    place.control.answers |= {"desk.sign_in": agent_doc(place, "lilei"), "desk.phone": PHONE}
    await place.control.followed(place.app.state.house.hub)
    async with place.signed_in("root") as browser:
        numbers = [{"number": NUMBER}, {"number": "02161112222"}]
        made = (await browser.post("/api/v1/customers", json={**ABOUT, "numbers": numbers})).json()
    spare = next(one["number_id"] for one in made["numbers"] if one["number"] != NUMBER)
    return {"CUSTOMER": made["customer_id"], "SPARE": spare}


@asynccontextmanager
async def looking(place: Place, who: str, idents: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """This person's browser, with an export of the contacts asked for and made."""
    async with place.signed_in(who) as browser:
        idents["EXPORT"] = (await browser.post("/api/v1/reports/contacts/exports", json={})).json()["export_id"]
        await made(place, browser, idents["EXPORT"])
        yield browser


async def made(place: Place, browser: httpx.AsyncClient, export_id: str) -> None:
    """Exports are made in a thread, one after the other: what is put behind it is done after it."""
    place.app.state.exports._worker.submit(lambda: None).result(timeout=20)
    assert (await browser.get(f"/api/v1/reports/exports/{export_id}")).json()["state"] == "ready"


async def said(place: Place, browser: httpx.AsyncClient, name: str, asked: Asked, idents: Mapping[str, str]) -> str:
    """Everything that the route answers, headers and packed files too."""
    method, path = routes(place)[name]
    for word, value in (asked.path or {}).items():
        path = path.replace(f"{{{word}}}", idents.get(value, value))
    text = re.sub(r"{[^}]*}", "x", path)
    body = {key: idents.get(str(value), value) for key, value in asked.body.items()} if asked.body else asked.body
    answer = await browser.request(method, f"{text}?{asked.query}", json=body)
    # wrong codes; no admin; planes away; no token
    refused = {"sign_in", "confirm_factor", "metrics", "client", "health", "read_load"}
    assert answer.status_code < 300 or name in refused, (name, answer.text)
    return f"{dict(answer.headers)}{answer.text}{''.join(unpacked(answer.content))}"


def unpacked(content: bytes) -> Iterator[str]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            yield from (file.read(name).decode("utf-8", "replace") for name in file.namelist())


def foreign(asked: Asked) -> bool:
    """Whether it names a contact of Han Meimei: for whoever sees only himself there is none (test_scopes)."""
    named = {*(asked.path or {}).values(), *(map(str, asked.body.values()) if asked.body else ())}
    return not named.isdisjoint({"theirs", "theirs-r", "stranger"})


def tells(text: str) -> bool:
    """Either customer's number, with or without the country."""
    return DIGITS[:-1] in text


@pytest.mark.parametrize("scope", ["own", "team", "all"])
async def test_no_route_tells_an_agent_the_number_of_anothers_customer(place: Place, scope: str) -> None:
    configure(place, scope)
    idents = await fill(place)
    told = {}
    async with looking(place, "lilei", idents) as browser:
        for name, asked in [*CARRIES.items(), *QUIET.items()]:
            if not permitted(PERMISSIONS[name], "agent") or (scope == "own" and foreign(asked)):
                continue
            text = await said(place, browser, name, asked, idents)
            if tells(text):
                told[name] = text
    assert told == {}


async def test_a_leader_finds_the_number_wherever_it_can_stand(place: Place) -> None:
    configure(place, "own")
    idents = await fill(place)
    async with looking(place, "wang", idents) as browser:
        found = {name: tells(await said(place, browser, name, asked, idents)) for name, asked in CARRIES.items()}
        assert found == dict.fromkeys(CARRIES, True)
        quiet = {name: asked for name, asked in QUIET.items() if name not in ("read_desk", "read_desk_phone")}
        del quiet["desk_sign_in"], quiet["desk_help"]  # a leader without a desk
        assert [name for name, asked in quiet.items() if tells(await said(place, browser, name, asked, idents))] == []


async def test_an_agent_sees_the_numbers_of_his_own_contacts(place: Place) -> None:
    configure(place, "team")
    answered_call(place, "mine", "lilei", caller=NUMBER)
    answered_call(place, "theirs", "hanmei", caller=NUMBER)
    async with place.signed_in("lilei") as browser:
        items = (await browser.get("/api/v1/calls")).json()["items"]
        pop = (await browser.get("/api/v1/pop/mine")).json()
    assert {item["interaction_id"]: item["caller"] for item in items} == {"mine": NUMBER, "theirs": "+86139****4321"}
    assert (pop["number"], pop["url"]) == (NUMBER, "https://crm.example/?n=%2B8613987654321")


# ---- the feed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["own", "team", "all"])
async def test_the_feed_hides_them_too(place: Place, url: str, scope: str) -> None:
    configure(place, scope)
    await fill(place)
    async with feed(place, url, "lilei") as agent, feed(place, url, "wang") as leader:
        assert not tells(str(await agent.until("snapshot")))
        assert tells(str(await leader.until("snapshot")))
        docs = {key: {**doc, "since": 2} for key, doc in live(place).items()}
        place.control.change(docs)
        while agent.docs["calls"]["waits"]["since"] != 2:
            assert not tells(str(await agent.until("patch")))
        shown = set(agent.docs["calls"])
    assert shown == ({"waits"} if scope == "own" else {"waits", "now", "dials"})


PLAIN: Mapping[str, frozenset[str]] = {
    "agents": frozenset((
        "id", "number", "name", "team", "state", "reason", "reason_class", "next_state.state", "next_state.reason",
        "device", "session_id", "queues", "loans.agent_id", "loans.queue_id", "handling.id", "handling.interaction_id",
        "handling.queue_id", "handling.state", "handling.room", "handling.line.grade", "handling.line.cause",
        "handling.customer_line.grade", "handling.customer_line.cause", "offer.id", "offer.entry_id",
        "offer.interaction_id", "offer.queue_id", "offer.medium", "rung.interaction_id", "rung.why",
        "watching.interaction_id", "watching.agent_id", "watching.mode", "failure.outcome", "last_offer.outcome",
        "last_survey.interaction_id", "last_survey.handling_id", "last_survey.result",
            "help.id", "help.reason", "help.text", "help.state", "help.answered_by", "help.how", "help.said",
    )),
    "queues": frozenset(("id", "name", "emergency.announce", "loans.agent_id", "loans.queue_id", "sites.name")),
    "calls": frozenset((
        "id", "queue_id", "state", "agent_id", "handling_id", "direction", "entry_id", "kept.agent_id", "parked",
        "parties.name",
        "parties.leg_id", "parties.role", "parties.agent_id", "parties.device", "parties.state", "parties.room",
        "parties.mode", "parties.line.grade", "parties.line.cause", "consult.handling_id", "consult.state",
        "sent.handling_id", "sent.flow", "sent.result", "node", "flow", "flow_id",
    )),
    "planes": frozenset(),
    "alarms": frozenset(("id", "kind", "sentence")),
    "messages": frozenset(),
    "trunks": frozenset(("id", "name", "state", "why", "registration")),
    "rooms": frozenset((
        "id", "name", "numbers", "members.leg_id", "members.agent_id", "members.stage", "failed.why",
    )),
}  # fmt: skip
"""Texts of live documents that are no customer's number: names, ids, words of a list, extensions, our own sentences."""


def planted(model: type[BaseModel], plain: frozenset[str], path: str = "") -> dict[str, Any]:
    """A document with the number in every text that is not declared as plain."""
    return {name: _planted(field.annotation, plain, f"{path}{name}") for name, field in model.model_fields.items()}


def _planted(kind: Any, plain: frozenset[str], path: str) -> Any:
    inner = [one for one in get_args(kind) if one is not type(None)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return planted(kind, plain, f"{path}.")
    if getattr(kind, "__origin__", None) is list:
        return [_planted(inner[0], plain, path)]
    if getattr(kind, "__origin__", None) is dict:
        return {"a key": "plain" if path in plain else NUMBER}
    if inner:
        return _planted(inner[0], plain, path)
    return ("plain" if path in plain else NUMBER) if kind is str or isinstance(kind, str) else 1


@pytest.mark.parametrize("reach", [Reach(frozenset(["me"])), Reach(frozenset(["me", "plain"])), EVERYWHERE])
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_every_text_of_a_live_document_is_declared_or_hidden(reach: Reach, direction: str) -> None:
    assert set(PLAIN) == set(LIVE)
    eyes = Eyes("agent", reach, frozenset(["plain"]), frozenset(), "me", "me")
    for kind, model in LIVE.items():
        doc = planted(model, PLAIN[kind])
        if kind == "calls":
            doc |= {"direction": direction, "called": NUMBER if direction == "outbound" else "95500"}
        for state in ("talking", "waiting"):
            shown = visible((kind, "plain"), {**doc, **({"state": state} if "state" in doc else {})}, eyes)
            assert not tells(str(shown)), (kind, shown)
