"""Legs that we open: media makes room, the far end is called, rings, answers, and is joined with the others.

What comes of it is for the errand the leg was opened for (`Why`): an offer, a consultation, a transfer, …
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from yingda.calls.effects import InviteDevice, InviteNumber
from yingda.calls.model import Call, Joining, Leg, LegState, Why
from yingda.calls.stage import Stage
from yingda.calls.table import Purpose
from yingda.kernel.clock import SECOND
from yingda.media.protocol import ConnectLeg, CreateLeg, LegCreated, RemoteMedia

# How long an answered device may stay without sound before the call is joined all the same (a phone that is mute from
# its first packet on must not keep its caller waiting; the leg's statistics then show sound one way only).
SOUND_LIMIT = 1 * SECOND

KEY = "1"
"""Who answers a mobile presses it to have the call."""
BY_CARRIER = 15 * SECOND
"""How much longer a mobile may ring: its network takes a while to find it, and its key is asked for."""
AT_MOBILE = {"busy": "declined", "rejected": "declined", "invalid": "device_failed", "congestion": "device_failed"}
BRINGS_CUSTOMER = frozenset({Why.OFFER, Why.DIRECT, Why.TRANSFER, Why.ONWARD, Why.RETURN, Why.TAKE})


class Errand(Protocol):
    """What a leg was opened for."""

    def ringing(self, leg: Leg, now: int) -> None: ...

    def answered(self, leg: Leg, now: int) -> None:
        """200: `Reaching.join` it, or end it if it is not wanted any more."""
        ...

    def joined(self, leg: Leg, now: int) -> None:
        """Sound goes both ways (or its limit has passed)."""
        ...

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        """It came to nothing; the leg is ending. joining: it had answered."""
        ...


class Reaching:
    """`errands` says who acts for which legs."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._table = stage.table
        self.errands: Mapping[Why, Errand] = {}

    def open(self, call: Call, leg: Leg, kind: str, now: int) -> Leg:
        """Have media open a leg; near a leg it will be joined with."""
        table = self._table
        near = call.customer or (call.legs[0] if call.legs else "")
        table.add_leg(leg)
        leg.mobile = table.plan.mobile(leg.device) if leg.number is None else ""
        if leg.ring_until and leg.mobile:
            leg.ring_until += BY_CARRIER
        if leg.ring_until:
            table.wake(leg.ring_until, call.interaction_id)
        if not leg.dialled:
            self._tell(leg, call, now)
        table.ask(CreateLeg(leg_id=leg.leg_id, kind=kind, near=near), Purpose.CREATE, leg)
        table.touch(call)
        return leg

    def _tell(self, leg: Leg, call: Call, now: int) -> None:
        """`leg.created`, once. Of an outside number, a mobile too, when it is settled which trunk carries it."""
        if not leg.told:
            leg.told = True
            cause = leg.offer_id or leg.for_handling
            self._table.append(self._table.event("leg.created", now, call, leg.facts(), cause=cause))

    def media_ready(self, leg: Leg, local: LegCreated, _now: int) -> None:
        leg.move(LegState.INVITING)
        if leg.dialled:
            display = leg.display if leg.number is not None else ""  # our words for our own devices
            self._table.emit(
                InviteNumber(
                    leg.leg_id, leg.dialled, local, None, display, on_behalf_of=self._behalf(leg), only=leg.only
                )
            )
        else:
            self._table.emit(
                InviteDevice(
                    leg.leg_id, leg.device, local, leg.shown, leg.display, auto_answer=leg.auto_answer, only=leg.only
                )
            )

    def _behalf(self, leg: Leg) -> str | None:
        """Whose call goes on to the number; a mobile that a customer's call rings at is on his behalf."""
        call = self._table.call_of(leg)
        brings = leg.mobile and leg.why in BRINGS_CUSTOMER and call.direction == "inbound"
        return call.caller if brings else leg.on_behalf_of

    def ringing(self, leg: Leg, now: int) -> None:
        if leg.state is not LegState.INVITING:
            return
        leg.move(LegState.RINGING)
        call = self._table.call_of(leg)
        self._tell(leg, call, now)
        self._table.append(self._table.event("leg.alerting", now, call, leg.facts(), cause=leg.leg_id))
        self._table.touch(call)
        self.errands[leg.why].ringing(leg, now)

    def early(self, leg: Leg, remote: RemoteMedia, now: int) -> None:
        """Sound before the answer: whoever is in its room hears it. What a mobile's network plays is no device's."""
        self.ringing(leg, now)
        if leg.state is LegState.RINGING and not leg.mobile:
            leg.early, leg.remote = True, remote
            self._table.ask(ConnectLeg(leg_id=leg.leg_id, remote=remote), Purpose.CONNECT, leg)
            self._table.touch(self._table.call_of(leg))

    def answered(self, leg: Leg, remote: RemoteMedia, now: int) -> None:
        if leg.state not in (LegState.INVITING, LegState.RINGING):
            return
        leg.remote = remote
        if leg.mobile and leg.only is None and self._table.plan.asks_key(leg.device):
            self._ask_key(leg, remote, now)
        else:
            self.stands_in(leg, now)

    def _ask_key(self, leg: Leg, remote: RemoteMedia, now: int) -> None:
        """A mailbox answers too: nobody but who presses the key has the call. Until then it rings, for all others."""
        self.ringing(leg, now)
        if leg.state is LegState.RINGING:
            leg.asked = True
            self._table.ask(ConnectLeg(leg_id=leg.leg_id, remote=remote), Purpose.CONNECT, leg)
            self._table.touch(self._table.call_of(leg))

    def pressed(self, leg: Leg, digit: str, now: int) -> None:
        """A key on a mobile that was asked for one; any other than `KEY` changes nothing."""
        if leg.asked and digit == KEY:
            leg.asked = False
            self.stands_in(leg, now)

    def stands_in(self, leg: Leg, now: int) -> None:
        """It has answered, or we have answered what came to take a ringing leg's place."""
        leg.move(LegState.JOINING)
        call = self._table.call_of(leg)
        self._tell(leg, call, now)
        self._table.append(self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id))
        self._table.touch(call)
        self.errands[leg.why].answered(leg, now)

    def join(self, leg: Leg, now: int) -> None:
        """Give media the far end's address; `joined` follows when the matrix has it and it is heard."""
        assert leg.remote is not None
        table = self._table
        table.joining[leg.leg_id] = Joining(leg_id=leg.leg_id, until=now + SOUND_LIMIT)
        table.wake(now + SOUND_LIMIT, leg.interaction_id)
        table.ask(ConnectLeg(leg_id=leg.leg_id, remote=leg.remote), Purpose.CONNECT, leg)

    def connected(self, leg: Leg, now: int) -> None:
        """Media knows the far end; a leg that hears nobody yet, or was heard before it answered, needs no more."""
        call = self._table.call_of(leg)
        if leg.early or not any(leg.leg_id in entry[:2] for entry in call.heard):
            self._bridged(leg, now)

    def bridged(self, call: Call, now: int) -> None:
        """The matrix follows the call again."""
        for leg in self._table.open_legs(call):
            self._bridged(leg, now)

    def _bridged(self, leg: Leg, now: int) -> None:
        joining = self._table.joining.get(leg.leg_id)
        if joining is not None:
            joining.bridged = True
            self.check_joined(leg, now)

    def check_joined(self, leg: Leg, now: int) -> None:
        joining = self._table.joining.get(leg.leg_id)
        if joining is None or leg.state is not LegState.JOINING:
            return
        heard = leg.alive or leg.why is Why.OWN or now >= joining.until
        if joining.bridged and heard:
            if leg.why is not Why.OFFER:  # distribution says when an offer is connected
                del self._table.joining[leg.leg_id]
                leg.move(LegState.UP)
            self.errands[leg.why].joined(leg, now)
            call = self._table.calls.get(leg.interaction_id)
            if call is not None:
                self._table.touch(call)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, clear: bool) -> None:
        """The far end refused, could not be reached or was lost before it was joined."""
        joining = leg.state is LegState.JOINING
        if outcome == "congestion":
            leg.trunk_id = None  # every trunk has said why it did not carry it
        elif leg.trunk_id is not None:
            self._tell(leg, self._table.call_of(leg), now)
        outcome = self._of_device(leg, outcome)
        if self._table.end_leg(leg, "agent" if leg.role != "outside" else "outside", code, clear=clear):
            self.errands[leg.why].failed(leg, outcome, code, now, joining=joining)

    @staticmethod
    def _of_device(leg: Leg, outcome: str) -> str:
        """What a trunk says of a mobile, in the words for devices. Who answers without the key has not answered."""
        if not leg.mobile:
            return outcome
        return "no_answer" if leg.asked else AT_MOBILE.get(outcome, outcome)

    def time_out(self, call: Call, now: int) -> None:
        """Give up what rings for too long, join what stays without sound."""
        for leg in self._table.open_legs(call):
            rings = leg.state in (LegState.PREPARING, LegState.INVITING, LegState.RINGING)
            if rings and 0 < leg.ring_until <= now:
                self.failed(leg, "no_answer", 0, now, clear=True)
            else:
                self.check_joined(leg, now)
