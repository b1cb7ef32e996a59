"""Calls that agents make: to an outside number, to a colleague, to an extension (CTI-09, TEL-30).

From the desk the agent's own device is called first and should answer by itself; from the device itself it is there
already. Then the far end is called, and the agent hears how it goes. A call between two of ours is internal.
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.effects import AnswerCall, Arrival, RefuseCall, RingCall
from yingda.calls.ending import Ending
from yingda.calls.model import Call, Leg, LegState, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage, Target
from yingda.calls.table import Purpose, tenant_of
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import ConnectLeg, CreateLeg, LegCreated
from yingda.routing.effects import Taken

OWN_RING = 20 * SECOND
"""How long the dialling agent's own device may take to answer."""
COLLEAGUE_RING = 30 * SECOND
NUMBER_RING = 60 * SECOND
UNSPOKEN = 488, "The far end does not speak the codec that alone was offered"
TRIAL = "trial"
INSIDE = ("agent", "extension", "room", TRIAL)
"""Kinds of targets without a customer."""
REFUSALS = {"busy": 486, "invalid": 404, "rejected": 603, "congestion": 503}
"""What a device is told whose call was not answered yet, unless the far end's own word says more."""
TOLD_ON = frozenset({404, 410, 480, 484, 486, 600, 603, 604})


