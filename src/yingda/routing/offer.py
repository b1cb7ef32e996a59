"""An offer: one presentation of an entry to an agent, fenced by a token (metrics.md sections 1 and 3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from yingda.routing.transitions import check


class OfferState(StrEnum):
    MADE = "made"
    ALERTING = "alerting"
    CONNECTING = "connecting"
    ENDED = "ended"


TRANSITIONS: Final[dict[OfferState, frozenset[OfferState]]] = {
    OfferState.MADE: frozenset({OfferState.ALERTING, OfferState.CONNECTING, OfferState.ENDED}),
    OfferState.ALERTING: frozenset({OfferState.CONNECTING, OfferState.ENDED}),
    OfferState.CONNECTING: frozenset({OfferState.ENDED}),
    OfferState.ENDED: frozenset(),
}


_RINGING: Final = frozenset({OfferState.MADE, OfferState.ALERTING})


class Offer(msgspec.Struct, kw_only=True):
    """due: when the ring limit, later the connect limit, is over (µs UTC). token: what an answer to it must carry.

    served_queue_id: the queue whose agent he is; another than queue_id where the entry was widened. decision: why this
    agent got this entry (`explain`). origin: of the handling it leads to: offer or pickup.
    """

    offer_id: str
    token: int
    entry_id: str
    interaction_id: str
    agent_id: str
    queue_id: str
    device: str
    due: int
    ring_limit_s: float
    decision: dict[str, Any]
    served_queue_id: str
    origin: str = "offer"
    state: OfferState = OfferState.MADE

    def described(self) -> dict[str, Any]:
        """The fields of `offer.made` and `offer.alerting`."""
        return {
            "offer_id": self.offer_id,
            "entry_id": self.entry_id,
            "agent_id": self.agent_id,
            "queue_id": self.queue_id,
            "device": self.device,
            "ring_limit_s": self.ring_limit_s,
            "decision": self.decision,
        }

    @property
    def rings(self) -> bool:
        """Made or alerting, not yet taken by the agent."""
        return self.state in _RINGING

    def move(self, state: OfferState) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, "offer", self.offer_id, self.state, state)
        self.state = state
