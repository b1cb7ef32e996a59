"""Every route and the data scopes: each stands in one of the tables below, and one that stands in none fails.

FOREIGN: what the address names lies outside the asker's reach: the answer is that of an id that does not exist.
LISTS: what is listed holds nothing from outside the reach, and no number that the role may not see.
OWN: the asker's own desk, account and files; no other person can be named. EVERYBODY: the centre's, by permission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from tests.server.books import answered_call
from tests.server.centre import Place
from tests.server.live import agent_doc, call_doc, handling
from tests.server.test_reach import split
from tests.server.test_voicemail import left
from yingda.server.permissions import PERMISSIONS, permitted

pytestmark = pytest.mark.anyio

NUMBER = "13987654321"
"""Of the customer of another team."""


@dataclass(frozen=True)
class Asked:
    """What a request holds beside the id in question; `path` and `body` may be that id themselves: "ID"."""

    who: str = "lilei"
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    ident: str = "theirs"


ENTRY, AGENT = "their-entry", "AGENT"
TASK, VIEW = {"title": "call back"}, {"name": "mine", "query": "", "shared": False}
CORRECTION = {"field": "call_type", "after": "x", "reason": "because"}
FOREIGN: Mapping[str, Asked] = {
    "read_call": Asked(path={"interaction_id": "ID"}),
    "read_recording": Asked(path={"recording_id": "ID"}, ident="theirs-r"),
    "read_pop": Asked(path={"interaction_id": "ID"}),
    "read_desk_script": Asked(path={"interaction_id": "ID"}),
    "correct_call": Asked("wang", {"interaction_id": "ID"}, CORRECTION),
    "claim_missed": Asked(path={"contact_id": "ID"}),
    "release_missed": Asked(path={"contact_id": "ID"}),
    "call_missed": Asked(path={"contact_id": "ID"}),
    **{
        name: Asked(path={"message_id": "ID"}, ident="theirs-m")
        for name in ("play_voicemail", "claim_voicemail", "release_voicemail", "call_voicemail", "clear_voicemail")
    },
    "take_callback": Asked(path={"callback_id": "ID"}),
    "assign_callback": Asked("wang", {"callback_id": "ID"}, {"agent_id": AGENT}),
    "cancel_callback": Asked("wang", {"callback_id": "ID"}),
    "read_export": Asked(path={"export_id": "ID"}),
    "read_export_file": Asked(path={"export_id": "ID"}),
    "read_message": Asked(path={"message_id": "ID"}),
    "change_task": Asked(path={"task_id": "ID"}, body=TASK, ident="TASK"),
    "finish_task": Asked(path={"task_id": "ID"}, ident="TASK"),
    "cancel_task": Asked(path={"task_id": "ID"}, ident="TASK"),
    "change_view": Asked(path={"view_id": "ID"}, body=VIEW, ident="VIEW"),
    "remove_view": Asked(path={"view_id": "ID"}, ident="VIEW"),
    **{
        f"floor_{name}": Asked("wang", {"agent_id": "ID"}, body, AGENT)
        for name, body in {
            "sign_out": None, "idle": None, "busy": {"reason": "not_ready"}, "release": None, "see_help": None,
            "answer_help": {"how": "coming"}, "supervise": {"mode": "listen"},
        }.items()
    },
    "floor_take_out": Asked("wang", {"contact_id": "ID"}, {"queue_id": "q"}, "in-a-flow"),
    **{
        f"room_{name}": Asked(who, {"room_id": "ID", "leg_id": "l1"}, body, "their-room")
        for who, name, body in (
            ("wang", "add", {"number": "1001"}), ("wang", "lock", {"on": True}), ("lilei", "quiet", {"on": True}),
            ("lilei", "end", None), ("wang", "mute", {"on": True}), ("lilei", "host", {"on": True}),
            ("wang", "remove", None),
        )
    },
    "read_agent_skills": Asked("wang", {"agent_id": "ID"}, None, AGENT),
    "change_agent_skills": Asked(
        "wang", {"agent_id": "ID"}, {"version": 1, "queues": [], "skills": []}, AGENT
    ),
    **{
        f"floor_{name}": Asked("wang", {"entry_id": "ID"}, body, ENTRY)
        for name, body in {
            "move": {"queue_id": "q"}, "reserve": {"agent_id": AGENT, "seconds": 5}, "prefer": None, "pull": None,
            "release_entry": None,
        }.items()
    },
}  # fmt: skip
LISTS: Mapping[str, str] = {
    "list_calls": "", "export_calls": "", "list_missed": "", "list_callbacks": "", "read_floor": "",
    "read_queue_figures": "", "read_agent_figures": "", "read_sheet": "from=2025-11-21&to=2025-11-21",
    "export_sheet_csv": "from=2025-11-21&to=2025-11-21", "list_messages": "",
    "list_voicemail": "state=all", "export_voicemail_csv": "state=all",
    "list_tasks": "", "list_views": "room=contacts",
}  # fmt: skip
OWN = {
    *("read_session", "sign_out", "read_account", "change_password", "begin_factor", "confirm_factor", "remove_factor"),
    *("revoke_sessions", "read_desk", "read_desk_phone", "floor_stop", "export_sheet", "export_contacts"),
    "export_voicemail",
}
CONTROLS = {
    *("desk_sign_in", "desk_sign_out", "desk_idle", "desk_busy", "desk_hang_up", "desk_hold", "desk_retrieve"),
    *("desk_accept", "desk_decline", "desk_finish_wrapup", "desk_extend_wrapup", "desk_disposition", "desk_answer"),
    *("desk_dial", "desk_pick_up", "desk_consult", "desk_swap", "desk_cancel_consult", "desk_conference"),
    *("desk_transfer", "desk_survey", "desk_complete", "desk_park", "desk_take", "desk_mute", "desk_unmute"),
    *("desk_digits", "desk_announce", "desk_pause_recording", "desk_resume_recording", "desk_help"),
    *("desk_cancel_help",),
}
"""Orders in the asker's own name: control carries them out for the agent that he is, whatever the body says."""
EVERYBODY = {
    *(
        "list_targets",
        "send_message",
        "list_metrics",
        "list_announcements",
        "feed",
    ),  # the feed: test_feed, test_feed_pure
    *("list_customers", "create_customer", "read_customer", "change_customer", "erase_customer"),
    *("add_customer_number", "remove_customer_number", "list_customer_contacts"),
    *("read_speaking", "change_speaking"),  # queues: an administrator's
    *("read_user_account", "unlock_user", "reset_user_password", "remove_user_factor", "revoke_user_sessions"),
    *("floor_flush", "floor_emergency", "floor_lend", "floor_give_back"),  # queues; whom they lend: test_levers
    *("create_task", "create_view"),  # to oneself; whom a leader may give one: test_tasks
    *(name for name in PERMISSIONS if "flow" in name or "phrase" in name or "voices" in name),
    *(name for name, permission in PERMISSIONS.items() if permission == "public"),
}


