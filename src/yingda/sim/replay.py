"""A past day once more: every decision that the ledger holds, recomputed from the events before it.

From the events alone it follows who waited, for whom first, who was idle and for how long; with the rules that were in
force the plain oracle decides again; what leaders did by hand (loans, callers kept for somebody or preferred) is in the
events too. What it decides differently is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingda.kernel.event import Envelope, Event
from yingda.routing.pool import Pool
from yingda.routing.rules import Rules
from yingda.sim.broken import BrokenError
from yingda.sim.invariants import Watch
from yingda.sim.seen import SeenAgent, SeenEntry, SeenOffer, Wishes

PICK_UP = "pick_up"
"""The rule of an offer that nobody decided."""


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

    def entered(self, data: Any, at: int) -> None:
        super().entered(data, at)
        entry, told = self.entries[data["entry_id"]], data.get("waits_for")
        if told is not None:
            entry.ahead = [
                Pool(entry.queue_id, one.get("needs", ""), agent_id=one.get("agent_id", ""), line=entry.line)
                for one in told["first"]
            ]
            entry.held_until = told["until"]

    def made(self, data: Any, at: int) -> None:
        """An entry that an agent picked up by hand was no decision."""
        if data["decision"].get("rule") != PICK_UP:
            super().made(data, at)
            return
        entry, agent, offer_id = self.entries[data["entry_id"]], self.agents[data["agent_id"]], data["offer_id"]
        self.offers[offer_id] = SeenOffer(offer_id, entry.entry_id, agent.agent_id, at)
        entry.offers.add(offer_id)
        agent.offer_id = offer_id
        self._line(entry.queue_id).pop(entry.entry_id, None)

    def said_reserved(self, data: Any, at: int) -> None:
        self.reserved(self.entries[data["entry_id"]], data["agent_id"], data["until"])

    def said_unreserved(self, data: Any, at: int) -> None:
        self.reserved(self.entries[data["entry_id"]], None, None)

    def said_preferred(self, data: Any, at: int) -> None:
        entry = self.entries[data["entry_id"]]
        entry.priority = data["priority"]
        entry.patience(at)

    def said_lent(self, data: Any, at: int) -> None:
        self.lent[data["agent_id"], data["queue_id"]] = data["until"]

    def said_given_back(self, data: Any, at: int) -> None:
        self.lent.pop((data["agent_id"], data["queue_id"]), None)

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
        try:
            rerun.see(event if isinstance(event, Event) else _fact(event))
        except BrokenError as broken:
            rerun.differences.append(Difference(event.at, "", "", f"the events contradict each other: {broken}"))
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
