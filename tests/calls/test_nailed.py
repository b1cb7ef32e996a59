"""Nailed-up lines: the whole control stack and a phone that is called once (`calls/nailed`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from tests.sip.traffic import DOCUMENT, Ledger, Traffic
from yingda.agents.handset import To
from yingda.calls.nailed import LEGAL, NailedLine, State
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.event import Event
from yingda.media import protocol as media
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.flow import Flow
from yingda.sip.message import Request

AGENT: dict[str, Any] = DOCUMENT["agents"][0]
DEVICE = {"kind": "sip", "extension": "8100", "nailed": True}


class Kept(Ledger):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        super().append(events)
        self.events += events


class Room(Traffic):
    """One agent, whose phone is kept on the line. code: what the phone answers when it is called."""

    document = DOCUMENT | {"users": DOCUMENT["users"][:1], "agents": [AGENT | {"devices": [DEVICE]}]}
    agents = 1
    books = Kept

    def __init__(self) -> None:
        self.code = b"200 OK"
        self.rung: list[tuple[int, Request, Flow]] = []
        self.byes: list[bytes] = []
        self.asked: list[media.AnyCommand] = []
        super().__init__()
        self.settle(2)

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        self.asked.append(command)
        if isinstance(command, media.MeasureLeg):
            count = sum(isinstance(one, media.MeasureLeg) for one in self.asked)
            figures = media.LegStatistics(leg_id=command.leg_id, received=100 * count, sent=100 * count, mos=4.4)
            self.at(0, self.conductor_media, request, figures)
        else:
            super().ask_media(request, command)

    def _rings(self, invite: bytes, flow: Flow) -> None:
        read = message.parse(invite)
        assert isinstance(read, Request)
        self.rung.append((self.now, read, flow))
        self._phones[read.call_id.encode()] = (flow, invite)
        self.at(300 * MS, self._answer_invite, invite, self.code)

    def _arrived(self, data: bytes, flow: Flow) -> None:
        if data.startswith(b"BYE") and flow.remote[0] == "198.51.100.9":
            self.byes.append(data)
        super()._arrived(data, flow)

    def restart(self) -> None:
        """Screens are shown what the books tell."""
        super().restart()
        assert isinstance(self.ledger, Kept)
        self.board.touch(self.ledger.events)

    def phone_hangs_up(self) -> None:
        (call_id,) = self._talks
        self._phone_hangs_up(call_id)
        self.settle(1)

    def state(self) -> str:
        self.conductor.show(self.now)
        document = self.board.agent("a0")
        assert document is not None
        return str(document["state"])

    def answers(self) -> None:
        self.conductor.carry(self.desk.handset.answer("a0"), self.now)
        self.settle(1)

    def plays(self) -> list[list[str]]:
        """What was played into the line, newest last."""
        line = next(iter(self.signalling.nailed._by_extension.values()))
        return [one.items for one in self.asked if isinstance(one, media.Play) and one.leg_id == line.line_id]

    def hears(self) -> set[str]:
        """Whom the line hears, by all that media was told."""
        line = next(iter(self.signalling.nailed._by_extension.values())).line_id
        gains: dict[tuple[str, str], float] = {}
        for one in self.asked:
            if isinstance(one, media.SetGain):
                gains |= {(sink, source): gain for sink, source, gain in one.entries}
        return {source for (sink, source), gain in gains.items() if sink == line and gain and source in self.ports}

    def said(self, kind: str) -> list[dict[str, Any]]:
        assert isinstance(self.ledger, Kept)
        return [dict(event.data) for event in self.ledger.events if event.kind == kind]


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_phone_is_called_at_sign_in_and_stays_on_the_line_from_call_to_call(room: Room) -> None:
    ((_, invite, _),) = room.rung
    assert invite.get("Answer-Mode") == "Auto" and room.state() == "idle"
    for number in (1, 2):
        room.run(1)
        room.settle(2)
        assert room.state() == "ringing" and room.plays()[-1] == ["tone:beep", "silence:2500"]
        document = room.board.agent("a0")
        assert document is not None and document["offer"]["answerable"]
        room.answers()
        assert room.state() == "talking" and len(room.hears()) == 1
        room.settle(12)  # the caller hangs up
        assert room.state() == "idle" and room.hears() == set()
        assert len(room.said("interaction.ended")) == number
    assert len(room.rung) == 1 and room.byes == []
    ended = [one for one in room.said("leg.ended") if one["mos"] == 4.4 and one["received"] == 100]
    assert len(ended) == 2  # what the line received from the beginning of the leg to its end
    assert room.said("handling.started")[0]["origin"] == "offer"


def test_signing_out_hangs_up_and_leaves_nothing(room: Room) -> None:
    room.conductor.carry(room.desk.sign_out("a0", "self", room.now), room.now)
    room.settle(40)
    assert len(room.byes) == 1 and len(room.signalling.nailed) == 0
    assert {name: size for name, size in room.left().items() if size} == {}


def test_a_line_that_falls_makes_its_agent_unreachable_and_is_called_again_later_each_time(room: Room) -> None:
    room.settle(40)
    room.code = b"486 Busy Here"
    room.phone_hangs_up()
    assert room.state() == "unreachable"
    room.settle(20)
    times = [at for at, *_ in room.rung][1:]
    gaps = [round((later - earlier) / SECOND) for earlier, later in pairwise(times)]
    assert gaps == [4, 8]
    room.code = b"200 OK"
    room.settle(20)
    assert room.state() == "idle"
    changed = [(one["to"], one["why"]) for one in room.said("agent.line_changed")]
    assert changed == [("up", "answered"), ("down", "hung_up"), ("up", "answered")]


def test_a_phone_that_hangs_up_in_a_call_ends_it(room: Room) -> None:
    room.run(1)
    room.settle(2)
    room.answers()
    room.phone_hangs_up()
    assert room.said("interaction.ended")[0]["ended_by"] == "agent"
    assert room.said("handling.released")[0]["ended_by"] == "agent"
    room.settle(6)
    assert room.state() == "idle" and len(room.rung) == 2


def test_a_caller_waits_until_the_line_is_up_again(room: Room) -> None:
    room.phone_hangs_up()
    room.run(1)
    room.settle(5)
    assert room.state() == "ringing"
    room.answers()
    assert room.state() == "talking"


def test_a_queue_that_answers_by_itself_gives_a_beep_and_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = DOCUMENT["queues"][0] | {"auto_answer": True}
    monkeypatch.setattr(Room, "document", Room.document | {"queues": [queue]})
    room = Room()
    room.run(1)
    room.settle(3)
    assert room.state() == "talking" and room.plays()[-1] == ["tone:beep"] and len(room.hears()) == 1


def test_what_he_dials_at_the_desk_goes_by_his_line(room: Room) -> None:
    room.conductor.carry(room.desk.handset.dial("a0", To(kind="number", id="13900002222"), room.now), room.now)
    room.settle(2)
    assert len(room.rung) == 1  # his phone was not called; no trunk sends here, so the number failed
    document = room.board.agent("a0")
    assert document is not None and document["failure"]["outcome"] == "congestion" and room.state() == "idle"


def test_a_media_process_that_dies_takes_the_line_along(room: Room) -> None:
    legs = room.signalling.nailed.at_media(room.switch.table.opened())
    assert len(legs) == 1
    room.conductor.media_back(legs, room.now)
    assert room.state() == "unreachable"
    room.settle(5)
    assert room.state() == "idle" and len(room.rung) == 2


def test_a_line_that_brings_no_packet_is_called_anew(room: Room) -> None:
    (line,) = room.signalling.nailed.at_media(set())
    room.conductor.media_report(media.LegSilent(number=9, measured_at=room.now, leg_id=line, seconds=60), room.now)
    room.settle(5)
    assert len(room.rung) == 2 and len(room.byes) == 1 and room.state() == "idle"


def test_a_line_outlives_a_restart_of_control_between_calls_and_in_one(room: Room) -> None:
    room.restart()
    room.run(1)
    room.settle(2)
    assert room.state() == "ringing" and room.plays()[-1] == ["tone:beep", "silence:2500"]
    room.restart()
    room.answers()
    assert room.state() == "talking" and len(room.hears()) == 1
    room.restart()
    room.settle(12)  # the caller hangs up
    assert room.state() == "idle" and room.hears() == set() and len(room.said("interaction.ended")) == 1
    room.restart()
    room.conductor.carry(room.desk.sign_out("a0", "self", room.now), room.now)
    room.settle(40)
    assert len(room.rung) == len(room.byes) == 1 and len(room.signalling.nailed) == 0


def test_a_line_that_rests_is_called_again_after_a_restart(room: Room) -> None:
    room.code = b"486 Busy Here"
    room.phone_hangs_up()
    room.restart()
    room.code = b"200 OK"
    room.settle(10)
    assert room.state() == "idle" and len(room.rung) >= 2


def test_a_transfer_by_the_phone_is_refused(room: Room) -> None:
    ((_, invite, flow),) = room.rung
    refer = Request("REFER", "sip:x@192.0.2.10", {
        "Via": ["SIP/2.0/UDP 198.51.100.9:6000;branch=z9hG4bKrefer;rport"], "From": [f"{invite.get('To')};tag=p"],
        "To": invite.headers["From"], "Call-ID": [invite.call_id], "CSeq": ["2 REFER"], "Max-Forwards": ["70"],
        "Refer-To": ["<sip:8200@192.0.2.10>"],
    })  # fmt: skip
    sent: list[bytes] = []
    for effect in room.endpoint.receive(refer.to_bytes(), Flow("udp", flow.local, flow.remote), room.now):
        done, answers = room.signalling.heard(effect, room.now) if not isinstance(effect, sip.Send) else ([], [effect])
        assert done == []
        sent += [one.data for one in answers if isinstance(one, sip.Send)]
    assert [data.split()[1] for data in sent] == [b"403"]


def test_states_follow_the_table() -> None:
    line = NailedLine(session_id="s", agent_id="a", extension="8100")
    with pytest.raises(ValueError, match="resting to up"):
        line.move(State.UP)
    assert set(LEGAL) == set(State)
