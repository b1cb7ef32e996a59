"""What a queue call costs at control's borders, counted: messages, media commands, appends, events.

Time cannot be asserted on a shared machine, but these can, and CPU follows them (docs/performance.md). All rooms of the
plane are real, the ledger included; the two telephones and media answer from here. A number may rise for a feature
that is worth it: then raise it here, and say so.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from yingda.calls.effects import FlowRequest, KeepText
from yingda.kernel.clock import SECOND, VirtualClock
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import Event
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.personal import PersonalSpool, load_key
from yingda.media import protocol as media
from yingda.planes.configuration import Configured
from yingda.planes.options import Options, prepare_folders
from yingda.planes.rooms import Foundations, Rooms
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.flow import Flow

OURS, PHONE, CALLER = ("127.0.0.1", 5060), ("127.0.0.1", 7000), ("127.0.0.2", 7002)
SOUND = (
    "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
START = 1_800_000_000 * SECOND


def centre(recording: bool) -> Centre:
    queue = {"id": "q1", "name": "calls", "wrapup_s": 0, "ring_limit_s": 20, "recording": recording}
    device = {"id": "d1", "kind": "sip", "extension": "8001"}
    return Centre.model_validate(
        {
            "centre": {"name": "cost"},
            "trunks": [{"id": "t1", "name": "line", "hosts": [CALLER[0]], "max_calls": 10}],
            "queues": [queue],
            "flows": [{"id": "f1", "name": "main", "queue": "calls"}],
            "numbers": [{"id": "n1", "number": "4008001234", "flow": "main"}],
            "users": [{"id": "u1", "username": "one", "display_name": "One"}],
            "agents": [{"id": "a1", "number": "1001", "user": "one", "queues": ["calls"], "devices": [device]}],
        }
    )


class Counted(LedgerWriter):
    """A ledger that counts."""

    def __init__(self, *about: Any) -> None:
        self.count: Counter[str] = Counter()
        self.kinds: list[str] = []
        super().__init__(*about)

    def append(self, events: Sequence[Event]) -> int:
        self.kinds += [event.kind for event in events]
        self.count.update(appends=1, events=len(events))
        return super().append(events)


class House:
    """The rooms of control, and the ports they go out by: what goes to the wire and to media is answered at once."""

    def __init__(self, folder: Path, configured: Centre) -> None:
        options = Options(data=str(folder), sip_port=OURS[1])
        prepare_folders(options)
        self.clock = VirtualClock(START)
        self.ledger = Counted(options.ledger, "control", "n1", self.clock)
        self.count: Counter[str] = Counter()
        self.said: list[str] = []  # the first lines of what we sent
        self._out: deque[sip.Effect] = deque()
        self._answers: deque[tuple[Any, ...]] = deque()
        self._busy = False
        spool = PersonalSpool(options.personal, load_key(options.folder), START)
        self.rooms = Rooms(Foundations(options, self.clock, self.ledger, spool, self), Configured(1, configured))
        self.sign_in("a1", "8001")
        self.ledger.count.clear()

    def sign_in(self, agent_id: str, extension: str) -> None:
        contact = f"Contact: <sip:{extension}@127.0.0.1:7000>\r\n\r\n"
        request = message.parse(f"REGISTER sip:x SIP/2.0\r\n{head('r', 1, 'REGISTER')}{contact}".encode())
        assert isinstance(request, message.Request)
        self.rooms.endpoint._core.registrar.register(request, extension, Flow("udp", OURS, PHONE), START)
        self.rooms.conductor.carry(self.rooms.desk.sign_in(agent_id, extension, START, ready=True), START)

    # ---- ports ----------------------------------------------------------------------------------------------------

    def send(self, effects: Sequence[sip.Effect]) -> None:
        self._out.extend(effects)
        if self._busy:
            return
        self._busy = True
        while self._out:
            effect = self._out.popleft()
            if isinstance(effect, sip.Send):
                self.count["sent"] += 1
                self.said.append(effect.data.decode().partition("\r\n")[0].split(";")[0])
                self._answers.extend(("wire", *answer) for answer in self.answers(effect.data.decode(), effect.flow))
            else:
                self.rooms.conductor.heard(effect, self.clock.now())
        self._busy = False

    def answers(self, text: str, flow: Flow) -> list[tuple[str, Flow]]:
        """What the far end says to a message of ours, and by which way."""
        return [(answer, flow) for answer in answers(text)]

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        self.count["media"] += 1
        self._answers.append(("media", request, command))

    def ask_names(self, questions: Sequence[object]) -> None:
        assert not questions

    def ask_flow(self, request: FlowRequest) -> None:
        raise AssertionError(f"no flow of this centre has a document: {request.method}")

    def keep_text(self, text: KeepText) -> None:
        raise AssertionError(f"nobody sent a text: {text.ticket}")

    def ask_who(self, interaction_id: str, number: str) -> None:
        self.count["asked who"] += 1

    def changed(self) -> None:
        return None

    def publish(self, patch: object) -> None:
        self.count["patches"] += 1

    # ---- what comes in --------------------------------------------------------------------------------------------

    def receive(self, text: str, flow: Flow) -> None:
        self.count["received"] += 1
        self.send(self.rooms.endpoint.receive(text.encode(), flow, self.clock.now()))
        self._settle()

    def _settle(self) -> None:
        while self._answers:
            kind, one, other = self._answers.popleft()
            if kind == "wire":
                self.receive(one, other)
            else:
                self.rooms.conductor.media_done(one, result(other), self.clock.now())
                if isinstance(other, media.SetGain):
                    self._sound_arrives(other)

    def _sound_arrives(self, bridge: media.SetGain) -> None:
        """Both ends send their first packets: who is named first in the matrix is not for us to say."""
        for leg_id in sorted({source for _, source, gain in bridge.entries if gain}):
            alive = media.LegAlive(number=1, measured_at=self.clock.now(), leg_id=leg_id)
            self.rooms.conductor.media_report(alive, self.clock.now())

    def call(self) -> None:
        """Queued at the caller's ACK, rung, answered, one second of talk, ended by the agent."""
        caller = Flow("udp", OURS, CALLER)
        body = SOUND.format(CALLER[0])
        invite = f"INVITE sip:4008001234@127.0.0.1 SIP/2.0\r\n{head('c', 1, 'INVITE')}"
        self.receive(f"{invite}Contact: <sip:13900000001@127.0.0.2:7002>\r\n{with_body(body)}", caller)
        self.clock.at += SECOND
        (session,) = [one for one in self.rooms.endpoint._core.sessions.values() if one.made]
        dialog = session.need_dialog()
        bye = (
            f"BYE sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bKbye\r\n"
            f"From: {dialog.remote};tag={dialog.remote_tag}\r\nTo: {dialog.local};tag={dialog.local_tag}\r\n"
            f"Call-ID: {dialog.call_id}\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self.receive(bye, Flow("udp", OURS, PHONE))
        self.clock.at += SECOND
        self.rooms.conductor.show(self.clock.now())


class Stocked(House):
    """Media has legs in stock: one is given out while control still carries out what it asked for."""

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        if isinstance(command, media.CreateLeg):
            self.count["media"] += 1
            self.rooms.conductor.media_done(request, result(command), self.clock.now())
        else:
            super().ask_media(request, command)


def head(name: str, number: int, method: str) -> str:
    return (
        f"Via: SIP/2.0/UDP 127.0.0.2:7002;branch=z9hG4bK{name}{number}{method}\r\nFrom: <sip:13900000001@127.0.0.2>;"
        f"tag={name}\r\nTo: <sip:4008001234@127.0.0.1>\r\nCall-ID: {name}\r\nCSeq: {number} {method}\r\n"
        "Max-Forwards: 70\r\n"
    )


def with_body(body: str) -> str:
    return f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def answers(text: str) -> list[str]:
    """What the far end says to a message of ours."""
    first = text.partition("\r\n")[0]
    copied = "".join(re.findall(r"^(?:Via|From|Call-ID|CSeq):.*\r\n", text, re.MULTILINE))
    to = re.findall(r"^To:.*", text, re.MULTILINE)[0].strip()
    if first.startswith("INVITE"):
        rest = f"{copied}{to};tag=phone\r\nContact: <sip:127.0.0.1:7000>\r\n"
        ringing = f"SIP/2.0 180 Ringing\r\n{rest}Content-Length: 0\r\n\r\n"
        return [ringing, f"SIP/2.0 200 OK\r\n{rest}{with_body(SOUND.format(PHONE[0]))}"]
    if first.startswith("SIP/2.0 200") and "\r\nCSeq: 1 INVITE" in text:
        ack = head("c", 1, "ACK").replace("To: <sip:4008001234@127.0.0.1>", to)
        return [f"ACK sip:127.0.0.1:5060 SIP/2.0\r\n{ack}Content-Length: 0\r\n\r\n"]
    if first.startswith("BYE"):
        return [f"SIP/2.0 200 OK\r\n{copied}{to}\r\nContent-Length: 0\r\n\r\n"]
    return []


def result(command: media.AnyCommand) -> media.AnyResult:
    if isinstance(command, media.CreateLeg):
        return media.LegCreated(leg_id=command.leg_id, address=("127.0.0.1", 20_000), ssrc=1, cname="c")
    if isinstance(command, media.DestroyLeg):
        return media.LegStatistics(
            leg_id=command.leg_id, received=5, sent=50, lost=0, jitter_ms=0.1, mos=4.2, one_way=False, strangers=0
        )
    if isinstance(command, media.StopRecording):
        return media.RecordingFinished(recording_id=command.recording_id, duration_ms=1_000, checksum="0" * 64)
    return media.Done()


@pytest.mark.parametrize(
    ("recording", "commands", "appends", "events"), [(False, 7, 8, 24), (True, 9, 10, 26)], ids=["plain", "recorded"]
)
def test_a_call_costs_so_much_and_no_more(
    tmp_path: Path, recording: bool, commands: int, appends: int, events: int
) -> None:
    house = House(tmp_path, centre(recording))
    house.call()
    house.ledger.close()
    assert not house.rooms.switch.table.calls, "the call did not come to its end"
    assert house.count["received"] == house.count["sent"] == 6
    assert house.count["media"] <= commands
    assert house.ledger.count["appends"] <= appends
    assert house.ledger.count["events"] <= events


def test_with_legs_in_stock_the_same_is_said_and_written_sooner(tmp_path: Path) -> None:
    """The 200 and the agent's INVITE leave before media has been heard of, and everything is as it was beside that."""
    plain, stocked = House(tmp_path / "plain", centre(False)), Stocked(tmp_path / "stocked", centre(False))
    for house in (plain, stocked):
        house.call()
        house.ledger.close()
        assert not house.rooms.switch.table.calls
    assert stocked.said == plain.said
    assert stocked.ledger.kinds == plain.ledger.kinds
    assert (stocked.count, stocked.ledger.count) == (plain.count, plain.ledger.count)


def test_a_leg_in_stock_lets_an_answer_leave_in_the_turn_of_its_question(tmp_path: Path) -> None:
    for kind, said in ((House, ["SIP/2.0 100 Trying"]), (Stocked, ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"])):
        house = kind(tmp_path / kind.__name__, centre(False))
        invite = f"INVITE sip:4008001234@127.0.0.1 SIP/2.0\r\n{head('c', 1, 'INVITE')}"
        contact = f"Contact: <sip:13900000001@127.0.0.2:7002>\r\n{with_body(SOUND.format(CALLER[0]))}"
        caller = Flow("udp", OURS, CALLER)
        house.send(house.rooms.endpoint.receive(f"{invite}{contact}".encode(), caller, house.clock.now()))
        assert house.said == said
        house.ledger.close()
