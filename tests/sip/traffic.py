"""A carrier, forty phones and their agents around the real control stack, under a virtual clock, without a socket.

Endpoint, signalling, switch, distributor, desk, live board and conductor are those of the product; media answers every
command at once, and the ledger counts what it is given. Callers and phones speak in bytes. What each caller does
hangs on his number: most talk and hang up; some give up while they wait, some meet a phone that declines, is silent or
hangs up first, some are refused for a number that nobody has, some send an offer that cannot be met.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tests.calls.driver import Sounds
from tests.sip.test_endpoint import with_credentials
from tests.sip.world import SDP
from yingda.agents.conductor import Conductor
from yingda.agents.desk import Desk
from yingda.agents.live import LiveBoard, Patch
from yingda.calls.adoption.keeper import Keeper
from yingda.calls.doorman import Doorman, Registrations
from yingda.calls.effects import FlowRequest, KeepText
from yingda.calls.journal import Journal
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.media import protocol as media
from yingda.routing.distributor import Distributor
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.message import Response

AGENTS = 40
START = 1_800_000_000 * SECOND
OURS = ("192.0.2.10", 5060)
CARRIER = Flow("udp", OURS, ("192.0.2.1", 5060))
AGAIN = 3_000 * SECOND  # phones register anew

_COPIED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq): [^\r]*\r\n", re.MULTILINE)
_TO = re.compile(rb"^To: ([^\r]*)", re.MULTILINE)
_CALL = re.compile(rb"^Call-ID: ([^\r]*)", re.MULTILINE)
_FROM = re.compile(rb"^From: ([^\r]*)", re.MULTILINE)

DOCUMENT: dict[str, Any] = {
    "centre": {"name": "Soak"},
    "trunks": [{"id": "t1", "name": "line", "hosts": ["192.0.2.1"], "max_calls": 500}],
    "queues": [{"id": "q1", "name": "sales", "wrapup_s": 1, "longest_wait_s": 60, "ring_limit_s": 4}],
    "flows": [{"id": "f1", "name": "main", "queue": "sales"}],
    "numbers": [{"id": "n1", "number": "4008001000", "flow": "main"}],
    "users": [{"id": f"u{n}", "username": f"agent{n}", "display_name": f"Agent {n}"} for n in range(AGENTS)],
    "agents": [
        {
            "id": f"a{n}", "number": f"{1000 + n}", "user": f"agent{n}", "queues": ["sales"],
            "devices": [{"kind": "sip", "extension": f"{8100 + n}"}], "no_answer_busy_after": 100,
        }
        for n in range(AGENTS)
    ],
}  # fmt: skip


class Ledger:
    """Counts events by kind."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()

    def append(self, events: Sequence[Event]) -> None:
        self.kinds.update(event.kind for event in events)


