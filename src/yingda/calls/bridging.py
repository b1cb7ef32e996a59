"""A flow waits while its caller is with people: in a queue, then with an agent (VoiceXML 2.0 2.3.7, bridge; 2.1, 7).

Distribution offers him as anybody else who waits. The run goes on meanwhile; when the talk is over he is back in it.

    where he is          what happens                            the flow is told
    in the queue         closed, nobody to serve it, turned away noanswer
                         connecttimeout is over                  noanswer
                         he chooses a call-back or a message     near_end_disconnect
                         a key of the transfer's grammars        near_end_disconnect
    with an agent        the agent, or a leader, ends it         far_end_disconnect
                         a key of the transfer's grammars        near_end_disconnect
                         maxtime is over                         maxtime_disconnect
                         his agent's phone breaks                network_disconnect; out of a queue he waits again
    between two agents   no queue takes him back                 network_disconnect
    either               the flow itself breaks                  nothing: he waits, or talks, on

A consultation leaves the flow as soon as somebody has answered. An agent may do with a bridged caller whatever he does
with others; if he sends him into another flow, this one is left for good (connection.disconnect.transfer).
"""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls import flow_protocol as messages
from yingda.calls.flowing import Flowing
from yingda.calls.model import Call, Connecting, FlowRun, Leg, LegState, Phase, Room
from yingda.calls.stage import Stage
from yingda.kernel.clock import SECOND

QUEUE = "queue"


class Bridging:
    """to_queue: into the queue that stands in the call; hush: nothing of ours plays to him any more."""

    def __init__(
        self, stage: Stage, flowing: Flowing, to_queue: Callable[[Call, int], None], hush: Callable[[Call], None]
    ) -> None:
        self._stage, self._table, self._flowing = stage, stage.table, flowing
        self._to_queue, self._hush = to_queue, hush

    def wait(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None:
        """Into the queue that stands in the call, the flow waiting for him."""
        self._flowing.attach(call, act.data, now)
        run.audio = act.audio
        run.connecting = Connecting(
            request=act.request, kind=act.kind, longest=_us(act.maximum_ms), away=True, by_queue=True
        )
        if act.connect_ms:
            run.connecting.until = now + act.connect_ms * 1_000
            self._table.wake(run.connecting.until, call.interaction_id)
        self._to_queue(call, now)

    def met(self, call: Call, now: int) -> None:
        """Somebody talks with him; later ones who get him handed on change nothing."""
        connecting = call.flow.connecting if call.flow is not None else None
        if connecting is None or connecting.since:
            return
        connecting.since, connecting.until, call.flow_limit_at = now, 0, None
        if connecting.kind != "bridge":
            if connecting.away:
                self._flowing.handed_on(call, now, QUEUE)
            return
        if connecting.longest is not None:
            connecting.until = now + connecting.longest
            self._table.wake(connecting.until, call.interaction_id)

    def due(self, call: Call, now: int) -> bool:
        """The time to reach somebody, or to talk, may have passed; False: he is not with people."""
        connecting = call.bridged
        if connecting is None:
            return False
        if 0 < connecting.until <= now and not connecting.since and self._joins(call):
            connecting.until = now + SECOND  # somebody has just answered: he is let finish
            self._table.wake(connecting.until, call.interaction_id)
        elif 0 < connecting.until <= now:
            self.back(call, "maxtime_disconnect" if connecting.since else "noanswer", now)
        return True

    def back(
        self, call: Call, result: str, now: int, by: str = "system", *, gone: Leg | None = None, code: int = 0
    ) -> bool:
        """Everything but his own leg is over, and the flow has him again. False: none waits for him. gone: the leg that
        ended by itself."""
        connecting, customer = call.bridged, self._table.customer_of(call)
        if connecting is None or customer is None or customer.state is not LegState.UP:
            return False
        self._stage.recordings.stop(call)
        if call.treatment is not None and call.treatment.own_way:
            result = "near_end_disconnect"
        entry_id, call.entry_id, call.phase = call.entry_id, None, Phase.GREETING
        call.treatment, call.handling_id, call.consult, call.moving = None, None, None, None
        if entry_id is not None:
            self._out_of_queue(entry_id, result, call, now)
        for handling_id in call.handlings:
            self._stage.carry(self._stage.distributor.released(handling_id, by, now), now)
        for leg in self._table.open_legs(call):
            if leg is not customer:
                self._stage.clear(leg, now, by, code if leg is gone else 0, clear=leg is not gone)
        customer.room = Room.TALK
        self._hush(call)
        self._flowing.returned(call, connecting, result, now)
        return True

    def lost(self, call: Call, leg: Leg, now: int, code: int, *, clear: bool) -> bool:
        """The phone of the very agent whom the flow called broke: no queue had him."""
        connecting = call.bridged
        if connecting is None or connecting.by_queue:
            return False
        return self.back(call, "network_disconnect", now, gone=None if clear else leg, code=code)

    def elsewhere(self, call: Call, now: int) -> None:
        """An agent sends him into another flow: nobody comes back to this one."""
        if call.bridged is not None:
            self._flowing.handed_on(call, now, "agent")

    def _joins(self, call: Call) -> bool:
        return any(leg.state is LegState.JOINING for leg in self._table.open_legs(call))

    def _out_of_queue(self, entry_id: str, result: str, call: Call, now: int) -> None:
        """He waits no more. An agent who has just answered meets nobody, as if he had hung up."""
        self._table.by_entry.pop(entry_id, None)
        by = "customer" if result == "near_end_disconnect" else "system"
        distributor = self._stage.distributor
        left = distributor.leave(entry_id, "diverted", f"flow:{call.flow_id}", now, by)
        self._stage.carry(left or distributor.customer_left(entry_id, now), now)


def _us(milliseconds: int | None) -> int | None:
    """Nought is no limit (2.3.7, maxtime)."""
    return milliseconds * 1_000 if milliseconds else None
