"""What a far end says beside the call itself: that it does not do what the desk pressed."""

from __future__ import annotations

from yingda.calls.effects import Effect
from yingda.calls.model import Leg
from yingda.calls.switch import Switch


class Remarks:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def key_refused(self, leg_id: str, now: int) -> list[Effect]:
        """The phone was asked to answer, and does not: its agent's desk says so, and it rings on."""
        leg = self._switch.table.legs.get(leg_id)
        return self._switch.act(lambda: self._tell(leg, now)) if leg is not None else []

    def _tell(self, leg: Leg, now: int) -> None:
        if leg.agent_id is not None:
            self._switch.stage.fell_through(leg.agent_id, leg.shown, "device_failed", now)
