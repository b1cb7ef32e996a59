"""A past day once more: every decision that the ledger holds, recomputed from the events before it.

From the events alone it follows who waited, who was idle and for how long; with the rules that were in force the plain
oracle decides again. What it decides differently is told. Needs stand in `queue.entered`; an agent whom a caller wished
for does not, so entries with wishes need them given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingda.kernel.event import Envelope, Event
from yingda.routing.rules import Rules
from yingda.sim.broken import BrokenError
from yingda.sim.invariants import Watch
from yingda.sim.seen import SeenAgent, SeenEntry, Wishes


@dataclass(frozen=True, slots=True)
class Difference:
    """at: µs UTC. why: what was offered and what was to be expected."""

    at: int
    entry_id: str
    agent_id: str
    why: str


class _Rerun(Watch):
    """A watch that notes instead of breaking. At the instant at which a refusal runs out both orders are right."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.decisions = 0
        self.differences: list[Difference] = []

    def see(self, event: Event) -> None:
        super().see(event)
        if event.kind == "offer.made":  # no event says when the agent presses the button
            self.offers[event.data["offer_id"]].answered = True

    def _compare(self, entry: SeenEntry, agent: SeenAgent, at: int) -> None:
        self.decisions += 1
        try:
            super()._compare(entry, agent, at)
        except BrokenError:
            self.timer(at)
            try:
                super()._compare(entry, agent, at)
            except BrokenError as broken:
                self.differences.append(Difference(at, entry.entry_id, agent.agent_id, str(broken)))


def replay(
    events: Iterable[Event | Envelope],
    versions: Sequence[tuple[int, Rules]],
    wishes: Mapping[str, Wishes] | None = None,
) -> tuple[int, list[Difference]]:
    """(decisions recomputed, those that come out differently). events: in the ledger's order, from a moment on at which
    nobody was signed in and nobody waited. versions: (from when in µs UTC, rules), the first one in force at the start.
    """
    rerun = _Rerun(versions[0][1])
    rerun.wishes = dict(wishes or {})
    coming = list(versions[1:])
    for event in events:
        while coming and coming[0][0] <= event.at:
            at, rules = coming.pop(0)
            rerun.configured(rules, at)
        rerun.timer(event.at - 1)  # whatever ran out before this instant
        if event.kind == "queue.entered":
            _note_needs(rerun, event.data)
        rerun.see(event if isinstance(event, Event) else _fact(event))
    return rerun.decisions, rerun.differences


def _note_needs(rerun: _Rerun, data: Mapping[str, Any]) -> None:
    """What an entry asked for besides its queue's own needs."""
    queue = rerun.rules.queues.get(data["queue_id"])
    own = [text for text in data["needs"] if queue is None or text != queue.needs]
    if own and data["entry_id"] not in rerun.wishes:
        rerun.wishes[data["entry_id"]] = Wishes(needs=own[0])


def _fact(envelope: Envelope) -> Event:
    return Event(
        kind=envelope.kind,
        at=envelope.at,
        by=envelope.by,
        interaction_id=envelope.interaction_id,
        data=envelope.data,
    )
