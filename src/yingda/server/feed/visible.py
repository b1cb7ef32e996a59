"""Who sees which live document, and with which numbers hidden: pure, one place for feed, desk and floor.

| reach             | agents    | queues | calls                                            | planes | alarms,     |
|                   |           |        |                                                  |        | trunks      |
|-------------------|-----------|--------|--------------------------------------------------|--------|-------------|
| everywhere        | all       | all    | all                                              | all    | all         |
| own, team, …      | within it | theirs | theirs; and those that wait in their queues,     | all    | not for the |
|                   |           |        | with masked numbers for the role of an agent     |        | role agent  |

Messages between seats (how many are unread) are seen by their user alone, whatever his reach.

A call is an agent's while his document has it in hand (offer or handling), or the call names him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yingda.server.feed.documents import Doc, Key
from yingda.server.masking import masked
from yingda.server.permissions import Role
from yingda.server.reach import Reach

WAITING_STATES = frozenset(("waiting", "ringing", "parked"))


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes: the role, how far they reach, and what the agents within are busy with at this moment."""

    role: Role
    reach: Reach
    queues: frozenset[str] = frozenset()
    interactions: frozenset[str] = frozenset()
    user_id: str = ""


def eyes_now(role: Role, reach: Reach, docs: Mapping[Key, Doc], user_id: str = "") -> Eyes:
    """The viewer's eyes, with the queues and contacts of the agents within reach, as their documents have them."""
    queues, interactions = set[str](), set[str]()
    for agent_id in reach.agents or ():
        agent = docs.get(("agents", agent_id), {})
        served = agent.get("queues")
        queues.update(map(str, served) if isinstance(served, list | tuple) else ())
        in_hand = (agent.get("handling"), agent.get("offer"), agent.get("rung"), agent.get("watching"))
        interactions.update(str(part["interaction_id"]) for part in in_hand if isinstance(part, Mapping))
    return Eyes(role, reach, frozenset(queues), frozenset(interactions), user_id)


def contacts_of(agent_id: str | None, docs: Mapping[Key, Doc]) -> frozenset[str]:
    """The contacts that an agent has in hand: what rings at him, and what he talks in or writes up."""
    agent = docs.get(("agents", agent_id or ""), {})
    in_hand = (agent.get("handling"), agent.get("offer"))
    return frozenset(str(part["interaction_id"]) for part in in_hand if isinstance(part, Mapping))


def visible(key: Key, doc: Doc, eyes: Eyes) -> Doc | None:
    """The document as these eyes may see it, or None."""
    collection, ident = key
    if collection == "messages":
        return doc if ident == eyes.user_id else None
    if eyes.reach.everywhere:
        return doc
    match collection:
        case "agents":
            return doc if eyes.reach.has_agent(ident) else None
        case "queues":
            return doc if ident in eyes.queues else None
        case "calls":
            return _call(ident, doc, eyes)
        case "planes":
            return doc
        case "alarms" | "trunks":
            return doc if eyes.role != "agent" else None
        case _:
            return None


def visible_docs(docs: Mapping[Key, Doc], eyes: Eyes) -> dict[Key, Doc]:
    """All that these eyes see."""
    seen = ((key, visible(key, doc, eyes)) for key, doc in docs.items())
    return {key: doc for key, doc in seen if doc is not None}


def _call(interaction_id: str, doc: Doc, eyes: Eyes) -> Doc | None:
    agent_id = doc.get("agent_id")
    if interaction_id in eyes.interactions or (agent_id is not None and eyes.reach.has_agent(str(agent_id))):
        return doc
    if doc.get("queue_id") not in eyes.queues or doc.get("state") not in WAITING_STATES:
        return None
    if eyes.role != "agent":
        return doc
    return {**doc, "caller": masked(str(doc.get("caller") or "")), "parties": [], "data": {}}
