"""Entries: coming in, and leaving otherwise than by an answer (metrics.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.language import conditions, needs
from yingda.routing.capacity import DIGITAL, ON_THE_LINE, SOLO, line_of, pace_id
from yingda.routing.entry import Entry, EntryState
from yingda.routing.estimates import Estimate
from yingda.routing.facts import FloorFacts
from yingda.routing.floor import SYSTEM, Floor
from yingda.routing.pool import Pool
from yingda.routing.rules import QueueRules, us
from yingda.routing.timers import Due

CUSTOMER: Final = "customer"
LONGEST_HOLD: Final = 86_400 * SECOND
"""How long at most an entry waits for one agent alone (µs); its longest wait ends it before."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is asked for. wish: the agent who served the customer before; dedicated: nobody else will do."""

    entry_id: str
    interaction_id: str
    queue_id: str
    cause: str = "first"
    from_entry_id: str | None = None
    arrived_at: int | None = None
    priority: int = 50
    medium: str = "voice"
    test: bool = False
    needs: str = ""
    wish: str | None = None
    dedicated: bool = False
    data: Mapping[str, str | float] = {}
    moves: int = 0
    live: bool = True


class Queueing:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def enter(self, incoming: Incoming, by: str = CUSTOMER) -> Entry:
        floor = self._floor
        rules = self._admit(incoming)
        deadline = floor.now + us(rules.longest_wait_s)
        arrived_at = incoming.arrived_at
        entry = Entry(
            entry_id=incoming.entry_id,
            interaction_id=incoming.interaction_id,
            queue_id=incoming.queue_id,
            medium=incoming.medium,
            priority=incoming.priority,
            arrived_at=floor.now if arrived_at is None else min(arrived_at, floor.now),
            entered_at=floor.now,
            number=floor.number(),
            deadline=deadline,
            test=incoming.test,
            needs=incoming.needs,
            data=dict(incoming.data),
            moves=incoming.moves,
            live=incoming.live and incoming.medium in ON_THE_LINE,
            line=line_of(incoming.medium),
            stays=incoming.cause == "returned",
        )
        self._choose_whom(entry, rules, incoming)
        ahead, pace = floor.router.count(entry.queue_id, entry.line), pace_id(entry.queue_id, entry.line)
        entry.guesses = floor.estimates.guesses(pace, ahead, floor.now)
        floor.entries[entry.entry_id] = entry
        self._say_entered(entry, rules, incoming, by)
        floor.timers.set(deadline, Due.LONGEST_WAIT, entry.entry_id)
        floor.wait(entry)
        return entry

    def _admit(self, incoming: Incoming) -> QueueRules:
        """The rules it comes under; refuses what cannot wait."""
        floor, where = self._floor, f"entry {incoming.entry_id}"
        rules = floor.rules.queues.get(incoming.queue_id)
        if incoming.entry_id in floor.entries:
            raise YingdaError("already_queued", "The entry is already in a queue.", where=where)
        if rules is None:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {incoming.queue_id}")
        if not 0 <= incoming.priority <= 100:
            raise YingdaError("bad_priority", "A priority is a number from 0 to 100.", where=where)
        if incoming.medium not in SOLO and incoming.medium not in DIGITAL:
            raise YingdaError("bad_medium", f"Nothing waits in queues by {incoming.medium!r}.", where=where)
        needs.parse(incoming.needs)
        outside = rules.hours is not None and not rules.hours.is_open(floor.now)
        if outside and incoming.cause == "first" and incoming.medium in ON_THE_LINE:
            raise YingdaError("closed", "The queue's hours are over.", where=f"queue {incoming.queue_id}")
        if rules.min_agents and incoming.cause == "first":
            group = floor.pools.groups.members(Pool(incoming.queue_id, incoming.needs))
            if len(group & floor.sessions.keys()) < rules.min_agents:
                words = f"Fewer than {rules.min_agents} agents who could serve it are signed in."
                raise YingdaError("too_few_agents", words, where=f"queue {incoming.queue_id}")
        return rules

    def _choose_whom(self, entry: Entry, rules: QueueRules, incoming: Incoming) -> None:
        """Who is asked first, and for how long alone: the agent who is wished for, then what the arrival rules say."""
        floor = self._floor
        patience = 0
        if incoming.wish is not None:
            group = floor.pools.groups.members(Pool(entry.queue_id, entry.needs))
            if incoming.dedicated or incoming.wish in group:
                entry.ahead.append(Pool(entry.queue_id, agent_id=incoming.wish, line=entry.line))
                if incoming.dedicated:
                    patience = LONGEST_HOLD
                elif incoming.wish in floor.sessions:
                    patience = us(rules.last_agent_s)
        for rule in rules.arrivals:
            facts = FloorFacts(floor, entry.data, priority=incoming.priority, waited=0)
            if not conditions.parse(rule.when).holds(facts):
                continue
            entry.priority = min(100, max(0, entry.priority + rule.priority))
            if rule.first:
                narrower = needs.parse(rule.first).joined(needs.parse(entry.needs))
                entry.ahead.append(Pool(entry.queue_id, narrower.text, line=entry.line))
                patience = max(patience, us(rule.patience_s))
        if entry.ahead and patience:
            entry.held_until = floor.now + patience

    def _say_entered(self, entry: Entry, rules: QueueRules, incoming: Incoming, by: str) -> None:
        """With the target in force: changing it later changes no past figure (metrics.md section 2 law 6)."""
        asked = [needs for needs in (rules.needs, entry.needs) if needs]
        data: dict[str, Any] = {
            "entry_id": entry.entry_id,
            "queue_id": entry.queue_id,
            "cause": incoming.cause,
            "arrived_at": entry.arrived_at,
            "priority": entry.priority,
            "needs": asked,
            "target_s": rules.target_s,
            "short_s": rules.short_s,
        }
        if entry.ahead:
            pools = [{"agent_id": pool.agent_id} if pool.agent_id else {"needs": pool.needs} for pool in entry.ahead]
            data["waits_for"] = {"first": pools, "until": entry.held_until}
        if incoming.from_entry_id is not None:
            data["from_entry_id"] = incoming.from_entry_id
        contact = entry.interaction_id
        self._floor.say("queue.entered", data, by=by, interaction_id=contact, cause=contact)

    def customer_left(self, entry_id: str) -> None:
        entry = self._floor.entries.get(entry_id)
        if entry is not None:
            self._end(entry, "abandoned", "customer_left", CUSTOMER, why="customer_left")

    def turn_away(self, entry_id: str, why: str, by: str = SYSTEM) -> None:
        """Not once an agent has answered: then he has the customer, or the entry comes back and can be turned away."""
        entry = self._floor.entries.get(entry_id)
        if entry is not None and entry.state is not EntryState.CONNECTING:
            self._end(entry, "turned_away", "recalled", by, why=why)

    def leave(self, entry_id: str, outcome: str, to: str, by: str) -> bool:
        """It leaves for something else. Not once an agent has answered; answers whether it did."""
        entry = self._floor.entries.get(entry_id)
        if entry is None or entry.state is EntryState.CONNECTING:
            return False
        self._end(entry, outcome, "customer_left" if by == CUSTOMER else "recalled", by, why=to, to=to)
        return True

    def fail(self, entry_id: str, why: str) -> None:
        entry = self._floor.entries.get(entry_id)
        if entry is not None:
            self._end(entry, "failed", "recalled", SYSTEM, why=why)

    def waited_longest(self, entry_id: str) -> None:
        """The longest wait is over. An agent just being connected is let finish: the connect limit bounds that."""
        entry = self._floor.entries[entry_id]
        if entry.state is EntryState.CONNECTING:
            entry.deadline = None
        else:
            self.turn_away(entry_id, "longest_wait")

    def estimate(self, entry_id: str) -> Estimate:
        """Refuses unknown_entry."""
        floor = self._floor
        entry = floor.entries.get(entry_id)
        if entry is None:
            raise YingdaError("unknown_entry", "It does not wait any more.", where=f"entry {entry_id}")
        pace = pace_id(entry.queue_id, entry.line)
        return floor.estimates.tell(pace, self.ahead(entry), floor.now - entry.entered_at, floor.now)

    def ahead(self, entry: Entry) -> int:
        """How many of its queue's line come before it."""
        floor = self._floor
        return sum(
            one.queue_id == entry.queue_id and one.line == entry.line and floor.turn(one) < floor.turn(entry)
            for one in floor.entries.values()
        )

    def announced(self, entry_id: str) -> None:
        told, entry = self.estimate(entry_id), self._floor.entries[entry_id]
        data = {
            "entry_id": entry_id,
            "position": told.position,
            "estimate_s": told.seconds,
            "estimator": told.estimator,
        }
        self._floor.say("queue.announced", data, interaction_id=entry.interaction_id, cause=entry_id)

    def lift_refusals(self, entry_id: str) -> None:
        floor = self._floor
        entry = floor.entries[entry_id]
        lifted = [agent_id for agent_id, until in entry.refusals.items() if until <= floor.now]
        for agent_id in lifted:
            del entry.refusals[agent_id]
        floor.router.unbar(entry_id, lifted)

    def _end(self, entry: Entry, outcome: str, offer_outcome: str, by: str, *, why: str, to: str | None = None) -> None:
        """The entry leaves, and takes its offers along; their agents keep their places among the idle."""
        floor = self._floor
        sessions = [floor.end_offer(floor.offers[offer_id], offer_outcome, by) for offer_id in tuple(entry.offers)]
        floor.close_entry(entry, outcome, why=why, by=by, to=to)
        for session in sessions:
            floor.restate(session, offer_outcome, by)
