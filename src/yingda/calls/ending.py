"""How a contact ends, whoever ends it: every leg cleared, the recordings closed, the figures kept, nothing left over.

A leg is over when media has given its figures (or failed to); the contact, when no leg of it remains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from yingda.calls.inbound import GREETING_NODE
from yingda.calls.model import Call, Leg, Phase
from yingda.calls.stage import Stage
from yingda.media.protocol import LegStatistics
from yingda.routing import effects as routing


class Distribution(Protocol):
    """What an ending tells the distributor (routing/distributor.py)."""

    def customer_left(self, entry_id: str, now: int) -> Sequence[routing.Effect]: ...

    def fail(self, entry_id: str, why: str, now: int) -> Sequence[routing.Effect]: ...

    def released(self, handling_id: str, ended_by: str, now: int) -> Sequence[routing.Effect]: ...


class Ending:
    """Takes calls down."""

    def __init__(self, stage: Stage, flow_gone: Callable[[Call, int], str]) -> None:
        self._stage, self._table = stage, stage.table
        self._distribution: Distribution = stage.distributor
        self._flow_gone = flow_gone

    def end(
        self, call: Call, now: int, by: str, *, gone: Leg | None = None, code: int = 0, fault: bool = False
    ) -> None:
        """Everything of it ends, once. gone: the leg that ended by itself; fault: by no wish of anybody."""
        if call.phase is Phase.ENDING:
            return
        self._stage.recordings.stop(call)
        phase, call.phase = call.phase, Phase.ENDING
        in_flow = phase in (Phase.GREETING, Phase.AWAY, Phase.MEETING) or call.bridged is not None
        call.flow_limit_at, call.ended_by, call.code = None, by, code
        way = self._flow_gone(call, now)
        if phase is Phase.DIALLING:
            self._stage.dialled(call, "no_answer", now)
        if in_flow and call.run_id is not None:
            self._leave_flow(call, now, by, "error" if fault else way)
        if phase is Phase.WAITING and call.entry_id:
            self._leave_queue(call, call.entry_id, now, by, fault=fault)
        for handling_id in call.handlings:
            self._stage.carry(self._distribution.released(handling_id, by, now), now)
        for leg in self._table.open_legs(call):
            self._stage.clear(leg, now, by, code if leg is gone else 0, clear=leg is not gone)
        call.consult = call.moving = None
        self.contact_over(call, now)

    def dialled_in_vain(self, call: Call, outcome: str, now: int, code: int = 0) -> None:
        """Whom an agent called could not be reached; his screen says why."""
        if call.agent_id is not None:
            self._stage.fell_through(call.agent_id, call.called, outcome, now)
        self._stage.dialled(call, outcome, now)
        self.end(call, now, "carrier" if call.customer else "agent", code=code)

    def _leave_queue(self, call: Call, entry_id: str, now: int, by: str, *, fault: bool) -> None:
        if by == "customer":
            self._stage.carry(self._distribution.customer_left(entry_id, now), now)
        else:  # he did not give up: his leg broke, or we are stopping
            why = "customer_leg_lost" if fault else "stopped"
            self._stage.carry(self._distribution.fail(entry_id, why, now), now)

    def _leave_flow(self, call: Call, now: int, by: str, way: str) -> None:
        actor = by if by in ("customer", "carrier") else "system"
        left = {"run_id": call.run_id, "node_id": call.last_node or GREETING_NODE, "exit": way}
        self._table.append(self._table.event("flow.left", now, call, left, by=actor, cause=call.run_id))

    def leg_over(self, leg: Leg, figures: LegStatistics, now: int) -> None:
        """Media has let go of the leg."""
        table = self._table
        if table.legs.pop(leg.leg_id, None) is None:
            return
        call = table.call_of(leg)
        table.channels.release(leg.leg_id)
        call.legs.remove(leg.leg_id)
        data = {
            "leg_id": leg.leg_id,
            "ended_by": leg.ended_by,
            "release_code": leg.code,
            "received": figures.received,
            "lost": figures.lost,
            "mos": round(figures.mos, 2),
            "one_way": figures.one_way,
            "jitter_ms": round(figures.jitter_ms, 1),
        }
        if leg.told or not leg.dialled:
            table.append(table.event("leg.ended", now, call, data, cause=leg.leg_id))
        table.by_offer.pop(leg.offer_id or "", None)
        self.contact_over(call, now)

    def contact_over(self, call: Call, now: int) -> None:
        """Close the contact once nothing of it is left: no leg, no recorder, no message being written."""
        table = self._table
        if call.phase is not Phase.ENDING or call.legs or any(call.running()) or call.speaks or call.flow:
            return
        if table.calls.pop(call.interaction_id, None) is None:
            return
        data = {"ended_by": call.ended_by, "reason": "cleared", "release_code": call.code}
        table.append(table.event("interaction.ended", now, call, data))
        table.by_entry.pop(call.entry_id or "", None)
        for handling_id in call.handlings:
            table.by_handling.pop(handling_id, None)
