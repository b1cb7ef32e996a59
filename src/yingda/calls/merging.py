"""Two contacts become one: a phone transfers the party of one of its calls to that of another (REFER with Replaces
between two calls, RFC 5589 section 7).

Whoever refers leaves both. The contact that goes on is the one with his customer, else the one that was referred in;
the other party comes over with a handling of its own there, and the books have `interaction.merged`.
"""

from __future__ import annotations

from yingda.calls.effects import AcceptRefer, ReferResult
from yingda.calls.ending import Ending
from yingda.calls.model import Call, Leg, LegState, Phase, Room
from yingda.calls.rights import owner_of
from yingda.calls.stage import Stage, handed_on
from yingda.kernel.errors import YingdaError
from yingda.routing.handling import Handling
from yingda.routing.talks import INTERNAL


class Merging:
    def __init__(self, stage: Stage, ending: Ending) -> None:
        self._stage, self._table, self._ending = stage, stage.table, ending

    def join(self, leg: Leg, other_id: str, now: int) -> None:
        """The parties of `leg` and of the other leg of the same user talk with each other. Refuses not_consulting,
        not_your_call, consulting, not_answered, codec_handed_on; nothing has changed then."""
        other = self._table.legs.get(other_id)
        if other is None or other.interaction_id == leg.interaction_id:
            raise YingdaError("not_consulting", "The two calls do not belong together.")
        owner = owner_of(self._table.plan, leg)
        if not owner or owner != owner_of(self._table.plan, other):
            raise YingdaError("not_your_call", "The other call is a colleague's.")
        referrer = leg
        if not self._has_customer(leg) and self._has_customer(other):
            leg, other = other, leg
        call, gone = self._table.call_of(leg), self._table.call_of(other)
        self._both_talk(call, leg)
        comers = self._both_talk(gone, other)
        self._understand([one for one in self._table.open_legs(call) if one is not leg] + comers)
        self._table.emit(AcceptRefer(referrer.leg_id))
        self._table.emit(ReferResult(referrer.leg_id, 200))
        self._bring(call, leg, gone, comers, now)
        self._stage.clear(leg, now, "agent")
        self._ending.end(gone, now, "agent")

    def _has_customer(self, leg: Leg) -> bool:
        handling = self._stage.handling(leg.handling_id or "")
        return handling is not None and handling.with_customer

    def _both_talk(self, call: Call, own: Leg) -> list[Leg]:
        """The others in the talk."""
        if call.consult is not None:
            raise YingdaError("consulting", "A consultation is under way.", todo="End it, or complete the transfer.")
        others = [one for one in self._table.open_legs(call) if one is not own and not one.mode]
        talks = call.phase is Phase.TALKING and own.state is LegState.UP
        if not talks or not others or any(one.state is not LegState.UP for one in others):
            raise YingdaError("not_answered", "One of the two calls has not been answered yet.")
        return others

    def _understand(self, parties: list[Leg]) -> None:
        """Refuses codec_handed_on: sound that we only hand on is understood by its like alone."""
        codecs = {one.passed.name if one.passed is not None else "" for one in parties}
        for name in sorted(codecs - {""}):
            if len(codecs) > 1 or len(parties) > 2:
                raise handed_on(name)

    def _bring(self, call: Call, own: Leg, gone: Call, comers: list[Leg], now: int) -> None:
        """The others come over; the first of them who has a handling has the customer from here on."""
        before = self._stage.handling(own.handling_id or "")
        with_customer = before is not None and before.with_customer
        self._stage.recordings.stop(gone)
        if with_customer:
            self._stage.recordings.stop(call)
        self._table.append(self._table.event("interaction.merged", now, call, {"from_id": gone.interaction_id}))
        if before is not None and with_customer:
            target = f"agent:{comers[0].agent_id}" if comers[0].agent_id else f"number:{comers[0].device}"
            passed = self._stage.talks.pass_on(before.handling_id, "attended", target, "completed", now)
            self._stage.carry(passed, now)
        elif before is not None:
            self._stage.carry(self._stage.distributor.released(before.handling_id, "agent", now), now)
        for leg in comers:
            self._table.move_leg(leg, call)
            self._go_on(call, leg, before if with_customer else None, now)
        for leg in self._table.open_legs(call):
            leg.room = Room.TALK if not leg.mode else leg.room
        if with_customer:
            heir = next((leg for leg in comers if leg.handling_id is not None), comers[0])
            self._stage.has_customer(call, heir, now)
        elif call.handling_id == own.handling_id:
            call.handling_id = next((leg.handling_id for leg in comers if leg.handling_id is not None), None)

    def _go_on(self, call: Call, leg: Leg, after: Handling | None, now: int) -> None:
        """His handling there is over, the one here begins; after: the handling whose customer he gets."""
        if leg.handling_id is None or leg.agent_id is None:
            return
        origin, queue_id = ("transfer", after.queue_id) if after is not None else (INTERNAL, INTERNAL)
        follows = after.handling_id if after is not None else None
        carried = self._stage.talks.carry_over(
            leg.handling_id, call.interaction_id, origin, now, queue_id=queue_id, after=follows
        )
        self._stage.carry(carried, now)
        session = self._stage.session(leg.agent_id)
        if session is not None and session.handling_id is not None:
            self._stage.bind(call, leg, session.handling_id, leg.agent_id)
