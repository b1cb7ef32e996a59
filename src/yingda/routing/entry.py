"""An entry: one stay of a contact in its home queue (metrics.md sections 1 and 5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from yingda.routing.pool import Pool, own_pool
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

    deadline: the longest wait; None once it has passed while an agent was being connected. offers: those that are
    pending, several at once where all ring. refusals: agents it is not offered to, and until when. test: kept out of
    live figures. needs: what it asks of an agent besides its queue. data: what is known of the contact, for conditions.

    Whom it waits for: `ahead` first, and them alone until `held_until` (None once that is past); then its queue's
    agents, then `widened`. done: the escalations that have taken place. step_at: when the next of these things is due.
    moves: how often it was moved here from another queue. guesses: what was estimated of its wait at the start (s).
    live: somebody is on the line; otherwise it is answered as soon as an agent takes it. line: which of its pools'
    lines it stands in (`capacity`). stays: it came back from elsewhere, and is not sent to another site."""

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
    offers: list[str] = msgspec.field(default_factory=list)
    refusals: dict[str, int] = msgspec.field(default_factory=dict)
    needs: str = ""
    data: dict[str, str | float] = msgspec.field(default_factory=dict)
    ahead: list[Pool] = msgspec.field(default_factory=list)
    held_until: int | None = None
    widened: list[Pool] = msgspec.field(default_factory=list)
    done: list[str] = msgspec.field(default_factory=list)
    step_at: int | None = None
    moves: int = 0
    guesses: dict[str, float] = msgspec.field(default_factory=dict)
    live: bool = True
    line: str = ""
    stays: bool = False

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Where it waits, in the order the pools are asked."""
        if self.held_until is not None:
            return tuple(self.ahead)
        return (*self.ahead, own_pool(self.queue_id, self.needs, self.line), *self.widened)

    def is_overdue(self, now: int) -> bool:
        return self.deadline is None or now >= self.deadline

    def move(self, state: EntryState) -> None:
        """The one setter. Raises IllegalTransitionError."""
        check(TRANSITIONS, "entry", self.entry_id, self.state, state)
        self.state = state
