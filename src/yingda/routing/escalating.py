"""Whom an entry waits for, in the course of time: patience for one agent, wider circles, other queues (ACD-31 to 33).

An entry waits for those it wished for, then for its queue, then, by the escalations of its queue, also elsewhere. Each
takes place once, at its time or, if its condition does not hold then, as soon after as that is found to hold.
"""

from __future__ import annotations

from typing import Any, Final

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.language import conditions
from yingda.routing.effects import EntryMoved, Overflow
from yingda.routing.entry import Entry, EntryState
from yingda.routing.facts import FloorFacts
from yingda.routing.floor import SYSTEM, Floor
from yingda.routing.pool import Pool
from yingda.routing.queueing import Incoming, Queueing
from yingda.routing.rules import Escalation, us
from yingda.routing.sites import answer_in, reasons, soonest
from yingda.routing.timers import Due

RECHECK: Final = 5 * SECOND
"""How often a condition that did not hold is asked again (µs)."""

MOST_MOVES: Final = 5
"""How often an entry is moved by rules: a circle of queues that came about by other ways ends here."""

HIGHEST: Final = 100
"""The priority of an entry that a leader prefers."""


class Escalating:
    def __init__(self, floor: Floor, queueing: Queueing) -> None:
        self._floor = floor
        self._queueing = queueing

    def plan(self, entry: Entry) -> None:
        """Sets the time of the next step."""
        now, times = self._floor.now, []
        if entry.held_until is not None:
            times.append(entry.held_until)
        for rule in self._rules(entry):
            if rule.name not in entry.done:
                due = entry.entered_at + us(rule.after_s)
                times.append(due if due > now else now + RECHECK)
        entry.step_at = min(times, default=None)
        if entry.step_at is not None:
            self._floor.timers.set(entry.step_at, Due.TIER, entry.entry_id)

    def begin(self, entry: Entry) -> None:
        """What is due from the first moment on, and when the next step is."""
        rules = self._rules(entry)
        if not rules and entry.held_until is None:
            return
        if any(rule.after_s == 0 for rule in rules):
            self.due(entry.entry_id)
        else:
            self.plan(entry)

    def due(self, entry_id: str) -> None:
        floor = self._floor
        entry = floor.entries[entry_id]
        before = entry.pools
        if entry.held_until is not None and entry.held_until <= floor.now:
            entry.held_until = None
        for rule in self._rules(entry):
            if rule.name in entry.done or floor.now < entry.entered_at + us(rule.after_s):
                continue
            if self._holds(rule, entry):
                self._apply(rule, entry)
            if entry.state is EntryState.LEFT:
                return
        self.plan(entry)
        if entry.state is EntryState.WAITING and entry.pools != before:
            floor.wait(entry)

    def move(self, entry: Entry, queue_id: str, cause: str, rule: str, by: str = SYSTEM) -> None:
        """To another queue, under another entry, at the place it has. The entry must be waiting."""
        floor = self._floor
        self._need_queue(queue_id)
        left = {"entry_id": entry.entry_id, "outcome": "overflowed", "to": f"queue:{queue_id}"}
        floor.drop_entry(entry, left, by=by, cause=entry.entry_id)
        incoming = Incoming(
            entry_id=floor.ids(),
            interaction_id=entry.interaction_id,
            queue_id=queue_id,
            cause=cause,
            from_entry_id=entry.entry_id,
            arrived_at=entry.arrived_at,
            priority=entry.priority,
            medium=entry.medium,
            test=entry.test,
            needs=entry.needs,
            data=entry.data,
            live=entry.live,
            moves=entry.moves + 1,
        )
        floor.ask(EntryMoved(entry.entry_id, incoming.entry_id, entry.interaction_id, queue_id, rule))
        self.begin(self._queueing.enter(incoming, by))

    # -- by hand ----------------------------------------------------------------------------------------------------

    def move_by_hand(self, entry_id: str, queue_id: str, by: str) -> None:
        """A leader moves somebody. Refuses unknown_entry, unknown_queue, entry_offered."""
        entry = self._entry(entry_id)
        if entry.state is not EntryState.WAITING:
            raise YingdaError("entry_offered", "An agent is being rung for it.", where=f"entry {entry_id}")
        self.move(entry, queue_id, "moved", "leader", by)

    def flush(self, queue_id: str, why: str, by: str) -> None:
        """Everybody who waits in the queue is turned away (ACD-33); whom an agent has answered stays with him. Refuses
        unknown_queue."""
        for entry_id in self.waiting_in(queue_id):
            self._queueing.turn_away(entry_id, why, by)

    def waiting_in(self, queue_id: str) -> list[str]:
        """The entries of a queue, which may have been deleted while they wait. Refuses unknown_queue."""
        waiting = [entry.entry_id for entry in self._floor.entries.values() if entry.queue_id == queue_id]
        if not waiting:
            self._need_queue(queue_id)
        return waiting

    def move_all(self, queue_id: str, to: str, by: str) -> None:
        """Everybody who waits in the queue goes to another one; for whom an agent is rung stays. Refuses unknown_queue,
        same_queue."""
        if to == queue_id:
            raise YingdaError("same_queue", "They wait in that queue already.", where=f"queue {queue_id}")
        self._need_queue(to)
        for entry in [self._floor.entries[entry_id] for entry_id in self.waiting_in(queue_id)]:
            if entry.state is EntryState.WAITING:
                self.move(entry, to, "moved", "leader", by)

    def reserve(self, entry_id: str, agent_id: str, seconds: float, by: str) -> None:
        """It is kept for that agent for a time, then it is for its queue again (ACD-48). Refuses unknown_entry,
        unknown_agent."""
        floor, entry = self._floor, self._entry(entry_id)
        if agent_id not in floor.rules.agents:
            raise YingdaError("unknown_agent", "There is no such agent.", where=f"agent {agent_id}")
        until = floor.now + us(seconds)
        entry.ahead, entry.held_until = [Pool(entry.queue_id, agent_id=agent_id, line=entry.line)], until
        self._say(entry, "reserved", {"agent_id": agent_id, "until": until}, by)
        self._begin_anew(entry)

    def prefer(self, entry_id: str, by: str) -> None:
        """It comes before all others of its queue. Refuses unknown_entry."""
        entry = self._entry(entry_id)
        entry.priority = HIGHEST
        self._say(entry, "preferred", {"priority": HIGHEST}, by)
        self._begin_anew(entry)

    def release(self, entry_id: str, by: str) -> None:
        """Kept for nobody any more. Refuses unknown_entry."""
        entry = self._entry(entry_id)
        entry.ahead, entry.held_until = [], None
        self._say(entry, "unreserved", {}, by)
        self._begin_anew(entry)

    def _say(self, entry: Entry, what: str, data: dict[str, Any], by: str) -> None:
        told = {"entry_id": entry.entry_id, **data}
        self._floor.say(f"queue.{what}", told, by=by, interaction_id=entry.interaction_id, cause=entry.entry_id)

    def _entry(self, entry_id: str) -> Entry:
        entry = self._floor.entries.get(entry_id)
        if entry is None:
            raise YingdaError("unknown_entry", "It does not wait any more.", where=f"entry {entry_id}")
        return entry

    def _need_queue(self, queue_id: str) -> None:
        if queue_id not in self._floor.rules.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {queue_id}")

    def _begin_anew(self, entry: Entry) -> None:
        """Whom it waits for is another; an escalation due at this very instant takes place all the same."""
        self.due(entry.entry_id)
        if entry.state is EntryState.WAITING:
            self._floor.wait(entry)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _rules(self, entry: Entry) -> tuple[Escalation, ...]:
        return self._floor.queue_rules(entry.queue_id).escalations

    def _holds(self, rule: Escalation, entry: Entry) -> bool:
        floor = self._floor
        waited = floor.now - entry.entered_at
        if rule.also is not None and rule.also not in floor.rules.queues:
            return False
        if rule.move is not None or rule.turn_away or rule.overflow:
            if entry.state is not EntryState.WAITING:
                return False  # it rings: let that end first
            if rule.move is not None and (entry.moves >= MOST_MOVES or rule.move not in floor.rules.queues):
                return False
        if rule.sites and self._site(rule, entry) is None:
            return False
        facts = FloorFacts(floor, entry.data, priority=entry.priority, waited=waited)
        return conditions.parse(rule.when).holds(facts)

    def _site(self, rule: Escalation, entry: Entry) -> tuple[str, dict[str, Any]] | None:
        """The sister centre that would answer it soonest, with the reasons; who came back from one stays."""
        floor = self._floor
        if entry.stays:
            return None
        load = floor.load(entry.queue_id)
        here_s, staffed = answer_in(load, self._queueing.ahead(entry)), load.staffed > 0
        seen = floor.sites.seen(entry.queue_id, rule.sites, floor.rules.stale_s, floor.now)
        site_id = soonest(seen, here_s, staffed_here=staffed, sooner_s=rule.sooner_s)
        if site_id is None:
            return None
        return site_id, reasons(seen, here_s, staffed_here=staffed, sooner_s=rule.sooner_s)

    def _send_to_site(self, rule: Escalation, entry: Entry) -> None:
        """It still waits: the channel sends it there."""
        floor, chosen = self._floor, self._site(rule, entry)
        assert chosen is not None
        site_id, decision = chosen
        data = {"entry_id": entry.entry_id, "site_id": site_id, "rule": rule.name, "decision": decision}
        floor.say("queue.site_chosen", data, interaction_id=entry.interaction_id, cause=entry.entry_id)
        floor.sites.sent(site_id, entry.queue_id)
        floor.ask(Overflow(entry.entry_id, entry.interaction_id, entry.queue_id, rule.name, site_id))

    def _apply(self, rule: Escalation, entry: Entry) -> None:
        floor = self._floor
        entry.done.append(rule.name)
        if rule.also is not None or rule.needs is not None:
            queue_id = rule.also or entry.queue_id
            instead = rule.also is None
            asked = rule.needs or "" if instead else entry.needs
            entry.widened.append(Pool(queue_id, asked, instead, line=entry.line))
            data = {"entry_id": entry.entry_id, "also_queue_id": queue_id, "rule": rule.name}
            floor.say("queue.widened", data, interaction_id=entry.interaction_id, cause=entry.entry_id)
        if rule.move is not None:
            self.move(entry, rule.move, "overflow", rule.name)
        elif rule.sites:
            self._send_to_site(rule, entry)
        elif rule.overflow:
            floor.ask(Overflow(entry.entry_id, entry.interaction_id, entry.queue_id, rule.name))
        elif rule.turn_away:
            self._queueing.turn_away(entry.entry_id, rule.name)
