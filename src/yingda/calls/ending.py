"""How a call ends, whoever ends it: every leg cleared, the recording closed, the statistics kept, nothing left over.

A leg is over when media has given its figures (or failed to); the contact, when no leg of it remains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from yingda.calls.inbound import GREETING_NODE
from yingda.calls.model import Call, Leg, LegState, Phase
from yingda.calls.table import Purpose, Table
from yingda.media.protocol import LegStatistics, StopRecording
from yingda.routing import effects as routing


class Distribution(Protocol):
    """What an ending tells the distributor (routing/distributor.py)."""

    def customer_left(self, entry_id: str, now: int) -> Sequence[routing.Effect]: ...

    def fail(self, entry_id: str, why: str, now: int) -> Sequence[routing.Effect]: ...

    def released(self, handling_id: str, ended_by: str, now: int) -> Sequence[routing.Effect]: ...


class Ending:
    """Takes calls down. `carry` runs what distribution answers."""

    def __init__(
        self,
        table: Table,
        distribution: Distribution,
        carry: Callable[[Sequence[routing.Effect], int], None],
    ) -> None:
        self._table = table
        self._distribution = distribution
        self._carry = carry

    # ---- who ends it ----------------------------------------------------------------------------------------------

    def customer_gone(self, leg: Leg, now: int, code: int, *, fault: bool = False) -> None:
        """The customer hung up (fault: his leg broke, and he may have to be told)."""
        by = "system" if fault else "customer"
        self._clear_customer(leg, now, by, code, clear=fault, fault=fault)

    def agent_gone(self, leg: Leg, now: int, code: int) -> None:
        """The agent hung up while talking: the call is over for the customer too."""
        if self._table.end_leg(leg, "agent", code, clear=False):
            self.release(self._table.call_of(leg), now, "agent")

    def release(self, call: Call, now: int, by: str) -> None:
        """We end the call from our side: the agent at his desk, a leader, a rule, a fault."""
        customer = self._table.customer_of(call)
        if customer is not None:
            self._clear_customer(customer, now, by, 0, clear=True)

    def entry_closed(self, call: Call, now: int) -> None:
        """Distribution closed the entry otherwise than answered, while the customer is still there."""
        self._table.by_entry.pop(call.entry_id or "", None)
        call.entry_id = None
        self.release(call, now, "system")

    # ---- taking down ----------------------------------------------------------------------------------------------

    def _clear_customer(self, leg: Leg, now: int, by: str, code: int, *, clear: bool, fault: bool = False) -> None:
        """End the customer's leg once; the recorder stops before media lets go of the leg."""
        if leg.state is LegState.ENDING:
            return
        call = self._table.call_of(leg)
        self._stop_recording(call, leg)
        self._table.end_leg(leg, by, code, clear=clear)
        self._leave(call, now, by, fault=fault)

    def _leave(self, call: Call, now: int, by: str, *, fault: bool) -> None:
        """The customer's leg is ending: tell flow and distribution, clear the agents' legs."""
        phase, call.phase = call.phase, Phase.ENDING
        call.flow_limit_at = None
        if phase is Phase.GREETING:
            self._leave_flow(call, now, by, "error" if fault else "hangup")
        elif phase is Phase.WAITING and call.entry_id:
            if by == "customer":
                self._carry(self._distribution.customer_left(call.entry_id, now), now)
            else:  # he did not give up: his leg broke, or we are stopping
                why = "customer_leg_lost" if fault else "stopped"
                self._carry(self._distribution.fail(call.entry_id, why, now), now)
        elif call.handling_id:
            self._carry(self._distribution.released(call.handling_id, by, now), now)
        for leg_id in list(call.agent_legs.values()):
            leg = self._table.legs.get(leg_id)
            if leg is not None:
                self._table.end_leg(leg, by, 0, clear=True)

    def _leave_flow(self, call: Call, now: int, by: str, way: str) -> None:
        actor = by if by in ("customer", "carrier") else "system"
        left = {"run_id": call.run_id, "node_id": GREETING_NODE, "exit": way}
        self._table.append(self._table.event("flow.left", now, call, left, by=actor, cause=call.run_id))

    def leg_over(self, leg: Leg, figures: LegStatistics, now: int) -> None:
        """Media has let go of the leg."""
        table = self._table
        if table.legs.pop(leg.leg_id, None) is None:
            return
        call = table.call_of(leg)
        table.channels.release(leg.leg_id)
        data = {
            "leg_id": leg.leg_id,
            "ended_by": leg.ended_by,
            "release_code": leg.code,
            "received": figures.received,
            "lost": figures.lost,
            "mos": round(figures.mos, 2),
            "one_way": figures.one_way,
        }
        table.append(table.event("leg.ended", now, call, data, cause=leg.leg_id))
        if leg.role == "customer":
            call.ended_by, call.code = leg.ended_by, leg.code
        elif leg.offer_id:
            call.agent_legs.pop(leg.offer_id, None)
            table.by_offer.pop(leg.offer_id, None)
        self.contact_over(call, now)

    def contact_over(self, call: Call, now: int) -> None:
        """Close the contact once nothing of it is left: no leg, no recorder."""
        table = self._table
        if call.customer in table.legs or call.agent_legs or (call.recording is not None and call.recording.running):
            return
        data = {"ended_by": call.ended_by, "reason": "cleared", "release_code": call.code}
        table.append(table.event("interaction.ended", now, call, data))
        table.calls.pop(call.interaction_id, None)
        table.by_entry.pop(call.entry_id or "", None)
        table.by_handling.pop(call.handling_id or "", None)

    def _stop_recording(self, call: Call, customer: Leg) -> None:
        if call.recording is not None and call.recording.running:
            command = StopRecording(recording_id=call.recording.recording_id)
            self._table.ask(command, Purpose.STOP_RECORDING, customer, call.recording.recording_id)
