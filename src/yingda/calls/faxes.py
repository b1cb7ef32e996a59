"""Faxes on a number that people answer (TEL-41): who calls with the tone of a fax goes on to the fax's own number.

event                                   what follows
the caller's ACK, and his number has    a false ring: he hears ringing still, while media listens for the tone
 `fax_number`
a fax's tone (CNG of T.30)              `flow.left` by transfer, and the fax's number is called
that number does not take it            the call ends: nobody wants to hear a fax
`fax_ring_s` are over                   his flow begins, as for everybody

A person hears a few seconds of ringing more, and no word of the greeting is lost to him; a machine never meets one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from yingda.calls.model import Call, Leg, LegState, Phase
from yingda.calls.sounding import RINGBACK
from yingda.calls.table import Purpose, Table
from yingda.kernel.clock import SECOND
from yingda.kernel.event import Event
from yingda.media.protocol import Listen, Play

CALLING = "cng"


class Flows(Protocol):
    """Where callers go on (`inbound`)."""

    def begin(self, call: Call, leg: Leg, now: int, *before: Event) -> None: ...

    def enter_and_leave(self, call: Call, now: int, exit_: str) -> None: ...

    def stop_play(self, call: Call) -> None: ...


class Faxes:
    """forward: calls an outside number for a caller."""

    def __init__(self, table: Table, flows: Flows, forward: Callable[[Call, str, int], None]) -> None:
        self._table, self._flows, self._forward = table, flows, forward

    def may_come(self, call: Call, leg: Leg, now: int, answered: Event) -> bool:
        """Ring on, and listen; False where the number takes no faxes."""
        route = self._table.plan.route(call.called)
        if route is None or not route.fax_number:
            return False
        self._table.append(answered)
        call.fax_until, call.play_id = now + route.fax_ring_s * SECOND, self._table.ids()
        self._table.wake(call.fax_until, call.interaction_id)
        self._table.ask(Listen(leg_id=leg.leg_id), Purpose.TIDY, leg)
        ring = Play(play_id=call.play_id, leg_id=leg.leg_id, items=[f"tone:{RINGBACK}"], loop=True)
        self._table.ask(ring, Purpose.TIDY, leg)
        return True

    def heard(self, call: Call, leg: Leg, tone: str, now: int) -> None:
        """A tone of a machine on the caller's leg."""
        route = self._table.plan.route(call.called)
        waits = call.fax_until is not None and leg.leg_id == call.customer
        if not waits or tone != CALLING or route is None or not route.fax_number:
            return
        call.fax_until, call.fax = None, True
        self._flows.stop_play(call)
        self._flows.enter_and_leave(call, now, "transfer")
        self._forward(call, route.fax_number, now)

    def due(self, call: Call, now: int) -> None:
        """It is a person."""
        leg = self._table.customer_of(call)
        if call.fax_until is None or now < call.fax_until:
            return
        call.fax_until = None
        if leg is not None and leg.state is LegState.UP and call.phase is Phase.ARRIVING:
            self._flows.stop_play(call)
            self._flows.begin(call, leg, now)
