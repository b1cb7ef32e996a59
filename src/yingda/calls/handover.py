"""From the queue to an agent: the device rings, answers, is joined with the customer, and the recording begins.

Carries out what distribution asks (`Ring`, `StopRinging`, `Connect`, `Connected`) and tells it what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from yingda.calls.effects import InviteDevice
from yingda.calls.model import Call, Joining, Leg, LegState, Phase
from yingda.calls.table import Purpose, Table
from yingda.kernel.clock import SECOND
from yingda.media.protocol import (
    ConnectLeg,
    CreateLeg,
    LegCreated,
    RemoteMedia,
    SetGain,
)
from yingda.routing import effects as routing

# How long an answered device may stay without sound before the call is joined all the same (a phone that is mute from
# its first packet on must not keep its caller waiting; the leg's statistics then show sound one way only).
SOUND_LIMIT = 1 * SECOND


class Distribution(Protocol):
    """What the hand-over tells the distributor (routing/distributor.py)."""

    def alerting(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def answered(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def connected(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def connect_failed(self, offer_id: str, token: int, now: int) -> Sequence[routing.Effect]: ...

    def refused(self, offer_id: str, token: int, outcome: str, now: int) -> Sequence[routing.Effect]: ...


class Handover:
    """Agent legs by offer. `carry` runs what distribution answers."""

    def __init__(
        self,
        table: Table,
        distribution: Distribution,
        carry: Callable[[Sequence[routing.Effect], int], None],
        record: Callable[[Call, int], None],
        resume_music: Callable[[Call], None],
        stop_music: Callable[[Call], None],
    ) -> None:
        self._table = table
        self._distribution = distribution
        self._carry = carry
        self._record = record
        self._resume_music = resume_music
        self._stop_music = stop_music

    # ---- what distribution asks -----------------------------------------------------------------------------------

    def ring(self, effect: routing.Ring, now: int) -> None:
        """Open a leg to the agent's device."""
        table = self._table
        call = table.call_of_entry(effect.entry_id)
        kind = table.devices.media_kind(effect.device)
        if call is None or kind is None:
            self._carry(self._distribution.refused(effect.offer_id, effect.token, "device_failed", now), now)
            return
        leg = table.add_leg(
            Leg(
                leg_id=table.ids(),
                interaction_id=call.interaction_id,
                role="agent",
                direction="outbound",
                device=effect.device,
                state=LegState.PREPARING,
                offer_id=effect.offer_id,
                token=effect.token,
            )
        )
        call.agent_legs[effect.offer_id] = leg.leg_id
        table.by_offer[effect.offer_id] = call.interaction_id
        table.append(table.event("leg.created", now, call, leg.facts(), cause=effect.offer_id))
        table.ask(CreateLeg(leg_id=leg.leg_id, kind=kind, near=call.customer), Purpose.CREATE, leg)

    def stop_ringing(self, effect: routing.StopRinging) -> None:
        """Distribution took the offer back."""
        leg = self._leg_of_offer(effect.offer_id)
        if leg is None:
            return
        joining, call = leg.state is LegState.JOINING, self._table.call_of(leg)
        self._table.end_leg(leg, "system", 0, clear=True, elsewhere=effect.why == "answered_elsewhere")
        if joining and call.phase is Phase.WAITING:
            self._resume_music(call)

    def connect(self, effect: routing.Connect, now: int) -> None:
        """The agent answered: join both, in one change of the matrix."""
        table = self._table
        leg = self._leg_of_offer(effect.offer_id)
        call = table.call_of_entry(effect.entry_id)
        customer = table.customer_of(call) if call else None
        if leg is None or call is None or customer is None or customer.state is not LegState.UP:
            self._carry(self._distribution.connect_failed(effect.offer_id, effect.token, now), now)
            return
        assert leg.remote is not None
        leg.token = effect.token  # the ring's token is stale from here on
        table.joining[leg.leg_id] = Joining(leg_id=leg.leg_id, until=now + SOUND_LIMIT)
        table.wake(now + SOUND_LIMIT, call.interaction_id)
        table.ask(ConnectLeg(leg_id=leg.leg_id, remote=leg.remote), Purpose.CONNECT, leg)
        self._stop_music(call)
        table.ask(SetGain(entries=both_ways(customer, leg, 1.0)), Purpose.BRIDGE, leg)

    def connected(self, effect: routing.Connected, now: int) -> None:
        """The joint append is written: the agent's leg talks, the recorder runs."""
        table = self._table
        call = table.call_of_entry(effect.entry_id)
        if call is None:
            return
        leg = next((table.legs[leg_id] for leg_id in call.agent_legs.values() if self._is_joining(leg_id)), None)
        if leg is None:
            return
        leg.move(LegState.UP)
        table.joining.pop(leg.leg_id, None)
        call.phase, call.handling_id, call.agent_leg = Phase.TALKING, effect.handling_id, leg.leg_id
        table.by_handling[effect.handling_id] = call.interaction_id
        queue = table.plan.queues.get(effect.queue_id)
        if queue is None or queue.recording:
            self._record(call, now)

    # ---- what the device and media say ----------------------------------------------------------------------------

    def media_ready(self, leg: Leg, local: LegCreated) -> None:
        call = self._table.call_of(leg)
        leg.move(LegState.INVITING)
        queue = self._table.plan.queues.get(call.queue_id)
        self._table.emit(
            InviteDevice(leg.leg_id, leg.device, local, call.caller or "anonymous", queue.name if queue else "")
        )

    def ringing(self, leg: Leg, now: int) -> None:
        if leg.state is not LegState.INVITING or leg.offer_id is None:
            return
        leg.move(LegState.RINGING)
        call = self._table.call_of(leg)
        self._table.append(self._table.event("leg.alerting", now, call, leg.facts(), cause=leg.leg_id))
        self._carry(self._distribution.alerting(leg.offer_id, leg.token, now), now)

    def answered(self, leg: Leg, remote: RemoteMedia, now: int) -> None:
        """200 from the device. Whether it still counts, distribution says."""
        if leg.state not in (LegState.INVITING, LegState.RINGING) or leg.offer_id is None:
            return
        leg.move(LegState.JOINING)
        leg.remote = remote
        call = self._table.call_of(leg)
        self._table.append(self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id))
        self._carry(self._distribution.answered(leg.offer_id, leg.token, now), now)

    def bridged(self, leg: Leg, now: int) -> None:
        joining = self._table.joining.get(leg.leg_id)
        if joining is not None:
            joining.bridged = True
            self.check_joined(leg, now)

    def check_joined(self, leg: Leg, now: int) -> None:
        """Joined when the matrix has both entries and the agent is heard (or the sound limit passed)."""
        joining = self._table.joining.get(leg.leg_id)
        if joining is None or not joining.bridged or leg.offer_id is None:
            return
        if leg.alive or now >= joining.until:
            self._carry(self._distribution.connected(leg.offer_id, leg.token, now), now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, clear: bool) -> None:
        """The device refused, could not be reached or was lost before it was joined: the caller goes on waiting."""
        joining, call = leg.state is LegState.JOINING, self._table.call_of(leg)
        if not self._table.end_leg(leg, "agent", code, clear=clear) or leg.offer_id is None:
            return
        if joining:
            self._resume_music(call)
            self._carry(self._distribution.connect_failed(leg.offer_id, leg.token, now), now)
        else:
            self._carry(self._distribution.refused(leg.offer_id, leg.token, outcome, now), now)

    # ---- helpers --------------------------------------------------------------------------------------------------

    def _is_joining(self, leg_id: str) -> bool:
        leg = self._table.legs.get(leg_id)
        return leg is not None and leg.state is LegState.JOINING

    def _leg_of_offer(self, offer_id: str) -> Leg | None:
        call = self._table.calls.get(self._table.by_offer.get(offer_id, ""))
        leg_id = call.agent_legs.get(offer_id) if call else None
        return self._table.legs.get(leg_id) if leg_id else None


def both_ways(one: Leg, other: Leg, gain: float) -> list[tuple[str, str, float]]:
    """The two matrix entries of a bridge."""
    return [(one.leg_id, other.leg_id, gain), (other.leg_id, one.leg_id, gain)]
