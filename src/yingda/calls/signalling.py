"""Between the switch and SIP: whose leg a SIP call is, what the wire's words mean for it, and back.

Sans-IO like both its neighbours: `heard` turns a SIP event into what the switch does about it, `perform` turns one of
the switch's effects into SIP effects. Who may call at all is the `doorman`'s affair.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from yingda.calls.arrivals import INCOMPATIBLE_FORMAT, MISCELLANEOUS, Arrivals, warning
from yingda.calls.calling import Calling
from yingda.calls.describing import Describing
from yingda.calls.effects import (
    AcceptRefer,
    AnswerCall,
    AnswerDevice,
    Effect,
    EndCall,
    InviteDevice,
    InviteNumber,
    ReferResult,
    RefuseCall,
    RefuseRefer,
    RingCall,
    SpeakFirst,
    WireEffect,
)
from yingda.calls.lines import Line, Lines
from yingda.calls.lookout import TrunkLookout, Ways
from yingda.calls.nailed import Nailed
from yingda.calls.outward import Outward
from yingda.calls.phone_texts import PhoneTexts
from yingda.calls.remarks import Remarks
from yingda.calls.switch import Switch
from yingda.calls.texts import Texts
from yingda.calls.trunks.board import TrunkBoard
from yingda.kernel.config.trunks import Trunk
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import IdSource
from yingda.media.ice import new_credentials
from yingda.media.protocol import DigitHeard, LegCreated, RemoteMedia
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.causes import reason
from yingda.sip.devices import TALK
from yingda.sip.endpoint import Endpoint
from yingda.sip.session import COMPLETED_ELSEWHERE
from yingda.sip.subscriptions import Lamp

log = logging.getLogger(__name__)


class Signalling:
    """All SIP calls of this control plane, by leg. `domain` stands in the From of our INVITEs.

    ways: how we reach trunks; without it they are neither asked whether they are there nor called.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        switch: Switch,
        ids: IdSource,
        domain: str,
        ways: Ways | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._switch = switch
        self._ids = ids
        self._domain = domain
        self._lines = Lines()
        self.lookout = TrunkLookout(endpoint, switch, domain, ways)
        self._remarks = Remarks(endpoint, switch)
        self.trunk_board = TrunkBoard(endpoint, switch, self.lookout)
        self._describing = describing = Describing(endpoint, switch)
        accounts = self.lookout.accounts
        self._arrivals = Arrivals(endpoint, switch, self._lines, accounts, describing, ids, domain)
        self.texts = Texts(endpoint, switch, accounts, ids, domain)
        self.phone_texts = PhoneTexts(endpoint, switch, domain)
        self._outward = Outward(endpoint, switch, self._lines, self.lookout, describing.to_trunk, domain)
        self._calling = Calling(endpoint, switch, self._lines, describing, domain)
        self.nailed = Nailed(endpoint, switch, self._lines, ids, describing.to_device, domain)
        self._timed = (self.lookout, self._outward, self.nailed, self._calling)

    def __len__(self) -> int:
        return len(self._lines)

    def trunk(self, facts: sip.RequestFacts) -> Trunk | None:
        """The trunk whose Contact or whose resolved name shows that a request is its own."""
        trunk_id = self.lookout.accounts.trunk_by_contact(facts.called_number)
        return self._switch.table.plan.trunks.get(trunk_id or "") or self.lookout.trunk_at(*facts.flow.remote)

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Whose leg each SIP call is, as plain data. What the lookout knows of trunks it asks anew."""
        lines = msgspec.to_builtins(list(self._lines.by_key.values()))
        return {
            "lines": lines,
            "calling": self._calling.to_state(),
            "outward": self._outward.to_state(),
            "nailed": self.nailed.to_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        for line in msgspec.convert(state["lines"], list[Line]):
            self._lines.open(line)
        self._calling.restore(state["calling"])
        self._outward.restore(state["outward"])
        self.nailed.restore(state["nailed"])

    def line_of(self, leg_id: str) -> Line | None:
        """The leg's own line, answered and borrowed from nobody; None if it has none."""
        line = self._lines.by_leg.get(leg_id)
        return None if line is None or self._outward.concerns(line) or self.nailed.of(leg_id) is not None else line

    def leg_at(self, key: str) -> str | None:
        """The leg that a SIP call carries."""
        line = self._lines.by_key.get(key)
        return line.leg_id if line is not None else None

    def adopt(self, lines: Iterable[Line]) -> None:
        """Lines of a plane before this one; the endpoint has adopted their calls."""
        for line in lines:
            self._lines.open(line)

    # ---- from the wire --------------------------------------------------------------------------------------------

    def heard(self, event: sip.Event, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """What a SIP event makes the switch do, and what is answered at once on the wire."""
        if isinstance(event, sip.InviteReceived):
            return self._arrivals.arrived(event, now)
        if isinstance(event, sip.OptionsAnswered):
            return self.lookout.answered(event, now), []
        if isinstance(event, sip.Garbled):
            return self._outward.garbled(event.flow, now)
        if isinstance(event, sip.RegistrationChanged):
            return self.lookout.registration_changed(event, now), []
        if isinstance(event, sip.StrayRefer):
            return self._remarks.referred(event, now), []
        if isinstance(event, sip.Overloaded):
            return self._remarks.overloaded(event), []
        if isinstance(event, sip.InviteRefused):
            return self._remarks.invited(event, now), []
        if isinstance(event, sip.TextAnswered):
            return self.phone_texts.answered(event, now)
        key = getattr(event, "key", None)
        line = self._lines.by_key.get(key) if key is not None else None
        if isinstance(event, sip.TextReceived):
            return self.texts.received(event, self._leg_of(line), now)
        if line is None:
            return [], []
        if isinstance(event, sip.Reinvited):
            return self._reinvited(line, event, now)
        if isinstance(event, sip.ChangeRefused):
            return self._remarks.change_refused(self._leg_of(line), event.code, event.reason, now), []
        if self._outward.concerns(line):
            return self._outward.heard(line, event, now)
        if isinstance(event, sip.DigitsByInfo):
            return self._digits(line, event, now), []
        if (nailed := self.nailed.of(line.leg_id)) is not None:
            return self.nailed.heard(line, nailed, event, now)
        if isinstance(event, sip.Referred):
            return self._referred(line, event, now), []
        sent: list[sip.Effect] = []
        if line.call is not None:
            if isinstance(event, sip.Rejected):
                effects, sent = self._calling.refused(line, event.code, now)
                return effects, sent + self._lamps(line.extension, now)
            if isinstance(event, sip.Answered):
                sent = self._calling.answered(line, now)
        lamp, named = line.lamp, line.named
        effects = self._of_line(line, event, now)
        line.named = named or isinstance(event, sip.Progress)
        changed = line.lamp != lamp or line.named != named or line.key not in self._lines.by_key
        return effects, sent + self._lamps(line.extension, now) if changed else sent

    def _of_line(self, line: Line, event: sip.Event, now: int) -> list[Effect]:
        match event:
            case sip.Acknowledged(sdp=answer):
                return self._taken(line, answer, now) + self._switch.acknowledged(line.leg_id, now)
            case sip.EarlyAnswered(sdp=answer):
                return self._taken(line, answer, now)
            case sip.Progress(code=code) if code in (180, 183):
                return self._switch.ringing(line.leg_id, now)
            case sip.Answered(sdp=answer):
                line.lamp = "confirmed"
                return self._answered(line, answer, now)
            case sip.KeyRefused():
                return self._remarks.key_refused(line.leg_id, now)
            case sip.Cancelled():
                self._lines.forget(line)
                return self._switch.cleared(line.leg_id, now, 487)
            case sip.Ended(by=by):
                self._lines.forget(line)
                if by == "remote":
                    return self._switch.cleared(line.leg_id, now)
                return self._switch.broken(line.leg_id, now)
        return []

    def _referred(self, line: Line, event: sip.Referred, now: int) -> list[Effect]:
        """A transfer is asked for; an attended one names another call of ours, and only such a one can be joined."""
        other = self._lines.by_key.get(event.replaced)
        named = other.leg_id if other is not None else "" if event.replaces else None
        return self._switch.referred(line.leg_id, _user(event), named, now)

    def _taken(self, line: Line, answer: str | None, now: int) -> list[Effect]:
        """After a late offer the ACK brings the answer (RFC 3261 section 13.2.1), or before it a PRACK."""
        if not line.awaited:
            return []
        line.awaited = False
        try:
            line.remote = line.answered(answer, "the ACK brought no answer to our offer")
        except sdp.NotAcceptable as flaw:
            log.warning("a late answer cannot be used: %s", flaw.sentence)
            return self._switch.broken(line.leg_id, now, 488)
        return self._switch.remote_changed(line.leg_id, line.remote, now)

    def _answered(self, line: Line, answer: str | None, now: int) -> list[Effect]:
        try:
            remote = line.answered(answer, "the device answered without a description")
        except sdp.NotAcceptable as flaw:
            log.warning("the answer of a device cannot be used: %s", flaw.sentence)
            return self._switch.broken(line.leg_id, now)
        line.remote = remote
        return self._switch.answered(line.leg_id, remote, now)

    def _reinvited(self, line: Line, event: sip.Reinvited, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        """The far end holds, retrieves or moves its media (before it answers by UPDATE); the answer meets its wish."""
        assert line.local is not None
        line.version += 1
        try:
            if event.sdp is None:
                line.ours = sdp.offer(line.local, line.terms, version=line.version, before=line.ours)
                line.awaited = True
                return [], self._endpoint.answer(event.key, line.ours, now)
            remote = sdp.remote_media(event.sdp, line.terms, signalling_host=line.host, before=line.ours)
            remote = _meet_restart(line, remote)
            ours = sdp.answer(event.sdp, remote, line.local, line.terms, version=line.version)
            line.offer, line.remote, line.ours = event.sdp, remote, ours
        except sdp.NotAcceptable as flaw:
            told = self._warning(flaw.sentence, INCOMPATIBLE_FORMAT)
            effects = self._remarks.change_refused(self._leg_of(line), 488, flaw.sentence, now)
            return effects, self._endpoint.reject(event.key, 488, now, headers=told)
        answered = self._endpoint.answer(event.key, line.ours, now)
        if (nailed := self.nailed.of(line.leg_id)) is not None:
            return self.nailed.moved(nailed, remote, now), answered
        if self._lines.beside(line):
            return [], answered  # whether this one's sound is wanted is said by who answers
        return self._switch.remote_changed(line.leg_id, remote, now), answered

    def _digits(self, line: Line, event: sip.DigitsByInfo, now: int) -> list[Effect]:
        """Digits that came by signalling count like those that media hears."""
        effects: list[Effect] = []
        leg_id = self._leg_of(line) or ""
        for digit in event.digits:
            heard = DigitHeard(number=0, measured_at=now, leg_id=leg_id, digit=digit, duration_ms=event.duration_ms)
            effects += self._switch.media_report(heard, now)
        return effects

    def _leg_of(self, line: Line | None) -> str | None:
        """The leg of the switch that a line carries: a phone that stays on the line lends it to each call."""
        if line is None:
            return None
        nailed = self.nailed.of(line.leg_id)
        return nailed.leg_id if nailed is not None else line.leg_id

    def told_to(self, address: str) -> str:
        """The host we are for the trunk at an address; empty where that is nothing special."""
        trunk = self._trunk_at(address)
        return trunk.advertise if trunk is not None else ""

    def is_trunk(self, address: str) -> bool:
        return self._trunk_at(address) is not None

    def _trunk_at(self, address: str) -> Trunk | None:
        return self._switch.table.plan.trunk_of(address) or self.lookout.trunk_at(address)

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        soonest: int | None = None
        for part in self._timed:
            due = part.next_timer()
            if due is not None and (soonest is None or due < soonest):
                soonest = due
        return soonest

    def handle_timer(self, now: int) -> tuple[list[Effect], list[sip.Effect]]:
        effects, sent = self.lookout.handle_timer(now)
        for part in (self._outward, self.nailed, self._calling):
            more, out = part.handle_timer(now)
            effects, sent = effects + more, sent + out
        return effects, sent

    # ---- to the wire ----------------------------------------------------------------------------------------------

    def perform(self, effect: WireEffect, now: int) -> tuple[list[sip.Effect], list[Effect]]:
        """Carry out one effect of the switch; what cannot be done is told to the switch at once."""
        if self.nailed.borrowing.has(effect.leg_id):
            return [], self.nailed.perform(effect, now)
        try:
            match effect:
                case InviteDevice():
                    return self._invite(effect, now)
                case InviteNumber():
                    done, sent = self._outward.invite(effect, now)
                    return sent, done
                case AnswerCall():
                    return self._answer(effect, now), []
                case SpeakFirst():
                    line = self._lines.by_leg[effect.leg_id]
                    return self._endpoint.ring(line.key, now, 183, self._described(line, effect.local)), []
                case RingCall():
                    return self._ring(effect, now), []
                case RefuseCall():
                    line = self._lines.by_leg[effect.leg_id]
                    self._lines.forget(line)
                    told = self._warning(effect.reason, INCOMPATIBLE_FORMAT if effect.code == 488 else MISCELLANEOUS)
                    return self._endpoint.reject(line.key, effect.code, now, effect.reason, told), []
                case EndCall():
                    return self._end(effect, now), []
                case AnswerDevice():
                    return self._press(effect, now), []
                case AcceptRefer() | RefuseRefer() | ReferResult():
                    return self._refer(effect, now), []
        except YingdaError as error:
            # The call ended on the wire a moment ago, and its event is on its way; or its description cannot be met.
            log.info("signalling refused %s: %s", type(effect).__name__, error.sentence)
            return [], self._switch.broken(effect.leg_id, now)

    def _refer(self, effect: AcceptRefer | RefuseRefer | ReferResult, now: int) -> list[sip.Effect]:
        line = self._lines.by_leg.get(effect.leg_id)
        if line is None:  # the phone has hung up meanwhile
            return []
        if isinstance(effect, AcceptRefer):
            return self._endpoint.accept_refer(line.key, now)
        if isinstance(effect, ReferResult):
            return self._endpoint.refer_result(line.key, effect.code, now)
        return self._endpoint.reject_refer(line.key, effect.code, now, headers=self._warning(effect.reason))

    def _answer(self, effect: AnswerCall, now: int) -> list[sip.Effect]:
        line = self._lines.by_leg[effect.leg_id]
        return self._endpoint.answer(line.key, self._described(line, effect.local), now)

    def _ring(self, effect: RingCall, now: int) -> list[sip.Effect]:
        """180; to a caller who wants our offer, and every reply numbered, with it (RFC 3262 section 5)."""
        line = self._lines.by_leg[effect.leg_id]
        offers = line.offer is None and effect.local is not None and self._endpoint.insists(line.key)
        ours = self._described(line, effect.local) if offers and effect.local is not None else None
        return self._endpoint.ring(line.key, now, sdp=ours)

    def _described(self, line: Line, local: LegCreated) -> str:
        """Our first description on a line that came in: the answer to its offer, or the offer it wants of us."""
        if line.ours is not None:  # said already, before the answer
            return line.ours
        line.local, line.version = self._describing.seen_from(line.flow, local), 1
        if line.offer is None or line.remote is None:
            line.ours, line.awaited = sdp.offer(line.local, line.terms), True
        else:
            line.ours = sdp.answer(line.offer, line.remote, line.local, line.terms)
        return line.ours

    def _invite(self, effect: InviteDevice, now: int) -> tuple[list[sip.Effect], list[Effect]]:
        sent = self._calling.invite(effect, now)
        if not sent:
            return [], self._switch.refused(effect.leg_id, "device_failed", 0, now)
        return sent + self._lamps(effect.extension, now), []

    def _press(self, effect: AnswerDevice, now: int) -> list[sip.Effect]:
        """The answer key of the first of its phones that has one."""
        lines = self._lines.of_leg(effect.leg_id)
        able = (line for line in lines if self._endpoint.understands(line.key, TALK))
        return self._endpoint.press(next(able, lines[0]).key, TALK, now)

    def _end(self, effect: EndCall, now: int) -> list[sip.Effect]:
        self._outward.forget(effect.leg_id)
        self._calling.forget(effect.leg_id)
        ended: list[sip.Effect] = []
        why = COMPLETED_ELSEWHERE if effect.elsewhere else reason(effect.code) or ""
        lines = self._lines.of_leg(effect.leg_id)
        for line in lines:  # none: its INVITE was never sent, or the wire ended it already
            self._lines.forget(line)
            ended += self._endpoint.hang_up(line.key, now, why, effect.code or 480)
        return ended + self._lamps(lines[0].extension, now) if lines else ended

    # ---- within ---------------------------------------------------------------------------------------------------

    def _warning(self, sentence: str, code: int = MISCELLANEOUS) -> dict[str, list[str]]:
        return warning(self._domain, sentence, code)

    def _lamps(self, extension: str, now: int) -> list[sip.Effect]:
        """Tell those who watch a device of its calls."""
        if not extension:
            return []
        lamps = [
            Lamp(line.leg_id, line.lamp, "recipient", self._endpoint.dialog_of(line.key) or ())
            for line in self._lines.of_device(extension)
            if self._lines.by_leg[line.leg_id] is line
        ]
        return self._endpoint.show_lamps(extension, lamps, now)


def _meet_restart(line: Line, remote: RemoteMedia) -> RemoteMedia:
    """Has the far end restarted ICE (RFC 8445 section 9)? Then we have new credentials from now on, too."""
    before = line.remote.ice if line.remote is not None else None
    if before is None or remote.ice is None or remote.ice.ufrag == before.ufrag or line.local is None:
        return remote
    line.local = msgspec.structs.replace(line.local, ice=new_credentials())
    return msgspec.structs.replace(remote, our_ice=line.local.ice)


def _user(event: sip.Referred) -> str:
    """The number that a REFER names."""
    return event.target.partition(":")[2].partition("@")[0].partition(";")[0]
