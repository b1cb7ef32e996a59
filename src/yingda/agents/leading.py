"""What leaders do in calls (SUP-03, 04). They speak through a device of their own, so in calls they are agents too:
`leader_id` is an agent's id. What they do with who waits is in `levers`."""

from __future__ import annotations

from yingda.calls.effects import Effect
from yingda.calls.switch import Switch


class Leading:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def supervise(self, leader_id: str, agent_id: str, mode: str, now: int) -> list[Effect]:
        """mode: listen, whisper, barge, take_over; again with another one to change over."""
        return self._switch.act(lambda: self._switch.supervision.watch(leader_id, agent_id, mode, now))

    def stop(self, leader_id: str, now: int) -> list[Effect]:
        return self._switch.act(lambda: self._switch.supervision.stop(leader_id, now))

    def release(self, agent_id: str, now: int) -> list[Effect]:
        """End an agent's call (强拆); whoever only assists in it is taken out of it. Refuses no_call."""
        session = self._switch.distributor.floor.session(agent_id)
        return self._switch.hang_up(session.handling_id or "", now, "leader")
