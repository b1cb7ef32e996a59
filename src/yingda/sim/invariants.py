"""What must hold after every step, told from the events alone and compared with what the distributor holds.

The watch keeps its own small model: who waits, who is offered what, who is in which state. It shares no code with the
core, so a fault there has to be made twice to go unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from yingda.kernel.event import Event
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append, Connect, Effect, Ring, StopRinging, Taken
from yingda.routing.offering import CONNECT_LIMIT, REFUSAL
from yingda.routing.pool import Pool
from yingda.routing.rules import AgentProfile, QueueRules, Rules, us
from yingda.sim.broken import demand
from yingda.sim.loan_watch import LoanWatch
from yingda.sim.oracle import Free, Oracle, room
from yingda.sim.promises import Promises
from yingda.sim.seen import (
    IN_CALL_KINDS,
    OF_HANDLING,
    SeenAgent,
    SeenEntry,
    SeenOffer,
    Wishes,
)

JOINT = ("offer.ended", "handling.started", "handling.connected", "queue.left", "agent.state_changed")
TO_DIAL = ("offer.ended", "handling.started", "queue.left", "agent.state_changed")
"""The same where the customer is still to be called."""
OURS = frozenset({"customer_left", "recalled", "agent_lost", "answered_elsewhere"})
"""Outcomes the device cannot know of: it must be told to stop."""
BLAMED = frozenset({"declined", "no_answer", "device_failed"})


Handler = Callable[["Watch", Any, int], None]


class Watch(LoanWatch):
    """Feed it every output; it raises BrokenError at the first thing that must not be."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.entries: dict[str, SeenEntry] = {}
        self.waiting: dict[str, dict[str, SeenEntry]] = {}
        self.offers: dict[str, SeenOffer] = {}
        self._closing: dict[str, frozenset[str]] = {}
        self.wishes: dict[str, Wishes] = {}
        self.promises = Promises()
        self._ringing: list[str] = []
        self._arrived: dict[str, int] = {}
        self._left: set[str] = set()
        self._contact_at: dict[str, int] = {}

    # -- what it is told --------------------------------------------------------------------------------------------

    def configured(self, rules: Rules, now: int) -> None:
        """The rules in force from here; who finishes the queues taken out is settled by those before."""
        gone = {entry.queue_id for entry in self.entries.values()} - rules.queues.keys()
        oracle, agents = self.oracle(), {*self.rules.agents, *self.agents}
        self._closing = {q: frozenset(a for a in agents if oracle.belongs(a, Pool(q))) for q in gone}
        self._gone |= self.rules.queues
        self.rules = rules
        self.loans_configured(rules)
        for entry in self.entries.values():
            self._plan(entry)
            entry.patience(now)

    def timer(self, now: int) -> None:
        """The distributor is about to deal with what is due."""
        self.loans_due(now)
        for entry in self.entries.values():
            entry.barred = {agent_id: until for agent_id, until in entry.barred.items() if until > now}
            entry.patience(now)

    def reserved(self, entry: SeenEntry, agent_id: str | None, until: int | None) -> None:
        """A leader keeps the entry for an agent, or for nobody any more."""
        entry.ahead = [Pool(entry.queue_id, agent_id=agent_id, line=entry.line)] if agent_id is not None else []
        entry.held_until = until

    def oracle(self) -> Oracle:
        finishing = {q: (self._gone[q], agents) for q, agents in self._closing.items()}
        return Oracle(self.rules, finishing, self.lent, lambda q, waited: self.promises.lateness(self.rules, q, waited))

    def extended(self, agent_id: str, us_more: int) -> None:
        handling = self.handlings[self.agents[agent_id].handling_id or ""]
        demand(handling.due is not None, f"{agent_id} extends a wrap-up that is not on")
        handling.due = (handling.due or 0) + us_more

    def observe(self, effects: Sequence[Effect], now: int) -> None:
        """One output of the distributor."""
        events: tuple[Event, ...] = ()
        stopped: set[str] = set()
        for number, effect in enumerate(effects):
            if isinstance(effect, Append):
                demand(number == 0, "an append must come first, and alone")
                events = effect.events
            elif isinstance(effect, StopRinging):
                stopped.add(effect.offer_id)
            elif isinstance(effect, Connect):
                offer = self.offers[effect.offer_id]
                offer.answered, offer.due = True, now + CONNECT_LIMIT
            elif isinstance(effect, Taken):
                self.offers[self.agents[effect.agent_id].offer_id or ""].answered = True
        for event in events:
            demand(event.at == now, f"{event.kind} is dated {event.at}, it is {now}")
            self.see(event)
        self._whole(events, stopped)
        demand(not self._ringing, f"all ring, but not {self._ringing}")
        rung = [effect.offer_id for effect in effects if isinstance(effect, Ring)]
        made = [event.data["offer_id"] for event in events if event.kind == "offer.made"]
        demand(rung == made, f"offers {made} are made, {rung} ring")

    def see(self, event: Event) -> None:
        contact = event.interaction_id
        if contact is not None:
            demand(event.at >= self._contact_at.get(contact, 0), f"{event.kind}: time of contact {contact} goes back")
            self._contact_at[contact] = event.at
            if event.kind == "interaction.started":
                self._media[contact] = event.data["medium"]
            self._contact = contact
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(self, event.data, event.at)

    def _whole(self, events: tuple[Event, ...], stopped: set[str]) -> None:
        kinds = [event.kind for event in events]
        for number, event in enumerate(events):
            if event.kind != "offer.ended":
                continue
            outcome, offer_id = event.data["outcome"], event.data["offer_id"]
            if outcome == "accepted":
                joint = tuple(kinds[number : number + 5])
                to_dial = self._media.get(event.interaction_id or "", "voice") == "callback"
                right = joint[:4] == TO_DIAL if to_dial else joint == JOINT
                demand(right, f"accepted comes with {kinds}, not with its joint append")
            elif outcome in OURS:
                demand(offer_id in stopped, f"offer {offer_id} ends {outcome} and its device rings on")

        self._none_orphaned(events)

    def _none_orphaned(self, events: tuple[Event, ...]) -> None:
        """An item whose agent is gone waits again at once; with a queue that was taken out it ends."""
        back = {event.interaction_id for event in events if event.kind == "queue.entered"}
        for event in events:
            ours = event.kind == "handling.released" and event.data["ended_by"] == "system"
            digital = self._media.get(event.interaction_id or "", "voice") not in ("voice", "callback")
            whole = self.rules.queues.keys() >= self._gone.keys()
            demand(not (ours and digital and whole) or event.interaction_id in back, f"{event.data} is lost")

    # -- entries ----------------------------------------------------------------------------------------------------

    def entered(self, data: Any, at: int) -> None:
        entry_id, queue_id = data["entry_id"], data["queue_id"]
        demand(entry_id not in self.entries and entry_id not in self._left, f"entry {entry_id} enters twice")
        self._number += 1
        queue = self.rules.queues[queue_id]
        arrived = self._arrived.get(data.get("from_entry_id", ""))
        demand(arrived in (None, data["arrived_at"]), f"{entry_id} does not keep the place of the entry before it")
        self._arrived[entry_id] = data["arrived_at"]
        before = self.wishes.get(data.get("from_entry_id", ""))
        if before is not None:
            self.wishes[entry_id] = replace(before, wish=None)
        wishes = self.wishes.get(entry_id, Wishes())
        entry = self.entries[entry_id] = SeenEntry(
            entry_id=entry_id,
            queue_id=queue_id,
            priority=data["priority"],
            arrived_at=data["arrived_at"],
            number=self._number,
            entered_at=at,
            deadline=at + us(queue.longest_wait_s),
            wishes=wishes,
            held_until=None,
            ahead=[],
            medium=self._media.get(self._contact, "voice"),
        )
        if wishes.wish is not None:
            self._wish(entry, wishes.wish, queue, at)
        self._plan(entry)
        self._line(queue_id)[entry_id] = entry

    def _wish(self, entry: SeenEntry, wish: str, queue: QueueRules, at: int) -> None:
        """He waits for that agent alone for a while, if the agent is there; a dedicated one for as long as it takes."""
        dedicated = entry.wishes.dedicated
        if dedicated or self.oracle().belongs(wish, entry.home):
            entry.ahead = [Pool(entry.queue_id, agent_id=wish, line=entry.line)]
            if dedicated:
                entry.held_until = at + 86_400_000_000
            elif wish in self.agents and queue.last_agent_s:
                entry.held_until = at + us(queue.last_agent_s)

    def _plan(self, entry: SeenEntry) -> None:
        """When which escalation without a condition must have taken place."""
        known = self.rules.queues
        rules = [rule for rule in self._queue(entry.queue_id).escalations if not rule.when and rule.also in known]
        entry.due = {rule.name: entry.entered_at + us(rule.after_s) for rule in rules}

    def widened(self, data: Any, at: int) -> None:
        entry = self.entries[data["entry_id"]]
        rules = self._queue(entry.queue_id).escalations
        rule = next((rule for rule in rules if rule.name == data["rule"]), None)
        demand(rule is not None and data["rule"] not in entry.done, f"{entry.entry_id} is widened by {data['rule']}")
        assert rule is not None
        demand(at >= entry.due.get(rule.name, 0), f"{entry.entry_id} is widened too early")
        entry.done.add(rule.name)
        own = rule.also is None
        needs = rule.needs or "" if own else entry.wishes.needs
        entry.widened.append(Pool(data["also_queue_id"], needs, own, line=entry.line))

    # What a leader did is known before the distributor says it: the two must agree.

    def said_reserved(self, data: Any, at: int) -> None:
        entry = self.entries[data["entry_id"]]
        told = [Pool(entry.queue_id, agent_id=data["agent_id"], line=entry.line)]
        demand(entry.ahead == told and entry.held_until == data["until"], f"{entry.entry_id} is kept as {data}")

    def said_unreserved(self, data: Any, at: int) -> None:
        entry = self.entries[data["entry_id"]]
        demand(not entry.ahead, f"{entry.entry_id} is kept for nobody, and nobody asked for that")

    def said_preferred(self, data: Any, at: int) -> None:
        entry = self.entries[data["entry_id"]]
        demand(entry.priority == data["priority"], f"{entry.entry_id} is preferred, and nobody asked for that")

    def left(self, data: Any, at: int) -> None:
        entry = self.entries.pop(data["entry_id"], None)
        demand(entry is not None, f"entry {data['entry_id']} leaves and is not there")
        assert entry is not None
        demand(not entry.offers, f"entry {entry.entry_id} leaves with an offer pending")
        demand(at <= entry.deadline + CONNECT_LIMIT, f"entry {entry.entry_id} waited beyond its longest wait")
        self._line(entry.queue_id).pop(entry.entry_id, None)
        if all(one.queue_id != entry.queue_id for one in self.entries.values()):
            self._closing.pop(entry.queue_id, None)
        self._left.add(entry.entry_id)
        if not entry.wishes.test and entry.medium != "callback":
            self.promises.left(self.rules, entry.queue_id, data["outcome"], at - entry.entered_at, at)

    # -- offers -----------------------------------------------------------------------------------------------------

    def made(self, data: Any, at: int) -> None:
        entry = self.entries.get(data["entry_id"])
        agent = self.agents.get(data["agent_id"])
        demand(entry is not None and agent is not None, f"an offer of {data['entry_id']} to {data['agent_id']}")
        assert entry is not None and agent is not None
        demand(agent.offer_id is None, f"{agent.agent_id} has two offers")
        demand(agent.state in ("idle", "serving"), f"{agent.agent_id} is offered something while {agent.state}")
        demand(at >= agent.rested_at, f"{agent.agent_id} is offered a call before his pause is over")
        demand(not agent.leaving, f"{agent.agent_id} is offered a call after his shift")
        demand(not agent.wants_busy and not agent.lost, f"{agent.agent_id} is offered a call: busy or out of reach")
        if self._ringing:
            demand(agent.agent_id == self._ringing.pop(0), f"{agent.agent_id} is rung out of turn")
        else:
            demand(not entry.offers, f"entry {entry.entry_id} is offered twice at a time")
            self._compare(entry, agent, at)
        due = at + us(data["ring_limit_s"])
        self._number += 1
        self.offers[data["offer_id"]] = SeenOffer(data["offer_id"], entry.entry_id, agent.agent_id, due)
        entry.offers.add(data["offer_id"])
        agent.offer_id, agent.offered = data["offer_id"], self._number
        self._line(entry.queue_id).pop(entry.entry_id, None)

    def _compare(self, entry: SeenEntry, agent: SeenAgent, at: int) -> None:
        """With the plain decision; where all ring, the others of the pool must follow."""
        oracle, free = self.oracle(), self._free()
        expected = oracle.decide([one.caller() for one in self._waiting()], free, at)
        demand(
            expected is not None and expected[:2] == (entry.entry_id, agent.agent_id),
            f"{entry.entry_id} is offered to {agent.agent_id}, expected was {expected}",
        )
        assert expected is not None
        if self._queue(expected[2].queue_id).strategy == "ring_all":
            self._ringing = [one.agent_id for one, _ in oracle.everybody(entry.caller(), free)[1:]]

    def offer_ended(self, data: Any, at: int) -> None:
        offer = self.offers.pop(data["offer_id"], None)
        demand(offer is not None, f"offer {data['offer_id']} ends and is not pending")
        assert offer is not None
        outcome = data["outcome"]
        entry, agent = self.entries[offer.entry_id], self.agents[offer.agent_id]
        demand(outcome != "accepted" or offer.answered, f"offer {offer.offer_id} is accepted without an answer")
        entry.offers.discard(offer.offer_id)
        agent.offer_id = None
        agent.last_outcome = outcome
        if outcome == "accepted":
            agent.handled += 1
        if outcome in BLAMED:
            entry.barred[agent.agent_id] = at + REFUSAL
        if outcome != "accepted" and not entry.offers:
            self._line(entry.queue_id)[entry.entry_id] = entry

    def _line(self, queue_id: str) -> dict[str, SeenEntry]:
        return self.waiting.setdefault(queue_id, {})

    def _waiting(self) -> list[SeenEntry]:
        return [entry for line in self.waiting.values() for entry in line.values()]

    def _free(self) -> list[Free]:
        return [self._free_one(agent) for agent in self.agents.values() if self._may_be_offered(agent)]

    def _free_one(self, agent: SeenAgent) -> Free:
        profile = self.rules.agents.get(agent.agent_id) or AgentProfile(agent.agent_id)
        calls, media = room(profile.capacity, [self.handlings[item].medium for item in agent.items])
        return Free(agent.agent_id, agent.place or (), agent.handled, agent.offered, calls, media)

    @staticmethod
    def _may_be_offered(agent: SeenAgent) -> bool:
        if agent.state == "serving":
            return agent.reason is None
        return agent.state == "idle"

    # -- after a step -----------------------------------------------------------------------------------------------

    def settled(self, core: Distributor, now: int) -> None:
        """Nothing is stuck, nobody is left over, and the distributor holds what its events say."""
        self.loans_settled()
        for agent in self.agents.values():
            self._agent_settled(agent, now)
        waiting = self._waiting()
        for entry in waiting:
            demand(now <= entry.deadline, f"{entry.entry_id} waits beyond its longest wait")
            for name, due in entry.due.items():
                demand(now <= due or name in entry.done, f"{entry.entry_id} is not widened by {name}")
        if waiting and (free := self._free()):
            left_over = self.oracle().decide([entry.caller() for entry in waiting], free, now)
            demand(left_over is None, f"{left_over and left_over[0]} waits and {left_over and left_over[1]} is idle")
        for offer in self.offers.values():
            demand(now <= offer.due, f"offer {offer.offer_id} has no end")
        floor = core.floor
        states = {agent_id: session.span.state for agent_id, session in floor.sessions.items() if session.span}
        demand(states == {a.agent_id: a.state for a in self.agents.values()}, f"states are {states}, not as said")
        held = {entry_id: entry.priority for entry_id, entry in floor.entries.items()}
        told = {entry_id: entry.priority for entry_id, entry in self.entries.items()}
        demand(held == told, f"the entries and their priorities are {held}, the events say {told}")
        demand(floor.offers.keys() == self.offers.keys(), "the offers are others than the events say")
        demand(floor.handlings.keys() == self.handlings.keys(), "the handlings are others than the events say")

    def _agent_settled(self, agent: SeenAgent, now: int) -> None:
        demand((agent.state == "ringing") == (agent.offer_id is not None), f"{agent.agent_id} is {agent.state}")
        engaged = agent.handling_id is not None or agent.offer_id is not None
        serves = bool(agent.items) and not engaged
        demand((agent.state == "serving") == serves, f"{agent.agent_id} is {agent.state} with {agent.items} open")
        busy_yet = engaged or serves
        demand(not agent.leaving or busy_yet, f"{agent.agent_id} is free after his shift and signed in")
        demand(not agent.lost or agent.offer_id is None, f"{agent.agent_id} is out of reach and has an offer")
        handling = self.handlings.get(agent.handling_id or "")
        phase = handling.phase if handling is not None else ""
        state = agent.state if agent.state in OF_HANDLING else ""
        demand(phase == state, f"{agent.agent_id} is {agent.state}, his handling {phase or 'none'}")
        if handling is not None and handling.due is not None:
            demand(now <= handling.due, f"the wrap-up of {agent.agent_id} has no end")

    def finished(self) -> None:
        """At the end of a world: nobody waits, rings or talks, and handling times equal state times (H2)."""
        demand(not self.entries, f"stuck entries: {sorted(self.entries)}")
        demand(not self.offers, f"stuck offers: {sorted(self.offers)}")
        demand(not self.handlings, f"stuck handlings: {sorted(self.handlings)}")
        demand(not self.agents, f"sessions still open: {sorted(self.agents)}")
        for (agent_id, state), time in self._times.items():
            demand(time == 0, f"{agent_id}: {state} by handlings and by states differ by {time} µs")


def _step(kind: str) -> Handler:
    return lambda watch, data, at: watch.step(kind, data, at)


def _by(name: str) -> Handler:
    """By name, so that whoever builds on the watch may see otherwise."""

    def see(watch: Watch, data: Any, at: int) -> None:
        getattr(watch, name)(data, at)

    return see


_HANDLERS: dict[str, Handler] = {
    "queue.entered": _by("entered"),
    "queue.left": _by("left"),
    "queue.widened": _by("widened"),
    "queue.reserved": _by("said_reserved"),
    "queue.unreserved": _by("said_unreserved"),
    "queue.preferred": _by("said_preferred"),
    "offer.made": _by("made"),
    "offer.ended": _by("offer_ended"),
    "handling.started": _by("started"),
    **{f"handling.{kind}": _step(kind) for kind in IN_CALL_KINDS},
    "handling.released": _by("released"),
    "handling.wrapup_ended": _by("wrapup_ended"),
    "agent.signed_in": _by("signed_in"),
    "agent.state_changed": _by("state_changed"),
    "agent.signed_out": _by("signed_out"),
    "agent.lent": _by("said_lent"),
    "agent.given_back": _by("said_given_back"),
}
