"""The floor: everything distribution owns, and the steps its parts share.

One object holds the entries, offers, handlings and sessions; the parts (`queueing`, `offering`, `handlings`, `desks`)
change it only through their inputs, and through the setters here. What an input says and asks for is collected and
handed out by `flush`: one append of all that happened together, then the effects.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.routing.capacity import CALLBACK, pace_id
from yingda.routing.deadlines import deadlines
from yingda.routing.effects import Append, Effect, EntryClosed, StopRinging
from yingda.routing.entry import Entry, EntryState
from yingda.routing.estimates import Estimates
from yingda.routing.goals import Goals
from yingda.routing.handling import Form, Handling, Phase
from yingda.routing.offer import Offer, OfferState
from yingda.routing.pool import Pool
from yingda.routing.pools import Pools
from yingda.routing.router import Router, Turn
from yingda.routing.rules import PSEUDO_QUEUES, AgentProfile, QueueRules, Rules, us
from yingda.routing.session import Session, standing
from yingda.routing.sites import QueueLoad, Sites
from yingda.routing.state import Closing, Loan
from yingda.routing.states import OFFLINE, STANDING, TRANSITIONS, AgentState
from yingda.routing.strategies.base import Candidate
from yingda.routing.timers import Due, Timers
from yingda.routing.transitions import check

SYSTEM: Final = "system"
FORM_OPEN: Final = 12 * 3_600_000_000
"""How long after a handling its form can be finished (µs)."""


def agent_by(agent_id: str) -> str:
    return f"agent:{agent_id}"


def loan_id(loan: Loan) -> str:
    return f"{loan.agent_id} {loan.queue_id}"


class Floor:
    """What there is. Times in µs UTC; `now` never goes back."""

    def __init__(self, ids: IdSource, rules: Rules) -> None:
        self.ids = ids
        self.rules = rules
        self.closing: dict[str, Closing] = {}
        self.now = 0
        self.entries: dict[str, Entry] = {}
        self.offers: dict[str, Offer] = {}
        self.handlings: dict[str, Handling] = {}
        self.sessions: dict[str, Session] = {}
        self.forms: dict[str, Form] = {}
        self.loans: dict[str, Loan] = {}
        self.goals = Goals(rules)
        self.estimates = Estimates()
        self.sites = Sites()
        self.timers = Timers(deadlines(self))
        self.pools = self._new_pools()
        self.router: Router = self.pools.router
        self.count = 0  # places and tokens are drawn from it
        self._events: list[Event] = []
        self._effects: list[Effect] = []

    # -- time, numbers, output --------------------------------------------------------------------------------------

    def arrive_at(self, now: int) -> None:
        """An input that comes with an earlier time than the one before happens at that one's."""
        if now > self.now:
            self.now = now

    def number(self) -> int:
        """The next of the one count that places and tokens are drawn from."""
        self.count += 1
        return self.count

    def say(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        by: str = SYSTEM,
        interaction_id: str | None = None,
        cause: str | None = None,
    ) -> None:
        self._events.append(Event(kind=kind, at=self.now, by=by, interaction_id=interaction_id, data=data, cause=cause))

    def ask(self, effect: Effect) -> None:
        self._effects.append(effect)

    def flush(self) -> list[Effect]:
        """All since the last time: what happened as one append, then what is to be done."""
        events, effects = self._events, self._effects
        self._events, self._effects = [], []
        return [Append(tuple(events)), *effects] if events else effects

    # -- looking up -------------------------------------------------------------------------------------------------

    def session(self, agent_id: str) -> Session:
        session = self.sessions.get(agent_id)
        if session is None:
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {agent_id}")
        return session

    def queue_rules(self, queue_id: str) -> QueueRules:
        """Also of a queue that is closing; raises KeyError for one that is neither."""
        if queue_id in PSEUDO_QUEUES:
            return PSEUDO_QUEUES[queue_id]
        return self.rules.queues.get(queue_id) or self.closing[queue_id].rules

    def admit_call(self, session: Session, *, answers: bool = False) -> None:
        """He may have a call now: he is in none, and within reach (or answers one); a wrap-up may be on. Refuses
        agent_engaged, agent_unreachable."""
        where = f"agent {session.agent_id}"
        handling = self.handlings.get(session.handling_id or "")
        if session.engaged or (handling is not None and handling.live):
            raise YingdaError("agent_engaged", "The agent has a call already.", where=where)
        if not session.reachable and not answers:
            raise YingdaError("agent_unreachable", "The agent's device is out of reach.", where=where)

    def knows_queue(self, queue_id: str) -> bool:
        """Whether `queue_rules` has an answer."""
        return queue_id in PSEUDO_QUEUES or queue_id in self.rules.queues or queue_id in self.closing

    def profile(self, agent_id: str) -> AgentProfile:
        return self.rules.agents.get(agent_id) or AgentProfile(agent_id)

    def load(self, queue_id: str) -> QueueLoad:
        """What a sister centre may know of a queue: its callers, not its digital items."""
        pool, staffed = Pool(queue_id), self.pools.groups.members(Pool(queue_id)) & self.sessions.keys()
        between_s = round(self.estimates.between(pace_id(queue_id, "")), 1)
        return QueueLoad(self.router.count(queue_id), self.router.idle_count(pool), len(staffed), between_s)

    # -- who belongs where ------------------------------------------------------------------------------------------

    def rebuild(self) -> None:
        """After a change of the rules, of what is closing or of who is lent: everybody takes his place anew."""
        self.goals.rules, self.goals.closing = self.rules, self.closing
        self.pools = self._new_pools()
        self.router = self.pools.router
        for entry in self.entries.values():
            for agent_id in entry.refusals:
                self.router.bar(entry.entry_id, agent_id)
            if entry.state is EntryState.WAITING:
                self.wait(entry)
        for session in self.sessions.values():
            if session.available:
                self._stand(session)

    def _new_pools(self) -> Pools:
        lent: dict[str, list[str]] = {}
        for loan in self.loans.values():
            lent.setdefault(loan.agent_id, []).append(loan.queue_id)
        return Pools(self.rules, self.closing, lent, self.goals)

    def _stand(self, session: Session) -> None:
        """Among the idle, in every pool he belongs to and has room for."""
        profile = self.profile(session.agent_id)
        place = session.idle_place or self._new_place(session)
        candidate = Candidate(session.agent_id, place, session.handled, session.offered, profile)
        capacity = profile.capacity
        if session.items or capacity.items or not capacity.calls:
            media = self.open_media(session)
            candidate = replace(candidate, calls=capacity.takes_calls(media), media=capacity.room(media))
        self.pools.idle(candidate)

    def _new_place(self, session: Session) -> tuple[int, int]:
        place = session.idle_place = (self.now, self.number())
        return place

    def open_media(self, session: Session) -> list[str]:
        """The media of the digital items he has in hand, one each."""
        items = (self.handlings[handling_id].item for handling_id in session.items)
        return [item.medium for item in items if item is not None]

    # -- agents -----------------------------------------------------------------------------------------------------

    def restate(self, session: Session, why: str, by: str = SYSTEM) -> None:
        """The one setter of an agent's state: what follows from his session, said if it is another span than before."""
        handling = self.handlings[session.handling_id] if session.handling_id else None
        if session.leaving and not session.engaged and handling is None and not session.items:
            self.end_session(session, session.leaving, by)
            return
        span, before = standing(session, handling), session.span
        if span == before:
            if session.items:  # nothing to say, but he may have more or less room
                self._take_place(session, span.state, span.state)
            return
        was = before.state if before else OFFLINE
        check(TRANSITIONS, "agent", session.agent_id, was, span.state)
        session.span, session.since = span, self.now
        data: dict[str, Any] = {"session_id": session.session_id, "from": str(was), "to": str(span.state)}
        if span.reason is not None:
            data["reason"] = span.reason
            if session.busy is not None:
                data["reason_class"] = session.busy.reason_class
        data["why"] = why
        if span.handling_id is not None:
            data["handling_id"] = span.handling_id
        if span.offer_id is not None:
            data["offer_id"] = span.offer_id
        self.say("agent.state_changed", data, by=by, cause=span.handling_id or span.offer_id or session.session_id)
        self._take_place(session, was, span.state)

    def _take_place(self, session: Session, was: str, state: AgentState) -> None:
        """In the lines of the idle. A ring that came to nothing through no fault of his keeps his place there; whoever
        is done with his last item begins anew."""
        if session.busy is not None or session.break_due is not None:
            self._time_break(session, state)
        if was in STANDING:
            self.pools.gone(session.agent_id)
        if state not in STANDING:
            if state is not AgentState.RINGING:
                session.idle_place = None
            return
        if session.idle_place is None or (state is AgentState.IDLE and was == AgentState.SERVING):
            self._new_place(session)
        if session.available:
            self._stand(session)

    def _time_break(self, session: Session, state: AgentState) -> None:
        limits = self.rules.limits(session.busy.reason) if session.busy and state is AgentState.BUSY else None
        session.break_due = self.now + us(limits.limit_s) if limits is not None and limits.limit_s else None
        if session.break_due is not None:
            self.timers.set(session.break_due, Due.BREAK, session.agent_id)

    def end_session(self, session: Session, why: str, by: str = SYSTEM) -> None:
        """No offer may be pending and no handling open."""
        self.pools.gone(session.agent_id)
        del self.sessions[session.agent_id]
        data = {"session_id": session.session_id, "agent_id": session.agent_id, "why": why}
        self.say("agent.signed_out", data, by=by, cause=session.session_id)

    # -- offers -----------------------------------------------------------------------------------------------------

    def end_offer(self, offer: Offer, outcome: str, by: str = SYSTEM, *, stop: bool = True) -> Session:
        """The offer is over; agent and entry are for the caller to restate. stop: the device must be told."""
        offer.move(OfferState.ENDED)
        del self.offers[offer.offer_id]
        self.entries[offer.entry_id].offers.remove(offer.offer_id)
        session = self.sessions[offer.agent_id]
        session.offer_id = None
        data = {"offer_id": offer.offer_id, "outcome": outcome}
        self.say("offer.ended", data, by=by, interaction_id=offer.interaction_id, cause=offer.offer_id)
        if stop:
            self.ask(StopRinging(offer.offer_id, offer.token, offer.agent_id, outcome))
        return session

    # -- entries ----------------------------------------------------------------------------------------------------

    def turn(self, entry: Entry) -> Turn:
        """Higher priority first, then who arrived first, then who entered first; or, where a point of priority is worth
        a time of waiting, who has waited longest with that added."""
        if not self.rules.point_s:
            return Turn(-entry.priority, entry.arrived_at, entry.number)
        return Turn(0, entry.arrived_at - us(entry.priority * self.rules.point_s), entry.number)

    def wait(self, entry: Entry) -> None:
        """In the lines of its pools, at its own place."""
        self.pools.waits(entry.entry_id, entry.queue_id, self.turn(entry), entry.pools)

    def requeue(self, entry: Entry) -> None:
        """Back to the place it had, its wait running on; out if its longest wait is over. While others still ring for
        it, it stays with them."""
        if entry.offers:
            return
        entry.move(EntryState.WAITING)
        if entry.is_overdue(self.now):
            self.close_entry(entry, "turned_away", why="longest_wait")
        else:
            self.wait(entry)

    def close_entry(self, entry: Entry, outcome: str, *, why: str, by: str = SYSTEM, to: str | None = None) -> None:
        """It leaves otherwise than answered. An offer of it must be over. to: where it goes, if anywhere."""
        left = {"entry_id": entry.entry_id, "outcome": outcome}
        self.drop_entry(entry, left | {"to": to} if to else left, by=by, cause=entry.entry_id)
        self.ask(EntryClosed(entry.entry_id, entry.interaction_id, outcome, why))

    def drop_entry(self, entry: Entry, left: dict[str, Any], *, by: str, cause: str) -> None:
        entry.move(EntryState.LEFT)
        outcome, waited = left["outcome"], self.now - entry.entered_at
        if entry.medium != CALLBACK:  # of a call-back nobody is kept waiting on the line
            self.goals.ended(entry.queue_id, outcome, waited, self.now, test=entry.test)
        if outcome == "abandoned" and waited > us(self.queue_rules(entry.queue_id).short_s):
            self.estimates.abandoned(pace_id(entry.queue_id, entry.line), waited)
        if outcome == "answered":
            self.estimates.answered(pace_id(entry.queue_id, entry.line), entry.guesses, waited, self.now)
        self.router.entry_gone(entry.entry_id)
        self.router.unbar(entry.entry_id, tuple(entry.refusals))
        del self.entries[entry.entry_id]
        self.say("queue.left", left, by=by, interaction_id=entry.interaction_id, cause=cause)
        if entry.queue_id in self.closing and not any(e.queue_id == entry.queue_id for e in self.entries.values()):
            del self.closing[entry.queue_id]
            self.rebuild()  # whoever was widened into it waits there no longer

    # -- handlings --------------------------------------------------------------------------------------------------

    def end_wrapup(self, session: Session, how: str, by: str = SYSTEM) -> None:
        """Ends the wrap-up he is in; the agent is for the caller to restate. how: agent, limit, leader, next."""
        assert session.handling_id is not None
        handling = self.handlings.pop(session.handling_id)
        handling.move(Phase.OVER)
        session.handling_id = None
        data = {"handling_id": handling.handling_id, "ended_how": how, "extended_ms": handling.extended // 1000}
        where, cause = handling.interaction_id, handling.handling_id
        self.say("handling.wrapup_ended", data, by=by, interaction_id=where, cause=cause)
        self._keep_form(handling)

    def drop_handling(self, session: Session, handling: Handling) -> None:
        """A handling without a wrap-up is over; the agent is for the caller to restate."""
        del self.handlings[handling.handling_id]
        session.handling_id = None
        self._keep_form(handling)

    def end_item(self, session: Session, handling: Handling, ended_by: str, by: str = SYSTEM) -> None:
        """Closes a digital item; the agent is for the caller to restate."""
        handling.move(Phase.OVER)
        del self.handlings[handling.handling_id]
        session.items.remove(handling.handling_id)
        data = {"handling_id": handling.handling_id, "ended_by": ended_by}
        where, cause = handling.interaction_id, handling.handling_id
        self.say("handling.released", data, by=by, interaction_id=where, cause=cause)
        over = {"handling_id": cause, "ended_how": "limit", "extended_ms": 0}  # there is no wrap-up of an item
        self.say("handling.wrapup_ended", over, by=by, interaction_id=where, cause=cause)
        self._keep_form(handling)

    def _keep_form(self, handling: Handling) -> None:
        self.forms[handling.handling_id] = Form(
            handling_id=handling.handling_id,
            interaction_id=handling.interaction_id,
            agent_id=handling.agent_id,
            over_at=self.now,
        )
        while self.now - (oldest := next(iter(self.forms.values()))).over_at > FORM_OPEN:
            del self.forms[oldest.handling_id]