def routes(place: Place) -> dict[str, tuple[str, str]]:
    """Method and path of each route by its name."""
    found = {}
    for context in iter_route_contexts(place.app.routes):
        methods = sorted(getattr(context, "methods", None) or {"GET"})
        found[str(context.name)] = (methods[0], str(context.path))
    return found


def test_every_route_stands_in_one_table() -> None:
    tables = (set(FOREIGN), set(LISTS), OWN, CONTROLS, EVERYBODY)
    unknown = set(PERMISSIONS).symmetric_difference(set.union(*tables))
    assert sorted(unknown) == [], "say what a foreign id gets there"
    assert sum(map(len, tables)) == len(set.union(*tables)), "in two tables"


async def test_what_is_ones_own_cannot_name_another(place: Place) -> None:
    named = routes(place)
    assert [name for name in OWN | CONTROLS if "{" in named[name][1].replace("{name}", "")] == []


async def another_team(place: Place) -> str:
    """Han Meimei of the second team talks with a customer, another waits for her; the id of that agent."""
    split(place)
    answered_call(place, "theirs", "hanmei", caller=NUMBER)
    agent_id, queue_id = place.agent("hanmei").id, place.queue("咨询").id
    left(place, "theirs-m", NUMBER, agent="hanmei")
    talk = call_doc("theirs", queue_id, state="talking", agent_id=agent_id, handling_id="theirs-h", caller=NUMBER)
    waits = call_doc("waits", queue_id, state="waiting", entry_id=ENTRY, caller=NUMBER)
    place.control.change(
        {
            ("agents", agent_id): agent_doc(place, "hanmei", state="talking", handling=handling("theirs", queue_id)),
            ("calls", "theirs"): talk,
            ("calls", "waits"): waits,
            ("rooms", "their-room"): {
                "id": "their-room",
                "name": "weekly",
                "numbers": ["8800"],
                "most": 30,
                "locked": False,
                "quiet": False,
                "members": [
                    {
                        "leg_id": f"l{n}",
                        "number": number,
                        "agent_id": who,
                        "stage": "in",
                        "since": 1,
                        "host": n == 2,
                        "muted": False,
                    }
                    for n, number, who in ((1, NUMBER, None), (2, "8102", agent_id))
                ],
            },
            ("calls", "in-a-flow"): call_doc("in-a-flow", queue_id, state="greeting", flow="menu", caller=NUMBER),
        }
    )
    await place.control.followed(place.app.state.house.hub)
    return agent_id


