"""Callers whom a rule sends from their queue to another site or an outside number (ACD-31, ACD-32).

waiting  → moving    the number is called; the caller hears music
moving   → talking   it answered
moving   → waiting   it did not: back into his queue at his place, and not sent away a second time
moving   → ending    it did not, and the caller is a fax (`faxes`)
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.ending import Ending
from yingda.calls.model import Call, Leg, LegState, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.calls.summons import Summons
from yingda.kernel.errors import YingdaError


class Forwarding:
    """The errand of `Why.FORWARD`. begin_waiting, stranded: what a caller hears who waits again, or whom no queue takes
    back."""

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        summons: Summons,
        begin_waiting: Callable[[Call, int], None],
        stranded: Callable[[Call, str, int], None],
        ending: Ending,
    ) -> None:
        self._stage, self._reaching, self._summons = stage, reaching, summons
        self._begin_waiting, self._stranded, self._ending = begin_waiting, stranded, ending

    def forward(self, call: Call, number: str, now: int) -> None:
        """He has left his queue for this number."""
        call.phase, call.forwarded = Phase.MOVING, True
        self._stage.table.touch(call)
        try:
            self._summons.open(call, ("number", number), Why.FORWARD, now)
        except YingdaError as error:
            self._stage.table.alarm("forwarding", f"A caller could not be sent to {number}: {error.sentence}")
            self._back(call, now)

    def ringing(self, leg: Leg, now: int) -> None:
        """The caller goes on hearing music."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._stage.table.call_of(leg)
        call.phase = Phase.TALKING
        self._stage.met(call, now)
        self._stage.table.touch(call)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        call = self._stage.table.call_of(leg)
        customer = self._stage.table.customer_of(call)
        if call.phase is Phase.MOVING and customer is not None and customer.state is LegState.UP:
            self._back(call, now)

    def _back(self, call: Call, now: int) -> None:
        if call.fax:  # nobody in a queue wants to hear it
            self._ending.end(call, now, "system")
            return
        try:
            self._stage.enter_queue(call, call.queue_id, "returned", now, call.priority)
        except YingdaError as error:
            call.phase = Phase.WAITING
            self._stranded(call, error.code, now)
        else:
            self._begin_waiting(call, now)
