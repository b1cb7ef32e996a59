"""Speaking with a third party while the customer holds: consult, swap, complete, cancel, conference (CTI-13, 14).

The third party is a colleague, an agent of a queue, an extension or an outside number; it stands aside until the
consultation ends, becomes a transfer (`transfers`), or both come into the talk.
"""

from __future__ import annotations

from yingda.calls.effects import Arrival
from yingda.calls.model import Call, Consult, Leg, LegState, Room, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage, Target
from yingda.calls.summons import Summons
from yingda.calls.table import Purpose, Table
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import CreateLeg
from yingda.routing.handling import Phase as Part


class Consulting:
    """The errand of `Why.CONSULT`."""

    def __init__(self, stage: Stage, reaching: Reaching, summons: Summons) -> None:
        self._stage, self._reaching, self._summons = stage, reaching, summons
        self._table: Table = stage.table

    # ---- what the agent asks --------------------------------------------------------------------------------------

    def consult(self, handling_id: str, target: Target, now: int) -> None:
        """Refuses consulting, nobody_free, and what ringing the colleague refuses; nothing has changed then."""
        call, own = self._stage.with_customer(handling_id)
        if call.consult is not None:
            raise YingdaError("consulting", "A consultation is under way already.", todo="End it first.")
        called, asked = self._someone(target, own.agent_id or "", now)
        leg = self._summons.open(call, called, Why.CONSULT, now, room=Room.ASIDE, for_handling=handling_id)
        named = f"{target[0]}:{target[1]}"
        call.consult = Consult(handling_id=handling_id, target=named, leg_id=leg.leg_id, asked=asked)
        own.room = Room.ASIDE
        self._stage.carry(self._stage.talks.consult(handling_id, named, now), now)

    def from_phone(self, handling_id: str, arrival: Arrival, target: Target, now: int) -> None:
        """The agent's phone holds the customer and has dialled somebody on a second line. Refuses as `consult`."""
        call, own = self._stage.with_customer(handling_id)
        if call.consult is not None:
            raise YingdaError("consulting", "A consultation is under way already.", todo="End it first.")
        third = self._summons.open(call, target, Why.CONSULT, now, room=Room.ASIDE, for_handling=handling_id)
        second = Leg(
            leg_id=arrival.leg_id,
            interaction_id=call.interaction_id,
            role="agent",
            direction="inbound",
            device=own.device,
            state=LegState.ARRIVING,
            why=Why.OWN,
            room=Room.ASIDE,
            agent_id=own.agent_id,
            for_handling=handling_id,
            remote=arrival.remote,
        )
        self._table.add_leg(second)
        self._table.append(self._table.event("leg.created", now, call, second.facts()))
        kind = "webrtc" if arrival.remote.ice else "rtp"
        self._table.ask(CreateLeg(leg_id=second.leg_id, kind=kind, near=call.customer), Purpose.CREATE, second)
        named = f"{target[0]}:{target[1]}"
        call.consult = Consult(handling_id=handling_id, target=named, leg_id=third.leg_id, own_leg_id=second.leg_id)
        self._stage.carry(self._stage.talks.consult(handling_id, named, now), now)

    def _someone(self, target: Target, besides: str, now: int, asked: tuple[str, ...] = ()) -> tuple[Target, list[str]]:
        """Of a queue, whoever has been free longest and was not asked yet."""
        if target[0] != "queue":
            return target, []
        free = [a for a in self._stage.talks.free_agents(target[1], now) if a != besides and a not in asked]
        if not free:
            raise YingdaError("nobody_free", "Nobody of that queue is free now.")
        return ("agent", free[0]), [*asked, free[0]]

    def hold(self, handling_id: str, now: int) -> None:
        """The customer hears music; with a third party on the line the agent goes on to that one."""
        call, own = self._stage.with_customer(handling_id)
        if own.room is not Room.TALK:
            raise YingdaError("already_on_hold", "The customer is on hold already.")
        consult = call.consult
        consults = consult is not None and consult.handling_id == handling_id and not consult.own_leg_id
        self._stage.carry(self._stage.distributor.hold(handling_id, now), now)
        own.room = Room.ASIDE if consults else Room.ALONE
        self._table.touch(call)

    def retrieve(self, handling_id: str, now: int) -> None:
        """Back to the customer; a third party waits with music."""
        call, own = self._stage.with_customer(handling_id)
        if own.room is Room.TALK:
            raise YingdaError("not_on_hold", "The customer is not on hold.")
        self._stage.carry(self._stage.distributor.retrieve(handling_id, now), now)
        own.room = Room.TALK
        self._table.touch(call)

    def swap(self, handling_id: str, now: int) -> None:
        """Between the customer and the third party (切换). Refuses not_consulting."""
        _, own, _ = self._underway(handling_id)
        if own.room is Room.TALK:
            self.hold(handling_id, now)
        else:
            self.retrieve(handling_id, now)

    def cancel(self, handling_id: str, now: int) -> None:
        """The third party is dismissed, the agent is back with the customer. Refuses not_consulting."""
        call, own, leg = self._underway(handling_id)
        self.dismiss(call, leg, now)
        call.consult = None
        own.room = Room.TALK
        self._stage.carry(self._stage.talks.consult_over(handling_id, "cancelled", now, retrieve=True), now)

    def conference(self, handling_id: str, now: int) -> None:
        """All into the talk. Refuses not_consulting, not_answered."""
        call, own, leg = self._underway(handling_id)
        if leg.state is not LegState.UP:
            raise YingdaError("not_answered", "The third party has not answered yet.")
        second = self._table.legs.get(call.consult.own_leg_id) if call.consult is not None else None
        call.consult = None
        self._stage.recordings.stop(call, aside_only=True)
        own.room = leg.room = Room.TALK
        self._table.touch(call)
        if second is not None:
            self._stage.clear(second, now, "agent")
        self._stage.carry(self._stage.talks.consult_over(handling_id, "conference", now, retrieve=True), now)

    def _underway(self, handling_id: str) -> tuple[Call, Leg, Leg]:
        """The call, the agent's leg and the third party's."""
        call, own = self._stage.with_customer(handling_id)
        consult = call.consult
        if consult is None or consult.handling_id != handling_id:
            raise YingdaError("not_consulting", "You are consulting nobody.")
        return call, own, self._table.legs[consult.leg_id]

    def dismiss(self, call: Call, leg: Leg, now: int, by: str = "agent") -> None:
        """The third party, and the agent's second line, are off the call; `Consult` is for the caller."""
        self._stage.recordings.stop(call, aside_only=True)
        if leg.handling_id is not None:
            self._stage.carry(self._stage.distributor.released(leg.handling_id, by, now), now)
        self._stage.clear(leg, now, by)
        second = self._table.legs.get(call.consult.own_leg_id) if call.consult is not None else None
        if second is not None:
            self._stage.clear(second, now, by)

    # ---- the third party ------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """Ring-back follows by itself (`sounding`)."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        self._stage.joins(call, leg, "consult", now, after=leg.for_handling)
        self._stage.recordings.start_aside(call, leg, now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        """Of a queue the next one is rung; else the agent is alone, the customer still on hold."""
        call = self._table.call_of(leg)
        self._stage.ring_over(leg, now)
        consult = call.consult
        if consult is None or consult.leg_id != leg.leg_id:
            return
        kind, _, name = consult.target.partition(":")
        if kind == "queue" and self._ring_next(call, consult, name, now):
            return
        self.over(call, outcome, now)

    def _ring_next(self, call: Call, consult: Consult, queue_id: str, now: int) -> bool:
        handling = self._stage.handling(consult.handling_id)
        besides = handling.agent_id if handling is not None else ""
        try:
            called, asked = self._someone(("queue", queue_id), besides, now, tuple(consult.asked))
            leg = self._summons.open(call, called, Why.CONSULT, now, room=Room.ASIDE, for_handling=consult.handling_id)
        except YingdaError:
            return False
        consult.leg_id, consult.asked = leg.leg_id, asked
        return True

    def over(self, call: Call, result: str, now: int) -> None:
        """The third party is gone by itself."""
        consult, call.consult = call.consult, None
        if consult is None:
            return
        self._stage.recordings.stop(call, aside_only=True)
        second = self._table.legs.get(consult.own_leg_id)
        if second is not None:
            self._stage.clear(second, now, "agent")
        self._stage.carry(self._stage.talks.consult_over(consult.handling_id, result, now), now)
        handling = self._stage.handling(consult.handling_id)
        own = self._table.leg_of_handling(call, consult.handling_id)
        if own is not None and handling is not None and handling.phase is Part.HELD:
            own.room = Room.ALONE
        self._table.touch(call)
