"""Calls to our own devices: which of a device's contacts is called, and which next if nobody can be reached there.

A caller who means one device (a GRUU, RFC 5627) reaches that one or none. Else the contact with the highest q is
called, of equal ones the newest (RFC 3261 sections 10.2.1.2, 16.6). What a person refuses goes nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

from yingda.calls.describing import Describing
from yingda.calls.effects import InviteDevice
from yingda.calls.lines import Line, Lines
from yingda.calls.switch import Switch
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.devices import AUTO_ANSWER
from yingda.sip.endpoint import Endpoint
from yingda.sip.grammar import NameAddress

UNREACHED = frozenset({408, 410, 430, 500, 502, 503, 504})
"""Answers of a way that is dead, not of a person."""


class Calling:
    """`domain` stands in From and To."""

    def __init__(self, endpoint: Endpoint, switch: Switch, lines: Lines, describing: Describing, domain: str) -> None:
        self._endpoint, self._switch, self._lines = endpoint, switch, lines
        self._describing, self._domain = describing, domain

    def invite(self, effect: InviteDevice, now: int, tried: tuple[str, ...] = ()) -> list[sip.Effect]:
        """Call the first contact that has not been tried; nothing if there is none (left)."""
        wanted = self._wanted(effect)
        binding = next(
            (
                one
                for one in self._endpoint.bindings(effect.extension)
                if one.contact not in tried and wanted in ("", one.instance)
            ),
            None,
        )
        if binding is None:
            return []
        local = self._describing.seen_from(binding.flow, effect.local)
        terms = replace(self._describing.terms(binding.flow, None, effect.extension), only=effect.only)
        ours = sdp.offer(local, terms)
        key, sent = self._endpoint.invite(
            binding, caller=NameAddress(f"sip:{effect.caller}@{self._domain}", effect.display),
            called=NameAddress(f"sip:{effect.extension}@{self._domain}"), sdp=ours, now=now,
            headers=AUTO_ANSWER if effect.auto_answer else None,
            max_forwards=self._lines.hops(self._switch.table, effect.leg_id),
        )  # fmt: skip
        self._lines.open(
            Line(key, effect.leg_id, binding.flow.remote[0], binding.flow, terms, ours=ours, local=local, version=1,
                 extension=effect.extension, call=effect, tried=(*tried, binding.contact))
        )  # fmt: skip
        return sent

    def elsewhere(self, line: Line, event: sip.Event, now: int) -> list[sip.Effect]:
        """The contact could not be reached: the next one is called. Nothing if that is not so, or none is left."""
        if line.call is None or not isinstance(event, sip.Rejected) or event.code not in UNREACHED:
            return []
        sent = self.invite(line.call, now, line.tried)
        if sent:
            self._lines.forget(line)
        return sent

    def _wanted(self, effect: InviteDevice) -> str:
        """The one device that the caller of this contact means; empty: whichever has that extension."""
        lines = self._lines.of_contact(self._switch.table, effect.leg_id)
        return next((line.instance for line in lines if line.dialled == effect.extension), "")
