"""Parking: the customer waits with music where any colleague can take him (CTI-15; park in the glossary)."""

from __future__ import annotations

from itertools import count

from yingda.calls.model import Call, Leg, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.calls.summons import Summons
from yingda.calls.transfers import Transfers
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError

PARK_LIMIT = 180 * SECOND
"""After this a parked customer comes back to who parked him."""


class Parking:
    """The errand of `Why.TAKE`. Slots are numbers, the lowest free one first."""

    def __init__(self, stage: Stage, reaching: Reaching, summons: Summons, transfers: Transfers) -> None:
        self._stage, self._reaching, self._summons, self._transfers = stage, reaching, summons, transfers
        self._table = stage.table

    def park(self, handling_id: str, now: int) -> str:
        """The slot. Refuses consulting, in_conference."""
        call, own = self._stage.with_customer(handling_id)
        self._transfers.only_two(call, own)
        taken = {one.moving.slot for one in self._table.calls.values() if one.moving is not None}
        slot = next(str(number) for number in count(1) if str(number) not in taken)
        move = self._transfers.let_go(call, own, "park", f"park:{slot}", now)
        move.slot, move.until = slot, now + PARK_LIMIT
        call.phase = Phase.PARKED
        self._table.wake(move.until, call.interaction_id)
        return slot

    def take(self, slot: str, agent_id: str, now: int) -> None:
        """Refuses not_parked, being_taken, and what ringing the agent refuses."""
        call = next((one for one in self._table.calls.values() if one.moving and one.moving.slot == slot), None)
        if call is None or call.moving is None or call.phase is not Phase.PARKED:
            raise YingdaError("not_parked", "Nobody is parked there any more.")
        if call.moving.leg_id:
            raise YingdaError("being_taken", "A colleague is taking this call.")
        call.moving.leg_id = self._summons.open(
            call, ("agent", agent_id), Why.TAKE, now, for_handling=call.moving.handling_id, auto_answer=True
        ).leg_id

    def due(self, call: Call, now: int) -> None:
        """Nobody took him: he comes back."""
        move = call.moving
        if call.phase is Phase.PARKED and move is not None and not move.leg_id and now >= move.until:
            self._transfers.bring_back(call, now)

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """The customer goes on hearing music."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        move = call.moving
        if move is None:
            return
        self._stage.joins(call, leg, "pickup", now, after=move.handling_id)
        if leg.agent_id != move.agent_id:
            target = f"agent:{leg.agent_id}"
            done = self._stage.talks.transferred(move.handling_id, "blind", target, "completed", now)
            self._stage.carry(done, now)
        self._stage.has_customer(call, leg, now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        call = self._table.call_of(leg)
        self._stage.ring_over(leg, now)
        if call.moving is not None and call.moving.leg_id == leg.leg_id:
            call.moving.leg_id = ""
            self.due(call, now)
