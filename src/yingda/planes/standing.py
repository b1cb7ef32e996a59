"""What leaders set going and a new control plane goes on with: loans of agents, emergency announcements.

Both have an end of their own that outlives whatever happens to the plane, so they are read from the events of the run
before and said once more in the new one: every run's events tell the whole of what holds in it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from yingda.calls import emergencies
from yingda.calls.effects import Effect
from yingda.calls.emergencies import Emergency
from yingda.calls.switch import Switch
from yingda.kernel.clock import Clock
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.routing import lending
from yingda.routing.effects import Append
from yingda.routing.state import Loan

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """What a run left in force, however it ended."""

    loans: list[Loan] = field(default_factory=list)
    emergencies: list[Emergency] = field(default_factory=list)


def standing(run: Sequence[Envelope]) -> Standing:
    """run: its events, in the ledger's order."""
    return Standing(lending.standing(run), emergencies.standing(run))


class Sounds(Protocol):
    async def announcement(self, prompt: Prompt | None) -> list[str]: ...


class Carrier(Protocol):
    def carry(self, effects: Sequence[Effect], now: int) -> None: ...


async def take_up(standing: Standing, switch: Switch, carrier: Carrier, sounds: Sounds, clock: Clock) -> None:
    """Put it in force again. What is past by now, or has nobody left, ends."""
    now = clock.now()
    carrier.carry(switch.distribute(switch.distributor.leaders.resume(standing.loans, now), now), now)
    for emergency in standing.emergencies:
        await _announce(emergency, switch, carrier, sounds, clock)


async def _announce(emergency: Emergency, switch: Switch, carrier: Carrier, sounds: Sounds, clock: Clock) -> None:
    try:
        made = msgspec.structs.replace(emergency, items=tuple(await sounds.announcement(emergency.prompt)))
        now = clock.now()
        carrier.carry(switch.act(lambda: switch.waiting.begin_emergency(made, now, "system")), now)
    except YingdaError as error:  # past; or its queue, its file or the queue's own announcement is there no more
        log.warning("an emergency announcement is over: %s", error)
        over = {"queue_id": emergency.queue_id, "why": "expired" if error.code == "bad_until" else "configured"}
        now = clock.now()
        carrier.carry([Append((Event(kind="queue.emergency_ended", at=now, data=over),))], now)
