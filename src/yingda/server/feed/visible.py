"""Who sees which live document, and with which numbers hidden: pure, one place for feed, desk and floor.

| role          | agents | queues | calls                                             | planes | alarms |
|---------------|--------|--------|---------------------------------------------------|--------|--------|
| agent         | own    | own    | own; and, masked, those that wait in his queues   | all    | none   |
| leader, admin | all    | all    | all                                               | all    | all    |

A call is an agent's own while his agent document has it in hand (offer or handling), or the call names him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yingda.server.feed.documents import Doc, Key
from yingda.server.masking import masked
from yingda.server.permissions import Role

WAITING_STATES = frozenset(("waiting", "ringing"))


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes: the role, the agent behind the user, and what is the agent's own at this moment."""

    role: Role
    agent_id: str | None
    queues: frozenset[str] = frozenset()
    interactions: frozenset[str] = frozenset()


def eyes_now(role: Role, agent_id: str | None, docs: Mapping[Key, Doc]) -> Eyes:
    """The viewer's eyes, with his own queues and contacts taken from his agent document."""
    eyes = Eyes(role, agent_id)
    agent = docs.get(("agents", agent_id)) if agent_id is not None else None
    if agent is None:
        return eyes
    queues = agent.get("queues")
    in_hand = (agent.get("handling"), agent.get("offer"))
    return replace(
        eyes,
        queues=frozenset(map(str, queues)) if isinstance(queues, list | tuple) else frozenset(),
        interactions=frozenset(str(part["interaction_id"]) for part in in_hand if isinstance(part, Mapping)),
    )


def visible(key: Key, doc: Doc, eyes: Eyes) -> Doc | None:
    """The document as these eyes may see it, or None."""
    if eyes.role != "agent":
        return doc
    collection, ident = key
    match collection:
        case "agents":
            return doc if ident == eyes.agent_id else None
        case "queues":
            return doc if ident in eyes.queues else None
        case "calls":
            return _call(ident, doc, eyes)
        case "planes":
            return doc
        case _:
            return None


def visible_docs(docs: Mapping[Key, Doc], eyes: Eyes) -> dict[Key, Doc]:
    """All that these eyes see."""
    seen = ((key, visible(key, doc, eyes)) for key, doc in docs.items())
    return {key: doc for key, doc in seen if doc is not None}


def _call(interaction_id: str, doc: Doc, eyes: Eyes) -> Doc | None:
    if interaction_id in eyes.interactions or (eyes.agent_id is not None and doc.get("agent_id") == eyes.agent_id):
        return doc
    if doc.get("queue_id") in eyes.queues and doc.get("state") in WAITING_STATES:
        return {**doc, "caller": masked(str(doc.get("caller") or ""))}
    return None
