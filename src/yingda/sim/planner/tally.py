"""What is counted of a replication, by queue, group and interval (metrics.md sections 4 to 6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields

from yingda.reports.verdicts import verdict
from yingda.routing.states import AgentState, class_of

WAIT_STEP = 100_000
"""Waits are kept in steps of so many µs, for their quantiles."""


@dataclass(slots=True)
class QueueRow:
    """Entries of a queue that came in an interval. Waits in µs; waits: of the answered, steps of WAIT_STEP → number;
    longest: of all."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short: int = 0
    overflowed: int = 0
    turned_away: int = 0
    hit: int = 0
    miss: int = 0
    wait: int = 0
    longest: int = 0
    waits: Counter[int] = field(default_factory=Counter)

    def leave(self, outcome: str, wait: int, target: int, short: int) -> None:
        """An entry has left. Times in µs."""
        setattr(self, outcome, getattr(self, outcome) + 1)
        judged = verdict(outcome, wait, target, short)
        self.hit += judged == "hit"
        self.miss += judged == "miss"
        self.longest = max(self.longest, wait)
        if outcome == "answered":
            self.wait += wait
            self.waits[wait // WAIT_STEP] += 1
        elif outcome == "abandoned":
            self.short += wait <= short

    def add(self, other: QueueRow) -> None:
        for name in QUEUE_COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)
        self.waits.update(other.waits)


QUEUE_COUNTS = tuple(one.name for one in fields(QueueRow) if one.name not in ("longest", "waits"))


@dataclass(slots=True)
class GroupRow:
    """Time of a group's agents within an interval (µs), cut at its ends; handled: calls they began in it."""

    occupied: int = 0
    available: int = 0
    off_contact: int = 0
    handled: int = 0

    def add(self, other: GroupRow) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(slots=True)
class Tally:
    """One replication. queues, groups: name → one row an interval. calls: all that came, redials and those served by
    the flow included."""

    queues: dict[str, list[QueueRow]]
    groups: dict[str, list[GroupRow]]
    calls: int = 0
    self_served: int = 0
    redials: int = 0


class Clocking:
    """Cuts the states of one agent at the ends of intervals. Ringing counts when it is known how it ended."""

    __slots__ = ("_length", "_rows", "_since", "_state")

    def __init__(self, rows: list[GroupRow], length: int, now: int) -> None:
        self._rows = rows
        self._length = length
        self._since = now
        self._state: str | None = None

    def change(self, state: str | None, now: int) -> None:
        """Into the state, None: signed out."""
        if self._state is not None and now > self._since:
            accepted = state == AgentState.TALKING
            self._spend(class_of(AgentState(self._state), accepted=accepted), self._since, now)
        self._state, self._since = state, now

    def _spend(self, what: str, begin: int, end: int) -> None:
        length, rows = self._length, self._rows
        while begin < end and begin // length < len(rows):
            interval = begin // length
            cut = min(end, (interval + 1) * length)
            row = rows[interval]
            setattr(row, what, getattr(row, what) + cut - begin)
            begin = cut