async def test_a_foreign_id_is_as_one_that_does_not_exist(place: Place) -> None:
    agent_id = await another_team(place)
    wrong = {}
    async with place.signed_in("hanmei") as owner:
        task = (await owner.post("/api/v1/tasks", json=TASK)).json()["task_id"]
        view = (await owner.post("/api/v1/views", json={"room": "contacts", **VIEW})).json()["view_id"]
    idents = {AGENT: agent_id, "TASK": task, "VIEW": view}
    async with place.signed_in("lilei") as lilei, place.signed_in("wang") as wang:
        for name, asked in FOREIGN.items():
            browser, route = wang if asked.who == "wang" else lilei, routes(place)[name]
            ident = idents.get(asked.ident, asked.ident)
            foreign, unknown = [await _ask(browser, route, asked, one, agent_id) for one in (ident, "nobody-knows-it")]
            if foreign != unknown or foreign[0] not in (403, 404, 409):
                wrong[name] = (foreign, unknown)
    assert wrong == {}
    assert place.control.asked == [], "control was told of it"


async def _ask(
    browser: httpx.AsyncClient, route: tuple[str, str], asked: Asked, ident: str, agent_id: str
) -> tuple[int, str, str]:
    method, path = route
    for name, value in asked.path.items():
        path = path.replace(f"{{{name}}}", ident if value == "ID" else value)
    body = asked.body
    if isinstance(body, dict):
        body = {key: agent_id if value == AGENT else value for key, value in body.items()}
    answer = await browser.request(method, path, json=body)
    said = answer.json() if answer.content else {"code": "", "sentence": ""}
    return answer.status_code, said["code"], said["sentence"]


@pytest.mark.parametrize("who", ["lilei", "wang"])
async def test_lists_hold_nothing_from_outside(place: Place, who: str) -> None:
    await another_team(place)
    role = place.user(who).role
    async with place.signed_in(who) as browser:
        for name, query in LISTS.items():
            method, path = routes(place)[name]
            answer = await browser.request(method, path.replace("{name}", "queues") + f"?{query}")
            allowed = permitted(PERMISSIONS[name], role)
            assert answer.status_code == (200 if allowed else 403), (name, answer.text)
            for foreign in (NUMBER, NUMBER[-8:], "theirs", "waits", "in-a-flow", "their-room"):
                assert foreign not in answer.text, (name, foreign)
