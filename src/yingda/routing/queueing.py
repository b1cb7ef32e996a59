"""Entries: coming in, and leaving otherwise than by an answer (metrics.md section 5)."""

from __future__ import annotations

from typing import Any

from yingda.kernel.errors import YingdaError
from yingda.routing.entry import Entry, EntryState
from yingda.routing.floor import SYSTEM, Floor
from yingda.routing.rules import QueueRules, us
from yingda.routing.timers import Due

CUSTOMER = "customer"


class Queueing:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def enter(
        self,
        entry_id: str,
        interaction_id: str,
        queue_id: str,
        *,
        cause: str,
        from_entry_id: str | None,
        arrived_at: int | None,
        priority: int,
        medium: str,
        test: bool,
    ) -> None:
        floor = self._floor
        rules = self._admit(entry_id, queue_id, priority)
        deadline = floor.now + us(rules.longest_wait_s)
        entry = floor.entries[entry_id] = Entry(
            entry_id=entry_id,
            interaction_id=interaction_id,
            queue_id=queue_id,
            medium=medium,
            priority=priority,
            arrived_at=floor.now if arrived_at is None else min(arrived_at, floor.now),
            entered_at=floor.now,
            number=floor.number(),
            deadline=deadline,
            test=test,
        )
        self._say_entered(entry, rules, cause, from_entry_id)
        floor.timers.set(deadline, Due.LONGEST_WAIT, entry_id)
        floor.wait(entry)

    def _admit(self, entry_id: str, queue_id: str, priority: int) -> QueueRules:
        """The rules it comes under; refuses what cannot wait."""
        rules = self._floor.rules.queues.get(queue_id)
        if entry_id in self._floor.entries:
            raise YingdaError("already_queued", "The entry is already in a queue.", where=f"entry {entry_id}")
        if rules is None:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {queue_id}")
        if not 0 <= priority <= 100:
            raise YingdaError("bad_priority", "A priority is a number from 0 to 100.", where=f"entry {entry_id}")
        return rules

    def _say_entered(self, entry: Entry, rules: QueueRules, cause: str, from_entry_id: str | None) -> None:
        """With the target in force: changing it later changes no past figure (metrics.md section 2 law 6)."""
        data: dict[str, Any] = {
            "entry_id": entry.entry_id,
            "queue_id": entry.queue_id,
            "cause": cause,
            "arrived_at": entry.arrived_at,
            "priority": entry.priority,
            "needs": [],
            "target_s": rules.target_s,
            "short_s": rules.short_s,
        }
        if from_entry_id is not None:
            data["from_entry_id"] = from_entry_id
        contact = entry.interaction_id
        self._floor.say("queue.entered", data, by=CUSTOMER, interaction_id=contact, cause=contact)

    def customer_left(self, entry_id: str) -> None:
        entry = self._floor.entries.get(entry_id)
        if entry is not None:
            self._end(entry, "abandoned", "customer_left", CUSTOMER, why="customer_left")

    def turn_away(self, entry_id: str, why: str) -> None:
        """Not once an agent has answered: then he has the customer, or the entry comes back and can be turned away."""
        entry = self._floor.entries.get(entry_id)
        if entry is not None and entry.state is not EntryState.CONNECTING:
            self._end(entry, "turned_away", "recalled", SYSTEM, why=why)

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

    def lift_refusals(self, entry_id: str) -> None:
        floor = self._floor
        entry = floor.entries[entry_id]
        lifted = [agent_id for agent_id, until in entry.refusals.items() if until <= floor.now]
        for agent_id in lifted:
            del entry.refusals[agent_id]
        floor.router.unbar(entry_id, lifted)

    def _end(self, entry: Entry, outcome: str, offer_outcome: str, by: str, *, why: str) -> None:
        """The entry leaves, and takes an offer of it along; the agent keeps his place among the idle."""
        floor = self._floor
        if entry.offer_id is None:
            floor.close_entry(entry, outcome, why=why, by=by)
            return
        session = floor.end_offer(floor.offers[entry.offer_id], offer_outcome, by)
        floor.close_entry(entry, outcome, why=why, by=by)
        floor.restate(session, offer_outcome, by)
