"""A flow connects its caller with somebody: <transfer> to tel:, sip: and agent: (VoiceXML 2.0 2.3.7; 2.1, 7).

blind         the flow is left at once; a caller whose party cannot be had joins the flow's queue
consultation  the flow goes on if nobody answers, and is left when somebody has
bridge        the flow waits until the talk is over: by either party, a key of its grammars, its longest time

An agent who is connected has the caller as his own (origin direct); a flow waits for that talk as for one that came
about by a queue (`bridging`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from yingda.calls import flow_protocol as messages
from yingda.calls.bridging import Bridging
from yingda.calls.flowing import Flowing
from yingda.calls.model import Call, Connecting, FlowRun, Leg, LegState, Phase, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage, Target
from yingda.calls.summons import Summons
from yingda.kernel.errors import YingdaError

TEL, SIP, AGENT = "tel", "sip", "agent"
SEPARATORS = re.compile(r"[-.() ]")
"""Visual separators of a telephone number (RFC 3966 section 3)."""

REFUSALS = {
    "number_forbidden": "error.connection.noauthorization",
    "forbidden_target": "error.connection.noauthorization",
    "no_route": "error.connection.noroute",
    "lines_full": "network_busy",
    "unsupported_uri": "error.unsupported.uri",
    "agent_engaged": "busy",
    "not_signed_in": "noanswer",
    "agent_not_signed_in": "noanswer",
    "agent_unreachable": "noanswer",
    "device_unreachable": "noanswer",
}
"""What a flow is told of a destination that is refused; of all others error.connection.baddestination."""

OUTCOMES = {
    "busy": "busy",
    "rejected": "busy",
    "declined": "busy",
    "no_answer": "noanswer",
    "congestion": "network_busy",
    "invalid": "error.connection.noroute",
}
"""What it is told of a party that could not be had; of all others unknown."""


class Onward:
    """The errand of `Why.ONWARD`. to_queue: into the queue that stands in the call."""

    def __init__(
        self,
        stage: Stage,
        reaching: Reaching,
        summons: Summons,
        flowing: Flowing,
        target: Callable[[str], Target],
        to_queue: Callable[[Call, int], None],
        bridging: Bridging,
    ) -> None:
        self._stage, self._reaching, self._summons, self._flowing = stage, reaching, summons, flowing
        self._target_of, self._to_queue, self._bridging = target, to_queue, bridging
        self._table = stage.table

    # ---- what the flow asks ---------------------------------------------------------------------------------------

    def connect(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None:
        """Call the party; whatever cannot be is told to the flow."""
        try:
            target = self._target(act)
            ring = act.connect_ms * 1_000 if act.connect_ms else None
            leg = self._summons.open(call, target, Why.ONWARD, now, ring=ring)
        except YingdaError as error:
            result = REFUSALS.get(error.code, "error.connection.baddestination")
            self._flowing.tell(call, messages.Transferred(request=act.request, result=result))
            return
        self._flowing.attach(call, act.data, now)
        longest = act.maximum_ms * 1_000 if act.maximum_ms else None
        run.connecting = Connecting(request=act.request, kind=act.kind, leg_id=leg.leg_id, longest=longest)
        run.audio = act.audio
        if act.kind == "blind":
            self._leaves(call, leg, now)
            call.phase = Phase.MOVING
        self._table.touch(call)

    def wait(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None:
        """A queue finds somebody."""
        self._bridging.wait(call, run, act, now)

    def disconnect(self, call: Call, run: FlowRun, request: int, now: int) -> None:
        """The flow gives it up, or ends the talk."""
        if run.connecting is None or run.connecting.request != request:
            return
        if not self._bridging.back(call, "near_end_disconnect", now, "customer"):
            self._over(call, run, run.connecting, "near_end_disconnect", now)

    def drop(self, run: FlowRun, now: int) -> None:
        """The party of a flow that is over, or wants it no more, is let go of."""
        leg = self._table.legs.get(run.connecting.leg_id) if run.connecting is not None else None
        if leg is not None:
            self._stage.clear(leg, now, "system")

    def due(self, call: Call, now: int) -> None:
        """The longest time of a talk has passed."""
        run = call.flow
        if self._bridging.due(call, now):
            return
        if run is not None and run.connecting is not None and 0 < run.connecting.until <= now:
            self._over(call, run, run.connecting, "maxtime_disconnect", now)

    def _target(self, act: messages.Transfer) -> Target:
        scheme, _, rest = act.destination.partition(":")
        name = rest.partition(";")[0]
        if scheme == AGENT:
            found = next((one.id for one in self._table.plan.agents.values() if one.number == name), None)
            if found is None:
                raise YingdaError("unknown_agent", "There is no such agent.", where=act.destination)
            target: Target = ("agent", found)
        elif scheme == TEL:
            target = self._target_of(SEPARATORS.sub("", name))
        elif scheme == SIP:
            target = self._target_of(self._of_sip(name, act.destination))
        else:
            raise YingdaError("unsupported_uri", "A flow cannot transfer to such an address.", where=act.destination)
        if target[0] == "number" and self._table.plan.route(target[1]) is not None:
            raise YingdaError("forbidden_target", "A caller is not transferred to a number of the centre.")
        return target

    def _of_sip(self, name: str, where: str) -> str:
        """A device of ours, or a number at one of our trunks: no other host is called."""
        user, _, host = name.partition("@")
        plan = self._table.plan
        if user in plan.devices or plan.trunk_of_name(host.partition(":")[0]) is not None:
            return user
        raise YingdaError("forbidden_target", "Flows may call our devices and trunks only.", where=where)

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """Ring-back, or the flow's own sound, follows by itself (`sounding`)."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        connecting = call.flow.connecting if call.flow is not None else None
        if connecting is not None and connecting.kind != "bridge":
            self._leaves(call, leg, now)
        elif connecting is not None:
            connecting.away = leg.agent_id is not None
            self._bridging.met(call, now)
            if not connecting.away:
                return
            connecting.leg_id = ""  # his agent may be another in the end
        if leg.agent_id is not None:
            self._stage.joins(call, leg, "direct", now)
        if leg.handling_id is not None:
            self._stage.has_customer(call, leg, now)
        call.phase = Phase.TALKING
        self._table.touch(call)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        call = self._table.call_of(leg)
        self._stage.ring_over(leg, now)
        run, customer = call.flow, self._table.customer_of(call)
        if run is not None and run.connecting is not None and run.connecting.leg_id == leg.leg_id:
            self._told(call, run, run.connecting, OUTCOMES.get(outcome, "unknown"), now)
        elif call.phase is Phase.MOVING and customer is not None and customer.state is LegState.UP:
            self._to_queue(call, now)

    def gone(self, call: Call, leg: Leg, now: int, by: str, code: int, *, clear: bool, fault: bool) -> bool:
        """A leg that was up is over. False: no flow waits for it."""
        run = call.flow
        if run is None or run.connecting is None or run.connecting.leg_id != leg.leg_id:
            return False
        self._stage.clear(leg, now, by, code, clear=clear)
        self._told(call, run, run.connecting, "network_disconnect" if fault else "far_end_disconnect", now)
        return True

    # ---- within ---------------------------------------------------------------------------------------------------

    def _leaves(self, call: Call, leg: Leg, now: int) -> None:
        self._flowing.handed_on(call, now, "agent" if leg.agent_id is not None else "transfer")

    def _over(self, call: Call, run: FlowRun, connecting: Connecting, result: str, now: int) -> None:
        self.drop(run, now)
        self._told(call, run, connecting, result, now)

    def _told(self, call: Call, run: FlowRun, connecting: Connecting, result: str, now: int) -> None:
        self._flowing.returned(call, connecting, result, now)
