"""Faults planted in the distributor on purpose: each must be found by the worlds, or they prove nothing.

Each is one of the mistakes that contact centres are known for. None is reachable from anything but the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from msgspec.structs import replace

from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.routing.desks import Desks
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append, Effect, StopRinging
from yingda.routing.entry import Entry, EntryState
from yingda.routing.escalating import Escalating
from yingda.routing.floor import SYSTEM, Floor
from yingda.routing.handling import Handling
from yingda.routing.handlings import Handlings
from yingda.routing.offer import Offer
from yingda.routing.offering import Offering
from yingda.routing.pools import Pools
from yingda.routing.queueing import Incoming, Queueing
from yingda.routing.router import Choice, Turn
from yingda.routing.rules import QueueRules
from yingda.routing.session import Session
from yingda.routing.states import AgentState
from yingda.routing.strategies.base import Candidate
from yingda.routing.timers import Due
from yingda.sim.leader_faults import LEADER_FAULTS
from yingda.sim.media_faults import MEDIA_FAULTS


class _NoTokenCheck(Offering):
    def pending(self, offer_id: str, token: int) -> Offer | None:
        return self._floor.offers.get(offer_id)


class _DoubleOffer(Offering):
    def make(self, choice: Choice) -> None:
        super().make(choice)
        entry = self._floor.entries[choice.entry_id]
        if self._floor.router.idle(entry.queue_id):
            entry.state = EntryState.WAITING
            self._floor.wait(entry)


class _RingNotTimed(Offering):
    def make(self, choice: Choice) -> None:
        super().make(choice)
        session = self._floor.sessions[choice.agent_id]
        self._floor.offers[session.offer_id or ""].due = 0


class _ConnectNotTimed(Offering):
    def answered(self, offer_id: str, token: int) -> None:
        super().answered(offer_id, token)
        offer = self._floor.offers.get(offer_id)
        if offer is not None and not offer.rings:
            offer.due = 0


class _RefusalForgotten(Offering):
    def _bar(self, entry: Entry, agent_id: str) -> None:
        """The agent who has just declined is the next to be asked."""


class _LostDeviceRingsOn(Desks):
    def device_lost(self, agent_id: str) -> None:
        session = self._floor.session(agent_id)
        session.reachable = False
        self._floor.restate(session, "device_lost")


class _BookedBusyLost(Handlings):
    def released(self, handling_id: str, ended_by: str) -> None:
        handling = self._floor.handlings.get(handling_id)
        if handling is not None:
            self._floor.sessions[handling.agent_id].busy = None
        super().released(handling_id, ended_by)


class _WrapupNotTimed(Handlings):
    def begin_wrapup(self, session: Session, handling: Handling) -> None:
        if handling.wrapup == 0:
            super().begin_wrapup(session, handling)


class _WrapupForgottenByNext(Offering):
    def begin(self, session: Session, *args: Any, **options: Any) -> Handling:
        session.handling_id = None
        return super().begin(session, *args, **options)


class _AgentLeftReserved(Queueing):
    def customer_left(self, entry_id: str) -> None:
        entry = self._floor.entries.get(entry_id)
        if entry is not None and entry.offers:
            offer = self._floor.offers[entry.offers[0]]
            self._floor.end_offer(offer, "customer_left", "customer")
            self._floor.close_entry(entry, "abandoned", why="customer_left", by="customer")
        else:
            super().customer_left(entry_id)


class _LongestWaitNotTimed(Queueing):
    def waited_longest(self, entry_id: str) -> None:
        """The caller waits on."""


class _ToTheTail(Floor):
    def requeue(self, entry: Entry) -> None:
        entry.arrived_at = self.now
        super().requeue(entry)


class _WaitRestarted(Floor):
    def requeue(self, entry: Entry) -> None:
        entry.deadline = self.now + 30_000_000
        self.timers.set(entry.deadline, Due.LONGEST_WAIT, entry.entry_id)
        super().requeue(entry)


class _OfferToBusy(Floor):
    def _take_place(self, session: Session, was: str, state: AgentState) -> None:
        super()._take_place(session, was, state)
        if state is AgentState.BUSY:
            self._stand(session)


class _LastInFirstOut(Floor):
    def wait(self, entry: Entry) -> None:
        self.pools.waits(entry.entry_id, entry.queue_id, Turn(0, -entry.arrived_at, -entry.number), entry.pools)


class _ShortestIdle(Floor):
    def _stand(self, session: Session) -> None:
        super()._stand(session)
        if session.idle_place is not None:
            at, number = session.idle_place
            profile = self.profile(session.agent_id)
            self.pools.idle(Candidate(session.agent_id, (-at, -number), session.handled, session.offered, profile))


class _SpanGap(Floor):
    def restate(self, session: Session, why: str, by: str = SYSTEM) -> None:
        super().restate(session, why, by)
        if why == "device_back":
            self._events.clear()


class _ServedTwice(Floor):
    def drop_entry(self, entry: Entry, left: dict[str, Any], *, by: str, cause: str) -> None:
        super().drop_entry(entry, left, by=by, cause=cause)
        if left["outcome"] == "answered":
            self.say("queue.left", left, by=by, interaction_id=entry.interaction_id, cause=cause)


class _DeviceNotTold(Floor):
    def end_offer(self, offer: Offer, outcome: str, by: str = SYSTEM, *, stop: bool = True) -> Session:
        session = super().end_offer(offer, outcome, by, stop=stop)
        self._effects = [effect for effect in self._effects if not isinstance(effect, StopRinging)]
        return session


class _PatienceForgotten(Queueing):
    def _choose_whom(self, entry: Entry, rules: QueueRules, incoming: Incoming) -> None:
        super()._choose_whom(entry, rules, incoming)
        entry.held_until = None


class _NeedsForgotten(Floor):
    def wait(self, entry: Entry) -> None:
        own = tuple(pool._replace(needs="") for pool in entry.pools)
        self.pools.waits(entry.entry_id, entry.queue_id, self.turn(entry), own)


class _PriorityIgnored(Floor):
    def turn(self, entry: Entry) -> Turn:
        return super().turn(entry)._replace(band=0)


class _GoalsIgnored(Floor):
    def _new_pools(self) -> Pools:
        self.goals.rules = replace(self.rules, by_goals=False)
        return super()._new_pools()


class _OthersRingOn(Offering):
    def _stop_the_others(self, entry: Entry, answered: str) -> None:
        """Where all ring, all go on ringing."""


class _NeverWidened(Escalating):
    def due(self, entry_id: str) -> None:
        entry = self._floor.entries[entry_id]
        entry.held_until = entry.step_at = None
        if entry.state is EntryState.WAITING:
            self._floor.wait(entry)


class _WidenedAtOnce(Escalating):
    def begin(self, entry: Entry) -> None:
        entry.entered_at -= 60_000_000
        self.due(entry.entry_id)
        entry.entered_at += 60_000_000


class _MovedToTheTail(Escalating):
    def move(self, entry: Entry, queue_id: str, cause: str, rule: str, by: str = SYSTEM) -> None:
        entry.arrived_at = self._floor.now
        super().move(entry, queue_id, cause, rule, by)


class _NoPauseBetweenCalls(Handlings):
    def begin_wrapup(self, session: Session, handling: Handling) -> None:
        handling.rest = 0
        super().begin_wrapup(session, handling)


class NoTokenCheck(Distributor):
    offering_class = _NoTokenCheck


class DoubleOffer(Distributor):
    offering_class = _DoubleOffer


class RingNotTimed(Distributor):
    offering_class = _RingNotTimed


class ConnectNotTimed(Distributor):
    offering_class = _ConnectNotTimed


class RefusalForgotten(Distributor):
    offering_class = _RefusalForgotten


class WrapupForgottenByNext(Distributor):
    offering_class = _WrapupForgottenByNext


class LostDeviceRingsOn(Distributor):
    desks_class = _LostDeviceRingsOn


class BookedBusyLost(Distributor):
    handlings_class = _BookedBusyLost


class WrapupNotTimed(Distributor):
    handlings_class = _WrapupNotTimed


class AgentLeftReserved(Distributor):
    queueing_class = _AgentLeftReserved


class LongestWaitNotTimed(Distributor):
    queueing_class = _LongestWaitNotTimed


class ToTheTail(Distributor):
    floor_class = _ToTheTail


class WaitRestarted(Distributor):
    floor_class = _WaitRestarted


class OfferToBusy(Distributor):
    floor_class = _OfferToBusy


class LastInFirstOut(Distributor):
    floor_class = _LastInFirstOut


class ShortestIdle(Distributor):
    floor_class = _ShortestIdle


class SpanGap(Distributor):
    floor_class = _SpanGap


class ServedTwice(Distributor):
    floor_class = _ServedTwice


class DeviceNotTold(Distributor):
    floor_class = _DeviceNotTold


class PatienceForgotten(Distributor):
    queueing_class = _PatienceForgotten


class NeedsForgotten(Distributor):
    floor_class = _NeedsForgotten


class PriorityIgnored(Distributor):
    floor_class = _PriorityIgnored


class GoalsIgnored(Distributor):
    floor_class = _GoalsIgnored


class OthersRingOn(Distributor):
    offering_class = _OthersRingOn


class NeverWidened(Distributor):
    escalating_class = _NeverWidened


class WidenedAtOnce(Distributor):
    escalating_class = _WidenedAtOnce


class MovedToTheTail(Distributor):
    escalating_class = _MovedToTheTail


class NoPauseBetweenCalls(Distributor):
    handlings_class = _NoPauseBetweenCalls


class JointAppendSplit(Distributor):
    """The handling is written at once, the end of the wait with the next timer."""

    _rest: tuple[Event, ...] = ()

    def connected(self, offer_id: str, token: int, now: int) -> list[Effect]:
        effects = super().connected(offer_id, token, now)
        if not effects or not isinstance(effects[0], Append):
            return effects
        events = effects[0].events
        self._rest = events[3:]
        return [Append(events[:3]), *effects[1:]]

    def handle_timer(self, now: int) -> list[Effect]:
        rest, self._rest = self._rest, ()
        effects = super().handle_timer(now)
        return [Append(rest), *effects] if rest else effects


class TimersLostOnRestart(Distributor):
    @classmethod
    def from_state(cls, state: Mapping[str, Any], ids: IdSource) -> Self:
        return super().from_state({**state, "offers": [{**offer, "due": 0} for offer in state["offers"]]}, ids)


FAULTS: Final[tuple[type[Distributor], ...]] = (
    *(NoTokenCheck, DoubleOffer, RingNotTimed, ConnectNotTimed, RefusalForgotten, WrapupForgottenByNext),
    *(LostDeviceRingsOn, BookedBusyLost, WrapupNotTimed, AgentLeftReserved, LongestWaitNotTimed),
    *(ToTheTail, WaitRestarted, OfferToBusy, LastInFirstOut, ShortestIdle, SpanGap, ServedTwice, DeviceNotTold),
    *(JointAppendSplit, TimersLostOnRestart),
    *(PatienceForgotten, NeedsForgotten, PriorityIgnored, GoalsIgnored, OthersRingOn, NeverWidened, WidenedAtOnce),
    *(MovedToTheTail, NoPauseBetweenCalls),
    *LEADER_FAULTS,
    *MEDIA_FAULTS,
)
