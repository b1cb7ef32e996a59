"""An agent's session, sign-in to sign-out, and the state that follows from it (metrics.md section 6)."""

from __future__ import annotations

from typing import Final

import msgspec

from yingda.routing.handling import Handling, Phase
from yingda.routing.rules import ReasonClass
from yingda.routing.states import STANDING, AgentState

LEAVING = "leaving"


class Busy(msgspec.Struct, frozen=True):
    """Why an agent takes no offers."""

    reason: str
    reason_class: ReasonClass


class Span(msgspec.Struct, frozen=True):
    """The state an agent is in and what it names: a change of any of these begins a new span. reason: of being busy;
    of somebody who serves, why he gets nothing new."""

    state: AgentState
    reason: str | None = None
    handling_id: str | None = None
    offer_id: str | None = None


class Session(msgspec.Struct, kw_only=True):
    """What holds of an agent who is signed in.

    busy: set now, it takes hold as soon as nothing above it does (话后示忙). idle_place: his place among the idle;
    None once he has been occupied or at fault. missed: unanswered offers in a row. handled, offered: calls he has had,
    and the number of the last offer. leaving: why he is signed out as soon as he is free ("" if he stays).
    break_due: when a break with a limit is over (µs UTC). rung: the contact that rings him straight, without an offer.
    watched: the handling he listens to as a leader. handling_id: of what takes him whole; items: handlings of digital
    items that are open, the oldest first. shift_ends: when he gets nothing new any more (µs UTC).
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
    rung: str | None = None
    watched: str | None = None
    items: list[str] = msgspec.field(default_factory=list)
    shift_ends: int | None = None

    @property
    def engaged(self) -> bool:
        """Something of a call holds him: no offer, no second call."""
        return self.offer_id is not None or self.rung is not None or self.watched is not None

    @property
    def available(self) -> bool:
        """Nothing keeps him from an offer but what he has in hand."""
        free = self.span is not None and self.span.state in STANDING
        return free and self.busy is None and self.reachable and not self.leaving

    @property
    def closed(self) -> str | None:
        """Why somebody who serves gets nothing new; None if he does."""
        if self.busy is not None:
            return self.busy.reason
        if self.leaving:
            return LEAVING
        return None if self.reachable else str(AgentState.UNREACHABLE)


_IN_CALL: Final = {
    Phase.TALKING: AgentState.TALKING,
    Phase.CONSULTING: AgentState.CONSULTING,
    Phase.HELD: AgentState.HOLDING,
    Phase.ASSISTING: AgentState.ASSISTING,
    Phase.DIALLING: AgentState.DIALLING,
    Phase.INTERNAL: AgentState.INTERNAL,
}


def standing(session: Session, handling: Handling | None) -> Span:
    """The span that must be in force. The order of the tests is the precedence of `AgentState`."""
    phase = handling.phase if handling else None
    if phase is not None and phase in _IN_CALL:
        return Span(_IN_CALL[phase], handling_id=session.handling_id)
    if session.watched is not None:
        return Span(AgentState.SUPERVISING)
    if session.offer_id is not None:
        return Span(AgentState.RINGING, offer_id=session.offer_id)
    if phase is Phase.WRAPUP:
        return Span(AgentState.WRAPUP, handling_id=session.handling_id)
    if session.rung is not None:  # without an offer; a wrap-up goes on until he answers
        return Span(AgentState.RINGING)
    if session.items:
        return Span(AgentState.SERVING, reason=session.closed, handling_id=session.items[0])
    if session.busy is not None:
        return Span(AgentState.BUSY, reason=session.busy.reason)
    return Span(AgentState.IDLE if session.reachable else AgentState.UNREACHABLE)
