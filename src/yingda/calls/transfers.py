"""The customer goes on to somebody else: blind and attended transfer, and the ways back (CTI-10, 11).

Whatever fails on the way, the customer is kept: he comes back to who let go of him, or to the head of a queue.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.effects import AcceptRefer, ReferResult
from yingda.calls.model import Call, Leg, LegState, Move, Phase, Room, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage, Target
from yingda.calls.summons import Summons
from yingda.kernel.errors import YingdaError

HEAD = 100
"""The priority of a customer whom we owe: he is served next."""


class Transfers:
    """The errand of `Why.TRANSFER` and `Why.RETURN`. stranded: who cares for a caller whom no queue takes back."""

    stranded: Callable[[Call, int], None]

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        summons: Summons,
        begin_waiting: Callable[[Call, int], None],
    ) -> None:
        self._begin_waiting = begin_waiting
        self._stage, self._reaching, self._summons = stage, reaching, summons
        self._table = stage.table

    # ---- blind ----------------------------------------------------------------------------------------------------

    def blind(self, handling_id: str, target: Target, now: int, *, keep: bool = False) -> None:
        """Without speaking first. keep: the agent's leg stays until the result is known (a phone waits for it).

        Refuses consulting, in_conference, unknown_queue, and what ringing the colleague refuses; nothing has changed
        then.
        """
        call, own = self._stage.with_customer(handling_id)
        self.only_two(call, own)
        named = f"{target[0]}:{target[1]}"
        if target[0] == "queue":
            self._to_queue(call, own, target[1], named, now)
            return
        leg = self._summons.open(call, target, Why.TRANSFER, now, for_handling=handling_id)
        self.let_go(call, own, "blind", named, now, leg_id=leg.leg_id, keep=keep)

    def only_two(self, call: Call, own: Leg) -> None:
        """Refuses what would leave a third party behind."""
        if call.consult is not None:
            raise YingdaError("consulting", "A consultation is under way.", todo="End it, or complete the transfer.")
        if self._stage.talkers(call, besides=own):
            raise YingdaError("in_conference", "Others are in the talk.", todo="Leave the conference instead.")

    def let_go(
        self, call: Call, own: Leg, how: str, target: str, now: int, *, leg_id: str = "", keep: bool = False
    ) -> Move:
        """The agent is out of it; the customer hears music until somebody has him."""
        handling_id, agent_id = own.handling_id or "", own.agent_id or ""
        self._stage.recordings.stop(call)
        move = Move(handling_id=handling_id, agent_id=agent_id, how=how, target=target, leg_id=leg_id)
        call.moving, call.phase, call.handling_id = move, Phase.MOVING, None
        self._stage.carry(self._stage.talks.pass_on(handling_id, "blind", target, None, now), now)
        if keep:
            self._table.emit(AcceptRefer(own.leg_id))
            own.handling_id, own.room, move.kept = None, Room.ALONE, own.leg_id
        else:
            self._stage.clear(own, now, "agent")
        self._table.touch(call)
        return move

    def _to_queue(self, call: Call, own: Leg, queue_id: str, named: str, now: int) -> None:
        if queue_id not in self._table.plan.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {queue_id}")
        handling_id, agent_id = own.handling_id or "", own.agent_id or ""
        self._stage.recordings.stop(call)
        self._stage.carry(self._stage.talks.pass_on(handling_id, "blind", named, "completed", now), now)
        self._stage.clear(own, now, "agent")
        try:
            self._stage.enter_queue(call, queue_id, "transfer", now, call.priority)
        except YingdaError:  # nobody there to serve it
            call.moving = Move(handling_id=handling_id, agent_id=agent_id, how="blind", target=named)
            self.bring_back(call, now)
        else:
            self._begin_waiting(call, now)

    # ---- attended -------------------------------------------------------------------------------------------------

    def complete(self, handling_id: str, now: int) -> None:
        """The third party gets the customer; while it rings that is a blind transfer. Refuses not_consulting."""
        call, own = self._stage.with_customer(handling_id)
        consult = call.consult
        if consult is None or consult.handling_id != handling_id:
            raise YingdaError("not_consulting", "You are consulting nobody.")
        leg, call.consult = self._table.legs[consult.leg_id], None
        leg.room = Room.TALK
        second = self._table.legs.get(consult.own_leg_id)
        if second is not None:
            self._stage.clear(second, now, "agent")
        if leg.state is not LegState.UP:
            leg.why = Why.TRANSFER
            self.let_go(call, own, "blind", consult.target, now, leg_id=leg.leg_id)
            return
        self._stage.recordings.stop(call)
        passed = self._stage.talks.pass_on(
            handling_id, "attended", consult.target, "completed", now, heir=leg.handling_id
        )
        self._stage.carry(passed, now)
        self.inherits(call, leg, now)
        self._stage.clear(own, now, "agent")

    def inherits(self, call: Call, leg: Leg, now: int) -> None:
        """Who assisted has the customer now, under a handling of his own."""
        session = self._stage.session(leg.agent_id or "")
        if leg.handling_id is not None and session is not None and session.handling_id is not None:
            self._stage.bind(call, leg, session.handling_id, session.agent_id)
        self._stage.has_customer(call, leg, now)

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
        self._stage.joins(call, leg, "transfer", now, after=move.handling_id)
        if leg.why is Why.TRANSFER:
            done = self._stage.talks.transferred(move.handling_id, "blind", move.target, "completed", now)
            self._stage.carry(done, now)
        self._stage.has_customer(call, leg, now)
        kept = self._table.legs.get(move.kept)
        if kept is not None and kept.state is LegState.UP:
            self._table.emit(ReferResult(kept.leg_id, 200))
            self._stage.clear(kept, now, "agent")

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        call = self._table.call_of(leg)
        self._stage.ring_over(leg, now)
        if call.moving is None or call.moving.leg_id != leg.leg_id:
            return
        self._stage.fell_through(call.moving.agent_id, call.moving.target, outcome, now)
        if leg.why is Why.RETURN:
            self.to_head(call, "returned", now)
        else:
            self.bring_back(call, now, code or 480)

    # ---- the ways back --------------------------------------------------------------------------------------------

    def bring_back(self, call: Call, now: int, code: int = 480) -> None:
        """To the agent who let go of him, if he is free; else to the head of a queue."""
        move = call.moving
        assert move is not None
        call.phase = Phase.MOVING
        if move.how == "blind":
            back = self._stage.talks.transferred(move.handling_id, "blind", move.target, "returned", now)
            self._stage.carry(back, now)
        kept = self._table.legs.get(move.kept)
        if kept is not None and kept.state is LegState.UP:
            self._table.emit(ReferResult(kept.leg_id, code))
            if self._back_on_his_leg(call, kept, move, now):
                return
        try:
            leg = self._summons.open(call, ("agent", move.agent_id), Why.RETURN, now, for_handling=move.handling_id)
        except YingdaError:
            self.to_head(call, "returned", now)
        else:
            move.leg_id = leg.leg_id

    def _back_on_his_leg(self, call: Call, kept: Leg, move: Move, now: int) -> bool:
        """His phone is still on the line: he has the customer again at once."""
        session = self._stage.session(move.agent_id)
        try:
            if session is not None:
                self._stage.distributor.floor.admit_call(session)
                self._stage.joins(call, kept, "transfer", now, after=move.handling_id)
        except YingdaError:
            return False
        if kept.handling_id is not None:
            self._stage.has_customer(call, kept, now)
        return kept.handling_id is not None

    def agent_lost(self, call: Call, leg: Leg, now: int) -> None:
        """The agent's leg broke in the talk: his customer is served next."""
        self._stage.recordings.stop(call)
        self._stage.carry(self._stage.distributor.released(leg.handling_id or "", "system", now), now)
        self._stage.clear(leg, now, "system")
        self.to_head(call, "agent_lost", now, leg.agent_id or "")

    def to_head(self, call: Call, cause: str, now: int, agent_id: str = "") -> None:
        """Of the queue he came from, or of one of the agent's."""
        agent_id = agent_id or (call.moving.agent_id if call.moving is not None else "")
        for leg in self._table.open_legs(call):
            if leg.leg_id != call.customer:
                self._stage.clear(leg, now, "system")
        candidates = [call.queue_id, *self._stage.distributor.floor.profile(agent_id).queues]
        for queue_id in candidates:
            if queue_id in self._table.plan.queues:
                try:
                    self._stage.enter_queue(call, queue_id, cause, now, HEAD)
                except YingdaError:
                    continue
                self._begin_waiting(call, now)
                return
        self.stranded(call, now)
