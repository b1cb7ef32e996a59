"""An entry: one stay of a contact in its home queue (metrics.md sections 1 and 5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from yingda.routing.line import Place
from yingda.routing.transitions import check


class EntryState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTING = "connecting"
    LEFT = "left"


TRANSITIONS: Final[dict[EntryState, frozenset[EntryState]]] = {
    EntryState.WAITING: frozenset({EntryState.OFFERED, EntryState.LEFT}),
    EntryState.OFFERED: frozenset({EntryState.CONNECTING, EntryState.WAITING, EntryState.LEFT}),
    EntryState.CONNECTING: frozenset({EntryState.WAITING, EntryState.LEFT}),
    EntryState.LEFT: frozenset(),
}
"""A failed offer leads back to waiting, at the same place, the wait running on."""


class Entry(msgspec.Struct, kw_only=True):
    """Times in µs UTC.

    deadline: the longest wait; None once it has passed while an agent was being connected. refusals: agents it is not
    offered to, and until when. test: kept out of live figures.
    """

    entry_id: str
    interaction_id: str
    queue_id: str
    medium: str
    priority: int
    arrived_at: int
    entered_at: int
    number: int
    deadline: int | None
    test: bool = False
    state: EntryState = EntryState.WAITING
    offer_id: str | None = None
    refusals: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Higher priority first, then who arrived first, then who entered first."""
        return (-self.priority, self.arrived_at, self.number)

    def is_overdue(self, now: int) -> bool:
        return self.deadline is None or now >= self.deadline

    def move(self, state: EntryState, offer_id: str | None = None) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, f"entry {self.entry_id}", self.state, state)
        self.state, self.offer_id = state, offer_id
