"""Leaders in calls: listen, whisper, barge in, take over (SUP-03; CTI-16..19).

A leader's own device is rung and should answer by itself. Until he barges in or takes over, the customer hears nothing
of him, and the call itself stays as it was.
"""

from __future__ import annotations

from yingda.calls.model import Call, Leg, LegState, Room, Why
from yingda.calls.reaching import Reaching
from yingda.calls.stage import Stage
from yingda.calls.summons import Summons
from yingda.kernel.errors import YingdaError

TAKE_OVER = "take_over"
MODES = ("listen", "whisper", "barge", TAKE_OVER)


class Supervision:
    """The errand of `Why.SUPERVISE`. Leaders are agents too: by agent id."""

    def __init__(self, stage: Stage, reaching: Reaching, summons: Summons) -> None:
        self._stage, self._reaching, self._summons = stage, reaching, summons
        self._table = stage.table

    def watch(self, leader_id: str, agent_id: str, mode: str, now: int) -> None:
        """Begin, or change over to another mode. Refuses no_call, own_call, device_unreachable, agent_engaged,
        codec_handed_on."""
        handling_id = self._handling_of(agent_id)
        call, _, _ = self._stage.talk_of(handling_id)
        self._stage.is_spoken(call)
        if leader_id == agent_id:
            raise YingdaError("own_call", "This is the leader's own call.")
        if mode == TAKE_OVER and self._stage.session(leader_id) is None:
            raise YingdaError("agent_not_signed_in", "To take a call over, sign in first.", where=f"agent {leader_id}")
        if mode == TAKE_OVER:
            self._stage.is_here(call)
        leg = self._leg_of(call, leader_id)
        if leg is None:
            self._summons.open(
                call,
                ("agent", leader_id),
                Why.SUPERVISE,
                now,
                role="leader",
                for_handling=handling_id,
                auto_answer=True,
                mode=mode,
            )
        elif leg.state is not LegState.UP:
            leg.mode = mode
        elif mode == TAKE_OVER:
            self._take_over(call, leg, now)
        else:
            self._change(call, leg, mode, now)

    def stop(self, leader_id: str, now: int) -> None:
        """Off the call. Refuses not_supervising."""
        found = (self._leg_of(call, leader_id) for call in list(self._table.calls.values()))
        leg = next((leg for leg in found if leg is not None), None)
        if leg is None:
            raise YingdaError("not_supervising", "You are on no call of another agent.")
        self._stage.clear(leg, now, "leader")

    def _handling_of(self, agent_id: str) -> str:
        session = self._stage.session(agent_id)
        if session is None or session.handling_id is None:
            raise YingdaError("no_call", "There is no call to do this with.", where=f"agent {agent_id}")
        return session.handling_id

    def _leg_of(self, call: Call, leader_id: str) -> Leg | None:
        return next((leg for leg in self._table.open_legs(call) if leg.mode and leg.agent_id == leader_id), None)

    def _change(self, call: Call, leg: Leg, mode: str, now: int) -> None:
        leader, watched = leg.agent_id or "", leg.for_handling or ""
        talks = self._stage.talks
        self._stage.carry(talks.supervision_over(leader, watched, call.interaction_id, leg.mode, now, stays=True), now)
        self._stage.carry(talks.supervise(leader, watched, mode, now, f"agent:{leader}"), now)
        leg.mode = mode
        self._table.touch(call)

    def _take_over(self, call: Call, leg: Leg, now: int) -> None:
        """The leader continues in the agent's place; the agent is in wrap-up."""
        leader, watched = leg.agent_id or "", leg.for_handling or ""
        own = self._table.leg_of_handling(call, watched)
        consulted = self._table.legs.get(call.consult.leg_id) if call.consult is not None else None
        self._stage.is_here(call)
        mode = "" if leg.mode == TAKE_OVER else leg.mode
        self._stage.recordings.stop(call)
        self._stage.carry(self._stage.talks.take_over(leader, watched, mode, now), now)
        call.consult = None
        leg.mode, leg.rung, leg.room = "", False, Room.TALK
        session = self._stage.session(leader)
        assert session is not None and session.handling_id is not None
        self._stage.bind(call, leg, session.handling_id, leader)
        self._stage.has_customer(call, leg, now)
        if consulted is not None:
            if consulted.handling_id is not None:
                self._stage.carry(self._stage.distributor.released(consulted.handling_id, "leader", now), now)
            self._stage.clear(consulted, now, "leader")
        if own is not None:
            self._stage.clear(own, now, "leader")

    # ---- the errand -----------------------------------------------------------------------------------------------

    def ringing(self, leg: Leg, now: int) -> None:
        """His screen shows it."""

    def answered(self, leg: Leg, now: int) -> None:
        self._reaching.join(leg, now)

    def joined(self, leg: Leg, now: int) -> None:
        call = self._table.call_of(leg)
        try:
            if leg.mode == TAKE_OVER:
                self._take_over(call, leg, now)
                return
            leader, watched = leg.agent_id or "", leg.for_handling or ""
            started = self._stage.talks.supervise(leader, watched, leg.mode, now, f"agent:{leader}")
        except YingdaError:  # the talk he wanted to join has just ended, or passed on
            leg.mode = ""
            self._stage.clear(leg, now, "system")
            return
        leg.rung = False
        self._stage.carry(started, now)

    def failed(self, leg: Leg, outcome: str, code: int, now: int, *, joining: bool) -> None:
        self._stage.ring_over(leg, now)
        self._stage.fell_through(leg.agent_id or "", leg.mode, outcome, now)
