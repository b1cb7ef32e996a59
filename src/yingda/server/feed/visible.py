"""Who sees which live document, and with which numbers hidden: pure, one place for feed, desk and floor.

| reach             | agents    | queues | calls                                            | planes | alarms,     |
|                   |           |        |                                                  |        | trunks,     |
|                   |           |        |                                                  |        | rooms       |
|-------------------|-----------|--------|--------------------------------------------------|--------|-------------|
| everywhere        | all       | all    | all                                              | all    | all         |
| own, team, …      | within it | theirs | theirs; and those that wait in their queues;     | all    | not for the |
|                   |           |        | not for agents: who is in a flow before them     |        | role agent  |

A conference room is seen while somebody within reach is in it; by leaders also while it is empty.
Messages between seats (how many are unread) are seen by their user alone, whatever his reach.

A call is an agent's while his document has it in hand (offer or handling), or the call names him. The role of an agent
sees the numbers of his own calls; in whatever else he reaches they are masked (`masking.sees_numbers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from yingda.server.feed.documents import Doc, Key
from yingda.server.masking import masked, masked_target, sees_numbers
from yingda.server.permissions import Role
from yingda.server.reach import Reach

WAITING_STATES = frozenset(("waiting", "ringing", "parked"))
IN_HAND = ("handling", "offer", "rung", "watching")
"""The parts of an agent's document that name a contact."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes: the role, how far they reach, and what the agents within are busy with at this moment.

    agent_id: the agent himself, if he is one; own: the contacts that he has in hand."""

    role: Role
    reach: Reach
    queues: frozenset[str] = frozenset()
    interactions: frozenset[str] = frozenset()
    user_id: str = ""
    agent_id: str | None = None
    own: frozenset[str] = frozenset()


def eyes_now(role: Role, reach: Reach, docs: Mapping[Key, Doc], user_id: str = "", agent_id: str | None = None) -> Eyes:
    """The viewer's eyes, with the queues and contacts of the agents within reach, as their documents have them."""
    queues, interactions = set[str](), set[str]()
    for within in reach.agents or ():
        agent = docs.get(("agents", within), {})
        served = agent.get("queues")
        queues.update(map(str, served) if isinstance(served, list | tuple) else ())
        interactions.update(_busy_with(agent))
    own = frozenset(_busy_with(docs.get(("agents", agent_id or ""), {})))
    return Eyes(role, reach, frozenset(queues), frozenset(interactions), user_id, agent_id, own)


def _busy_with(agent: Doc) -> Iterator[str]:
    """The contacts of an agent's document: what he talks in, what rings at him, whom he watches."""
    for name in IN_HAND:
        part = agent.get(name)
        if isinstance(part, Mapping):
            yield str(part["interaction_id"])


def changed_by(before: Eyes, after: Eyes, docs: Mapping[Key, Doc]) -> set[Key]:
    """What one viewer may see otherwise because of what he, or those within his reach, took in hand or let go.

    His role and reach stay as they are, so it is the contacts concerned; and all calls and queues where the queues
    that are served have changed. Every desk asks this at every state of its agent: most of the centre is not looked at.
    """
    contacts = (before.interactions ^ after.interactions) | (before.own ^ after.own)
    keys = {("calls", contact) for contact in contacts}
    if before.queues != after.queues:
        keys.update(key for key in docs if key[0] in ("calls", "queues"))
    return keys


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
    if eyes.reach.everywhere and sees_numbers(eyes.role):
        return doc
    match collection:
        case "agents":
            return _agent(ident, doc, eyes) if eyes.reach.has_agent(ident) else None
        case "queues":
            return doc if eyes.reach.everywhere or ident in eyes.queues else None
        case "calls":
            return _call(ident, doc, eyes)
        case "planes":
            return doc
        case "alarms" | "trunks":
            return doc if eyes.reach.everywhere or eyes.role != "agent" else None
        case "rooms":
            return _room(doc, eyes)
        case _:
            return None


def visible_docs(docs: Mapping[Key, Doc], eyes: Eyes) -> dict[Key, Doc]:
    """All that these eyes see."""
    seen = ((key, visible(key, doc, eyes)) for key, doc in docs.items())
    return {key: doc for key, doc in seen if doc is not None}


def _agent(agent_id: str, doc: Doc, eyes: Eyes) -> Doc:
    """Of a colleague an agent does not see whom he speaks with, nor what they answered."""
    if sees_numbers(eyes.role) or agent_id == eyes.agent_id:
        return doc
    hidden = {name: _masked(part, caller=masked) for name in IN_HAND if (part := doc.get(name)) is not None}
    if isinstance(survey := doc.get("last_survey"), Mapping):
        hidden["last_survey"] = {**survey, "answers": {}}  # what a customer said may be anything
    return {**doc, **hidden, "failure": _masked(doc.get("failure"), target=masked_target)}


def _room(doc: Doc, eyes: Eyes) -> Doc | None:
    """A conference room with an agent within reach in it; to leaders also one that nobody is in."""
    listed = doc.get("members")
    members = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    agents = [str(member["agent_id"]) for member in members if member.get("agent_id") is not None]
    empty = not members and eyes.role != "agent"
    if not empty and not eyes.reach.everywhere and not any(map(eyes.reach.has_agent, agents)):
        return None
    if sees_numbers(eyes.role):
        return doc
    failed = _masked(doc.get("failed"), number=masked)
    return {**doc, "failed": failed, "members": [_masked(member, number=masked) for member in members]}


def _call(interaction_id: str, doc: Doc, eyes: Eyes) -> Doc | None:
    agent_id = doc.get("agent_id")
    if interaction_id in eyes.own or (agent_id is not None and agent_id == eyes.agent_id):
        return doc
    if interaction_id in eyes.interactions or (agent_id is not None and eyes.reach.has_agent(str(agent_id))):
        return doc if sees_numbers(eyes.role) else _numberless(doc)
    comes = doc.get("state") in WAITING_STATES or (eyes.role != "agent" and doc.get("flow") is not None)
    waits = comes and doc.get("queue_id") in eyes.queues
    if not waits and not eyes.reach.everywhere:
        return None
    return doc if sees_numbers(eyes.role) else _awaited(doc)


def _awaited(doc: Doc) -> Doc:
    """One who waits for anybody in a queue. All its desks are told of him: no more is made than shown."""
    bare = {**doc, "caller": masked(str(doc.get("caller") or "")), "data": {}, "parties": [], "consult": None}
    if doc.get("direction", "inbound") != "inbound":
        bare["called"] = masked(str(doc.get("called") or ""))
    return bare


def _numberless(doc: Doc) -> Doc:
    """A call without anybody's number. What is attached to it may be anything, so it is not shown at all."""
    hidden: dict[str, object] = {"caller": masked(str(doc.get("caller") or "")), "data": {}}
    if doc.get("direction", "inbound") != "inbound":
        hidden["called"] = masked(str(doc.get("called") or ""))
    parties = doc.get("parties")
    if isinstance(parties, list | tuple):
        hidden["parties"] = [_masked(party, number=masked) for party in parties]
    return {**doc, **hidden, "consult": _masked(doc.get("consult"), target=masked_target, name=masked_target)}


def _masked(part: object, **hide: Callable[[str], str]) -> object:
    """A part of a document, with these texts in it hidden."""
    if not isinstance(part, Mapping):
        return part
    return {**part, **{name: hiding(str(part[name])) for name, hiding in hide.items() if part.get(name)}}
