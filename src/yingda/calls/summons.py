"""Calling somebody into a call that is under way: a colleague, an extension, an outside number."""

from __future__ import annotations

from yingda.calls.model import Call, Leg, LegState, Room, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage, Target
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError

COLLEAGUE_RING = 25 * SECOND
NUMBER_RING = 60 * SECOND


class Summons:
    """Opens such legs; what becomes of them is for the errand of `why`."""

    def __init__(self, stage: Stage, reaching: Reaching) -> None:
        self._stage, self._reaching = stage, reaching

    def open(
        self,
        call: Call,
        target: Target,
        why: Why,
        now: int,
        *,
        room: Room = Room.TALK,
        for_handling: str | None = None,
        role: str = "",
        auto_answer: bool = False,
        mode: str = "",
        ring: int | None = None,
    ) -> Leg:
        """ring: how long it may ring (µs). Refuses device_unreachable, extension_unknown, what `Talks.ring` refuses,
        and numbers that the agent may not dial or no line is free for (`Table.admit`); nothing has changed then.
        """
        kind, name = target
        if kind == "number":
            handling = self._stage.handling(for_handling or "")
            self._stage.table.admit(name, handling.agent_id if handling is not None else None)
        leg = Leg(
            leg_id=self._stage.table.ids(),
            interaction_id=call.interaction_id,
            role=role or ("outside" if kind == "number" else "assisting" if why is Why.CONSULT else "agent"),
            direction="outbound",
            device="trunk",
            state=LegState.PREPARING,
            why=why,
            room=room,
            for_handling=for_handling,
            shown=call.caller or "anonymous",
            auto_answer=auto_answer,
            mode=mode,
            ring_until=now + (ring or (NUMBER_RING if kind == "number" else COLLEAGUE_RING)),
        )
        if kind == "number":
            leg.number = name
            leg.on_behalf_of = (
                call.caller if why in (Why.TRANSFER, Why.ONWARD) and call.direction == "inbound" else None
            )
            return self._reaching.open(call, leg, "rtp", now)
        media = self._at_device(call, leg, target, now)
        return self._reaching.open(call, leg, media, now)

    def _at_device(self, call: Call, leg: Leg, target: Target, now: int) -> str:
        """The device to ring, and that its agent is being rung; the kind of its media."""
        kind, name = target
        floor = self._stage.distributor.floor
        if kind == "agent":
            session = self._stage.session(name)
            leg.device = session.device if session is not None else self._device_of(name)
            leg.agent_id = name
        else:
            session = next((one for one in floor.sessions.values() if one.device == name), None)
            leg.device, leg.agent_id = name, session.agent_id if session is not None else None
        media = self._stage.media_kind(leg.device)
        if media is None:
            raise YingdaError("device_unreachable", f"Extension {leg.device} is not registered.")
        if session is not None:
            self._stage.carry(self._stage.talks.ring(session.agent_id, call.interaction_id, now), now)
            leg.rung = True
        elif kind == "agent" and leg.why is not Why.SUPERVISE:
            raise YingdaError("agent_not_signed_in", "The agent is not signed in.", where=f"agent {name}")
        return media

    def _device_of(self, agent_id: str) -> str:
        """The first registered device of somebody who is not signed in."""
        table = self._stage.table
        agent = table.plan.agents.get(agent_id)
        devices = [device.extension for device in agent.devices] if agent is not None else []
        found = next((one for one in devices if self._stage.media_kind(one) is not None), None)
        return found or (devices[0] if devices else "")
