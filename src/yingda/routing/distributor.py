"""Distribution, the one owner of entries, offers, handlings and agent sessions (metrics.md sections 1–3, 5, 6, 9).

A sans-IO core: every input takes `now` (µs UTC) and returns effects; an `Append` with all that happened comes first.
An input that makes no sense raises a `YingdaError` and changes nothing. What is merely late, such as an answer to an
offer that is over, the hang-up of a customer who is already talking, or the second report of one release, returns [].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec

from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource
from yingda.kernel.language.conditions import Condition, Value
from yingda.routing.desks import Desks
from yingda.routing.document import rules_of
from yingda.routing.effects import Effect
from yingda.routing.escalating import Escalating
from yingda.routing.estimates import Estimate
from yingda.routing.facts import FloorFacts
from yingda.routing.floor import Floor
from yingda.routing.handlings import Handlings
from yingda.routing.items import Items
from yingda.routing.leaders import Leaders
from yingda.routing.lending import EXPIRED, Lending
from yingda.routing.offering import Offering
from yingda.routing.queueing import Incoming, Queueing
from yingda.routing.rules import Rules
from yingda.routing.saving import restore, save
from yingda.routing.sites import QueueLoad
from yingda.routing.state import STATE_VERSION, Saved
from yingda.routing.talks import Talks
from yingda.routing.timers import Due


class Distributor:
    """Inputs, grouped by who they come from; those of calls that wait in no queue are in `talks`, those of leaders in
    `leaders`.

    `floor` may be read by screens and tests, and changed by nobody else.
    """

    floor_class: type[Floor] = Floor
    queueing_class: type[Queueing] = Queueing
    offering_class: type[Offering] = Offering
    handlings_class: type[Handlings] = Handlings
    desks_class: type[Desks] = Desks
    escalating_class: type[Escalating] = Escalating
    items_class: type[Items] = Items
    lending_class: type[Lending] = Lending

    def __init__(self, ids: IdSource, rules: Rules | None = None) -> None:
        self.floor = self.floor_class(ids, rules or Rules())
        self._queueing = self.queueing_class(self.floor)
        self._escalating = self.escalating_class(self.floor, self._queueing)
        self._offering = self.offering_class(self.floor)
        self._handlings = self.handlings_class(self.floor)
        self._items = self.items_class(self.floor, self._queueing, self._escalating)
        self._desks = self.desks_class(self.floor, self._offering, self._handlings, self._items)
        self._lending = self.lending_class(self.floor)
        self.leaders = Leaders(self.floor, self._escalating, self._lending, self._done)
        self.talks = Talks(self.floor, self._offering, self._handlings, self._done)

    # -- configuration ----------------------------------------------------------------------------------------------

    def configure(self, centre: Centre | Rules, now: int, version: int = 0) -> list[Effect]:
        """In force from the next decision on. A queue taken out takes nobody in and is finished by those who served
        it; an agent taken out gets no more offers and is signed out (why leader) when his handling is over."""
        self.floor.arrive_at(now)
        self._desks.configure(centre if isinstance(centre, Rules) else rules_of(centre, version))
        self._lending.configured()
        for entry_id in tuple(self.floor.entries):
            self._escalating.due(entry_id)
        return self._done()

    def holds(self, condition: Condition, data: Mapping[str, Value], now: int) -> bool:
        """Whether a condition holds for somebody who is in no queue yet; data: what is known of him."""
        self.floor.arrive_at(now)
        return condition.holds(FloorFacts(self.floor, data, priority=0, waited=0))

    # -- agents -----------------------------------------------------------------------------------------------------

    def sign_in(self, agent_id: str, device: str, now: int, *, ready: bool = True) -> list[Effect]:
        """ready=False begins busy (reason not_ready). Refuses already_signed_in, unknown_agent."""
        self.floor.arrive_at(now)
        self._desks.sign_in(agent_id, device, ready=ready)
        return self._done()

    def sign_out(self, agent_id: str, why: str, now: int) -> list[Effect]:
        """why: self, leader, shift_end, lost, restart. A ring ends declined, recalled or agent_lost; a wrap-up ends.
        Digital items he leaves open go back to their queues. Refuses agent_not_signed_in, agent_in_call (from his
        answer to the release), items_open (self), bad_sign_out."""
        self.floor.arrive_at(now)
        self._desks.sign_out(agent_id, why)
        return self._done()

    def set_idle(self, agent_id: str, now: int) -> list[Effect]:
        """Ends busy, a booked busy, and a wrap-up (ended_how agent). Refuses agent_not_signed_in."""
        self.floor.arrive_at(now)
        self._desks.set_idle(agent_id)
        return self._done()

    def set_busy(self, agent_id: str, reason: str, now: int) -> list[Effect]:
        """Now if he is idle; otherwise booked, to begin after ring, talk and wrap-up (话后示忙). reason: the id of a
        busy reason, or not_ready. Refuses agent_not_signed_in, unknown_reason."""
        self.floor.arrive_at(now)
        self._desks.set_busy(agent_id, reason)
        return self._done()

    def end_shift(self, agent_id: str, now: int) -> list[Effect]:
        """No new offers, a pending one moves on; he is signed out (shift_end) as soon as he is free. Refuses
        agent_not_signed_in."""
        self.floor.arrive_at(now)
        self._desks.end_shift(agent_id)
        return self._done()

    def device_lost(self, agent_id: str, now: int) -> list[Effect]:
        """Desk or device is out of reach: no offers; a pending one moves on at once. Refuses agent_not_signed_in."""
        self.floor.arrive_at(now)
        self._desks.device_lost(agent_id)
        return self._done()

    def device_back(self, agent_id: str, now: int) -> list[Effect]:
        """Refuses agent_not_signed_in."""
        self.floor.arrive_at(now)
        self._desks.device_back(agent_id)
        return self._done()

    def direct_connected(self, agent_id: str, interaction_id: str, now: int) -> list[Effect]:
        """A call straight to the agent has sound: a handling (origin direct) begins, a wrap-up still on ends (next).
        `Connected` has no entry_id then (""). Refuses agent_not_signed_in, agent_engaged, agent_unreachable."""
        self.floor.arrive_at(now)
        self._desks.direct_connected(agent_id, interaction_id)
        return self._done()

    # -- customers --------------------------------------------------------------------------------------------------

    def enter(
        self,
        entry_id: str,
        interaction_id: str,
        queue_id: str,
        now: int,
        *,
        cause: str = "first",
        from_entry_id: str | None = None,
        arrived_at: int | None = None,
        priority: int = 50,
        medium: str = "voice",
        test: bool = False,
        needs: str = "",
        wish: str | None = None,
        dedicated: bool = False,
        data: Mapping[str, str | float] | None = None,
        live: bool = True,
    ) -> list[Effect]:
        """The contact begins to wait. cause: metrics.md section 3; from_entry_id: the entry before it, if any;
        arrived_at: its place (default now); needs: what it asks for besides its queue's (`language.needs`); wish: the
        agent it waits for first, dedicated: and for nobody else; data: what conditions may ask about. Refuses
        medium: chat, email, sms, fax and social are answered as soon as an agent takes them, and so is a call-back;
        live=False: so is this one, nobody is on the line yet (a dialled record shown before it is dialled). Refuses
        already_queued, unknown_queue, bad_priority, bad_needs, bad_medium, closed, too_few_agents."""
        self.floor.arrive_at(now)
        incoming = Incoming(
            entry_id=entry_id,
            interaction_id=interaction_id,
            queue_id=queue_id,
            cause=cause,
            from_entry_id=from_entry_id,
            arrived_at=arrived_at,
            priority=priority,
            medium=medium,
            test=test,
            needs=needs,
            wish=wish,
            dedicated=dedicated,
            data=data or {},
            live=live,
        )
        self._escalating.begin(self._queueing.enter(incoming))
        return self._done()

    def customer_left(self, entry_id: str, now: int) -> list[Effect]:
        """The customer hung up before the joint append: abandoned. Unknown entry: []."""
        self.floor.arrive_at(now)
        self._queueing.customer_left(entry_id)
        return self._done()

    def turn_away(self, entry_id: str, why: str, now: int) -> list[Effect]:
        """We end the wait. [] for an unknown entry, and for one whose agent has answered: he gets the customer."""
        self.floor.arrive_at(now)
        self._queueing.turn_away(entry_id, why)
        return self._done()

    def leave(self, entry_id: str, outcome: str, to: str, now: int, by: str = "customer") -> list[Effect]:
        """It leaves its queue for something else: callback, diverted (voice mail, a message, a flow, another medium) or
        overflowed (a site, an outside number). to: what (`message:…`, `number:…`, `site:…`). [] for an unknown entry,
        and for one whose agent has answered: he gets the customer. Refuses bad_outcome."""
        if outcome not in ("callback", "diverted", "overflowed"):
            raise YingdaError("bad_outcome", f"No entry leaves as {outcome!r}.", where=f"entry {entry_id}")
        self.floor.arrive_at(now)
        self._queueing.leave(entry_id, outcome, to, by)
        return self._done()

    def fail(self, entry_id: str, why: str, now: int) -> list[Effect]:
        """The entry is lost by our fault. Unknown entry: []."""
        self.floor.arrive_at(now)
        self._queueing.fail(entry_id, why)
        return self._done()

    def pick_up(self, entry_id: str, agent_id: str, now: int) -> list[Effect]:
        """An agent takes an entry that waits or rings for others: an offer to him at once. Refuses agent_not_signed_in,
        unknown_entry, already_answered, agent_engaged, agent_unreachable."""
        self.floor.arrive_at(now)
        self._offering.pick_up(entry_id, agent_id)
        return self._done()

    def estimate(self, entry_id: str, now: int) -> Estimate:
        """Position and wait still to come. Refuses unknown_entry."""
        self.floor.arrive_at(now)
        return self._queueing.estimate(entry_id)

    def patience(self, queue_id: str) -> float:
        """How long callers wait there before they give up (s); announcements should last longer (ACD-36)."""
        return self.floor.estimates.patience(queue_id)

    def announced(self, entry_id: str, now: int) -> list[Effect]:
        """The caller is being told `estimate`: it is written down. Refuses unknown_entry."""
        self.floor.arrive_at(now)
        self._queueing.announced(entry_id)
        return self._done()

    # -- sister centres ---------------------------------------------------------------------------------------------

    def site_told(self, site_id: str, queues: Mapping[str, QueueLoad], now: int) -> list[Effect]:
        """What a sister centre says of its load, by our queues. It counts until it is too old (`Rules.stale_s`)."""
        self.floor.arrive_at(now)
        self.floor.sites.told(site_id, queues, self.floor.now)
        load = {queue_id: msgspec.to_builtins(queue) for queue_id, queue in queues.items()}
        self.floor.say("site.told", {"site_id": site_id, "load": load}, cause=site_id)
        return self._done()

    # -- offers: a stale token or an offer that is over is [] -------------------------------------------------------

    def alerting(self, offer_id: str, token: int, now: int) -> list[Effect]:
        """The device rings."""
        self.floor.arrive_at(now)
        self._offering.alerting(offer_id, token)
        return self._done()

    def answered(self, offer_id: str, token: int, now: int) -> list[Effect]:
        """The agent took it: `Connect` with a new token; the ring's is stale from here. No ring limit any more; media
        must confirm within `CONNECT_LIMIT`, or the offer ends device_failed."""
        self.floor.arrive_at(now)
        self._offering.answered(offer_id, token)
        return self._done()

    def connected(self, offer_id: str, token: int, now: int) -> list[Effect]:
        """Media has confirmed sound (token of `Connect`): the joint append, then `Connected`."""
        self.floor.arrive_at(now)
        self._offering.connected(offer_id, token)
        return self._done()

    def connect_failed(self, offer_id: str, token: int, now: int) -> list[Effect]:
        """No sound came about (token of `Connect`): device_failed; the agent is idle, at the tail, not set busy."""
        self.floor.arrive_at(now)
        self._offering.connect_failed(offer_id, token)
        return self._done()

    def refused(self, offer_id: str, token: int, outcome: str, now: int) -> list[Effect]:
        """The device's answer: declined, device_failed or no_answer (it gave up). The entry goes on from its place; the
        agent goes to the tail of the idle and does not get this entry again for `REFUSAL`; unanswered or failed
        offers in a row set him busy (reason no_answer or device_failed). Refuses bad_outcome."""
        self.floor.arrive_at(now)
        self._offering.refused(offer_id, token, outcome)
        return self._done()

    # -- handlings --------------------------------------------------------------------------------------------------

    def hold(self, handling_id: str, now: int, target: str | None = None) -> list[Effect]:
        """target: what the customer is in meanwhile. Held already: []. Refuses not_talking."""
        self.floor.arrive_at(now)
        self._handlings.hold(handling_id, target)
        return self._done()

    def retrieve(self, handling_id: str, now: int, result: str | None = None) -> list[Effect]:
        """result: how that ended. Not held: []. Refuses not_talking."""
        self.floor.arrive_at(now)
        self._handlings.retrieve(handling_id, result)
        return self._done()

    def released(self, handling_id: str, ended_by: str, now: int) -> list[Effect]:
        """The agent's part of the talk is over: wrap-up with the queue's limit (0: none). A customer who was dialled
        and not reached leaves none; a digital item is closed. ended_by: customer, agent, leader, carrier, system.
        Unknown, or over: []."""
        self.floor.arrive_at(now)
        self._handlings.released(handling_id, ended_by)
        return self._done()

    def hand_back(self, handling_id: str, queue_id: str, now: int) -> list[Effect]:
        """A digital item waits in a queue again, at its place (`ItemReturned`). Refuses unknown_handling,
        unknown_queue."""
        self.floor.arrive_at(now)
        self._items.hand_back(handling_id, queue_id)
        return self._done()

    def finish_wrapup(self, agent_id: str, now: int) -> list[Effect]:
        """Not in wrap-up (its limit was first): []. Refuses agent_not_signed_in."""
        self.floor.arrive_at(now)
        self._handlings.finish(agent_id)
        return self._done()

    def extend_wrapup(self, agent_id: str, ms: int, now: int) -> list[Effect]:
        """An hour in all. Refuses agent_not_signed_in, not_in_wrapup, bad_extension."""
        self.floor.arrive_at(now)
        self._handlings.extend(agent_id, ms)
        return self._done()

    def dispose(
        self,
        handling_id: str,
        codes: Sequence[str],
        resolved: bool | None,
        now: int,
        *,
        right_party: bool | None = None,
        converted: bool | None = None,
        value: float | None = None,
        case_id: str | None = None,
    ) -> list[Effect]:
        """The form, during the handling or within twelve hours after it; may repeat. Refuses unknown_handling."""
        self.floor.arrive_at(now)
        self._handlings.dispose(
            handling_id,
            codes,
            resolved,
            right_party=right_party,
            converted=converted,
            value=value,
            case_id=case_id,
        )
        return self._done()

    # -- time -------------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        """When `handle_timer` has something to do next (µs UTC); None if nothing is running."""
        return self.floor.timers.next()

    def handle_timer(self, now: int) -> list[Effect]:
        """Whatever is due by now. Harmless when nothing is."""
        self.floor.arrive_at(now)
        while (due := self.floor.timers.pop(now)) is not None:
            kind, item = due
            if kind is Due.OFFER:
                self._offering.limit_reached(item)
            elif kind is Due.WRAPUP:
                self._handlings.limit_reached(item)
            elif kind is Due.LONGEST_WAIT:
                self._queueing.waited_longest(item)
            elif kind is Due.RETRY:
                self._queueing.lift_refusals(item)
            elif kind is Due.TIER:
                self._escalating.due(item)
            elif kind is Due.BREAK:
                self._desks.break_over(item)
            elif kind is Due.SHIFT:
                self._desks.end_shift(item)
            else:
                self._lending.end(item, EXPIRED)
        return self._done()

    # -- state ------------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Everything, as plain data."""
        state: dict[str, Any] = msgspec.to_builtins(save(self.floor))
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any], ids: IdSource) -> Self:
        """Goes on exactly as the one `to_state` was taken from, given the same ids. Refuses bad_state."""
        try:
            saved = msgspec.convert(dict(state), Saved)
        except msgspec.ValidationError as error:
            raise YingdaError("bad_state", f"The state kept of distribution cannot be read: {error}.") from None
        if saved.v != STATE_VERSION:
            raise YingdaError("bad_state", f"The state kept of distribution has version {saved.v}.")
        distributor = cls(ids)
        restore(distributor.floor, saved)
        return distributor

    def _done(self) -> list[Effect]:
        self._offering.decide()
        return self.floor.flush()
