"""What the parts of the switch share: the table of calls, distribution, and the ways a contact's talk begins and ends.

The parts (`dialling`, `consulting`, `transfers`, …) act on a call by these steps and by those of `reaching` only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from yingda.calls.model import Call, Leg, LegState, Phase, Room
from yingda.calls.numbering import Route
from yingda.calls.recordings import Recordings
from yingda.calls.table import Table
from yingda.kernel.config.centre import Flow
from yingda.kernel.errors import YingdaError
from yingda.routing import effects as routing
from yingda.routing.distributor import Distributor
from yingda.routing.handling import Handling
from yingda.routing.rules import DIRECT
from yingda.routing.session import Session
from yingda.routing.talks import INTERNAL, OUTBOUND, Talks

Target = tuple[str, str]
"""("agent", its id), ("queue", its id), ("extension", digits), ("number", digits) or ("room", its id)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call that an agent asked for did not come about. outcome: busy, no_answer, rejected, invalid, congestion,
    declined, device_failed. at: µs UTC."""

    target: str
    outcome: str
    at: int


class Wish(TypedDict):
    wish: str | None
    dedicated: bool


class Stage:
    """`carry` runs what distribution answers; `keep_number` gives a number's reference. dialled: told what became of a
    call that an agent made (connected, or why not); met: told that somebody has a customer."""

    def __init__(
        self,
        table: Table,
        distributor: Distributor,
        carry: Callable[[Sequence[routing.Effect], int], None],
        keep_number: Callable[[str], str],
    ) -> None:
        self.table, self.distributor, self.carry, self.keep_number = table, distributor, carry, keep_number
        self.recordings = Recordings(table)
        self.failures: dict[str, Failure] = {}
        self.dialled: Callable[[Call, str, int], None] = lambda _call, _outcome, _now: None
        self.met: Callable[[Call, int], None] = lambda _call, _now: None

    # ---- finding --------------------------------------------------------------------------------------------------

    @property
    def talks(self) -> Talks:
        return self.distributor.talks

    def handling(self, handling_id: str) -> Handling | None:
        return self.distributor.floor.handlings.get(handling_id)

    def session(self, agent_id: str) -> Session | None:
        return self.distributor.floor.sessions.get(agent_id)

    def talk_of(self, handling_id: str) -> tuple[Call, Leg, Handling]:
        """The call, the agent's own leg and his part in it. Refuses no_call."""
        call, handling = self.table.call_of_handling(handling_id), self.handling(handling_id)
        leg = self.table.leg_of_handling(call, handling_id) if call is not None else None
        if call is None or handling is None or leg is None or leg.state is not LegState.UP or not handling.live:
            raise YingdaError("no_call", "There is no call to do this with.")
        return call, leg, handling

    def with_customer(self, handling_id: str) -> tuple[Call, Leg]:
        """The same where the customer is his. Refuses no_call, not_your_customer, customer_in_flow, codec_handed_on."""
        call, leg, handling = self.talk_of(handling_id)
        self.is_here(call)
        self.is_spoken(call)
        if not handling.with_customer or call.phase is not Phase.TALKING or call.customer not in self.table.legs:
            raise YingdaError(
                "not_your_customer", "There is no customer of yours on the line.", todo="Only who has him can do this."
            )
        return call, leg

    @staticmethod
    def is_here(call: Call) -> None:
        """Refuses customer_in_flow: an agent waits for him to come back."""
        if call.phase is Phase.AWAY:
            todo = "Wait until he comes back, or take him back."
            raise YingdaError("customer_in_flow", "The customer is in a flow.", todo=todo)

    def is_spoken(self, call: Call) -> None:
        """Refuses codec_handed_on: what nobody here can decode cannot be mixed with music or a third voice."""
        customer = self.table.customer_of(call)
        codec = customer.passed if customer is not None else None
        if codec is not None:
            raise handed_on(codec.name)

    def talkers(self, call: Call, besides: Leg | None = None) -> list[Leg]:
        """Agents and outside parties in the talk, leaders who only watch excluded."""
        return [
            leg
            for leg in self.table.open_legs(call)
            if leg is not besides
            and leg.leg_id != call.customer
            and leg.state is LegState.UP
            and not leg.mode
            and leg.room is not Room.ASIDE
        ]

    def fell_through(self, agent_id: str, target: str, outcome: str, now: int) -> None:
        """What this agent wanted could not be done; his screen says so."""
        self.failures[agent_id] = Failure(target, outcome, now)
        self.table.agent_changed(agent_id)

    def media_kind(self, extension: str) -> str | None:
        """How a device is reached now: rtp, webrtc, or None. A mobile is while its agent is signed in at it: nobody is
        rung there off duty."""
        if not self.table.plan.mobile(extension):
            return self.table.devices.media_kind(extension)
        there = (session.device == extension for session in self.distributor.floor.sessions.values())
        return "rtp" if any(there) else None

    # ---- handlings ------------------------------------------------------------------------------------------------

    def bind(self, call: Call, leg: Leg, handling_id: str, agent_id: str) -> None:
        """The handling is that of this leg."""
        leg.handling_id, leg.agent_id, leg.rung = handling_id, agent_id, False
        call.handlings.append(handling_id)
        self.table.by_handling[handling_id] = call.interaction_id
        self.table.touch(call)

    def joins(self, call: Call, leg: Leg, origin: str, now: int, after: str | None = None) -> None:
        """The agent of a leg that has answered gets his handling. Without a session he has none."""
        if leg.agent_id is None or self.session(leg.agent_id) is None:
            return
        before = self.handling(after or "") or None
        queue_id = INTERNAL if call.internal else before.queue_id if before else call.queue_id or OUTBOUND
        queue_id = DIRECT.queue_id if origin == "direct" else queue_id
        self.carry(self.talks.join(leg.agent_id, call.interaction_id, origin, now, queue_id=queue_id, after=after), now)
        session = self.session(leg.agent_id)
        assert session is not None and session.handling_id is not None
        self.bind(call, leg, session.handling_id, leg.agent_id)

    def has_customer(self, call: Call, leg: Leg, now: int) -> None:
        """From here on this agent has the customer: the talk goes on, and is recorded."""
        call.phase, call.handling_id = Phase.TALKING, leg.handling_id
        call.moving = None
        leg.room = Room.TALK
        self.met(call, now)
        self.table.touch(call)
        if leg.handling_id is not None and self.is_recorded(call, leg):
            self.recordings.start(call, now)

    def is_recorded(self, call: Call, leg: Leg) -> bool:
        """As the queue says; a call without a queue as the agent's first queue does."""
        if call.internal:
            return False
        queues = self.table.plan.queues
        profile = self.distributor.floor.profile(leg.agent_id or "")
        queue = queues.get(call.queue_id) or next((queues[name] for name in profile.queues if name in queues), None)
        return queue is None or queue.recording

    def ring_over(self, leg: Leg, now: int) -> None:
        """Distribution need not think any more that this agent is rung."""
        if leg.rung and leg.agent_id is not None:
            leg.rung = False
            self.carry(self.talks.ring_over(leg.agent_id, now), now)

    def clear(self, leg: Leg, now: int, by: str, code: int = 0, *, clear: bool = True) -> None:
        """One leg ends, the call goes on; leaders who watched its handling are off it too."""
        self.ring_over(leg, now)
        if leg.mode and leg.state is LegState.UP:
            watched, leader = leg.for_handling or "", leg.agent_id or ""
            over = self.talks.supervision_over(leader, watched, leg.interaction_id, leg.mode, now)
            self.table.end_leg(leg, by, code, clear=clear)
            self.carry(over, now)
            return
        self.table.end_leg(leg, by, code, clear=clear)
        if leg.handling_id is not None:
            for leader_leg in self.table.open_legs(self.table.call_of(leg)):
                if leader_leg.mode and leader_leg.for_handling == leg.handling_id:
                    self.clear(leader_leg, now, "system")

    def _facts(self, call: Call) -> dict[str, str | float]:
        """What conditions may ask about a caller: what is known of him, and the numbers of this call."""
        trunk = self.table.plan.trunks.get(next((leg.trunk_id or "" for leg in self.table.legs_of(call)), ""))
        numbers = {"called": call.called, "caller": call.caller or "", "trunk": trunk.name if trunk else ""}
        return {**call.known.data, **call.data, **numbers}

    def flow_for(self, call: Call, route: Route, now: int) -> Flow:
        """Where a called number leads this caller at this moment."""
        facts = self._facts(call)
        able = (flow for condition, flow in route.choices if self.distributor.holds(condition, facts, now))
        return next(able, route.flow)

    def _wish(self, call: Call, queue_id: str, cause: str) -> Wish:
        """Whom he waits for first: his own agent alone, or the one who served him last, where the queue says so."""
        if call.known.own_agent is not None and cause == "first":
            return {"wish": call.known.own_agent, "dedicated": True}
        queue = self.table.plan.queues.get(queue_id)
        wished = queue is not None and queue.last_agent and cause == "first"
        return {"wish": call.known.last_agent if wished else None, "dedicated": False}

    def enter_queue(self, call: Call, queue_id: str, cause: str, now: int, priority: int) -> None:
        """The customer waits (again) with the place he had. Refuses what `Distributor.enter` refuses."""
        entry_id = self.table.ids()
        arrived_at = now if call.arrived_at is None else call.arrived_at
        entered = self.distributor.enter(
            entry_id,
            call.interaction_id,
            queue_id,
            now,
            cause=cause,
            arrived_at=arrived_at,
            priority=priority,
            test=call.test,
            needs=call.needs,
            data=self._facts(call),
            **self._wish(call, queue_id, cause),
        )
        call.arrived_at, call.queue_id, call.entry_id = arrived_at, queue_id, entry_id
        call.phase, call.handling_id, call.moving = Phase.WAITING, None, None
        self.table.by_entry[entry_id] = call.interaction_id
        self.table.touch(call)
        self.carry(entered, now)


def handed_on(codec: str) -> YingdaError:
    """What nobody here can decode cannot be mixed."""
    return YingdaError(
        "codec_handed_on",
        f"This call is in {codec}, which we only hand on: it cannot be held, passed on, shared or heard.",
        where=codec,
        todo="Let the phone and the trunk offer G.711.",
    )
