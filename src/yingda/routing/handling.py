"""A handling: one agent's part in one contact (metrics.md sections 1 and 3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from yingda.routing.transitions import check


class Phase(StrEnum):
    """dialling: until connected or given up. assisting: for a colleague. internal: without a customer. serving: of a
    digital item that is open."""

    DIALLING = "dialling"
    INTERNAL = "internal"
    ASSISTING = "assisting"
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"
    WRAPUP = "wrapup"
    SERVING = "serving"
    OVER = "over"


TRANSITIONS: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.DIALLING: frozenset({Phase.TALKING, Phase.OVER}),
    Phase.INTERNAL: frozenset({Phase.OVER}),
    Phase.ASSISTING: frozenset({Phase.OVER}),
    Phase.TALKING: frozenset({Phase.HELD, Phase.CONSULTING, Phase.WRAPUP}),
    Phase.HELD: frozenset({Phase.TALKING, Phase.CONSULTING, Phase.WRAPUP}),
    Phase.CONSULTING: frozenset({Phase.TALKING, Phase.HELD, Phase.WRAPUP}),
    Phase.WRAPUP: frozenset({Phase.OVER}),
    Phase.SERVING: frozenset({Phase.OVER}),
    Phase.OVER: frozenset(),
}


_PAST: Final = frozenset({Phase.WRAPUP, Phase.OVER})
_WITH_CUSTOMER: Final = frozenset({Phase.TALKING, Phase.HELD, Phase.CONSULTING})


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What a digital item needs to go back to a queue with the place it had. arrived_at: µs UTC."""

    entry_id: str
    medium: str
    arrived_at: int
    priority: int
    test: bool
    needs: str
    data: dict[str, str | float]


class Handling(msgspec.Struct, kw_only=True):
    """wrapup: µs in force since it began. due: when the wrap-up is over at the latest (µs UTC). extended: µs added.
    rest: µs the wrap-up lasts at least. rested_at: when these are over. mandatory: only its form or its limit ends it.
    role, origin: metrics.md section 3. consult: the third party he is consulting, whoever of the two holds.
    item: of a digital medium, open from beginning to end and without wrap-up; None for what takes an agent whole.
    """

    handling_id: str
    interaction_id: str
    agent_id: str
    session_id: str
    queue_id: str
    wrapup: int
    phase: Phase = Phase.TALKING
    due: int | None = None
    extended: int = 0
    rest: int = 0
    rested_at: int = 0
    mandatory: bool = False
    disposed: bool = False
    role: str = "primary"
    origin: str = "offer"
    consult: str | None = None
    item: Item | None = None

    @property
    def live(self) -> bool:
        """Not over, and no wrap-up yet."""
        return self.phase not in _PAST

    @property
    def with_customer(self) -> bool:
        """The customer is his, heard or held; a wrap-up will follow."""
        return self.phase in _WITH_CUSTOMER

    def move(self, phase: Phase) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, "handling", self.handling_id, self.phase, phase)
        self.phase = phase


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a handling that is over, so that its form can still be finished."""

    handling_id: str
    interaction_id: str
    agent_id: str
    over_at: int
