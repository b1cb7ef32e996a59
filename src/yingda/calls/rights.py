"""Whose call a device may take over (pick-up right, 代接权): its own user's, and those of his team and his queues."""

from __future__ import annotations

from yingda.calls.effects import Arrival
from yingda.calls.model import Call, Leg
from yingda.calls.numbering import NumberPlan
from yingda.kernel.errors import YingdaError


def one_group(plan: NumberPlan, one: str, other: str) -> bool:
    """Two agents of one team, or who serve a queue together; an agent is of one group with himself."""
    if one == other:
        return True
    first, second = plan.agents.get(one), plan.agents.get(other)
    if first is None or second is None:
        return False
    return (first.team is not None and first.team == second.team) or not set(first.queues).isdisjoint(second.queues)


def owner_of(plan: NumberPlan, leg: Leg) -> str:
    """The agent whose leg it is; empty for an outside party's."""
    return leg.agent_id or plan.owners.get(leg.device, "")


def admit_replacing(plan: NumberPlan, arrival: Arrival, call: Call, leg: Leg) -> None:
    """May this INVITE take the place of that leg? Refuses not_entitled.

    A device may for its own user and his group. A trunk's caller may for himself: the same number by the same trunk,
    or whoever that number has sent us (Referred-By, RFC 3892), as an attended transfer within his own exchange does.
    """
    if arrival.extension is not None:
        owner, agent = plan.owners.get(arrival.extension, ""), owner_of(plan, leg)
        if owner and agent and not leg.mode and one_group(plan, owner, agent):
            return
    elif arrival.trunk_id is not None and arrival.trunk_id == leg.trunk_id:
        party = call.caller if leg.leg_id == call.customer and call.direction == "inbound" else leg.number
        named = {plan.canonical(number) for number in (arrival.caller, arrival.referred_by) if number}
        if party is not None and plan.canonical(party) in named:
            return
    raise YingdaError("not_entitled", "This call is not yours to take over.", todo="Ask its agent to transfer it.")
