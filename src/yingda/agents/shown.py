"""The parts of live documents that tell of a call's parties: who is in it, who rings, who consults whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from yingda.calls.model import Call, Leg, LegState, Phase, Why
from yingda.calls.switch import Switch
from yingda.media.condition import GOOD
from yingda.routing.sites import answer_in

Doc = dict[str, Any]
HIDDEN, KEPT = "••••", 4
RINGS = (LegState.PREPARING, LegState.INVITING, LegState.RINGING)


def of_call(call: Call, switch: Switch) -> Doc:
    """What a call's document says beyond who called whom."""
    legs = switch.table.open_legs(call)
    move = call.moving
    return {
        "direction": call.direction,
        "test": call.test,
        "entry_id": call.entry_id,
        **_wait(call, switch),
        "parties": [_party(leg, call, switch) for leg in legs],
        "consult": _consult(call, switch),
        "parked": move.slot or None if move is not None and call.phase is Phase.PARKED else None,
        "sent": _sent(call, switch),
        **_flow(call, switch),
        "paused": any(recording.paused for recording in call.running()),
    }


def _wait(call: Call, switch: Switch) -> Doc:
    """priority: of one who waits. kept: the agent a leader, or a rule, keeps him for, and until when (µs UTC)."""
    entry = switch.distributor.floor.entries.get(call.entry_id or "")
    if entry is None:
        return {"priority": None, "kept": None}
    held = entry.held_until is not None and bool(entry.ahead) and bool(entry.ahead[0].agent_id)
    kept = {"agent_id": entry.ahead[0].agent_id, "until": entry.held_until} if held else None
    return {"priority": entry.priority, "kept": kept}


def of_queue(queue_id: str, switch: Switch) -> Doc:
    """What leaders have set going in a queue, each with its end (µs UTC)."""
    emergency = switch.waiting.emergencies.on.get(queue_id)
    loans = [loan for loan in switch.distributor.floor.loans.values() if loan.queue_id == queue_id]
    return {
        "emergency": {"until": emergency.until, "announce": emergency.announce} if emergency else None,
        "loans": [{"agent_id": loan.agent_id, "until": loan.until} for loan in loans],
        "sites": _sites(queue_id, switch),
    }


def _sites(queue_id: str, switch: Switch) -> list[Doc]:
    """What sister centres say of the queue that does this one's work there, as they said it last."""
    plan, loads = switch.table.plan, switch.distributor.floor.sites.loads.values()
    return [
        {
            "name": plan.site_names[load.site_id],
            "told_at": load.told_at,
            "waiting": its.waiting,
            "idle": its.idle,
            "answer_in_s": answer_in(its, its.waiting + load.sent.get(queue_id, 0)),
        }
        for load in loads
        if load.site_id in plan.site_names and (its := load.queues.get(queue_id)) is not None
    ]


def sister_load(switch: Switch) -> list[Doc]:
    """What a sister centre is told of us: each queue that is open for callers, by the name people give it."""
    floor = switch.distributor.floor
    return [
        {"name": queue.name, **msgspec.to_builtins(floor.load(queue.id))}
        for queue in switch.table.plan.queues.values()
        if (rules := floor.rules.queues.get(queue.id)) is not None
        and (rules.hours is None or rules.hours.is_open(floor.now))
    ]


def _party(leg: Leg, call: Call, switch: Switch) -> Doc:
    """name: an agent's number. number: of an outside party that is not the customer, whose number the call has."""
    return {
        "leg_id": leg.leg_id,
        "role": "customer" if leg.leg_id == call.customer else leg.role,
        "agent_id": leg.agent_id,
        "name": _name_of(f"agent:{leg.agent_id}", switch) if leg.agent_id else None,
        "device": leg.device if leg.number is None else None,
        "number": leg.number if leg.leg_id != call.customer else None,
        "state": leg.state.value,
        "room": leg.room.value,
        "muted": leg.muted,
        "mode": leg.mode or None,
        "line": _line(leg),
    }


def _line(leg: Leg | None) -> Doc | None:
    """How the line is: grade (fair, poor), cause, value; None while it is good."""
    return None if leg is None or leg.condition == GOOD else asdict(leg.condition)


