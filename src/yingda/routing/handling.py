"""A handling: one agent's part in one contact (metrics.md sections 1 and 3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from yingda.routing.transitions import check


class Phase(StrEnum):
    TALKING = "talking"
    HELD = "held"
    WRAPUP = "wrapup"
    OVER = "over"


TRANSITIONS: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.TALKING: frozenset({Phase.HELD, Phase.WRAPUP}),
    Phase.HELD: frozenset({Phase.TALKING, Phase.WRAPUP}),
    Phase.WRAPUP: frozenset({Phase.OVER}),
    Phase.OVER: frozenset(),
}


class Handling(msgspec.Struct, kw_only=True):
    """wrapup: µs in force since it began. due: when the wrap-up is over at the latest (µs UTC). extended: µs added.
    rest: µs the wrap-up lasts at least. rested_at: when these are over. mandatory: only its form or its limit ends it.
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

    @property
    def live(self) -> bool:
        """The customer is on the line, heard or held."""
        return self.phase in (Phase.TALKING, Phase.HELD)

    def move(self, phase: Phase) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, f"handling {self.handling_id}", self.phase, phase)
        self.phase = phase


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a handling that is over, so that its form can still be finished."""

    handling_id: str
    interaction_id: str
    agent_id: str
    over_at: int
