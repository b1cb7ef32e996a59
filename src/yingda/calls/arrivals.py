"""INVITEs that come in: whose call it is, what can be agreed on with its description, or why not."""

from __future__ import annotations

from dataclasses import replace

from yingda.calls.describing import Describing
from yingda.calls.effects import Alarm, Arrival, Effect
from yingda.calls.lines import Line, Lines
from yingda.calls.switch import Switch
from yingda.calls.trunks.accounts import Accounts
from yingda.calls.trunks.arriving import caller_number, original_number, referred_by
from yingda.kernel.ids import IdSource
from yingda.media.protocol import RemoteMedia
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.endpoint import Endpoint
from yingda.sip.grammar import quote

Done = tuple[list[Effect], list[sip.Effect]]

NUMBER_LOST = (
    "Trunk {name} brought a call without the caller's number, though nobody withheld it. Ask the carrier, or look at "
    "the gateway's caller ID settings."
)
INCOMPATIBLE_FORMAT, MISCELLANEOUS = 305, 399
"""The Warnings of a 488 and of everything else (RFC 3261 section 20.43)."""


def warning(domain: str, sentence: str, code: int = MISCELLANEOUS) -> dict[str, list[str]]:
    """Why a person at the far end was refused (RFC 3261 section 20.43)."""
    return {"Warning": [f"{code} {domain} {quote(sentence)}"]}


class Arrivals:
    """`domain` is who warns."""

    def __init__(
        self,
        endpoint: Endpoint,
        switch: Switch,
        lines: Lines,
        accounts: Accounts,
        describing: Describing,
        ids: IdSource,
        domain: str,
    ) -> None:
        self._endpoint, self._switch, self._lines, self._accounts = endpoint, switch, lines, accounts
        self._describing, self._ids, self._domain = describing, ids, domain
        self._numberless: set[str] = set()

    def arrived(self, event: sip.InviteReceived, now: int) -> Done:
        facts = event.facts
        host = facts.flow.remote[0]
        terms = self._describing.terms(facts.flow, event.trunk, event.username)
        try:
            remote = RemoteMedia() if event.sdp is None else sdp.remote_media(event.sdp, terms, signalling_host=host)
        except sdp.NotAcceptable as flaw:
            terms = replace(terms, passes=True)
            handed = self._handed_on(event, terms)
            if handed is None:
                return self._turned_away(event, 488, flaw.sentence, now)
            remote = handed
        line = Line(event.key, self._ids(), host, facts.flow, terms, event.sdp, remote)
        line.hops = facts.max_forwards
        if facts.instance:
            line.dialled, line.instance = facts.called_number, facts.instance
        arrival = self._arrival(line, event, remote)
        if not event.replaces:
            self._lines.open(line)
            return self._identified(event, arrival) + self._switch.arrive(arrival, now), []
        old = self._lines.by_key.get(event.replaces)
        if old is None:
            return self._turned_away(event, 603, "The call to replace is over", now)
        self._lines.open(line)
        return self._switch.replaces(arrival, old.leg_id, now), []

    def _identified(self, event: sip.InviteReceived, arrival: Arrival) -> list[Effect]:
        """A call by a trunk has its caller's number, or says that it is withheld. Where it has neither, the number is
        lost on the way: an alarm, until that trunk brings one again."""
        trunk, lost = event.trunk or "", arrival.caller is None
        if not trunk or event.facts.withheld or lost is (trunk in self._numberless):
            return []
        (self._numberless.add if lost else self._numberless.discard)(trunk)
        named = self._switch.table.plan.trunks.get(trunk)
        name = named.name if named is not None else trunk
        return [Alarm("caller_number_lost", NUMBER_LOST.format(name=name) if lost else None, trunk)]

    def _handed_on(self, event: sip.InviteReceived, terms: sdp.Terms) -> RemoteMedia | None:
        """An offer of codecs that we do not speak, where one of them may be handed on to the far end."""
        host = event.facts.flow.remote[0]
        try:
            remote = sdp.remote_media(event.sdp or "", terms, signalling_host=host)
        except sdp.NotAcceptable:
            return None
        line = Line(event.key, "", host, event.facts.flow)
        return remote if self._switch.gestures.hands_on(self._arrival(line, event, remote)) else None

    def _turned_away(self, event: sip.InviteReceived, code: int, sentence: str, now: int) -> Done:
        """A call that we cannot take: its cause goes to the caller and into the books."""
        line = Line(event.key, self._ids(), event.facts.flow.remote[0], event.facts.flow)
        arrival = self._arrival(line, event, RemoteMedia())
        told = warning(self._domain, sentence, INCOMPATIBLE_FORMAT if code == 488 else MISCELLANEOUS)
        answered = self._endpoint.reject(event.key, code, now, headers=told)
        return self._switch.turned_away(arrival, code, sentence, now), answered

    def _arrival(self, line: Line, event: sip.InviteReceived, remote: RemoteMedia) -> Arrival:
        """Who calls whom. A diverted call counts for the number first dialled if only that one is ours."""
        facts, plan = event.facts, self._switch.table.plan
        trunk = plan.trunks.get(event.trunk or "")
        called, original = self._accounts.called(facts, trunk), original_number(facts, trunk)
        if plan.route(called) is None and plan.room(called) is None and plan.route(original) is not None:
            called = original
        caller = event.username if event.username is not None else caller_number(facts, trunk)
        by = referred_by(facts)
        return Arrival(line.leg_id, caller, called, event.trunk, remote, original, event.username, by)