class Traffic:
    """`run(calls)` plays so many calls, `settle` lets everything come to its end."""

    document, agents = DOCUMENT, AGENTS
    books: type[Ledger] = Ledger
    sounds: type[Sounds] = Sounds

    def __init__(self) -> None:
        self.now, self._order, self._count = START, 0, 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._callers: dict[bytes, tuple[int, bytes]] = {}  # Call-ID to (number, the To of our 2xx)
        self._phones: dict[bytes, tuple[Flow, bytes]] = {}  # Call-ID to the INVITE that rings at a phone
        self._talks: dict[bytes, tuple[Flow, bytes]] = {}  # and once it was answered
        self._reports = self._port = 0
        self.ports: set[str] = set()  # legs that media holds
        self.replies: Counter[str] = Counter()
        self.ledger = self.books()
        self._ids = (seeded_ids(7), seeded_ids(8), seeded_ids(9))
        self._centre = centre = Centre.model_validate(self.document)
        self._plan = plan = NumberPlan(centre, 1)
        extensions = frozenset(plan.devices)
        self._config = EndpointConfig(
            authorise=Doorman(lambda: plan, lambda: extensions),
            lookup=lambda user, realm, name: ha1(user, realm, "secret", name),
        )
        distributor = Distributor(self._ids[0])
        distributor.configure(centre, self.now)
        self._assemble(Endpoint(self._config, self._ids[1], b"secret"), distributor)
        for agent in range(self.agents):
            self._register(agent)
            self.conductor.carry(self.desk.sign_in(f"a{agent}", str(8100 + agent), self.now, ready=True), self.now)

    def _assemble(self, endpoint: Endpoint, distributor: Distributor) -> None:
        ids, _, others = self._ids
        self.endpoint, self.distributor = endpoint, distributor
        registrations = Registrations(endpoint)
        self.switch = Switch(ids, self._plan, distributor, self.sounds(), registrations, lambda number: f"ref:{number}")
        self.signalling = Signalling(endpoint, self.switch, others, "soak")
        registrations.borrowed = self.signalling.nailed.borrowed
        self.desk = Desk(self.switch, registrations, self._centre)
        self.board = LiveBoard("soak", self.switch, self._centre)
        journal = Journal(self.ledger, lambda kind, sentence: None)  # type: ignore[arg-type]
        keeper = Keeper(self.switch, self.signalling, endpoint, lambda: 0, lambda _lines: None)
        self.conductor = Conductor(
            self.switch, self.signalling, endpoint, self.desk, self.board, journal, self, ids, keeper
        )

    def restart(self) -> None:
        """Control goes on as another process, from what the old one wrote down, as a file would carry it."""
        rooms = self.endpoint, self.distributor, self.switch, self.signalling
        wire, routing, calls, lines = (json.loads(msgspec.json.encode(room.to_state())) for room in rooms)
        endpoint = Endpoint.from_state(wire, self._config, self._ids[1], b"secret")
        self._assemble(endpoint, Distributor.from_state(routing, self._ids[0]))
        self.switch.restore(calls)
        self.signalling.restore(lines)

    # ---- the way out of the plane (conductor.Ports) ---------------------------------------------------------------

    def send(self, effects: Sequence[sip.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, sip.Send):
                self.at(2 * MS, self._arrived, effect.data, effect.flow)
            else:
                self.conductor.heard(effect, self.now)

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        result: media.AnyResult = media.Done()
        if isinstance(command, media.CreateLeg):
            self._port = (self._port + 2) % 40_000
            self.ports.add(command.leg_id)
            address = ("192.0.2.10", 10_000 + self._port)
            result = media.LegCreated(leg_id=command.leg_id, address=address, ssrc=1, cname="c")
        elif isinstance(command, media.DestroyLeg):
            self.ports.discard(command.leg_id)
            result = media.LegStatistics(leg_id=command.leg_id, received=50, sent=50, mos=4.4)
        elif isinstance(command, media.StopRecording):
            result = media.RecordingFinished(recording_id=command.recording_id, duration_ms=1000, checksum="0" * 64)
        elif isinstance(command, media.ConnectLeg):
            self.at(60 * MS, self._report, media.LegAlive, {"leg_id": command.leg_id})
        elif isinstance(command, media.Play) and not command.loop:
            told = {"leg_id": command.leg_id, "play_id": command.play_id, "why": "finished"}
            self.at(SECOND, self._report, media.PlayEnded, told)
        if isinstance(command, media.CreateLeg) and self._port % 4:  # every second leg is in stock
            self.conductor_media(request, result)
        else:
            self.at(0, self.conductor_media, request, result)

    def conductor_media(self, request: int, result: media.AnyResult) -> None:
        self.conductor.media_done(request, result, self.now)

    def _report(self, kind: Callable[..., media.AnyReport], told: dict[str, Any]) -> None:
        self._reports += 1
        self.conductor.media_report(kind(number=self._reports, measured_at=self.now, **told), self.now)

    def ask_names(self, questions: Sequence[object]) -> None:
        assert not questions

    def ask_flow(self, request: FlowRequest) -> None:
        raise AssertionError(f"no flow of this centre has a document: {request.method}")

    def keep_text(self, text: KeepText) -> None:
        self.conductor.text_kept(text, {}, self.now)

    def ask_who(self, interaction_id: str, number: str) -> None:
        """Nobody knows these callers."""

    def changed(self) -> None:
        self.conductor.show(self.now)
        self.conductor.keep()

    def publish(self, patch: Patch) -> None:
        """Nobody looks."""

    # ---- time -----------------------------------------------------------------------------------------------------

    def at(self, delay: int, act: Callable[..., None], *arguments: Any) -> None:
        self._order += 1
        heapq.heappush(self._heap, (self.now + delay, self._order, lambda: act(*arguments)))

    def step(self, until: int) -> bool:
        """The next thing that happens; False if nothing does before `until`."""
        timers = [t for t in (self.endpoint.next_timer(), self.conductor.next_timer()) if t is not None]
        due = min(timers, default=until + 1)
        if self._heap and self._heap[0][0] <= due:
            if self._heap[0][0] > until:
                return False
            self.now, _, act = heapq.heappop(self._heap)
            act()
            return True
        if due > until:
            return False
        self.now = max(self.now, due)
        self.send(self.endpoint.handle_timer(self.now))
        self.conductor.handle_timer(self.now)
        return True

    def run(self, calls: int, per_second: int = 4) -> None:
        for _ in range(calls):
            self._dial(self._count)
            self._count += 1
            end = self.now + SECOND // per_second
            while self.step(end):
                continue
            self.now = end

    def settle(self, seconds: float) -> None:
        end = self.now + int(seconds * SECOND)
        while self.step(end):
            continue
        self.now = end

    def left(self) -> dict[str, int]:
        """What the tables still hold; nothing but registered devices and signed-in agents may stay."""
        table, live = self.switch.table, self.endpoint.live()
        del live["bindings"]
        return live | {
            "lines": len(self.signalling), "calls of the switch": len(table.calls), "legs": len(table.legs),
            "ports": len(self.ports), "callers": len(self._callers), "phones": len(self._phones) + len(self._talks),
            "calls shown": len(self.board.snapshot(self.now)["docs"]["calls"]),
        }  # fmt: skip

    # ---- the carrier ----------------------------------------------------------------------------------------------

    def _dial(self, number: int) -> None:
        called = "5550000" if number % 101 == 7 else "4008001000"
        body = SDP.replace("8 101", "18") if number % 103 == 9 else SDP
        self._request(number, "INVITE", 1, f"<sip:{called}@192.0.2.10>".encode(), body.encode(), called)
        if number % 11 == 3:
            self.at(int((1.4 + number % 7) * SECOND), self._bye, b"call%d" % number)  # he gives up, or is talking

    def _request(
        self, number: int, method: str, cseq: int, to: bytes, body: bytes = b"", called: str = "4008001000"
    ) -> None:
        kind = b"Content-Type: application/sdp\r\n" if body else b""
        data = (
            b"%s sip:%s@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%d%s;rport\r\n"
            b"Max-Forwards: 70\r\nFrom: <sip:1380000%04d@192.0.2.1>;tag=c%d\r\nTo: %s\r\nCall-ID: call%d\r\n"
            b"CSeq: %d %s\r\nContact: <sip:c@192.0.2.1>\r\n%sContent-Length: %d\r\n\r\n%s"
        ) % (
            method.encode(), called.encode(), number, method.encode(), number % 10_000, number, to, number, cseq,
            method.encode(), kind, len(body), body,
        )  # fmt: skip
        self._deliver(data, CARRIER)

    def _bye(self, call_id: bytes) -> None:
        known = self._callers.pop(call_id, None)
        if known is not None:
            self._request(known[0], "BYE", 2, known[1])

    # ---- what arrives at the peers --------------------------------------------------------------------------------

    def _arrived(self, data: bytes, flow: Flow) -> None:
        if data.startswith(b"SIP/2.0"):
            self._reply(data)
        elif data.startswith(b"INVITE"):
            self._rings(data, flow)
        elif data.startswith(b"CANCEL"):
            self._answer(data, b"200 OK", flow)
            self._answer_invite(data, b"487 Request Terminated")
        elif data.startswith(b"BYE"):
            self._callers.pop(_field(_CALL, data), None)
            self._talks.pop(_field(_CALL, data), None)
            self._answer(data, b"200 OK", flow)
        elif not data.startswith(b"ACK"):
            self._answer(data, b"200 OK", flow)

    def _reply(self, data: bytes) -> None:
        code, call_id = data[8:11].decode(), _field(_CALL, data)
        self.replies[code] += 1
        if not call_id.startswith(b"call") or b" INVITE\r\n" not in data:
            return
        number, to = int(call_id[4:]), _field(_TO, data)
        if code == "200":
            self._callers[call_id] = (number, to)
            self._request(number, "ACK", 1, to)
            self.at(int((7 + number % 5) * SECOND), self._bye, call_id)
        elif code >= "300":
            data = b"ACK sip:x@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%dINVITE;rport\r\n"
            rest = (
                b"From: <sip:x@192.0.2.1>;tag=c%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"
            )
            self._deliver(data % number + rest % (number, to, call_id), CARRIER)

    def _rings(self, invite: bytes, flow: Flow) -> None:
        """A phone gets a call."""
        self._order += 1
        mood = self._order % 40
        self._phones[_field(_CALL, invite)] = (flow, invite)
        self._answer(invite, b"180 Ringing", flow)
        if mood == 1:
            self.at(500 * MS, self._answer_invite, invite, b"486 Busy Here")
        elif mood != 2:  # that one rings on until the offer ends
            self.at((600 + 10 * mood) * MS, self._answer_invite, invite, b"200 OK")
        if mood == 3:
            self.at(3 * SECOND, self._phone_hangs_up, _field(_CALL, invite))

    def _answer_invite(self, any_of_call: bytes, status: bytes) -> None:
        call_id = _field(_CALL, any_of_call)
        ringing = self._phones.pop(call_id, None)
        if ringing is None:
            return
        flow, invite = ringing
        if status.startswith(b"200"):
            self._talks[call_id] = ringing
            self._answer(invite, status, flow, SDP.encode())
        else:
            self._answer(invite, status, flow)

    def _phone_hangs_up(self, call_id: bytes) -> None:
        talk = self._talks.pop(call_id, None)
        if talk is None:
            return
        flow, invite = talk
        back = Flow("udp", OURS, flow.remote)
        data = (
            b"BYE sip:x@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bKp%s;rport\r\nFrom: %s;tag=p\r\n"
            b"To: %s\r\nCall-ID: %s\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ) % (flow.remote[0].encode(), flow.remote[1], call_id, _field(_TO, invite), _field(_FROM, invite), call_id)
        self._deliver(data, back)

    def _answer(self, request: bytes, status: bytes, flow: Flow, body: bytes = b"") -> None:
        head = b"".join(_COPIED.findall(request))
        if b"INVITE" in request[:6] and not status.startswith(b"100"):
            head = _TO.sub(lambda match: match[0] + b";tag=p", head, count=1)
        kind = b"Contact: <sip:p@%s:%d>\r\n" % (flow.remote[0].encode(), flow.remote[1])
        kind += b"Content-Type: application/sdp\r\n" if body else b""
        data = b"SIP/2.0 %s\r\n%s%sContent-Length: %d\r\n\r\n%s" % (status, head, kind, len(body), body)
        self._deliver(data, Flow("udp", OURS, flow.remote))

    def _deliver(self, data: bytes, flow: Flow) -> None:
        self.at(2 * MS, self._receive, data, flow)

    def _receive(self, data: bytes, flow: Flow) -> None:
        self.send(self.endpoint.receive(data, flow, self.now))

    # ---- phones register ------------------------------------------------------------------------------------------

    def _register(self, agent: int, turn: int = 1) -> None:
        flow = Flow("udp", OURS, ("198.51.100.9", 6_000 + agent))
        text = (
            f"REGISTER sip:192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:{6_000 + agent};"
            f"branch=z9hG4bKr{agent}x{turn};rport\r\nFrom: <sip:{8100 + agent}@192.0.2.10>;tag=r\r\n"
            f"To: <sip:{8100 + agent}@192.0.2.10>\r\nCall-ID: register{agent}\r\nCSeq: {turn * 10} REGISTER\r\n"
            f"Contact: <sip:{8100 + agent}@198.51.100.9:{6_000 + agent}>;expires=3600\r\nMax-Forwards: 70\r\n\r\n"
        )
        challenge = next(
            message.parse(effect.data)
            for effect in self.endpoint.receive(text.encode(), flow, self.now)
            if isinstance(effect, sip.Send)
        )
        assert isinstance(challenge, Response)
        self.send(self.endpoint.receive(
            with_credentials(text.encode(), challenge, str(8100 + agent), "secret"), flow, self.now
        ))  # fmt: skip
        self.at(AGAIN, self._register, agent, turn + 1)


def _field(pattern: re.Pattern[bytes], data: bytes) -> bytes:
    match = pattern.search(data)
    assert match is not None
    return match[1]
