"""Calls to outside numbers: which trunk and which of its addresses, one after the other until one takes the call.

    stage       event                                              next
    trying      no reply within the trunk's reply_s, connection    the next address; this one rests
                 refused, a reply nobody can read
    trying      100, 181-183                                       proceeding
    trying,     503 with Retry-After                               the next address; this one rests as long as it asks
     proceeding 408, other 5xx                                     the next address
     proceeding other refusals that are the trunk's own            the next trunk
     proceeding progress_s over without ringing                    the next address
    trying,     180, or sound before the answer                    alerting
     proceeding
    any         a refusal that is the called person's (`FINAL`)    over: busy, no_answer, rejected, invalid
    alerting    408                                                over: no_answer
    alerting    any other refusal                                  over: congestion
    any         2xx                                                over: answered

When the addresses of a trunk are used up, `trunk.refused` says so and the next trunk of the route is tried; when those
are used up too, the call fails as congestion. Whoever called hears nothing of all this: until somebody rings there is
nothing to hear. What was given up is cancelled, and ended should it answer too late (RFC 3261 sections 9.1, 13.2.2.4).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import msgspec

from yingda.calls.effects import Effect, InviteNumber
from yingda.calls.lines import Line, Lines
from yingda.calls.lookout import TrunkLookout
from yingda.calls.switch import Switch
from yingda.calls.trunks.dialled import request_uri
from yingda.calls.trunks.identity import shown
from yingda.kernel.clock import SECOND
from yingda.kernel.config.trunks import Trunk
from yingda.kernel.event import Event
from yingda.media.protocol import LegCreated
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.resolving import Place

log = logging.getLogger(__name__)

Done = tuple[list[Effect], list[sip.Effect]]
Describe = Callable[[Flow, LegCreated, str], tuple[sdp.Terms, LegCreated]]
"""(the way, what media opened, trunk) → what may be agreed to there, and the leg as seen from there."""

FINAL: Mapping[int, str] = {
    486: "busy", 600: "busy",
    480: "no_answer", 487: "no_answer",
    301: "rejected", 302: "rejected", 433: "rejected", 603: "rejected", 607: "rejected", 608: "rejected",
    404: "invalid", 410: "invalid", 484: "invalid", 604: "invalid",
}  # fmt: skip
"""Refusals that another trunk would not change (RFC 3261 section 21; RFC 5079, 8197, 8688)."""
LONGEST_REST_S = 3_600


class Stage(StrEnum):
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ALERTING = "alerting"


LEGAL: dict[Stage, frozenset[Stage]] = {
    Stage.TRYING: frozenset({Stage.PROCEEDING, Stage.ALERTING}),
    Stage.PROCEEDING: frozenset({Stage.TRYING, Stage.ALERTING}),
    Stage.ALERTING: frozenset(),
}


class Dialling(msgspec.Struct):
    """A call that nobody has answered yet. trunks, places: what is left to try. began, due: of this try (µs).

    code: of the last refusal.
    """

    call: InviteNumber
    trunks: list[str]
    places: list[Place] = []
    trunk_id: str = ""
    place: Place | None = None
    stage: Stage = Stage.TRYING
    began: int = 0
    due: int | None = None
    code: int = 503

    def move(self, stage: Stage) -> None:
        """The one setter of `stage`."""
        if stage is not self.stage and stage not in LEGAL[self.stage]:
            raise ValueError(f"a call going out cannot go from {self.stage} to {stage}")
        self.stage = stage


class Outward:
    def __init__(
        self,
        endpoint: Endpoint,
        switch: Switch,
        lines: Lines,
        lookout: TrunkLookout,
        describe: Describe,
        domain: str,
    ) -> None:
        self._endpoint, self._switch, self._lines, self._lookout = endpoint, switch, lines, lookout
        self._describe, self._domain = describe, domain
        self._open: dict[str, Dialling] = {}

    def __len__(self) -> int:
        return len(self._open)

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def invite(self, call: InviteNumber, now: int) -> Done:
        """Set about a call."""
        ways = self._switch.table.plan.outward.ways(call.number, self._lookout.draw) if self._lookout.sends else []
        call = call if call.caller else msgspec.structs.replace(call, caller=self._direct_number(call.leg_id))
        dialling = self._open[call.leg_id] = Dialling(call, [trunk.id for trunk in ways])
        return self._next(dialling, now)

    def _direct_number(self, leg_id: str) -> str | None:
        """The own number of the agent who calls."""
        table, floor = self._switch.table, self._switch.distributor.floor
        leg = table.legs.get(leg_id)
        contact = table.calls.get(leg.interaction_id) if leg is not None else None
        handling = floor.handlings.get((leg.for_handling if leg is not None else None) or "")
        agent_id = handling.agent_id if handling is not None else contact.agent_id if contact is not None else None
        return table.plan.outward.direct_number(agent_id or "")

    def concerns(self, line: Line) -> bool:
        """Is this a call of ours that nobody has answered yet?"""
        return line.leg_id in self._open

    def heard(self, line: Line, event: sip.Event, now: int) -> Done:
        """What the wire says of such a call."""
        dialling = self._open[line.leg_id]
        match event:
            case sip.Progress(code=code, sdp=text):
                return self._progress(dialling, line, code, text, now), []
            case sip.Answered(sdp=text):
                return self._answered(dialling, line, text, now)
            case sip.Rejected():
                self._lines.forget(line)
                return self._rejected(dialling, event, now)
        return [], []

    def garbled(self, flow: Flow, now: int) -> Done:
        """Somebody sent what nobody can read: calls that wait for an answer from there go another way."""
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for dialling in list(self._open.values()):
            line = self._lines.by_leg.get(dialling.call.leg_id)
            waits = dialling.stage is Stage.TRYING and line is not None and line.flow.remote == flow.remote
            if waits and line is not None:
                log.warning("a trunk's answer cannot be read; the call goes another way")
                more, out = self._give_up(dialling, line, now, rests=True)
                effects += more
                sent += out
        return effects, sent

    def forget(self, leg_id: str) -> None:
        """We end the call ourselves."""
        self._settled(self._open.pop(leg_id, None))

    def _settled(self, dialling: Dialling | None) -> None:
        """The trunk that has the call now carried it; those before it are written down as having refused."""
        if dialling is not None and dialling.trunk_id:
            self._switch.table.channels.seized[dialling.trunk_id, "outbound"] += 1

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        return min((one.due for one in self._open.values() if one.due is not None), default=None)

    def handle_timer(self, now: int) -> Done:
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for dialling in [one for one in self._open.values() if one.due is not None and one.due <= now]:
            line, trunk = self._lines.by_leg.get(dialling.call.leg_id), self._trunk(dialling)
            if line is None:
                dialling.due = None
            elif dialling.stage is Stage.TRYING and trunk is not None and self._endpoint.replied(line.key):
                dialling.move(Stage.PROCEEDING)
                dialling.due = dialling.began + int(trunk.progress_s * SECOND)
            else:
                more, out = self._give_up(dialling, line, now, rests=dialling.stage is Stage.TRYING)
                effects += more
                sent += out
        return effects, sent

    # ---- replies --------------------------------------------------------------------------------------------------

    def _progress(self, dialling: Dialling, line: Line, code: int, text: str | None, now: int) -> list[Effect]:
        effects: list[Effect] = []
        if text is not None:
            try:
                remote = sdp.remote_media(text, line.terms, signalling_host=line.host, ours=line.ours)
            except sdp.NotAcceptable as flaw:
                log.info("sound before the answer cannot be used: %s", flaw.sentence)
            else:
                self._alerting(dialling)
                effects += self._switch.early_media(line.leg_id, remote, now)
        if code == 180:
            self._alerting(dialling)
            effects += self._switch.ringing(line.leg_id, now)
        return effects

    def _alerting(self, dialling: Dialling) -> None:
        dialling.move(Stage.ALERTING)
        dialling.due = None

    def _answered(self, dialling: Dialling, line: Line, text: str | None, now: int) -> Done:
        try:
            remote = line.answered(text, "the answer brought no description")
        except sdp.NotAcceptable as flaw:
            log.warning("the answer of a trunk cannot be used: %s", flaw.sentence)
            return self._give_up(dialling, line, now, rests=True)
        self._settled(self._open.pop(line.leg_id))
        line.lamp = "confirmed"
        return self._switch.answered(line.leg_id, remote, now), []

    def _rejected(self, dialling: Dialling, event: sip.Rejected, now: int) -> Done:
        dialling.code = code = event.code
        outcome = FINAL.get(code)
        if outcome is None and dialling.stage is Stage.ALERTING:
            outcome = "no_answer" if code == 408 else "congestion"
        if outcome is not None:
            return self._over(dialling, outcome, now)
        effects: list[Effect] = []
        if code < 500 and code != 408:
            dialling.places = []
        elif dialling.place is not None and (event.retry_after or not event.replied):
            rest = min(event.retry_after, LONGEST_REST_S) if event.retry_after else None
            effects += self._rest(dialling, now, rest)
        more, sent = self._next(dialling, now)
        return effects + more, sent

    def _give_up(self, dialling: Dialling, line: Line, now: int, *, rests: bool) -> Done:
        """End this try, whatever it is at, and go another way; an alerting one has none."""
        self._lines.forget(line)
        sent = self._endpoint.hang_up(line.key, now)
        effects = self._rest(dialling, now, None) if rests else []
        step = (
            self._over(dialling, "congestion", now) if dialling.stage is Stage.ALERTING else self._next(dialling, now)
        )
        return effects + step[0], sent + step[1]

    def _rest(self, dialling: Dialling, now: int, rest_s: float | None) -> list[Effect]:
        trunk = self._trunk(dialling)
        if trunk is None or dialling.place is None:
            return []
        return self._lookout.failed(trunk, dialling.place, now, rest_s)

    # ---- the next way ---------------------------------------------------------------------------------------------

    def _trunk(self, dialling: Dialling) -> Trunk | None:
        return self._switch.table.plan.trunks.get(dialling.trunk_id)

    def _next(self, dialling: Dialling, now: int) -> Done:
        """Send to the next address, of the next trunk if need be; over when nothing is left."""
        effects: list[Effect] = []
        while True:
            trunk = self._trunk(dialling)
            if dialling.places and trunk is not None:
                more, sent = self._send(dialling, trunk, dialling.places.pop(0), now)
                return effects + more, sent
            if trunk is not None:
                effects += self._left(dialling, trunk, "carrier", now)
            dialling.trunk_id, dialling.places = "", []
            if not dialling.trunks:
                outcome = "rejected" if dialling.code == 403 else "congestion"
                more, sent = self._over(dialling, outcome, now)
                return effects + more, sent
            effects += self._take(dialling, dialling.trunks.pop(0), now)

    def _take(self, dialling: Dialling, trunk_id: str, now: int) -> list[Effect]:
        """Seize a channel of this trunk, if it can take the call."""
        trunk = self._switch.table.plan.trunks.get(trunk_id)
        if trunk is None:  # a version took it out meanwhile
            return []
        channels, leg_id = self._switch.table.channels, dialling.call.leg_id
        full = channels.full(trunk, "outbound")
        if full is not None:
            return self._left(dialling, trunk, full, now)
        places = [] if self._lookout.is_down(trunk_id) else self._lookout.places(trunk)
        if not places:
            return self._left(dialling, trunk, "down", now)
        channels.seize(leg_id, trunk_id, "outbound")
        dialling.trunk_id, dialling.places = trunk_id, places
        return self._switch.seized(leg_id, trunk_id, now)

    def _left(self, dialling: Dialling, trunk: Trunk, cause: str, now: int) -> list[Effect]:
        """This trunk does not carry the call."""
        self._switch.table.channels.release(dialling.call.leg_id)
        self._switch.table.channels.refused[trunk.id, "outbound", cause] += 1
        leg = self._switch.table.legs.get(dialling.call.leg_id)
        data = {
            "trunk_id": trunk.id,
            "direction": "outbound",
            "cause": cause,
            "party_ref": self._switch.keep_number(dialling.call.number),
        }
        interaction_id = leg.interaction_id if leg is not None else None
        return [Append((Event(kind="trunk.refused", at=now, by="carrier", data=data, interaction_id=interaction_id),))]

    def _send(self, dialling: Dialling, trunk: Trunk, place: Place, now: int) -> Done:
        call, plan = dialling.call, self._switch.table.plan.outward
        flow = self._lookout.flow(place)
        terms, local = self._describe(flow, call.local, trunk.id)
        terms = replace(terms, only=call.only)
        ours = sdp.offer(local, terms)
        who = shown(call, trunk, plan, self._domain)
        uri = request_uri(call.number, trunk, place, plan.country)
        routes, contact = self._endpoint.registration.routes(trunk.id), self._contact(trunk, who.user)
        key, sent = self._endpoint.invite(
            sip.Target(uri, flow, routes, user=contact), caller=who.caller, called=NameAddress(uri.partition(";")[0]),
            sdp=ours, now=now, headers=who.headers, credentials=trunk.id,
            max_forwards=self._lines.hops(self._switch.table, call.leg_id),
        )  # fmt: skip
        self._lines.open(
            Line(key, call.leg_id, flow.remote[0], flow, terms, ours=ours, local=local, version=1, trunk_id=trunk.id)
        )
        dialling.move(Stage.TRYING)
        dialling.place, dialling.began, dialling.due = place, now, now + int(trunk.reply_s * SECOND)
        return [], sent

    def _contact(self, trunk: Trunk, shown_user: str) -> str:
        """A carrier we register with knows us by that Contact."""
        return self._lookout.accounts.contact_user(trunk) if trunk.registers else shown_user

    def _over(self, dialling: Dialling, outcome: str, now: int) -> Done:
        """Nobody takes it, or the called person will not: the channel is free when the leg is over."""
        self._settled(self._open.pop(dialling.call.leg_id, None))
        return self._switch.refused(dialling.call.leg_id, outcome, dialling.code, now), []

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> list[Any]:
        """The calls nobody has answered yet, as plain data."""
        state: list[Any] = msgspec.to_builtins(list(self._open.values()))
        return state

    def restore(self, raw: list[Any]) -> None:
        self._open = {one.call.leg_id: one for one in msgspec.convert(raw, list[Dialling])}
