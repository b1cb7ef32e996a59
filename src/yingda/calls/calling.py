"""Calls to our own devices: which of a device's contacts ring together, which after them, and what they come to.

A caller who means one device (a GRUU, RFC 5627) reaches that one or none. Else the contacts of the highest q ring at
once, with one Call-ID and From tag, as the branches of a proxy's fork have (RFC 3261 sections 10.2.1.2, 16.6).
The leg at media is one: the description of whoever answers is the one it is given, and no other.

what one contact says               what follows
2xx                                 it has the call; the others get CANCEL, "Call completed elsewhere" (RFC 3326)
6xx: a person declines everywhere   the others get CANCEL
a refusal, or nothing               the others ring on; those that have said nothing at all by then only for `SILENCE`
the last one's refusal              the contacts of the next lower q, if nobody was reached at all; else the best answer

Not together, but one after the other: connections of one device (RFC 5626), contacts that a phone left behind at its
own address when it started anew, contacts that need another kind of leg at media, and calls that a phone is to answer
by itself, which must not be a race.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from yingda.calls.describing import Describing
from yingda.calls.effects import Effect, InviteDevice
from yingda.calls.lines import Line, Lines
from yingda.calls.switch import Switch
from yingda.kernel.clock import SECOND
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.devices import AUTO_ANSWER
from yingda.sip.dialog import next_hop
from yingda.sip.endpoint import Endpoint
from yingda.sip.grammar import NameAddress
from yingda.sip.session import COMPLETED_ELSEWHERE, DECLINED_ELSEWHERE

UNREACHED = frozenset({408, 410, 430, 482, 500, 502, 503, 504})
"""Answers of a way that is dead, not of a person; 482: of a phone that the call came to by two ways."""
DECLINED = frozenset({300, 301, 302, 305, 380, 480, 486, 487, 600, 603})
"""Refusals that are a person's, or his phone's settings. An agent's device is never followed to a diversion."""
EVERYWHERE = 600
SILENCE = 4 * SECOND
"""From the INVITE on: it was sent four times, and whoever is there has at least said 100."""