def of_data(data: Mapping[str, str | float], private: frozenset[str]) -> Doc:
    """Attached data for screens: of what is private only the last four signs."""
    return {key: HIDDEN + str(value)[-KEPT:] if key in private else value for key, value in data.items()}


def _consult(call: Call, switch: Switch) -> Doc | None:
    consult = call.consult
    leg = switch.table.legs.get(consult.leg_id) if consult is not None else None
    if consult is None or leg is None:
        return None
    facts = {"handling_id": consult.handling_id, "target": consult.target, "state": leg.state.value}
    return facts | {"name": _name_of(consult.target, switch)}


def _flow(call: Call, switch: Switch) -> Doc:
    """The flow he is in, by which configuration, and since when he is at its node; None: in no flow."""
    flow = switch.table.plan.flows.get(call.flow_id) if call.flow is not None else None
    since = call.flow.node_since or None if call.flow is not None else None
    version = call.flow.version or None if call.flow is not None else None
    return {"flow": flow.name if flow is not None else None, "flow_version": version, "node_since": since}


def _sent(call: Call, switch: Switch) -> Doc | None:
    """The last flow that an agent sent the customer into, and how it ended: result None while he is there."""
    sent = call.sent
    if sent is None:
        return None
    flow = switch.table.plan.flows.get(call.flow_id if not sent.result else sent.flow_id)
    facts = {"handling_id": sent.handling_id, "back": sent.back, "survey": bool(sent.survey_id), "since": sent.since}
    return facts | {"flow": flow.name if flow is not None else "", "result": sent.result or None}


def _name_of(target: str, switch: Switch) -> str:
    """As people know it: an agent's ID (工号), a queue's name, a number."""
    kind, _, ident = target.partition(":")
    plan = switch.table.plan
    if kind == "agent" and ident in plan.agents:
        return plan.agents[ident].number
    return plan.queues[ident].name if kind == "queue" and ident in plan.queues else ident


def of_agent(agent_id: str, switch: Switch) -> Doc:
    """What rings at him without an offer, whom he watches, and why the last call he asked for did not come about."""
    doc: Doc = {"rung": None, "watching": None}
    for leg in _legs_of(agent_id, switch):
        call = switch.table.call_of(leg)
        if leg.mode and leg.state is LegState.UP:
            watched = switch.stage.handling(leg.for_handling or "")
            doc["watching"] = {
                "interaction_id": call.interaction_id,
                "agent_id": watched.agent_id if watched is not None else None,
                "mode": leg.mode,
            }
        elif leg.state in RINGS and leg.why not in (Why.OFFER, Why.OWN):
            doc["rung"] = {
                "interaction_id": call.interaction_id,
                "why": leg.why.value,
                "caller": leg.shown,
                "answerable": switch.table.devices.answers_by_key(leg.device),
            }
    failure = switch.stage.failures.get(agent_id)
    doc["failure"] = (
        {"target": failure.target, "outcome": failure.outcome, "at": failure.at} if failure is not None else None
    )
    return doc


def _legs_of(agent_id: str, switch: Switch) -> list[Leg]:
    """By the contacts that hold him: what rings him, what he watches."""
    session = switch.stage.session(agent_id)
    contacts = {session.rung} if session is not None and session.rung is not None else set()
    if session is not None and session.watched is not None:
        contacts.add(switch.table.by_handling.get(session.watched, ""))
    calls = (switch.table.calls.get(contact) for contact in contacts)
    return [
        leg for call in calls if call is not None for leg in switch.table.open_legs(call) if leg.agent_id == agent_id
    ]


def of_handling(handling_id: str, call: Call | None, switch: Switch) -> Doc:
    """His own leg: whether he is muted, where he stands (talk, aside, alone); how his line and the customer's are.

    Once he is off the call (call None: it is over, he wraps up) there is nothing of it left to say.
    """
    leg = switch.table.leg_of_handling(call, handling_id) if call is not None else None
    if call is None or leg is None:
        return {"muted": False, "room": None, "line": None, "customer_line": None}
    customer = next((other for other in switch.table.open_legs(call) if other.leg_id == call.customer), None)
    return {"muted": leg.muted, "room": leg.room.value, "line": _line(leg), "customer_line": _line(customer)}
