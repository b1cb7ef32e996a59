"""Offers: making them, and every way they end (metrics.md sections 2 law 4, 3 and 9).

The token fences an offer twice: what comes from the ringing device carries the ring's token, what comes from media
carries the one given with `Connect`. Whatever carries another token, or concerns an offer that is over, is an
ordinary race and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.routing.effects import Connect, Connected, Ring, Taken
from yingda.routing.entry import Entry, EntryState
from yingda.routing.explain import decision
from yingda.routing.floor import SYSTEM, Floor, agent_by
from yingda.routing.handling import Handling, Item, Phase
from yingda.routing.offer import Offer, OfferState
from yingda.routing.router import Choice
from yingda.routing.rules import DEVICE_FAILED, NO_ANSWER, QueueRules, us
from yingda.routing.session import Busy, Session
from yingda.routing.strategies import RING_ALL
from yingda.routing.timers import Due

CONNECT_LIMIT: Final = 10 * SECOND
"""How long media may take to confirm sound after an agent has answered (µs)."""

REFUSAL: Final = 10 * SECOND
"""How long an entry is not offered again to an agent with whom an offer of it came to nothing (µs)."""

MOST_RINGING: Final = 50
"""How many devices at most ring for one entry where all ring."""

DECLINED: Final = "declined"
REFUSALS: Final = frozenset({DECLINED, DEVICE_FAILED, NO_ANSWER})


class Offering:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    # -- making -----------------------------------------------------------------------------------------------------

    def decide(self) -> None:
        """Offers whatever can be offered now. Ends: every round takes an entry and an agent out of the lines."""
        while (choice := self._floor.router.choose(self._floor.now)) is not None:
            self.make(choice)

    def make(self, choice: Choice) -> None:
        floor = self._floor
        entry = floor.entries[choice.entry_id]
        rules = floor.queue_rules(entry.queue_id)
        kept = decision(floor.pools, choice, floor.rules.version, candidates=floor.rules.explain)
        agents = self._rung(choice)
        entry.move(EntryState.OFFERED)
        floor.router.entry_gone(entry.entry_id)
        for agent_id in agents:
            self._offer(entry, floor.sessions[agent_id], choice.pool.queue_id, rules, kept)

    def pick_up(self, entry_id: str, agent_id: str) -> None:
        """He takes an entry that waits or rings for others (代接): whoever of them answers first has it. Refuses
        unknown_entry, already_answered, agent_engaged."""
        floor, entry, session = self._floor, self._floor.entries.get(entry_id), self._floor.session(agent_id)
        if entry is None:
            raise YingdaError("unknown_entry", "It does not wait any more.", where=f"entry {entry_id}")
        if entry.state is EntryState.CONNECTING:
            raise YingdaError("already_answered", "Somebody has answered it already.", where=f"entry {entry_id}")
        floor.admit_call(session)
        if entry.state is EntryState.WAITING:
            entry.move(EntryState.OFFERED)
            floor.router.entry_gone(entry.entry_id)
        if session.handling_id is not None:
            floor.end_wrapup(session, "next", agent_by(agent_id))
        kept = {"rule": "pick_up", "config": floor.rules.version}
        self._offer(entry, session, entry.queue_id, floor.queue_rules(entry.queue_id), kept, origin="pickup")

    def _rung(self, choice: Choice) -> Sequence[str]:
        """Whom the entry is presented to: one, or all who are free."""
        pools = self._floor.pools
        if pools.groups.rules_of(choice.pool.queue_id).strategy != RING_ALL:
            return (choice.agent_id,)
        most = min(MOST_RINGING, pools.router.spare(choice.entry_id, choice.pool))
        return [agent_id for agent_id, _ in pools.router.best(choice.entry_id, choice.pool, most)]

    def _offer(
        self,
        entry: Entry,
        session: Session,
        served_queue_id: str,
        rules: QueueRules,
        kept: dict[str, Any],
        origin: str = "offer",
    ) -> None:
        floor = self._floor
        offer = Offer(
            offer_id=floor.ids(),
            token=floor.number(),
            entry_id=entry.entry_id,
            interaction_id=entry.interaction_id,
            agent_id=session.agent_id,
            queue_id=entry.queue_id,
            device=session.device,
            due=floor.now + us(rules.ring_limit_s),
            ring_limit_s=rules.ring_limit_s,
            decision=kept,
            served_queue_id=served_queue_id,
            origin=origin,
        )
        floor.offers[offer.offer_id] = offer
        entry.offers.append(offer.offer_id)
        session.offer_id, session.offered = offer.offer_id, offer.token
        floor.say("offer.made", offer.described(), interaction_id=entry.interaction_id, cause=entry.entry_id)
        floor.restate(session, "offer")
        floor.timers.set(offer.due, Due.OFFER, offer.offer_id)
        floor.ask(
            Ring(
                offer_id=offer.offer_id,
                token=offer.token,
                entry_id=entry.entry_id,
                interaction_id=entry.interaction_id,
                agent_id=session.agent_id,
                queue_id=entry.queue_id,
                device=session.device,
                auto_answer=rules.auto_answer or origin == "pickup",
                medium=entry.medium,
            )
        )

    # -- what comes back --------------------------------------------------------------------------------------------

    def pending(self, offer_id: str, token: int) -> Offer | None:
        """The offer, if the token is the one in force."""
        offer = self._floor.offers.get(offer_id)
        return offer if offer is not None and offer.token == token else None

    def alerting(self, offer_id: str, token: int) -> None:
        offer = self.pending(offer_id, token)
        if offer is not None and offer.state is OfferState.MADE:
            offer.move(OfferState.ALERTING)
            where = offer.interaction_id
            self._floor.say("offer.alerting", offer.described(), interaction_id=where, cause=offer_id)

    def answered(self, offer_id: str, token: int) -> None:
        offer = self.pending(offer_id, token)
        if offer is None or not offer.rings:
            return
        floor = self._floor
        entry = floor.entries[offer.entry_id]
        if not entry.live:
            self._take(offer, entry)
            return
        offer.move(OfferState.CONNECTING)
        offer.token = floor.number()
        offer.due = floor.now + CONNECT_LIMIT
        floor.timers.set(offer.due, Due.OFFER, offer_id)
        entry.move(EntryState.CONNECTING)
        self._stop_the_others(entry, offer_id)
        floor.ask(Connect(offer_id, offer.token, offer.entry_id, offer.interaction_id, offer.agent_id))

    def _stop_the_others(self, entry: Entry, answered: str) -> None:
        """Where all ring: whoever was slower keeps his place among the idle."""
        for offer_id in tuple(entry.offers):
            if offer_id != answered:
                session = self._floor.end_offer(self._floor.offers[offer_id], "answered_elsewhere")
                self._floor.restate(session, "answered_elsewhere")

    def connected(self, offer_id: str, token: int) -> None:
        """The joint append: the customer has stopped waiting and the agent is talking, at one and the same instant."""
        offer = self.pending(offer_id, token)
        if offer is None or offer.rings:
            return
        handling = self._accept(offer, Phase.TALKING, None)
        where, entry_id = offer.interaction_id, offer.entry_id
        self._floor.ask(Connected(handling.handling_id, entry_id, where, offer.agent_id, offer.queue_id))

    def _take(self, offer: Offer, entry: Entry) -> None:
        """Nobody is on the line: that the agent takes it answers it (metrics.md section 5)."""
        self._stop_the_others(entry, offer.offer_id)
        item = None
        if entry.line:
            item = Item(
                entry_id=entry.entry_id,
                medium=entry.medium,
                arrived_at=entry.arrived_at,
                priority=entry.priority,
                test=entry.test,
                needs=entry.needs,
                data=entry.data,
            )
        phase = Phase.SERVING if entry.line else Phase.DIALLING
        handling = self._accept(offer, phase, item)
        where, queue_id = offer.interaction_id, offer.queue_id
        self._floor.ask(Taken(handling.handling_id, entry.entry_id, where, offer.agent_id, queue_id, entry.medium))

    def _accept(self, offer: Offer, phase: Phase, item: Item | None) -> Handling:
        """The joint append but for what the handling's medium adds."""
        floor = self._floor
        by, where = agent_by(offer.agent_id), offer.interaction_id
        session = floor.end_offer(offer, "accepted", by, stop=False)
        session.missed, session.idle_place = 0, None
        session.handled += 1
        queue_id, origin, entry_id = offer.queue_id, offer.origin, offer.entry_id
        if phase is Phase.TALKING:
            handling = self.begin(session, where, queue_id, origin, offer.offer_id, entry_id=entry_id)
        else:
            handling = self.start(
                session, where, queue_id, origin, offer.offer_id, entry_id=entry_id, phase=phase, item=item
            )
            if item is not None:
                self.say_connected(handling)
        left = {
            "entry_id": offer.entry_id,
            "outcome": "answered",
            "served_queue_id": offer.served_queue_id,
            "handling_id": handling.handling_id,
        }
        floor.drop_entry(floor.entries[offer.entry_id], left, by=by, cause=handling.handling_id)
        floor.restate(session, "accepted", by)
        return handling

    def begin(
        self, session: Session, interaction_id: str, queue_id: str, origin: str, cause: str, *, entry_id: str | None
    ) -> Handling:
        """A handling begins, connected from the start; a wrap-up that is still on ends before it."""
        handling = self.start(session, interaction_id, queue_id, origin, cause, entry_id=entry_id)
        self.say_connected(handling)
        return handling

    def say_connected(self, handling: Handling) -> None:
        by, where = agent_by(handling.agent_id), handling.interaction_id
        connected = {"handling_id": handling.handling_id}
        self._floor.say("handling.connected", connected, by=by, interaction_id=where, cause=handling.handling_id)

    def start(
        self,
        session: Session,
        interaction_id: str,
        queue_id: str,
        origin: str,
        cause: str,
        *,
        entry_id: str | None = None,
        role: str = "primary",
        phase: Phase = Phase.TALKING,
        after: str | None = None,
        item: Item | None = None,
    ) -> Handling:
        """A handling begins; a wrap-up that is still on ends before it. after: the handling it follows from.
        A digital item begins beside whatever else is open."""
        floor, by = self._floor, agent_by(session.agent_id)
        rules = floor.queue_rules(queue_id)
        if session.handling_id is not None and item is None:
            floor.end_wrapup(session, "next", by)
        handling = Handling(
            handling_id=floor.ids(),
            interaction_id=interaction_id,
            agent_id=session.agent_id,
            session_id=session.session_id,
            queue_id=queue_id,
            wrapup=us(rules.wrapup_s),
            rest=us(max(rules.gap_s, rules.wrapup_min_s)),
            mandatory=rules.mandatory,
            role=role,
            origin=origin,
            phase=phase,
            item=item,
        )
        floor.handlings[handling.handling_id] = handling
        if item is None:
            session.handling_id = handling.handling_id
        else:
            session.items.append(handling.handling_id)
        data: dict[str, Any] = {
            "handling_id": handling.handling_id,
            "agent_id": session.agent_id,
            "session_id": session.session_id,
            "role": role,
            "origin": origin,
            "queue_id": queue_id,
        }
        if entry_id is not None:
            data["entry_id"] = entry_id
        if after is not None:
            data["after_handling_id"] = after
        floor.say("handling.started", data, by=by, interaction_id=interaction_id, cause=cause)
        return handling

    def connect_failed(self, offer_id: str, token: int) -> None:
        offer = self.pending(offer_id, token)
        if offer is not None and not offer.rings:
            self._come_to_nothing(offer, DEVICE_FAILED, SYSTEM, stop=False)

    def refused(self, offer_id: str, token: int, outcome: str) -> None:
        if outcome not in REFUSALS:
            raise YingdaError("bad_outcome", f"An offer is not refused with {outcome!r}.", where=f"offer {offer_id}")
        offer = self.pending(offer_id, token)
        if offer is None or not offer.rings:
            return
        session = self._floor.sessions[offer.agent_id]
        if outcome == DECLINED:
            session.missed = 0
        else:
            self._count_missed(session, outcome)
        by = agent_by(offer.agent_id) if outcome == DECLINED else SYSTEM
        self._come_to_nothing(offer, outcome, by, stop=False)

    # -- what falls due, what is taken back -------------------------------------------------------------------------

    def limit_reached(self, offer_id: str) -> None:
        """The ring limit, or after an answer the connect limit."""
        offer = self._floor.offers[offer_id]
        if offer.rings:
            self._count_missed(self._floor.sessions[offer.agent_id], NO_ANSWER)
            self._come_to_nothing(offer, NO_ANSWER, SYSTEM, stop=True)
        else:
            self._come_to_nothing(offer, DEVICE_FAILED, SYSTEM, stop=True)

    def withdraw(self, offer: Offer, outcome: str, by: str = SYSTEM) -> None:
        """The agent goes out of reach: his offer moves on at once; he is for the caller to restate. Leaving under a
        ring is declining it: coming back at once does not bring the same entry again."""
        self._floor.end_offer(offer, outcome, by)
        entry = self._floor.entries[offer.entry_id]
        if outcome == DECLINED:
            self._bar(entry, offer.agent_id)
        self._floor.requeue(entry)

    def _come_to_nothing(self, offer: Offer, outcome: str, by: str, *, stop: bool) -> None:
        """On the agent's side: he goes to the tail of the idle and does not get this entry again for a while."""
        floor = self._floor
        entry = floor.entries[offer.entry_id]
        session = floor.end_offer(offer, outcome, by, stop=stop)
        session.idle_place = None
        self._bar(entry, session.agent_id)
        floor.requeue(entry)
        floor.restate(session, outcome, by)

    def _bar(self, entry: Entry, agent_id: str) -> None:
        until = self._floor.now + REFUSAL
        entry.refusals[agent_id] = until
        self._floor.router.bar(entry.entry_id, agent_id)
        self._floor.timers.set(until, Due.RETRY, entry.entry_id)

    def _count_missed(self, session: Session, reason: str) -> None:
        session.missed += 1
        if session.busy is None and session.missed >= self._floor.profile(session.agent_id).no_answer_busy_after:
            session.busy = Busy(reason, "work")
