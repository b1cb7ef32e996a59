"""What a far end says beside the calls themselves: it will not do as the desk pressed, or breaks the rules."""

from __future__ import annotations

from yingda.calls.effects import Alarm, Effect
from yingda.calls.model import Leg
from yingda.calls.switch import Switch
from yingda.kernel.event import Event
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip import grammar
from yingda.sip.endpoint import Endpoint

OVERLOADED = (
    "More calls come in than this machine can serve: new ones are refused with 503 until it keeps up. Look who sends "
    "them, lower what the trunks may bring, or use a faster machine."
)
OF_NO_CALL = "A transfer is asked for inside a call only"


class Remarks:
    def __init__(self, endpoint: Endpoint, switch: Switch) -> None:
        self._endpoint, self._switch = endpoint, switch

    def key_refused(self, leg_id: str, now: int) -> list[Effect]:
        """The phone was asked to answer, and does not: its agent's desk says so, and it rings on."""
        leg = self._switch.table.legs.get(leg_id)
        return self._switch.act(lambda: self._tell(leg, now)) if leg is not None else []

    def referred(self, event: sip.StrayRefer, now: int) -> list[Effect]:
        """A REFER outside of calls was refused."""
        return self._refused(event.facts, event.trunk, 403, OF_NO_CALL, grammar.user_of(event.target), now)

    def overloaded(self, event: sip.Overloaded) -> list[Effect]:
        """More comes in than can be served: those under way go first, and somebody has to know."""
        return [Alarm("overloaded", OVERLOADED if event.shedding else None, "signalling")]

    def invited(self, event: sip.InviteRefused, now: int) -> list[Effect]:
        """An INVITE was refused that breaks a rule of SIP, or came when too much did."""
        dialled = event.facts.called_number
        return self._refused(event.facts, event.trunk, event.code, event.reason, dialled, now, event.username)

    def change_refused(self, leg_id: str | None, code: int, reason: str, now: int) -> list[Effect]:
        """What a far end wanted to change inside of a call was refused: its sound stays as it was."""
        leg = self._switch.table.legs.get(leg_id or "")
        if leg is None:
            return []
        data = {"leg_id": leg.leg_id, "release_code": code, "reason": reason}
        event = Event(kind="leg.change_refused", at=now, by="system", data=data, interaction_id=leg.interaction_id)
        return [Append((event,))]

    def _refused(
        self, facts: sip.RequestFacts, trunk: str | None, code: int, reason: str, dialled: str, now: int,
        username: str | None = None,
    ) -> list[Effect]:  # fmt: skip
        """A line in the books, if it came from a trunk of ours, from a phone that proved itself, or from where the
        phone it names is registered. Strangers write nothing into the books."""
        phones = self._endpoint.bindings(facts.caller_number) if username is None else ()
        known = trunk is not None or username is not None
        if not known and all(phone.flow.remote != facts.flow.remote for phone in phones):
            return []
        data = {
            "release_code": code,
            "reason": reason,
            "dialled": dialled,
            "party_ref": self._switch.keep_number(username or facts.caller_number),
            **({"trunk_id": trunk} if trunk is not None else {}),
        }
        return [Append((Event(kind="call.refused", at=now, by="system", data=data),))]

    def _tell(self, leg: Leg, now: int) -> None:
        if leg.agent_id is not None:
            self._switch.stage.fell_through(leg.agent_id, leg.shown, "device_failed", now)
