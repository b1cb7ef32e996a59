"""Nailed-up lines: a device with `nailed: true` is called once, at its agent's sign-in, and stays on the line (TEL-13).

state     by                                                       next
resting   its time has come, or the device registers               opening  (media makes room)
opening   media has opened                                         calling  (INVITE that asks to be answered at once)
calling   200                                                      up       (its agent is within reach)
calling   refused, or not answered in time                         resting  (longer each time; he is unreachable)
up        BYE, no packet for a minute, its media process is gone   resting
any       sign-out                                                 gone     (BYE)

Calls *borrow* the line: to the switch the agent's leg is a leg like any other, which rings, is answered and ends; here
its ringing is a tone in the ear, its answer a button of the desk (or at once), its end silence. What the switch asks
of media for such a leg, `borrowing` asks for the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from yingda.calls.borrowing import Borrowing
from yingda.calls.effects import AnswerDevice, Effect, EndCall, InviteDevice, MediaRequest, WireEffect
from yingda.calls.lines import Line, Lines
from yingda.calls.media_answers import Result
from yingda.calls.switch import Switch
from yingda.kernel.clock import SECOND
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.media import protocol as media
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip import sdp
from yingda.sip.devices import AUTO_ANSWER
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress

Done = tuple[list[Effect], list[sip.Effect]]
Describe = Callable[[Flow, media.LegCreated, str], tuple[sdp.Terms, media.LegCreated]]
"""(the way to the device, what media opened, its extension) → what may be agreed to, and the leg as seen from there."""

PATIENCE = 30 * SECOND
"""How long the device may take to answer when it is called for its line."""
FIRST_REST, LONGEST_REST = 2 * SECOND, 60 * SECOND
STEADY = 30 * SECOND
"""A line that has held so long begins with the shortest rest again."""
SILENCE_LIMIT_S = 60

ALERT = ["tone:beep", "silence:2500"]


class State(StrEnum):
    RESTING = "resting"
    OPENING = "opening"
    CALLING = "calling"
    UP = "up"


LEGAL: dict[State, frozenset[State]] = {
    State.RESTING: frozenset({State.OPENING}),
    State.OPENING: frozenset({State.CALLING, State.RESTING}),
    State.CALLING: frozenset({State.UP, State.RESTING}),
    State.UP: frozenset({State.RESTING}),
}


class NailedLine(msgspec.Struct, kw_only=True):
    """One agent's. line_id: its leg's at media, another one for each try. due: when to try again, or to give up (µs).

    tries: in vain, in a row. leg_id: the leg that borrows it; wants: what was asked for it before it was up; rings: the
    tone sounds.
    """

    session_id: str
    agent_id: str
    extension: str
    line_id: str = ""
    state: State = State.RESTING
    due: int | None = None
    tries: int = 0
    since: int = 0
    local: media.LegCreated | None = None
    remote: media.RemoteMedia | None = None
    leg_id: str = ""
    wants: InviteDevice | None = None
    rings: bool = False
    told: bool = True

    def move(self, to: State) -> None:
        """The one setter of `state`."""
        if to not in LEGAL[self.state]:
            raise ValueError(f"a nailed-up line cannot go from {self.state} to {to}")
        self.state = to


class Nailed:
    """All nailed-up lines. Sans-IO like `Signalling`, whose part it is."""

    def __init__(
        self, endpoint: Endpoint, switch: Switch, lines: Lines, ids: IdSource, describe: Describe, domain: str
    ) -> None:
        self._endpoint, self._switch, self._lines, self._ids = endpoint, switch, lines, ids
        self._describe, self._domain = describe, domain
        self._by_extension: dict[str, NailedLine] = {}
        self._by_id: dict[str, NailedLine] = {}
        self.borrowing = Borrowing()

    def __len__(self) -> int:
        """Lines and legs that borrow one; 0: nothing is to be translated."""
        return len(self._by_extension) + len(self.borrowing)

    # ---- state ----------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Plain data, between two inputs: who borrows which line, what rings, what rests until when."""
        lines = msgspec.to_builtins(list(self._by_extension.values()))
        return {"lines": lines, "borrowing": self.borrowing.to_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        lines = msgspec.convert(state["lines"], list[NailedLine])
        self._by_extension = {line.extension: line for line in lines}
        self._by_id = {line.line_id: line for line in lines if line.state is not State.RESTING}
        self.borrowing.restore(state["borrowing"])

    # ---- agents come and go ---------------------------------------------------------------------------------------

    def signed(self, events: Iterable[Event], now: int) -> Done:
        """Agents who have signed in get their line, those who have signed out lose it."""
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for event in events:
            if event.kind == "agent.signed_in":
                device = self._switch.table.plan.devices.get(event.data["device"])
                if device is not None and device.nailed:
                    line = NailedLine(
                        session_id=event.data["session_id"], agent_id=event.data["agent_id"], extension=device.extension
                    )
                    self._by_extension[device.extension] = line
                    effects += self._try(line, now)
            elif event.kind == "agent.signed_out":
                found = (one for one in self._by_extension.values() if one.session_id == event.data["session_id"])
                if (left := next(found, None)) is not None:
                    del self._by_extension[left.extension]
                    more, out = self._drop(left, now)
                    effects += more
                    sent += out
        return effects, sent

    def holds(self, extension: str) -> bool:
        """Is this device kept on the line? Then its registration alone does not make its agent reachable."""
        return extension in self._by_extension

    def borrowed(self, extension: str) -> bool:
        """Does a call have the line of this device? Then the desk answers it."""
        line = self._by_extension.get(extension)
        return line is not None and bool(line.leg_id)

    def registered(self, extension: str, now: int) -> list[Effect]:
        """The device has come (back): no need to wait any longer."""
        line = self._by_extension[extension]
        return self._try(line, now) if line.state is State.RESTING else []

    # ---- the line itself ------------------------------------------------------------------------------------------

    def _try(self, line: NailedLine, now: int) -> list[Effect]:
        bindings = self._endpoint.bindings(line.extension)
        if not bindings:
            return self._rest(line, now, "not_registered")
        line.line_id, line.due = self._ids(), now + PATIENCE
        line.move(State.OPENING)
        self._by_id[line.line_id] = line
        kind = "webrtc" if bindings[0].flow.transport in ("ws", "wss") else "rtp"
        return [self.borrowing.ask(media.CreateLeg(leg_id=line.line_id, kind=kind))]

    def _rest(self, line: NailedLine, now: int, why: str) -> list[Effect]:
        """Down: its agent gets nothing, and it is tried again, later each time."""
        line.tries = 0 if line.since and now - line.since >= STEADY else line.tries
        line.due = now + min(FIRST_REST << min(line.tries, 8), LONGEST_REST)
        line.tries, line.since = line.tries + 1, 0
        return self._tell(line, now, up=False, why=why)

    def _tell(self, line: NailedLine, now: int, *, up: bool, why: str) -> list[Effect]:
        """Books and distribution, when it changes. (At sign-in an agent counts as reachable until his line fails.)"""
        if line.told is up and not up:
            return []
        line.told = up
        data = {"session_id": line.session_id, "device": line.extension, "to": "up" if up else "down", "why": why}
        distributor = self._switch.distributor
        effects: list[Effect] = [Append((Event(kind="agent.line_changed", at=now, by="system", data=data),))]
        if line.agent_id in distributor.floor.sessions:
            change = distributor.device_back if up else distributor.device_lost
            effects += self._switch.distribute(change(line.agent_id, now), now)
        return effects

    def _fell(self, line: NailedLine, now: int, why: str, *, by_agent: bool = False) -> Done:
        """It is down by no command of ours; by_agent: his phone has hung up."""
        effects: list[Effect] = []
        if line.leg_id:
            over = self._switch.cleared if by_agent else self._switch.broken
            effects += over(line.leg_id, now)
        more, sent = self._drop(line, now)
        line.move(State.RESTING)
        return effects + more + self._rest(line, now, why), sent

    def _drop(self, line: NailedLine, now: int) -> Done:
        """Clear it on the wire and at media."""
        self._by_id.pop(line.line_id, None)
        on_wire = self._lines.by_leg.get(line.line_id)
        sent: list[sip.Effect] = []
        if on_wire is not None:
            self._lines.forget(on_wire)
            sent = self._endpoint.hang_up(on_wire.key, now)
        opened = line.local is not None
        line.local = line.remote = line.wants = line.due = None
        line.rings = False
        return [self.borrowing.ask(media.DestroyLeg(leg_id=line.line_id))] if opened else [], sent

    def media_done(self, request: int, result: Result, now: int) -> Done:
        """What media answers to what was asked for a line itself."""
        command = self.borrowing.answered(request, result)
        if not isinstance(command, media.CreateLeg):
            return [], []
        line = self._by_id.get(command.leg_id)
        if line is None or line.state is not State.OPENING:  # signed out meanwhile
            created = isinstance(result, media.LegCreated)
            return [self.borrowing.ask(media.DestroyLeg(leg_id=command.leg_id))] if created else [], []
        if not isinstance(result, media.LegCreated):
            return self._fell(line, now, "media_failed")
        line.local = result
        return self._call(line, result, now)

    def _call(self, line: NailedLine, local: media.LegCreated, now: int) -> Done:
        bindings = self._endpoint.bindings(line.extension)
        if not bindings:
            return self._fell(line, now, "not_registered")
        flow = bindings[0].flow
        terms, seen = self._describe(flow, local, line.extension)
        ours = sdp.offer(seen, terms)
        ourselves = NameAddress(f"sip:{line.extension}@{self._domain}")
        key, sent = self._endpoint.invite(
            bindings[0], caller=ourselves, called=ourselves, sdp=ours, now=now, headers=AUTO_ANSWER
        )
        self._lines.open(Line(key, line.line_id, flow.remote[0], flow, terms, ours=ours, local=seen, version=1))
        line.move(State.CALLING)
        return [], sent

    # ---- from the wire --------------------------------------------------------------------------------------------

    def of(self, line_id: str) -> NailedLine | None:
        """The nailed-up line with this leg at media."""
        return self._by_id.get(line_id)

    def heard(self, on_wire: Line, line: NailedLine, event: sip.Event, now: int) -> Done:
        """What the wire says of a line; what it holds or retrieves, `moved` is told."""
        match event:
            case sip.Answered(sdp=text):
                return self._answered(on_wire, line, text, now)
            case sip.Rejected(code=code):
                self._lines.forget(on_wire)
                return self._fell(line, now, f"refused_{code}")
            case sip.Ended(by=by):
                self._lines.forget(on_wire)
                return self._fell(line, now, "hung_up" if by == "remote" else "lost", by_agent=by == "remote")
            case sip.Referred():
                return [], self._endpoint.reject_refer(on_wire.key, 403, now)
        return [], []

    def _answered(self, on_wire: Line, line: NailedLine, text: str | None, now: int) -> Done:
        try:
            remote = on_wire.answered(text, "the device answered without a description")
        except sdp.NotAcceptable:
            return self._fell(line, now, "no_common_media")
        on_wire.remote = line.remote = remote
        line.move(State.UP)
        line.due, line.since = None, now
        effects: list[Effect] = [self.borrowing.ask(media.ConnectLeg(leg_id=line.line_id, remote=remote))]
        effects += self._tell(line, now, up=True, why="answered")
        wants, line.wants = line.wants, None
        return effects + (self._alert(line, wants, now) if wants is not None else []), []

    def moved(self, line: NailedLine, remote: media.RemoteMedia, now: int) -> list[Effect]:
        """A re-INVITE: the phone holds, retrieves or moves its media."""
        line.remote = remote
        effects: list[Effect] = [self.borrowing.ask(media.ConnectLeg(leg_id=line.line_id, remote=remote))]
        return effects + (self._switch.remote_changed(line.leg_id, remote, now) if line.leg_id else [])

    # ---- calls borrow it ------------------------------------------------------------------------------------------

    def translate(self, asked: MediaRequest) -> list[MediaRequest]:
        """What media is really asked for what the switch asks; `borrowing.ready` has what needs no asking."""
        command = asked.command
        if isinstance(command, media.CreateLeg):
            leg = self._switch.table.legs.get(command.leg_id)
            line = self._by_extension.get(leg.device) if leg is not None and leg.direction == "outbound" else None
            if line is not None and not line.leg_id and line.state is not State.RESTING:
                line.leg_id = command.leg_id
                return self.borrowing.begin(asked.request, command.leg_id, line.line_id, line.local)
        elif isinstance(command, media.DestroyLeg) and self.borrowing.has(command.leg_id):
            line = self._lent_to(command.leg_id)
            over = self.borrowing.end(asked.request, command.leg_id)
            if line is not None:
                over += [self.borrowing.silence(line.line_id)] if line.rings else []
                line.leg_id, line.rings = "", False
            return over
        return self.borrowing.translate(asked)

    def _lent_to(self, leg_id: str) -> NailedLine | None:
        return next((one for one in self._by_extension.values() if one.leg_id == leg_id), None)

    def perform(self, effect: WireEffect, now: int) -> list[Effect]:
        """An effect of the switch for a leg that borrows a line."""
        line = self._lent_to(effect.leg_id)
        if line is None:
            return []
        match effect:
            case EndCall():
                line.wants = None
            case AnswerDevice():
                return self._answer(line, now) if line.rings else []
            case InviteDevice() if line.state is State.UP:
                return self._alert(line, effect, now)
            case InviteDevice():
                line.wants = effect
        return []

    def _alert(self, line: NailedLine, call: InviteDevice, now: int) -> list[Effect]:
        if call.auto_answer:
            return [self._play(line, ALERT[:1], loop=False), *self._answer(line, now)]
        line.rings = True
        return [self._play(line, ALERT), *self._switch.ringing(line.leg_id, now)]

    def _answer(self, line: NailedLine, now: int) -> list[Effect]:
        assert line.remote is not None
        stop: list[Effect] = [self.borrowing.silence(line.line_id)] if line.rings else []
        line.rings = False
        answered = self._switch.answered(line.leg_id, line.remote, now)
        alive = media.LegAlive(number=0, measured_at=now, leg_id=line.leg_id)
        return stop + answered + self._switch.media_report(alive, now)

    def _play(self, line: NailedLine, items: Sequence[str], *, loop: bool = True) -> MediaRequest:
        return self.borrowing.play(self._ids(), line.line_id, list(items), loop=loop)

    # ---- from media, and time -------------------------------------------------------------------------------------

    def report(self, report: media.AnyReport, now: int) -> tuple[media.AnyReport | None, Done]:
        """The report as the switch should have it, None if it is not for the switch; and what it means for a line."""
        line = self._by_id.get(getattr(report, "leg_id", ""))
        if line is None:
            return report, ([], [])
        if isinstance(report, media.PlayEnded) and self.borrowing.plays(report.play_id):
            return None, ([], [])
        if isinstance(report, media.LegLost):
            return None, self._fell(line, now, "media_failed")
        idle = not line.leg_id and line.remote is not None and line.remote.direction == "sendrecv"
        if isinstance(report, media.LegSilent) and report.seconds >= SILENCE_LIMIT_S and idle:
            return None, self._fell(line, now, "silent")
        return (msgspec.structs.replace(report, leg_id=line.leg_id) if line.leg_id else None), ([], [])

    def media_gone(self, gone: Iterable[str] | None, now: int) -> Done:
        """These legs are not at media any more; None: none is."""
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for line_id in list(self._by_id) if gone is None else sorted(gone):
            if (line := self._by_id.get(line_id)) is not None:
                line.local = None
                more, out = self._fell(line, now, "media_failed")
                effects += more
                sent += out
        return effects, sent

    def at_media(self, legs: set[str]) -> set[str]:
        """What media holds for these legs of the switch's, and for the lines nobody borrows."""
        opened = {one.line_id for one in self._by_id.values() if one.local is not None}
        return {leg_id for leg_id in legs if not self.borrowing.has(leg_id)} | opened

    def next_timer(self) -> int | None:
        return min((one.due for one in self._by_extension.values() if one.due is not None), default=None)

    def handle_timer(self, now: int) -> Done:
        effects: list[Effect] = []
        sent: list[sip.Effect] = []
        for line in [one for one in self._by_extension.values() if one.due is not None and one.due <= now]:
            if line.state is State.RESTING:
                effects += self._try(line, now)
            else:
                more, out = self._fell(line, now, "not_answered")
                effects += more
                sent += out
        return effects, sent