class Calling:
    """`domain` stands in From and To."""

    def __init__(self, endpoint: Endpoint, switch: Switch, lines: Lines, describing: Describing, domain: str) -> None:
        self._endpoint, self._switch, self._lines = endpoint, switch, lines
        self._describing, self._domain = describing, domain
        self._silent: dict[str, int] = {}  # leg: when its contacts that have said nothing are given up (µs)

    # ---- who is called ----

    def invite(
        self, effect: InviteDevice, now: int, tried: tuple[str, ...] = (), codes: tuple[int, ...] = ()
    ) -> list[sip.Effect]:
        """Call those that come first of the contacts not yet tried; nothing if there are none (left).

        codes: what contacts of this call have said already."""
        together = self._first(effect, tried)
        tried += tuple(binding.contact for binding in together)
        sent: list[sip.Effect] = []
        beside = ""
        for binding in together:
            line, out = self._call(effect, binding, beside, now)
            line.tried, line.codes = tried, codes
            beside = beside or line.key
            sent += out
        return sent

    def _first(self, effect: InviteDevice, tried: tuple[str, ...]) -> list[sip.Binding]:
        wanted = self._wanted(effect)
        bindings = self._endpoint.bindings(effect.extension)
        left = [one for one in bindings if one.contact not in tried and wanted in ("", one.instance)]
        if len(left) < 2 or effect.auto_answer:
            return left[:1]
        return _together(takewhile(lambda one: one.q == left[0].q, left))

    def _wanted(self, effect: InviteDevice) -> str:
        """The one device that the caller of this contact means; empty: whichever has that extension."""
        lines = self._lines.of_contact(self._switch.table, effect.leg_id)
        return next((line.instance for line in lines if line.dialled == effect.extension), "")

    def _call(self, effect: InviteDevice, binding: sip.Binding, beside: str, now: int) -> tuple[Line, list[sip.Effect]]:
        local = self._describing.seen_from(binding.flow, effect.local)
        terms = replace(self._describing.terms(binding.flow, None, effect.extension), only=effect.only)
        ours = sdp.offer(local, terms)
        key, sent = self._endpoint.invite(
            binding, caller=NameAddress(f"sip:{effect.caller}@{self._domain}", effect.display),
            called=NameAddress(f"sip:{effect.extension}@{self._domain}"), sdp=ours, now=now,
            headers=AUTO_ANSWER if effect.auto_answer else None,
            max_forwards=self._lines.hops(self._switch.table, effect.leg_id), beside=beside,
        )  # fmt: skip
        line = Line(key, effect.leg_id, binding.flow.remote[0], binding.flow, terms, ours=ours, local=local, version=1,
                    extension=effect.extension, call=effect, began=now)  # fmt: skip
        return self._lines.open(line), sent

    # ---- what they say ----

    def answered(self, line: Line, now: int) -> list[sip.Effect]:
        """This contact has the call."""
        if self._silent:
            self._silent.pop(line.leg_id, None)
        others = self._lines.beside(line)
        return self._give_up(others, now, COMPLETED_ELSEWHERE) if others else []

    def refused(self, line: Line, code: int, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """This contact does not take the call: others ring on, or are called, or it is the end of it."""
        others = self._lines.beside(line)
        self._lines.forget(line)
        if code >= EVERYWHERE or not others:
            sent = self._give_up(others, now, DECLINED_ELSEWHERE)
            done, more = self._over(line, (*line.codes, code), now)
            return done, sent + more
        for other in others:
            other.codes = (*other.codes, code)
        if code in UNREACHED:
            return [], []
        due = self._silent[line.leg_id] = max(now, line.began + SILENCE)
        return self._left_silent(line.leg_id, now) if due <= now else ([], [])

    def _over(self, line: Line, codes: tuple[int, ...], now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """Nobody rings any more."""
        self._silent.pop(line.leg_id, None)
        if line.call is not None and UNREACHED.issuperset(codes):
            sent = self.invite(line.call, now, line.tried, codes)
            if sent:
                return [], sent
        code = best(codes)
        outcome = "declined" if code in DECLINED else "device_failed"
        return self._switch.refused(line.leg_id, outcome, code, now), []

    def forget(self, leg_id: str) -> None:
        """We end the call ourselves."""
        self._silent.pop(leg_id, None)

    def _give_up(self, lines: Iterable[Line], now: int, reason: str = "") -> list[sip.Effect]:
        sent: list[sip.Effect] = []
        for line in lines:
            self._lines.forget(line)
            sent += self._endpoint.hang_up(line.key, now, reason)
        return sent

    # ---- time ----

    def next_timer(self) -> int | None:
        return min(self._silent.values()) if self._silent else None

    def handle_timer(self, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for leg_id in [leg_id for leg_id, due in self._silent.items() if due <= now]:
            done, out = self._left_silent(leg_id, now)
            effects, sent = effects + done, sent + out
        return effects, sent

    def _left_silent(self, leg_id: str, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """One of them was refused by a person. A contact that was left behind and says nothing holds nobody up."""
        del self._silent[leg_id]
        lines = self._lines.of_leg(leg_id)
        silent = [line for line in lines if not self._endpoint.replied(line.key)]
        sent = self._give_up(silent, now)
        if len(silent) < len(lines) or not lines:
            return [], sent
        done, more = self._over(lines[0], lines[0].codes, now)
        return done, sent + more

    # ---- state ----

    def to_state(self) -> dict[str, int]:
        return dict(self._silent)

    def restore(self, raw: dict[str, int]) -> None:
        self._silent = dict(raw)


def _together(bindings: Iterable[sip.Binding]) -> list[sip.Binding]:
    """Of contacts that are wanted alike, newest first, those that ring at once."""
    first, *others = bindings
    chosen = [first]
    for binding in others:
        if _browser(binding) is _browser(first) and not any(_same(binding, one) for one in chosen):
            chosen.append(binding)
    return chosen


def _browser(binding: sip.Binding) -> bool:
    return binding.flow.transport in ("ws", "wss")


def _same(one: sip.Binding, other: sip.Binding) -> bool:
    """Is it the same phone: another of its connections, or what it left behind where it now is again?"""
    if one.instance and other.instance:
        return one.instance == other.instance
    here = next_hop(one.contact)
    return not one.path and one.flow.same_path(other.flow) and here is not None and here == next_hop(other.contact)


def best(codes: Iterable[int]) -> int:
    """The answer of several that counts (RFC 3261 section 16.7 step 6): of 6xx, else of the lowest class, in which that
    of a person goes before that of a way."""
    return min(codes, key=lambda code: (code < EVERYWHERE, code // 100, code not in DECLINED))
