"""One party's leg ends, by hanging up or by a fault: what that means for the others in the call."""

from __future__ import annotations

from yingda.calls.bridging import Bridging
from yingda.calls.consulting import Consulting
from yingda.calls.ending import Ending
from yingda.calls.model import Call, Leg, LegState, Phase, Room, Why
from yingda.calls.onward import Onward
from yingda.calls.reaching import Reaching
from yingda.calls.sending import Sending
from yingda.calls.sounding import MUSIC
from yingda.calls.stage import Stage
from yingda.calls.transfers import Transfers
from yingda.kernel.errors import YingdaError


class Leaving:
    def __init__(
        self,
        stage: Stage,
        ending: Ending,
        reaching: Reaching,
        consulting: Consulting,
        transfers: Transfers,
        sending: Sending,
        onward: Onward,
        bridging: Bridging,
    ) -> None:
        self._reaching = reaching
        self._stage, self._ending, self._consulting, self._transfers = stage, ending, consulting, transfers
        self._sending, self._onward, self._bridging = sending, onward, bridging
        self._table = stage.table

    def hang_up(self, handling_id: str, now: int, by: str) -> None:
        """An agent at his desk: out of a conference he leaves, else the call is over. A leader (by) ends the call of
        who has the customer, and takes out who assists. Refuses no_call, consulting, customer_in_flow."""
        if (unmade := self._unmade(handling_id)) is not None:
            self._ending.end(unmade, now, by)
            return
        call, leg, _ = self._stage.talk_of(handling_id)
        consult = call.consult
        if by == "agent" and consult is not None and consult.handling_id == handling_id:
            todo = "End the consultation, or complete the transfer."
            raise YingdaError("consulting", "A consultation is under way.", todo=todo)
        if by == "agent":
            self._stage.is_here(call)
        if by == "agent" or (call.handling_id is not None and call.handling_id != handling_id):
            self.gone(leg, now, by, clear=True)
        elif not self._bridging.back(call, "far_end_disconnect", now, by):
            self._ending.end(call, now, by)

    def _unmade(self, handling_id: str) -> Call | None:
        """A call whose own agent's device only rings yet: nobody has been called for him."""
        call = self._table.call_of_handling(handling_id)
        leg = self._table.leg_of_handling(call, handling_id) if call is not None else None
        rings = (LegState.PREPARING, LegState.INVITING, LegState.RINGING)
        return call if leg is not None and leg.why is Why.OWN and leg.state in rings else None

    def refused(self, leg: Leg, outcome: str, code: int, now: int) -> None:
        """The far end refused our INVITE."""
        if leg.state is LegState.UP:
            self.gone(leg, now, "system", code, fault=True)
        else:
            self._reaching.failed(leg, outcome, code, now, clear=False)

    def cleared(self, leg: Leg, now: int, code: int) -> None:
        """The far end hung up."""
        if leg.why is Why.ARRIVED:
            self._ending.end(self._table.call_of(leg), now, "customer", gone=leg, code=code)
        elif leg.state is LegState.UP or (leg.why in (Why.OWN, Why.REPLACE) and leg.direction == "inbound"):
            self.gone(leg, now, leg.role if leg.role != "assisting" else "agent", code)
        else:
            self._reaching.failed(leg, "device_failed", code, now, clear=False)

    def broken(self, leg: Leg, now: int, code: int = 0) -> None:
        """It cannot go on by no wish of the far end. Who was not answered yet may be served elsewhere (503)."""
        if leg.state is LegState.UP or (leg.direction == "inbound" and leg.state is not LegState.JOINING):
            why = 503 if leg.state is LegState.ARRIVING else code
            self.gone(leg, now, "system", why, clear=True, fault=True)
        else:
            self._reaching.failed(leg, "device_failed", 0, now, clear=True)

    def silent(self, leg: Leg, now: int) -> None:
        """No packet for so long. A leg that has sent sound before and is expected to is dead; one that never has is a
        matter of its signalling (docs/decisions/0012)."""
        call = self._table.call_of(leg)
        silenced = leg.remote is not None and leg.remote.direction in ("sendonly", "inactive")
        on_hold = leg.sound == MUSIC or (leg.room is Room.ALONE and leg.leg_id != call.customer)
        if leg.alive and not silenced and not on_hold and call.phase is not Phase.ENDING:
            self.broken(leg, now, 408)

    def gone(self, leg: Leg, now: int, by: str, code: int = 0, *, clear: bool = False, fault: bool = False) -> None:
        """A leg that was up. clear: it has to be told; fault: nobody wanted it."""
        call = self._table.call_of(leg)
        if self._onward.gone(call, leg, now, by, code, clear=clear, fault=fault):
            return  # the flow goes on with its caller
        consult = call.consult
        if leg.why is Why.REPLACE:  # it has nobody's place yet
            self._stage.clear(leg, now, by, code, clear=clear)
        elif leg.leg_id == call.customer:
            self._ending.end(call, now, "system" if fault else by, gone=None if clear else leg, code=code, fault=fault)
        elif leg.mode or leg.leg_id == (call.moving.kept if call.moving is not None else ""):
            self._stage.clear(leg, now, by, code, clear=clear)
        elif call.phase is Phase.AWAY and leg.handling_id is not None:
            self._sending.agent_gone(call, leg, now, "system" if fault else by, code, clear=clear)
        elif consult is not None and leg.leg_id == consult.leg_id:
            self._third_party_gone(call, leg, now, by, code, clear=clear)
        elif consult is not None and leg.leg_id == consult.own_leg_id:
            self._stage.clear(leg, now, by, code, clear=clear)
            self._consulting.dismiss(call, self._table.legs[consult.leg_id], now)
            self._consulting.over(call, "ended", now)
        elif consult is not None and leg.handling_id == consult.handling_id and self._passes_on(call, fault=fault):
            self._transfers.complete(consult.handling_id, now)
        else:
            self._out_of_the_talk(call, leg, now, by, code, clear=clear, fault=fault)

    def _passes_on(self, call: Call, *, fault: bool) -> bool:
        """Who hangs up while consulting hands over; if his phone broke, only to somebody who has answered."""
        assert call.consult is not None
        third = self._table.legs[call.consult.leg_id]
        return not fault or third.state is LegState.UP

    def _third_party_gone(self, call: Call, leg: Leg, now: int, by: str, code: int, *, clear: bool) -> None:
        if leg.handling_id is not None:
            self._stage.carry(self._stage.distributor.released(leg.handling_id, by, now), now)
        self._stage.clear(leg, now, by, code, clear=clear)
        self._consulting.over(call, "ended", now)

    def _out_of_the_talk(self, call: Call, leg: Leg, now: int, by: str, code: int, *, clear: bool, fault: bool) -> None:
        others = self._stage.talkers(call, besides=leg)
        enough = len(others) >= (2 if call.internal else 1)
        if enough and call.phase is Phase.TALKING:
            self._leaves(call, leg, others, now, by)
            self._stage.clear(leg, now, by, code, clear=clear)
        elif fault and call.phase is Phase.TALKING and leg.handling_id == call.handling_id and call.customer:
            self._dismiss_third(call, now)
            if not self._bridging.lost(call, leg, now, code, clear=clear):
                self._transfers.agent_lost(call, leg, now)
        elif leg.why is Why.OWN and leg.for_handling is not None:
            self._stage.clear(leg, now, by, code, clear=clear)
        elif not self._bridging.back(
            call,
            "network_disconnect" if fault else "far_end_disconnect",
            now,
            by,
            gone=None if clear else leg,
            code=code,
        ):
            self._ending.end(call, now, by, gone=None if clear else leg, code=code, fault=fault)

    def _dismiss_third(self, call: Call, now: int) -> None:
        if call.consult is not None:
            self._consulting.dismiss(call, self._table.legs[call.consult.leg_id], now, "system")
            call.consult = None

    def _leaves(self, call: Call, leg: Leg, others: list[Leg], now: int, by: str) -> None:
        """A conference goes on without him; the first of those who assisted has the customer from here on."""
        if leg.handling_id is None:
            return
        talks = self._stage.talks
        if leg.handling_id != call.handling_id:
            self._stage.carry(talks.left(leg.handling_id, by, now), now)
            return
        self._stage.recordings.stop(call)
        heir = next((one for one in others if one.handling_id is not None), None)
        if heir is not None:
            self._stage.carry(talks.left(leg.handling_id, by, now, heir=heir.handling_id), now)
            self._transfers.inherits(call, heir, now)
            return
        target = f"number:{others[0].number or others[0].device}"
        self._stage.carry(talks.pass_on(leg.handling_id, "attended", target, "completed", now, ended_by=by), now)
        call.handling_id = None
