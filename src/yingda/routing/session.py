"""An agent's session, sign-in to sign-out, and the state that follows from it (metrics.md section 6)."""

from __future__ import annotations

import msgspec

from yingda.routing.handling import Handling, Phase
from yingda.routing.rules import ReasonClass
from yingda.routing.states import AgentState


class Busy(msgspec.Struct, frozen=True):
    """Why an agent takes no offers."""

    reason: str
    reason_class: ReasonClass


class Span(msgspec.Struct, frozen=True):
    """The state an agent is in and what it names: a change of any of these begins a new span."""

    state: AgentState
    reason: str | None = None
    handling_id: str | None = None
    offer_id: str | None = None


class Session(msgspec.Struct, kw_only=True):
    """What holds of an agent who is signed in.

    busy: set now, it takes hold as soon as nothing above it does (话后示忙). idle_place: his place among the idle;
    None once he has been occupied or at fault. missed: unanswered offers in a row. handled, offered: calls he has had,
    and the number of the last offer. leaving: why he is signed out as soon as he is free ("" if he stays).
    break_due: when a break with a limit is over (µs UTC).
    """

    session_id: str
    agent_id: str
    device: str
    signed_in_at: int
    span: Span | None = None
    since: int = 0
    reachable: bool = True
    busy: Busy | None = None
    offer_id: str | None = None
    handling_id: str | None = None
    idle_place: tuple[int, int] | None = None
    missed: int = 0
    handled: int = 0
    offered: int = 0
    leaving: str = ""
    break_due: int | None = None


def standing(session: Session, handling: Handling | None) -> Span:
    """The span that must be in force. The order of the tests is the precedence of `AgentState`."""
    phase = handling.phase if handling else None
    if phase is Phase.TALKING:
        return Span(AgentState.TALKING, handling_id=session.handling_id)
    if phase is Phase.HELD:
        return Span(AgentState.HOLDING, handling_id=session.handling_id)
    if session.offer_id is not None:
        return Span(AgentState.RINGING, offer_id=session.offer_id)
    if phase is Phase.WRAPUP:
        return Span(AgentState.WRAPUP, handling_id=session.handling_id)
    if session.busy is not None:
        return Span(AgentState.BUSY, reason=session.busy.reason)
    return Span(AgentState.IDLE if session.reachable else AgentState.UNREACHABLE)
