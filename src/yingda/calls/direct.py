"""Calls to an agent's own outside number (直拨号码, `direct_number`): they ring at his device and nowhere else.

The caller hears his network's ring-back (180) until the agent answers; then he is answered too, and the agent's
handling begins (origin `direct`). Who is not signed in, has a call already or cannot be reached is told so: 480, 486.
"""

from __future__ import annotations

from yingda.calls.effects import AnswerCall, RefuseCall, RingCall
from yingda.calls.ending import Ending
from yingda.calls.model import Call, Leg, LegState, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.calls.summons import Summons
from yingda.calls.table import Purpose
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import ConnectLeg, LegCreated
from yingda.routing.rules import DIRECT

CODES = {"agent_engaged": 486, "declined": 486}


class Direct:
    """The errand of `Why.DIRECT`, and who answers the caller."""

    def __init__(self, stage: Stage, reaching: Reaching, summons: Summons, ending: Ending) -> None:
        self._stage, self._reaching, self._summons, self._ending = stage, reaching, summons, ending
        self._table = stage.table

    # ---- the caller -----------------------------------------------------------------------------------------------

    def media_ready(self, call: Call, leg: Leg, local: LegCreated, now: int) -> None:
        """There is room for his sound: ring the agent."""
        leg.local, call.queue_id = local, DIRECT.queue_id
        try:
            rung = self._summons.open(call, ("agent", call.direct), Why.DIRECT, now)
        except YingdaError as refusal:
            self._refuse(call, CODES.get(refusal.code, 480), refusal.sentence, now)
        else:
            rung.only = leg.passed

    def acknowledged(self, call: Call, leg: Leg, now: int) -> None:
        if leg.state is LegState.ANSWERING:
            leg.move(LegState.UP)
            self._table.append(self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id))
            self._table.touch(call)

    def _refuse(self, call: Call, code: int, sentence: str, now: int) -> None:
        leg = self._table.customer_of(call)
        if leg is not None and leg.state is LegState.ARRIVING:
            self._table.emit(RefuseCall(leg.leg_id, code, sentence))
            self._table.end_leg(leg, "system", code, clear=False)
        self._ending.end(call, now, "system", code=code)

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        caller = self._table.customer_of(self._table.call_of(leg))
        if caller is not None:
            self._table.emit(RingCall(caller.leg_id, caller.local))

    def answered(self, leg: Leg, now: int) -> None:
        caller = self._table.customer_of(self._table.call_of(leg))
        if caller is not None and caller.state is LegState.ARRIVING:
            assert caller.remote is not None and caller.local is not None
            caller.move(LegState.ANSWERING)
            self._table.ask(ConnectLeg(leg_id=caller.leg_id, remote=caller.remote), Purpose.CONNECT, caller)
            self._table.emit(AnswerCall(caller.leg_id, caller.local))
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        self._stage.joins(call, leg, "direct", now)
        self._stage.has_customer(call, leg, now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        self._stage.ring_over(leg, now)
        unspoken = leg.only is not None and code in (415, 488, 606)
        told = 488 if unspoken else CODES.get(outcome, 480)
        self._refuse(self._table.call_of(leg), told, f"The agent could not be reached: {outcome}", now)
