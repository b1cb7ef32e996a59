"""What a far end says beside the call itself: a text (RFC 3428), or that it does not do what the desk pressed."""

from __future__ import annotations

from collections.abc import Callable

from yingda.calls.effects import Effect
from yingda.calls.model import Leg
from yingda.calls.switch import Switch


class Remarks:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def text(self, leg_id: str, now: int) -> list[Effect]:
        """A text inside a call: that it came, and from whom, stands in the books; what it says does not."""
        return self._of(leg_id, lambda leg: self._note(leg, now))

    def key_refused(self, leg_id: str, now: int) -> list[Effect]:
        """The phone was asked to answer, and does not: its agent's desk says so, and it rings on."""
        return self._of(leg_id, lambda leg: self._tell(leg, now))

    def _of(self, leg_id: str, act: Callable[[Leg], None]) -> list[Effect]:
        leg = self._switch.table.legs.get(leg_id)
        return self._switch.act(lambda: act(leg)) if leg is not None else []

    def _note(self, leg: Leg, now: int) -> None:
        table = self._switch.table
        call = table.call_of(leg)
        handling_id = leg.handling_id or call.handling_id
        data = {"message_id": table.ids(), "medium": "chat", "author": "agent" if leg.agent_id else "customer"}
        data |= {"handling_id": handling_id} if handling_id else {}
        table.append(table.event("message.received", now, call, data, cause=leg.leg_id))

    def _tell(self, leg: Leg, now: int) -> None:
        if leg.agent_id is not None:
            self._switch.stage.fell_through(leg.agent_id, leg.shown, "device_failed", now)
