"""From the queue to an agent: the device rings, answers, is joined with the customer, and the recording begins.

Carries out what distribution asks (`Ring`, `StopRinging`, `Connect`, `Connected`) and tells it what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from yingda.calls.model import Call, Leg, LegState, Phase, Room, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.routing import effects as routing


class Distribution(Protocol):
    """What the hand-over tells the distributor (routing/distributor.py)."""

    def alerting(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def answered(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def connected(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def connect_failed(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def refused(self, offer_id: str, token: int, outcome: str, now: int) -> Sequence[routing.Effect]: ...


class Callers(Protocol):
    """What is done with those who wait (`inbound`)."""

    def play_music(self, call: Call) -> None: ...

    def stop_play(self, call: Call) -> None: ...

    def answer(self, leg: Leg) -> None: ...

    def refuse_unspoken(self, call: Call, now: int) -> None: ...


class Handover:
    """Agent legs by offer: the errand of `Why.OFFER`."""

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        callers: Callers,
        opened: Callable[[Call, Leg], None],
    ) -> None:
        """opened: told of every call that is answered."""
        self._stage, self._table, self._reaching, self._opened = stage, stage.table, reaching, opened
        self._distribution: Distribution = stage.distributor
        self._callers = callers
        self._taker: Leg | None = None

    # ---- what distribution asks -----------------------------------------------------------------------------------

    def taken_by(self, leg: Leg, entry_id: str, now: int) -> None:
        """The device of this leg takes a caller who rings for others, by a leg that is there already. Refuses what
        `Distributor.pick_up` refuses."""
        picked = self._stage.distributor.pick_up(entry_id, leg.agent_id or "", now)
        self._taker = leg
        self._stage.carry(picked, now)
        self._taker = None

    def ring(self, effect: routing.Ring, now: int) -> None:
        """Open a leg to the agent's device."""
        table, taker = self._table, self._taker
        if taker is not None and taker.agent_id == effect.agent_id:
            taker.offer_id, taker.token = effect.offer_id, effect.token
            table.by_offer[effect.offer_id] = taker.leg_id
            return
        call = table.call_of_entry(effect.entry_id)
        kind = self._stage.media_kind(effect.device)
        if call is None or kind is None:
            self._tell(self._distribution.refused(effect.offer_id, effect.token, "device_failed", now), now)
            return
        queue, customer = table.plan.queues.get(effect.queue_id), table.customer_of(call)
        leg = Leg(
            leg_id=table.ids(),
            interaction_id=call.interaction_id,
            role="agent",
            direction="outbound",
            device=effect.device,
            state=LegState.PREPARING,
            why=Why.OFFER,
            offer_id=effect.offer_id,
            token=effect.token,
            agent_id=effect.agent_id,
            shown=call.caller or "anonymous",
            display=queue.name if queue else "",
            auto_answer=effect.auto_answer,
            only=customer.passed if customer is not None else None,
        )
        table.by_offer[effect.offer_id] = leg.leg_id
        self._reaching.open(call, leg, kind, now)

    def stop_ringing(self, effect: routing.StopRinging) -> None:
        """Distribution took the offer back."""
        leg = self._table.leg_of_offer(effect.offer_id)
        if leg is None:
            return
        joining, call = leg.state is LegState.JOINING, self._table.call_of(leg)
        self._table.end_leg(leg, "system", 0, clear=True, elsewhere=effect.why == "answered_elsewhere")
        if joining and call.phase is Phase.WAITING:
            self._callers.play_music(call)

    def connect(self, effect: routing.Connect, now: int) -> None:
        """The agent answered: join both, in one change of the matrix."""
        table = self._table
        leg = table.leg_of_offer(effect.offer_id)
        call = table.call_of_entry(effect.entry_id)
        customer = table.customer_of(call) if call else None
        ready = customer is not None and (customer.state is LegState.UP or self._unanswered(customer))
        if leg is None or call is None or customer is None or not ready:
            self._tell(self._distribution.connect_failed(effect.offer_id, effect.token, now), now)
            return
        leg.token = effect.token  # the ring's token is stale from here on
        if self._unanswered(customer):
            self._callers.answer(customer)
        self._reaching.join(leg, now)
        self._callers.stop_play(call)

    @staticmethod
    def _unanswered(customer: Leg) -> bool:
        """He waits with nothing but his network's ring-back."""
        return customer.state is LegState.ARRIVING and customer.passed is not None

    def connected(self, effect: routing.Connected, now: int) -> None:
        """The joint append is written: the agent's leg talks, the recorder runs."""
        table = self._table
        call = table.call_of_entry(effect.entry_id)
        if call is None:
            return
        legs = (leg for leg in table.open_legs(call) if leg.why is Why.OFFER and leg.state is LegState.JOINING)
        leg = next(legs, None)
        if leg is None:
            return
        leg.move(LegState.UP)
        leg.room = Room.TALK
        table.joining.pop(leg.leg_id, None)
        table.by_entry.pop(call.entry_id or "", None)
        call.entry_id = None
        self._stage.bind(call, leg, effect.handling_id, effect.agent_id)
        self._stage.has_customer(call, leg, now)
        self._opened(call, leg)

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        self._tell(self._distribution.alerting(leg.offer_id or "", leg.token, now), now)

    def answered(self, leg: Leg, now: int) -> None:
        """Whether it still counts, distribution says."""
        self._tell(self._distribution.answered(leg.offer_id or "", leg.token, now), now)

    def joined(self, leg: Leg, now: int) -> None:
        self._tell(self._distribution.connected(leg.offer_id or "", leg.token, now), now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        """The caller goes on waiting, unless this phone does not have the one codec he speaks."""
        if leg.only is not None and code in (415, 488, 606):
            self._callers.refuse_unspoken(self._table.call_of(leg), now)
        elif joining:
            self._callers.play_music(self._table.call_of(leg))
            self._tell(self._distribution.connect_failed(leg.offer_id or "", leg.token, now), now)
        else:
            self._tell(self._distribution.refused(leg.offer_id or "", leg.token, outcome, now), now)

    def _tell(self, effects: Sequence[routing.Effect], now: int) -> None:
        self._stage.carry(effects, now)
