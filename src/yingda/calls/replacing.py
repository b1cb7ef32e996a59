"""A call comes in to take another leg's place: INVITE with Replaces (RFC 3891; pick-up and the end of RFC 5589).

the leg it names                    by the same user, or the same caller    by another agent of the group
rings at a device                   the same errand goes on with it         so it does; of an offer it is a pick-up
talks                               the same handling goes on               his handling, the other one's is over
the customer's, waiting or talking  the same contact goes on                403

The new leg stands in the old one's place at the moment of our 200; signalling ends the old one. Nothing of the contact
ends with it: matrix and players follow the legs, a recording goes on in its file (a handling's own has its own file).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from yingda.calls.effects import AnswerCall, Arrival, RefuseCall
from yingda.calls.handover import Handover
from yingda.calls.model import Call, Leg, LegState, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.rights import admit_replacing, owner_of
from yingda.calls.sounding import OWN_SOUNDS
from yingda.calls.stage import Stage
from yingda.calls.table import Purpose
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import ConnectLeg, CreateLeg, LegCreated

CODES: Mapping[str, int] = {"not_entitled": 403, "call_over": 603, "agent_engaged": 486, "consulting": 486}
"""What the far end is told when its call cannot take that place; anything else is 480."""

RINGS = frozenset({LegState.INVITING, LegState.RINGING})


class Replacing:
    """turned_away: writes down a call that never became a leg. music: what a waiting customer hears, anew."""

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        handover: Handover,
        turned_away: Callable[[Arrival, int, str, int], None],
        music: Callable[[Call], None],
    ) -> None:
        self._stage, self._table, self._reaching, self._handover = stage, stage.table, reaching, handover
        self._turned_away, self._music = turned_away, music

    # ---- it comes in ----------------------------------------------------------------------------------------------

    def arrive(self, arrival: Arrival, old_id: str, now: int) -> None:
        """Admit the INVITE, or refuse it and leave the leg it names as it is."""
        try:
            call, old = self._replaceable(old_id)
            admit_replacing(self._table.plan, arrival, call, old)
            self._admit_trunk(arrival)
        except YingdaError as refusal:
            code = CODES.get(refusal.code, 480)
            self._turned_away(arrival, code, refusal.sentence, now)
            self._table.emit(RefuseCall(arrival.leg_id, code, refusal.sentence))
            return
        leg = Leg(
            leg_id=arrival.leg_id,
            interaction_id=call.interaction_id,
            role=old.role,
            direction="inbound",
            device=arrival.extension or "trunk",
            trunk_id=arrival.trunk_id,
            state=LegState.ARRIVING,
            why=Why.REPLACE,
            agent_id=self._table.plan.owners.get(arrival.extension or ""),
            remote=arrival.remote,
            replaces=old.leg_id,
            told=True,
        )
        self._table.add_leg(leg)
        if arrival.trunk_id is not None:
            self._table.channels.seize(leg.leg_id, arrival.trunk_id, "inbound")
        self._table.append(self._table.event("leg.created", now, call, leg.facts(), cause=old.leg_id))
        kind = "webrtc" if arrival.remote.ice else "rtp"
        self._table.ask(CreateLeg(leg_id=leg.leg_id, kind=kind, near=old.leg_id), Purpose.CREATE, leg)

    def _admit_trunk(self, arrival: Arrival) -> None:
        trunk = self._table.plan.trunks.get(arrival.trunk_id or "")
        if trunk is not None and self._table.channels.full(trunk, "inbound") is not None:
            raise YingdaError("no_channel", "All channels of the trunk are busy.")

    def _replaceable(self, leg_id: str) -> tuple[Call, Leg]:
        """Refuses call_over, not_now."""
        old = self._table.legs.get(leg_id)
        if old is None or old.state is LegState.ENDING:
            raise YingdaError("call_over", "That call is over.")
        call = self._table.call_of(old)
        settled = old.state is LegState.UP or old.state in RINGS
        playing = old.leg_id == call.customer and call.phase not in OWN_SOUNDS and call.phase is not Phase.WAITING
        if not settled or playing or any(one.replaces == leg_id for one in self._table.open_legs(call)):
            raise YingdaError("not_now", "That call cannot be taken over at this moment.")
        return call, old

    # ---- it takes the place ---------------------------------------------------------------------------------------

    def media_ready(self, leg: Leg, local: LegCreated, now: int) -> None:
        """Our 200: from here on it is this leg that talks, or that has answered."""
        try:
            call, old = self._still_there(leg)
            if old.state is LegState.UP:
                self._into_the_talk(call, leg, old, now)
            else:
                self._instead_of_ringing(call, leg, old, now)
        except YingdaError as refusal:
            code = CODES.get(refusal.code, 480)
            self._table.emit(RefuseCall(leg.leg_id, code, refusal.sentence))
            self._table.end_leg(leg, "system", code, clear=False)
            return
        self._table.emit(AnswerCall(leg.leg_id, local))
        leg.move(LegState.ANSWERING)
        if old.state is LegState.UP:
            leg.move(LegState.UP)
            self._table.append(self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id))
            assert leg.remote is not None
            self._table.ask(ConnectLeg(leg_id=leg.leg_id, remote=leg.remote), Purpose.CONNECT, leg)
        else:
            self._reaching.stands_in(leg, now)
        self._table.end_leg(old, old.role, 0, clear=True, elsewhere=True)
        self._table.touch(call)
        if call.phase is Phase.WAITING and leg.leg_id == call.customer:
            self._music(call)

    def acknowledged(self, leg: Leg, now: int) -> None:
        """The ACK: it stands in its place already."""

    def _still_there(self, leg: Leg) -> tuple[Call, Leg]:
        old = self._table.legs.get(leg.replaces)
        if old is None or (old.state is not LegState.UP and old.state not in RINGS):
            raise YingdaError("call_over", "That call is over.")
        return self._table.call_of(leg), old

    def _instead_of_ringing(self, call: Call, leg: Leg, old: Leg, now: int) -> None:
        if leg.agent_id is None or leg.agent_id == owner_of(self._table.plan, old):
            self._take_on(call, leg, old)
        elif old.why is Why.OFFER:
            leg.why, leg.display = Why.OFFER, old.display
            self._handover.taken_by(leg, call.entry_id or "", now)
        elif old.why is Why.OWN:
            raise YingdaError("not_entitled", "A colleague is being called for a call of his own.")
        else:
            self._rung_for(call, leg, old, now)

    def _rung_for(self, call: Call, leg: Leg, old: Leg, now: int) -> None:
        """A colleague of whom is called by name answers for him."""
        agent_id = leg.agent_id or ""
        if self._stage.session(agent_id) is not None:
            self._stage.carry(self._stage.talks.ring(agent_id, call.interaction_id, now), now)
        elif not call.internal:
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {agent_id}")
        rung = self._stage.session(agent_id) is not None
        self._stage.ring_over(old, now)
        self._take_on(call, leg, old)
        leg.agent_id, leg.rung = agent_id, rung

    def _into_the_talk(self, call: Call, leg: Leg, old: Leg, now: int) -> None:
        if leg.agent_id is None or leg.agent_id == owner_of(self._table.plan, old):
            self._stage.recordings.move(call, old, leg)
            self._take_on(call, leg, old)
        elif call.consult is not None and call.consult.handling_id == old.handling_id:
            raise YingdaError("consulting", "A consultation is under way.")
        else:
            self._by_another_agent(call, leg, old, leg.agent_id, now)

    def _by_another_agent(self, call: Call, leg: Leg, old: Leg, agent_id: str, now: int) -> None:
        """His handling begins, that of the agent whose leg it was is over; refused before anything has changed."""
        session, handling = self._stage.session(agent_id), self._stage.handling(old.handling_id or "")
        if session is not None:
            self._stage.distributor.floor.admit_call(session, answers=True)
        elif handling is not None:
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {agent_id}")
        if handling is None:
            self._take_on(call, leg, old)
            leg.agent_id = agent_id
            self._stage.joins(call, leg, "internal" if call.internal else "consult", now, after=leg.for_handling)
            return
        before, customers = handling.handling_id, handling.with_customer
        origin = "internal" if call.internal else "pickup" if customers else "consult"
        if customers:
            self._stage.recordings.stop(call)
            target = f"agent:{agent_id}"
            self._stage.carry(self._stage.talks.pass_on(before, "takeover", target, "completed", now), now)
        else:
            self._stage.carry(self._stage.distributor.released(before, "agent", now), now)
        was_primary = call.handling_id == before
        self._take_on(call, leg, old)
        leg.handling_id, leg.agent_id = None, agent_id
        self._stage.joins(call, leg, origin, now, after=before)
        if customers:
            self._stage.has_customer(call, leg, now)
        elif was_primary:
            call.handling_id = leg.handling_id

    def _take_on(self, call: Call, leg: Leg, old: Leg) -> None:
        """All that the old leg was in this contact, the new one is."""
        for name in (
            "why", "room", "offer_id", "token", "handling_id", "for_handling", "rung", "number", "shown", "display",
            "on_behalf_of", "mode", "muted",
        ):  # fmt: skip
            setattr(leg, name, getattr(old, name))
        leg.agent_id = old.agent_id
        if old.offer_id is not None:
            self._table.by_offer[old.offer_id] = leg.leg_id
        old.offer_id = old.handling_id = None
        old.rung, old.mode = False, ""
        if call.customer == old.leg_id:
            call.customer, call.announcing = leg.leg_id, None
        for place in (call.consult, call.moving):
            for field in ("leg_id", "own_leg_id", "kept"):
                if place is not None and getattr(place, field, None) == old.leg_id:
                    setattr(place, field, leg.leg_id)
