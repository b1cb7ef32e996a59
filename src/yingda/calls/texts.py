"""Texts by SIP (MESSAGE, RFC 3428): whose desk one is for, and why nobody's.

    it comes                                   it is for                                        else
    in a call                                  the agents whom its sender talks with            488
    to a device, an agent ID, a direct number  that agent                                       404
    by a trunk whose caller IDs we trust       as above                                         403
    to a number that leads to a flow           nobody: callers talk there                       405
    longer than a message between seats        nobody                                           413

A text becomes a message between seats: 200 when its reader is signed in, 202 when it waits for him. The books have
that it came, never its words; a refusal is written down with its cause.
"""

from __future__ import annotations

from dataclasses import dataclass

from yingda.calls.arrivals import Done, warning
from yingda.calls.effects import KeepText
from yingda.calls.model import Call, Leg, LegState
from yingda.calls.switch import Switch
from yingda.calls.trunks.accounts import Accounts
from yingda.calls.trunks.arriving import caller_number
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip.core import ALLOW
from yingda.sip.endpoint import Endpoint

LONGEST = 2_000
"""Characters of a message between seats."""
ALLOWED = ALLOW.replace("MESSAGE, ", "")


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: int
    sentence: str


UNHEARD = _Refusal(488, "No agent on this call can read texts")
UNTRUSTED = _Refusal(403, "Texts are not taken from this trunk")
SPOKEN = _Refusal(405, "Texts are taken for agents, not for this number")
NOBODY = _Refusal(404, "Nobody has this number")
TOO_LONG = _Refusal(413, f"A text may have {LONGEST} characters")
NOT_KEPT = _Refusal(500, "The text could not be kept; send it again later")


class Texts:
    """`domain` is who warns."""

    def __init__(self, endpoint: Endpoint, switch: Switch, accounts: Accounts, ids: IdSource, domain: str) -> None:
        self._endpoint, self._switch, self._accounts = endpoint, switch, accounts
        self._ids, self._domain = ids, domain

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def received(self, event: sip.TextReceived, leg_id: str | None, now: int) -> Done:
        """leg_id: of the leg of ours it came in; None outside of calls."""
        leg = self._switch.table.legs.get(leg_id or "")
        if len(event.text) > LONGEST:
            return self._refused(event, TOO_LONG, leg, now)
        found = self._outside(event) if leg is None else self._inside(event, leg)
        if isinstance(found, _Refusal):
            return self._refused(event, found, leg, now)
        return [found], []

    def kept(self, text: KeepText, kept: bool, now: int) -> Done:
        """It is at its readers' desks, or it could not be kept."""
        if not kept:
            told = warning(self._domain, NOT_KEPT.sentence) | {"Retry-After": ["60"]}
            return [], self._endpoint.answer_text(text.ticket, NOT_KEPT.code, now, told)
        data = {
            "message_id": text.message_id,
            "medium": "chat",
            "author": "agent" if text.from_agent is not None else "customer",
        }
        if text.handling_id is not None:
            data["handling_id"] = text.handling_id
        if text.interaction_id is None:
            data |= {"agent_id": text.to_agents[0], "party_ref": self._switch.keep_number(text.from_number)}
        came = Event(kind="message.received", at=now, by="system", data=data, interaction_id=text.interaction_id)
        return [Append((came,))], self._endpoint.answer_text(text.ticket, 200 if text.at_once else 202, now)

    # ---- for whom -------------------------------------------------------------------------------------------------

    def _inside(self, event: sip.TextReceived, leg: Leg) -> KeepText | _Refusal:
        call = self._switch.table.call_of(leg)
        readers = tuple(dict.fromkeys(one.agent_id for one in self._listeners(call, leg) if one.agent_id is not None))
        if not readers:
            return UNHEARD
        return KeepText(
            ticket=event.ticket,
            message_id=self._ids(),
            to_agents=readers,
            text=event.text,
            from_agent=leg.agent_id,
            from_number=self._number_of(call, leg),
            at_once=True,
            interaction_id=call.interaction_id,
            handling_id=leg.handling_id or call.handling_id,
        )

    def _listeners(self, call: Call, sender: Leg) -> list[Leg]:
        """Agents who talk with him, and the one whose customer he is though he may be held."""
        legs = (leg for leg in self._switch.table.open_legs(call) if leg is not sender and leg.state is LegState.UP)
        agents = [leg for leg in legs if leg.handling_id is not None and not leg.mode]
        his = sender.leg_id == call.customer
        return [one for one in agents if one.room is sender.room or (his and one.handling_id == call.handling_id)]

    @staticmethod
    def _number_of(call: Call, leg: Leg) -> str:
        if leg.leg_id != call.customer:
            return leg.number or leg.device
        return (call.caller if call.direction == "inbound" else call.called) or ""

    def _outside(self, event: sip.TextReceived) -> KeepText | _Refusal:
        plan, facts = self._switch.table.plan, event.facts
        trunk = plan.trunks.get(event.trunk or "")
        if trunk is not None and not trunk.trusts_identity:
            return UNTRUSTED
        called = self._accounts.called(facts, trunk)
        reader = plan.reader(called)
        if reader is None:
            return NOBODY if plan.route(called) is None else SPOKEN
        device = event.username
        number = device if device is not None else plan.canonical(caller_number(facts, trunk) or "")
        return KeepText(
            ticket=event.ticket,
            message_id=self._ids(),
            to_agents=(reader,),
            text=event.text,
            from_agent=plan.owners.get(device or ""),
            from_number=number,
            at_once=reader in self._switch.distributor.floor.sessions,
        )

    # ---- nobody's -------------------------------------------------------------------------------------------------

    def _refused(self, event: sip.TextReceived, why: _Refusal, leg: Leg | None, now: int) -> Done:
        """The cause goes to the sender and into the books."""
        headers = warning(self._domain, why.sentence)
        headers |= {"Allow": [ALLOWED]} if why.code == 405 else {}
        answered = self._endpoint.answer_text(event.ticket, why.code, now, headers)
        return [Append((self._line(event, why, leg, now),))], answered

    def _line(self, event: sip.TextReceived, why: _Refusal, leg: Leg | None, now: int) -> Event:
        if leg is not None:
            call = self._switch.table.call_of(leg)
            dialled, number, trunk_id = call.called, self._number_of(call, leg), leg.trunk_id
        else:
            trunk = self._switch.table.plan.trunks.get(event.trunk or "")
            dialled, trunk_id = self._accounts.called(event.facts, trunk), event.trunk
            number = event.username or caller_number(event.facts, trunk) or ""
        data = {
            "release_code": why.code,
            "reason": why.sentence,
            "dialled": dialled,
            "party_ref": self._switch.keep_number(number),
            **({"trunk_id": trunk_id} if trunk_id else {}),
        }
        interaction_id = leg.interaction_id if leg is not None else None
        return Event(kind="message.refused", at=now, by="system", data=data, interaction_id=interaction_id)
