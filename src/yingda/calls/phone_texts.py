"""Texts that wait at an agent's desk, shown on his SIP phone too where that takes them (MESSAGE in its Allow).

    it is kept for a reader        to the phone he is signed in at, else his first that takes texts; none: nothing
    the phone answers 200, 202     `message.sent`
    its way is lost (430, 503)     by another connection of the same phone that has not had it; none: as refused
    anything else, or silence      `message.refused` with the cause: it may have it, so it is not sent again

Each text goes to one phone of each reader, once. It stays unread at his desk whatever becomes of it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from yingda.calls.arrivals import Done
from yingda.calls.effects import Effect, KeepText
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.kernel.event import Event
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.grammar import NameAddress
from yingda.sip.message import REASONS

NOBODY = NameAddress("sip:anonymous@anonymous.invalid", "Anonymous")
NOT_TAKEN = frozenset({430, 503})
"""The device cannot have had it: this connection of its is gone."""


class SeatText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is kept. readers: agent ids. sender: what the phone shows and can answer, empty if it was withheld;
    from_agent: if an agent wrote it. by: who wrote it, as events say it."""

    message_id: str
    readers: tuple[str, ...]
    text: str
    sender: str
    name: str = ""
    from_agent: str | None = None
    urgent: bool = False
    by: str = "system"
    interaction_id: str | None = None


def arrived(text: KeepText, plan: NumberPlan) -> SeatText:
    """What came by SIP, for the phones of those whose desks have it."""
    agent = plan.agents.get(text.from_agent or "")
    return SeatText(
        message_id=text.message_id,
        readers=text.to_agents,
        text=text.text,
        sender=agent.number if agent is not None else text.from_number,
        from_agent=text.from_agent,
        interaction_id=text.interaction_id,
    )


class _Sent(msgspec.Struct):
    """One text at one phone. tried: contacts it was sent to."""

    text: SeatText
    reader: str
    extension: str
    tried: set[str]


class PhoneTexts:
    """`domain` stands in From and To."""

    def __init__(self, endpoint: Endpoint, switch: Switch, domain: str) -> None:
        self._endpoint, self._switch, self._domain = endpoint, switch, domain
        self._sent: dict[str, _Sent] = {}

    def __len__(self) -> int:
        return len(self._sent)

    def send(self, text: SeatText, now: int) -> list[sip.Effect]:
        sent: list[sip.Effect] = []
        for reader in dict.fromkeys(text.readers):
            extension = self._phone_of(reader) if reader != text.from_agent else None
            if extension is not None:
                sent += self._send(_Sent(text, reader, extension, set()), now)
        return sent

    def answered(self, event: sip.TextAnswered, now: int) -> Done:
        sent = self._sent.pop(event.key, None)
        if sent is None:
            return [], []
        if event.code in NOT_TAKEN and (again := self._send(sent, now)):
            return [], again
        return [self._line(sent, event.code, now)], []

    # ---- within ---------------------------------------------------------------------------------------------------

    def _phone_of(self, agent_id: str) -> str | None:
        agent = self._switch.table.plan.agents.get(agent_id)
        session = self._switch.distributor.floor.sessions.get(agent_id)
        if agent is None:
            return None
        phones = [
            device.extension for device in agent.devices if device.kind == "sip" and self._takes(device.extension)
        ]
        here = session.device if session is not None else ""
        return here if here in phones else next(iter(phones), None)

    def _takes(self, extension: str) -> Sequence[sip.Binding]:
        return [binding for binding in self._endpoint.bindings(extension) if binding.takes_texts]

    def _send(self, sent: _Sent, now: int) -> list[sip.Effect]:
        """By the newest connection that has not had it; nothing if there is none."""
        way = next((one for one in self._takes(sent.extension) if one.contact not in sent.tried), None)
        if way is None:
            return []
        text, called = sent.text, NameAddress(f"sip:{sent.extension}@{self._domain}")
        caller = NameAddress(f"sip:{text.sender}@{self._domain}", text.name) if text.sender else NOBODY
        headers: Mapping[str, str] = {"Priority": "urgent"} if text.urgent else {}
        key, effects = self._endpoint.send_text(
            way, caller=caller, called=called, text=text.text, headers=headers, now=now
        )
        sent.tried.add(way.contact)
        self._sent[key] = sent
        return effects

    def _line(self, sent: _Sent, code: int, now: int) -> Effect:
        text = sent.text
        which: dict[str, object] = {"message_id": text.message_id, "agent_id": sent.reader}
        if code < 300:
            author = "customer" if text.from_agent is None and text.by == "system" else "agent"
            kind, data = "message.sent", {**which, "medium": "chat", "author": author}
        else:
            reason = f"The phone did not take the text: {REASONS.get(code, str(code))}"
            party = self._switch.keep_number(text.sender)
            kind = "message.refused"
            data = {**which, "release_code": code, "reason": reason, "dialled": sent.extension, "party_ref": party}
        return Append((Event(kind=kind, at=now, by=text.by, data=data, interaction_id=text.interaction_id),))