class Dialling:
    """The errand of `Why.OWN` and `Why.CALLED`. begin_trial: he is on the line for a flow (`trials`); meet: brings who
    has dialled a conference room to its door."""

    begin_trial: Callable[[Call, int], None]
    meet: Callable[[Call, Leg, int], None]

    def __init__(self, stage: Stage, reaching: Reaching, ending: Ending) -> None:
        self._stage, self._table, self._reaching, self._ending = stage, stage.table, reaching, ending

    # ---- beginning ------------------------------------------------------------------------------------------------

    def dial(self, agent_id: str, target: Target, now: int) -> Call:
        """From the desk. Refuses agent_not_signed_in, device_unreachable, and what `Talks.dial` refuses."""
        session = self._stage.distributor.floor.session(agent_id)
        kind = self._stage.media_kind(session.device)
        if kind is None:
            raise YingdaError("device_unreachable", f"Extension {session.device} is not registered.")
        call = self._begin(agent_id, target, now)
        own = self._own_leg(call, agent_id, session.device, LegState.PREPARING)
        self._ring_own(call, own, kind, target[1], now)
        return call

    def call_back(self, taken: Taken, number: str, now: int, *, test: bool) -> None:
        """An agent has taken a promise to call a customer back: his own device first, as if he dialled."""
        session = self._stage.distributor.floor.session(taken.agent_id)
        call = Call(
            interaction_id=taken.interaction_id,
            tenant=tenant_of(number),
            customer="",
            called=number,
            caller=session.device,
            flow_id="",
            queue_id=taken.queue_id,
            direction="outbound",
            phase=Phase.DIALLING,
            agent_id=taken.agent_id,
            handling_id=taken.handling_id,
            test=test,
        )
        self._table.calls[call.interaction_id] = call
        kind = self._stage.media_kind(session.device)
        if kind is None:
            call.handlings.append(taken.handling_id)
            self._ending.dialled_in_vain(call, "device_failed", now)
            return
        own = self._own_leg(call, taken.agent_id, session.device, LegState.PREPARING)
        self._ring_own(call, own, kind, number, now)

    def _ring_own(self, call: Call, own: Leg, kind: str, number: str, now: int) -> None:
        own.auto_answer, own.ring_until = True, now + OWN_RING
        own.shown, own.display = number, number
        self._reaching.open(call, own, kind, now)

    def dialled_on_device(self, arrival: Arrival, agent_id: str, target: Target, now: int) -> Call:
        """His device called us: it is answered, and the far end is called. Refuses what `Talks.dial` refuses."""
        call = self._begin(agent_id, target, now)
        leg = self._own_leg(call, agent_id, arrival.extension or "", LegState.ARRIVING)
        leg.leg_id, leg.remote, leg.direction = arrival.leg_id, arrival.remote, "inbound"
        self._let_in(call, leg, now)
        return call

    def between_extensions(self, arrival: Arrival, target: Target, now: int) -> Call:
        """A device at which nobody is signed in calls inside (TEL-30): no handling, nobody's time. Refuses
        outside_number, and a colleague who cannot be called."""
        if target[0] == "number":
            raise YingdaError("outside_number", "Sign in to call outside numbers.")
        if target[0] == "agent":
            self._reachable(target[1])
        call = self._contact(target, arrival.extension or "", "internal", None, "system", now)
        leg = Leg(
            leg_id=arrival.leg_id,
            interaction_id=call.interaction_id,
            role="agent",
            direction="inbound",
            device=arrival.extension or "",
            state=LegState.ARRIVING,
            why=Why.OWN,
            remote=arrival.remote,
        )
        self._let_in(call, leg, now)
        return call

    def _let_in(self, call: Call, leg: Leg, now: int) -> None:
        self._table.add_leg(leg)
        self._table.append(self._table.event("leg.created", now, call, leg.facts()))
        kind = "webrtc" if leg.remote is not None and leg.remote.ice else "rtp"
        self._table.ask(CreateLeg(leg_id=leg.leg_id, kind=kind), Purpose.CREATE, leg)

    def _begin(self, agent_id: str, target: Target, now: int) -> Call:
        """The contact, and the agent's part in it; raises before anything is written."""
        floor, internal = self._stage.distributor.floor, target[0] in INSIDE
        session = floor.session(agent_id)
        floor.admit_call(session)
        if target[0] == "number":
            self._table.admit(target[1], agent_id)
        if target[0] == "agent":
            self._reachable(target[1])
        direction = "internal" if internal else "outbound"
        call = self._contact(target, session.device, direction, agent_id, f"agent:{agent_id}", now)
        self._stage.carry(self._stage.talks.dial(agent_id, call.interaction_id, now, internal=internal), now)
        return call

    def _contact(self, target: Target, device: str, direction: str, agent_id: str | None, by: str, now: int) -> Call:
        table = self._table
        call = Call(
            interaction_id=table.ids(),
            tenant=tenant_of(target[1]),
            customer="",
            called=self._number_of(target),
            caller=device,
            flow_id="",
            queue_id="",
            direction=direction,
            phase=Phase.DIALLING,
            agent_id=agent_id,
            test=target[0] == TRIAL,
            meeting=target[1] if target[0] == "room" else "",
        )
        table.calls[call.interaction_id] = call
        keep = self._stage.keep_number
        started = {
            "medium": "voice",
            "direction": direction,
            "party_ref": keep(call.called if call.internal else table.plan.canonical(call.called)),
            "withheld": False,
            "dialled": call.called if call.internal else keep(call.called),
            "test": call.test,
        }
        table.append(table.event("interaction.started", now, call, started, by=by))
        return call

    def _reachable(self, agent_id: str) -> None:
        """Refuses a colleague who cannot be called now, before anything is written."""
        session = self._stage.session(agent_id)
        if session is None:
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {agent_id}")
        self._stage.distributor.floor.admit_call(session)

    def _number_of(self, target: Target) -> str:
        if target[0] == "room":
            return next(iter(self._table.plan.numbers_of_room(target[1])), target[1])
        session = self._stage.session(target[1]) if target[0] == "agent" else None
        return session.device if session is not None else target[1]

    def _own_leg(self, call: Call, agent_id: str, device: str, state: LegState) -> Leg:
        session = self._stage.session(agent_id)
        assert session is not None and session.handling_id is not None
        leg = Leg(
            leg_id=self._table.ids(),
            interaction_id=call.interaction_id,
            role="agent",
            direction="outbound",
            device=device,
            state=state,
            why=Why.OWN,
        )
        self._stage.bind(call, leg, session.handling_id, agent_id)
        call.handling_id = session.handling_id
        return leg

    # ---- his own device -------------------------------------------------------------------------------------------

    def media_ready(self, leg: Leg, local: LegCreated, now: int) -> None:
        """His device called us: answer it. If it only speaks what we cannot, whom it calls has to answer first."""
        leg.local = local
        if leg.passed is not None:
            self._call_out(self._table.call_of(leg), now)
        else:
            self._answer(leg)

    def _answer(self, leg: Leg) -> None:
        assert leg.remote is not None and leg.local is not None
        leg.move(LegState.ANSWERING)
        self._table.ask(ConnectLeg(leg_id=leg.leg_id, remote=leg.remote), Purpose.CONNECT, leg)
        self._table.emit(AnswerCall(leg.leg_id, leg.local))

    def _waits(self, call: Call) -> Leg | None:
        """A device whose call is not answered before its far end has answered."""
        legs = (leg for leg in self._table.open_legs(call) if leg.why is Why.OWN and leg.state is LegState.ARRIVING)
        return next((leg for leg in legs if leg.passed is not None), None)

    def acknowledged(self, leg: Leg, now: int) -> None:
        if leg.state is LegState.ANSWERING:
            leg.move(LegState.UP)
            call = self._table.call_of(leg)
            self._table.append(self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id))
            self._table.touch(call)
            if leg.for_handling is None and leg.passed is None:  # else the far end is being called, or has answered
                self._call_out(call, now)

    def _call_out(self, call: Call, now: int) -> None:
        """The agent is on the line: call whom he wants, or into the flow or the room he wants."""
        if call.internal and call.test:
            self.begin_trial(call, now)
            return
        if call.meeting:
            own = next(leg for leg in self._table.open_legs(call) if leg.why is Why.OWN)
            self._stage.carry(self._stage.talks.connected(call.handling_id or "", now), now)
            self.meet(call, own, now)
            return
        table, session = self._table, self._stage.session(call.agent_id or "")
        leg = Leg(
            leg_id=table.ids(),
            interaction_id=call.interaction_id,
            role="agent" if call.internal else "customer",
            direction="outbound",
            device=call.called if call.internal else "trunk",
            state=LegState.PREPARING,
            why=Why.CALLED,
            shown=session.device if session is not None else call.caller or "anonymous",
            ring_until=now + (COLLEAGUE_RING if call.internal else NUMBER_RING),
            only=waits.passed if (waits := self._waits(call)) is not None else None,
        )
        if not call.internal:
            call.customer, leg.number = leg.leg_id, call.called
        elif not self._ring_colleague(call, leg, now):
            self._ending.dialled_in_vain(call, "busy", now)
            return
        kind = self._stage.media_kind(leg.device) if call.internal else "rtp"
        if kind is None:
            self._stage.ring_over(leg, now)
            self._ending.dialled_in_vain(call, "device_failed", now)
        else:
            self._reaching.open(call, leg, kind, now)

    def _ring_colleague(self, call: Call, leg: Leg, now: int) -> bool:
        """An agent who is signed in at that device is not offered anything meanwhile. False: he has a call already."""
        sessions = self._stage.distributor.floor.sessions.values()
        found = next((one for one in sessions if one.device == call.called), None)
        if found is None:
            return True
        try:
            self._stage.carry(self._stage.talks.ring(found.agent_id, call.interaction_id, now), now)
        except YingdaError:
            return False
        leg.agent_id, leg.rung = found.agent_id, True
        return True

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """Ring-back follows by itself (`sounding`)."""
        if (waits := self._waits(self._table.call_of(leg))) is not None:
            self._table.emit(RingCall(waits.leg_id, waits.local))

    def answered(self, leg: Leg, now: int) -> None:
        if (waits := self._waits(self._table.call_of(leg))) is not None:
            self._answer(waits)
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        if leg.why is Why.OWN:
            self._call_out(call, now)
            return
        handling_id = call.handling_id or ""
        self._stage.carry(self._stage.talks.connected(handling_id, now), now)
        self._stage.dialled(call, "connected", now)
        if call.internal:
            call.phase = Phase.TALKING
            self._stage.joins(call, leg, "internal", now)
            return
        agent = self._table.leg_of_handling(call, handling_id)
        if agent is not None:
            self._stage.has_customer(call, agent, now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        self._stage.ring_over(leg, now)
        call = self._table.call_of(leg)
        if (waits := self._waits(call)) is not None:
            told = code if code in TOLD_ON else REFUSALS.get(outcome, 480)
            refusal, sentence = UNSPOKEN if code in (415, 488, 606) else (told, outcome)
            self._table.emit(RefuseCall(waits.leg_id, refusal, sentence))
            self._table.end_leg(waits, "system", refusal, clear=False)
        self._ending.dialled_in_vain(call, outcome, now, code)
