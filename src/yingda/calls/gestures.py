"""What agents do on the phone itself: dial, hold, transfer (issue of truth: the desk shows it, the books have it).

A phone knows nothing of handlings; its INVITE, re-INVITE and REFER are read as what the desk's buttons say.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.consulting import Consulting
from yingda.calls.dialling import Dialling
from yingda.calls.effects import AcceptRefer, Arrival, ReferResult, RefuseCall, RefuseRefer
from yingda.calls.merging import Merging
from yingda.calls.model import Call, Leg, LegState, Phase, Room
from yingda.calls.stage import Stage, Target
from yingda.calls.transfers import Transfers
from yingda.calls.trials import PREFIX, Trials
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import RemoteMedia

HOLDS = frozenset({"recvonly", "inactive"})
"""Directions, seen from us, by which the far end holds (RFC 3264 section 8.4)."""
CODES = {
    "number_forbidden": 403, "outside_number": 403, "no_route": 404, "trial_over": 404, "number_unreadable": 484,
    "agent_engaged": 486,
}  # fmt: skip
"""What a phone is told that dials what cannot be called; anything else is 480."""


class Gestures:
    """turned_away: writes down a call that never became a contact."""

    def __init__(
        self,
        stage: Stage,
        dialling: Dialling,
        consulting: Consulting,
        transfers: Transfers,
        merging: Merging,
        trials: Trials,
        turned_away: Callable[[Arrival, int, str, int], None],
    ) -> None:
        self._stage, self._dialling, self._consulting, self._transfers = stage, dialling, consulting, transfers
        self._merging, self._trials, self._turned_away = merging, trials, turned_away
        self._table = stage.table

    # ---- dialling -------------------------------------------------------------------------------------------------

    def dials(self, arrival: Arrival, now: int) -> bool:
        """An INVITE of an agent's device is a call of his own, unless he dials a number of the centre's."""
        if arrival.extension is None or self._table.plan.route(arrival.called) is not None:
            return False
        agent_id = self._table.plan.owners.get(arrival.extension)
        session = self._stage.session(agent_id or "")
        if agent_id is None:
            return False
        try:
            trial = self._trials.target(arrival.called, now)
            target = trial or self.target(arrival.called)
            if session is None or session.device != arrival.extension:
                self._dialling.between_extensions(arrival, target, now)
                return True
            held = self._held_call(agent_id)
            if held is not None and trial is None:
                self._consulting.from_phone(held, arrival, target, now)
            else:
                self._dialling.dialled_on_device(arrival, agent_id, target, now)
        except YingdaError as refusal:
            self._stage.fell_through(agent_id, arrival.called, refusal.code, now)
            code = CODES.get(refusal.code, 480)
            self._turned_away(arrival, code, refusal.sentence, now)
            self._table.emit(RefuseCall(arrival.leg_id, code, refusal.sentence))
        return True

    def hands_on(self, arrival: Arrival) -> bool:
        """Is this a call between two parties alone, so that a codec we do not speak may be handed on?"""
        owner = self._table.plan.owners.get(arrival.extension or "")
        route = self._table.plan.route(arrival.called)
        if self._table.plan.room(arrival.called) is not None:
            return False
        if route is not None:  # a queue whose callers need hear nothing of ours before they are answered
            quiet = route.flow.document is None and not self._table.sounds.greeting(route.flow.id)
            return quiet and not route.choices
        if arrival.called.startswith(PREFIX):  # a flow speaks with him
            return False
        if owner is None:
            return self._table.plan.direct_agent(arrival.called) is not None
        return self._held_call(owner) is None

    def target(self, dialled: str) -> Target:
        """Whom digits mean: a conference room, a colleague by his agent ID or extension, an extension, or an outside
        number."""
        plan = self._table.plan
        if (room := plan.room(dialled)) is not None:
            return "room", room.id or room.name
        for agent in plan.agents.values():
            if dialled == agent.number:
                return "agent", agent.id
        owner = plan.owners.get(dialled)
        if owner is None:
            return "number", plan.canonical(dialled)
        session = self._stage.session(owner)
        return ("agent", owner) if session is not None and session.device == dialled else ("extension", dialled)

    def _held_call(self, agent_id: str) -> str | None:
        """The handling of a customer whom the agent has put on hold, and who is alone."""
        session = self._stage.session(agent_id)
        handling = self._stage.handling(session.handling_id or "") if session is not None else None
        if handling is None or not handling.with_customer:
            return None
        call = self._table.call_of_handling(handling.handling_id)
        leg = self._table.leg_of_handling(call, handling.handling_id) if call is not None else None
        return handling.handling_id if leg is not None and leg.room is Room.ALONE else None

    # ---- holding --------------------------------------------------------------------------------------------------

    def holds(self, leg: Leg, before: RemoteMedia | None, remote: RemoteMedia, now: int) -> None:
        """His phone holds, or takes back: the desk shows it, the customer hears our music. A refresh that changes
        nothing of it does not undo what the desk has done."""
        held, holds = before is not None and before.direction in HOLDS, remote.direction in HOLDS
        if held == holds:
            return
        call = self._table.call_of(leg)
        handling = self._stage.handling(leg.handling_id or "")
        talks = leg.state is LegState.UP and call.phase is Phase.TALKING and not call.internal
        if leg.handling_id is None or handling is None or not handling.with_customer or not talks:
            return
        if leg.passed is not None:
            if holds and leg.agent_id is not None:
                self._stage.fell_through(leg.agent_id, leg.shown, "codec_handed_on", now)
        elif call.consult is not None:
            self._between(call, leg, now, holds=holds)
        elif holds and leg.room is Room.TALK:
            self._consulting.hold(leg.handling_id, now)
        elif not holds and leg.room is Room.ALONE:
            self._consulting.retrieve(leg.handling_id, now)

    def _between(self, call: Call, leg: Leg, now: int, *, holds: bool) -> None:
        """While consulting from the phone: its first line goes from hold to talk, and back."""
        consult = call.consult
        if consult is None or not consult.own_leg_id or leg.handling_id is None:
            return
        if holds == (leg.room is Room.TALK):
            self._consulting.swap(leg.handling_id, now)

    # ---- transferring ---------------------------------------------------------------------------------------------

    def refers(self, leg: Leg, target: str, other_leg: str | None, now: int) -> None:
        """REFER, blind or attended (RFC 3515, RFC 5589); phone, desk and books are told why one is refused.
        other_leg: empty where the call that it names is none of ours."""
        call = self._table.call_of(leg)
        handling_id = leg.handling_id
        if handling_id is None and call.consult is not None and call.consult.own_leg_id == leg.leg_id:
            handling_id = call.consult.handling_id
        try:
            if leg.mobile:
                raise YingdaError("forbidden_target", "A call on a mobile is passed on from the desk.")
            if other_leg == "":
                raise YingdaError("not_your_call", "The call that Replaces names is none of ours.")
            if other_leg is not None:
                self._attended(call, leg, handling_id, other_leg, now)
            elif handling_id is None:
                raise YingdaError("not_your_customer", "There is no customer of yours on the line.")
            else:
                self._transfers.blind(handling_id, self._allowed(target), now, keep=True)
        except YingdaError as refusal:
            self._refused(leg, handling_id, "blind" if other_leg is None else "attended", target, refusal, now)

    def _refused(
        self, leg: Leg, handling_id: str | None, how: str, target: str, refusal: YingdaError, now: int
    ) -> None:
        if handling_id is not None:
            talks = self._stage.talks
            self._stage.carry(talks.transferred(handling_id, how, f"number:{target}", "refused", now), now)
        if leg.agent_id is not None:
            self._stage.fell_through(leg.agent_id, target, refusal.code, now)
        self._table.emit(RefuseRefer(leg.leg_id, 403, refusal.sentence))

    def _allowed(self, target: str) -> Target:
        """Whom a phone may transfer to: whom it may dial, but not a number of the centre's own."""
        if self._table.plan.route(target) is not None or self._table.plan.room(target) is not None:
            raise YingdaError("forbidden_target", "A caller is not transferred to a number of the centre.")
        return self.target(target)

    def _attended(self, call: Call, leg: Leg, handling_id: str | None, other_leg: str, now: int) -> None:
        """The phone's two lines become one: the customer with the third party, or whoever the two calls are with."""
        consult = call.consult
        lines = {consult.own_leg_id, other_leg, leg.leg_id} if consult is not None else set()
        ours = {one.leg_id for one in self._table.open_legs(call)}
        if handling_id is None or consult is None or not consult.own_leg_id or not lines <= ours:
            self._merging.join(leg, other_leg, now)
            return
        self._table.emit(AcceptRefer(leg.leg_id))
        self._table.emit(ReferResult(leg.leg_id, 200))
        self._transfers.complete(handling_id, now)
