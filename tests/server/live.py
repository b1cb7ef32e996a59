"""Live documents as control makes them."""

from __future__ import annotations

from typing import Any

from tests.server.centre import Place

NUMBER = "13812345678"
MASKED = "138****5678"


def agent_doc(place: Place, username: str, **changes: Any) -> dict[str, Any]:
    agent = place.agent(username)
    queues = [queue.id for queue in place.centre.queues if queue.name in agent.queues]
    idle = {"state": "idle", "since": 1, "device": f"8{agent.number}", "session_id": f"session of {username}"}
    names = {"id": agent.id, "number": agent.number, "name": place.user(username).display_name, "team": agent.team}
    work = {"handling": None, "offer": None, "wrapup_until": None, "reason": None, "next_state": None}
    return {**names, "queues": queues, **idle, **work, **changes}


def handling(interaction_id: str, queue_id: str, handling_id: str = "h1") -> dict[str, Any]:
    return {"id": handling_id, "interaction_id": interaction_id, "queue_id": queue_id, "state": "talking"}


def call_doc(interaction_id: str, queue_id: str, **changes: Any) -> dict[str, Any]:
    doc = {"id": interaction_id, "caller": NUMBER, "called": "95500", "queue_id": queue_id, "state": "waiting"}
    return {**doc, "since": 1, "started": 1, "agent_id": None, "handling_id": None, "recording": False, **changes}


def queue_doc(place: Place, name: str, **changes: Any) -> dict[str, Any]:
    counts = {"waiting": 0, "longest_since": None, "idle": 0, "signed_in": 0}
    return {"id": place.queue(name).id, "name": name, **counts, **changes}


def busy_day(place: Place) -> dict[tuple[str, str], Any]:
    """lilei talks with c1 (售后), hanmei is idle, c2 waits for 售后 and c3 for 咨询."""
    sales, advice = place.queue("售后").id, place.queue("咨询").id
    lilei = place.agent("lilei").id
    return {
        ("agents", lilei): agent_doc(place, "lilei", state="talking", handling=handling("c1", sales)),
        ("agents", place.agent("hanmei").id): agent_doc(place, "hanmei"),
        ("queues", sales): queue_doc(place, "售后", waiting=1),
        ("queues", advice): queue_doc(place, "咨询", waiting=1),
        ("calls", "c1"): call_doc("c1", sales, state="talking", agent_id=lilei, handling_id="h1"),
        ("calls", "c2"): call_doc("c2", sales),
        ("calls", "c3"): call_doc("c3", advice),
        ("alarms", "a1"): {"id": "a1", "kind": "recording_missing", "sentence": "…", "since": 1},
    }
