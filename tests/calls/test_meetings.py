"""Conference rooms that are dialled into: the door, the host, who hears whom, and what the books say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import driver as driving
from tests.calls.driver import REMOTE, Driver
from yingda.calls.effects import Arrival, EndCall, InviteDevice, InviteNumber, MediaRequest, RefuseCall
from yingda.calls.meetings.model import Meeting, Stage
from yingda.calls.numbering import NumberPlan
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

NUMBER, LINES = "4008002000", ("c1", "c2", "c3", "c4")


class Scene(Driver):
    """A centre with one room, as it is configured; several lines at its door."""

    def __init__(self, **room: Any) -> None:
        super().__init__()
        document = driving.CENTRE.model_dump()
        document["trunks"][0]["max_calls"] = 10
        document["rooms"] = [{"id": "r1", "name": "weekly", **room}]
        document["numbers"].append({"id": "n2", "number": NUMBER, "room": "weekly"})
        self.switch.table.plan = NumberPlan(Centre.model_validate(document), 1)

    def comes(self, *lines: str, pin: str = "") -> None:
        for line in lines:
            self.dial(line, NUMBER)
            self.do(self.switch.acknowledged(line, self.now))
            self.keys(line, pin)

    def keys(self, leg_id: str, digits: str) -> None:
        for digit in digits:
            heard = media.DigitHeard(number=1, measured_at=self.now, leg_id=leg_id, digit=digit, duration_ms=80)
            self.do(self.switch.media_report(heard, self.now))

    @property
    def meeting(self) -> Meeting:
        return self.switch.meetings.meetings["r1"]

    def stage(self, leg_id: str) -> Stage:
        return self.meeting.members[leg_id].stage

    def hears(self, leg_id: str) -> set[str]:
        """By what media was told, all of it; what ends takes its entries along."""
        ended = {command.leg_id for command in self.asked(media.DestroyLeg)}
        told: dict[tuple[str, str], float] = {}
        for command in self.asked(media.SetGain):
            told |= {(sink, source): gain for sink, source, gain in command.entries}
        return {source for (sink, source), gain in told.items() if sink == leg_id and gain and source not in ended}

    def asked(self, kind: type[Any]) -> list[Any]:
        commands = [effect.command for effect in self.effects if isinstance(effect, MediaRequest)]
        return [command for command in commands if isinstance(command, kind)]

    def said(self, leg_id: str) -> list[str]:
        """What was played into that ear last, by word."""
        last: media.Play = [play for play in self.asked(media.Play) if play.leg_id == leg_id][-1]
        return [item.removeprefix("file:").removesuffix(".wav") for item in last.items]

    def over(self, leg_id: str) -> None:
        """What is played there is over."""
        last = [play for play in self.asked(media.Play) if play.leg_id == leg_id][-1]
        ended = media.PlayEnded(number=2, measured_at=self.now, play_id=last.play_id, leg_id=leg_id, why="finished")
        self.do(self.switch.media_report(ended, self.now))

    def refusal(self, deed: Any) -> str:
        with pytest.raises(YingdaError) as refused:
            self.do(self.switch.act(deed))
        return refused.value.code


def test_all_hear_all_but_themselves_and_a_tone_says_who_comes_and_goes() -> None:
    scene = Scene()
    scene.comes("c1")
    assert scene.said("c1") == ["alone", "music"] and scene.asked(media.SetGain) == []
    scene.comes("c2", "c3")
    for line in ("c1", "c2", "c3"):
        assert scene.hears(line) == {"c1", "c2", "c3"} - {line}
        assert scene.said(line) == ["tone:beep"]
        scene.over(line)
    scene.do(scene.switch.cleared("c2", scene.now))
    assert scene.hears("c1") == {"c3"} and scene.said("c3") == ["tone:busy_beep"]
    destroyed = [command.leg_id for command in scene.asked(media.DestroyLeg)]
    assert destroyed == ["c2"]
    scene.do(scene.switch.cleared("c3", scene.now))
    assert scene.said("c1") == ["alone", "music"] and scene.hears("c1") == set()
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.switch.meetings.meetings == {} and scene.switch.table.calls == {}


def test_a_member_is_a_contact_that_reached_its_goal() -> None:
    scene = Scene(pin="2468")
    scene.comes("c1", pin="2468")
    scene.do(scene.switch.cleared("c1", scene.now))
    scene.comes("c2", pin="24")
    scene.do(scene.switch.cleared("c2", scene.now))
    ours = ("flow", "interaction", "conference")
    told = [event.kind for event in scene.events if event.kind.partition(".")[0] in ours]
    assert told == [
        *("interaction.started", "flow.entered", "flow.node_entered", "flow.node_entered", "flow.goal_reached"),
        *("conference.joined", "conference.left", "flow.left", "interaction.ended"),
        *("interaction.started", "flow.entered", "flow.node_entered", "flow.left", "interaction.ended"),
    ]
    assert [(left["node_id"], left["exit"]) for left in scene.data("flow.left")] == [
        ("conference", "done"),
        ("pin", "hangup"),
    ]
    assert not any("2468" in str(event.data) for event in scene.events)


def test_a_wrong_pin_is_told_and_the_third_ends_the_call() -> None:
    scene = Scene(pin="2468", host_pin="13579")
    scene.comes("c1")
    assert scene.said("c1") == ["pin"]
    scene.keys("c1", "1111#")
    assert scene.said("c1") == ["wrong", "pin"]
    scene.wait(21)
    assert scene.said("c1") == ["wrong", "pin"]
    scene.keys("c1", "135#")
    assert scene.said("c1") == ["wrong", "goodbye"] and scene.stage("c1") is Stage.LEAVING
    scene.keys("c1", "2468")
    scene.over("c1")
    assert "r1" not in scene.switch.meetings.meetings
    assert any(isinstance(effect, EndCall) and effect.leg_id == "c1" for effect in scene.effects)


def test_participants_wait_with_music_until_the_host_is_there() -> None:
    scene = Scene(pin="2468", host_pin="13579", waits_for_host=True, ends_with_host=True)
    scene.comes("c1", "c2", pin="2468")
    assert scene.said("c1") == ["waits", "music"] and scene.stage("c2") is Stage.WAITING
    scene.comes("c3", pin="13579")
    assert scene.meeting.members["c3"].host and scene.hears("c1") == {"c2", "c3"}
    scene.do(scene.switch.cleared("c3", scene.now))
    assert scene.said("c1") == ["ended"] and scene.hears("c1") == set()
    for line in ("c1", "c2"):
        scene.over(line)
    assert scene.switch.table.calls == {}
    assert {left["why"] for left in scene.data("conference.left")} == {"left", "ended"}


def test_who_is_no_host_presses_hash_where_only_hosts_have_a_pin() -> None:
    scene = Scene(host_pin="13579")
    scene.comes("c1")
    assert scene.said("c1") == ["host_pin"]
    scene.keys("c1", "#")
    assert scene.stage("c1") is Stage.IN and not scene.meeting.members["c1"].host


def test_the_host_mutes_all_locks_takes_out_and_ends_by_keys() -> None:
    scene = Scene(pin="2468", host_pin="13579")
    scene.comes("c1", "c2", pin="2468")
    scene.comes("c3", pin="13579")
    scene.keys("c1", "*5*7*8")  # no host
    assert not scene.meeting.quiet and not scene.meeting.locked
    scene.keys("c3", "*5")
    assert scene.hears("c1") == {"c3"} and scene.hears("c3") == set() and scene.said("c3") == ["quiet"]
    scene.keys("c3", "*5")
    assert scene.hears("c3") == {"c1", "c2"}
    scene.keys("c2", "9*6")
    assert scene.hears("c3") == {"c1"} and scene.hears("c2") == {"c1", "c3"} and scene.said("c2") == ["muted"]
    scene.keys("c3", "*7")
    scene.comes("c4", pin="2468")
    assert scene.said("c4") == ["locked"] and scene.stage("c4") is Stage.LEAVING
    scene.keys("c3", "*9")
    out = [line for line in ("c1", "c2") if scene.stage(line) is Stage.LEAVING]
    assert len(out) == 1 and scene.said(out[0]) == ["removed"]
    scene.keys("c3", "*8")
    assert {member.stage for member in scene.meeting.members.values()} == {Stage.LEAVING}
    scene.wait(16)  # words that never end keep nobody
    assert scene.switch.table.calls == {}


def test_no_more_than_there_is_room_for() -> None:
    scene = Scene(most=2)
    scene.comes("c1", "c2", "c3")
    assert scene.said("c3") == ["full"] and len(scene.meeting.at(Stage.IN)) == 2


def test_from_a_screen_one_is_muted_made_host_and_taken_out() -> None:
    scene = Scene(waits_for_host=True, host_pin="13579")
    scene.comes("c1", "c2", pin="#")
    chair = scene.switch.chair
    assert scene.refusal(lambda: chair.mute("r2", "c1", True)) == "not_in_room"
    scene.do(scene.switch.act(lambda: chair.host("r1", "c1", True, scene.now)))
    assert scene.hears("c1") == {"c2"}
    scene.do(scene.switch.act(lambda: chair.mute("r1", "c2", True)))
    assert scene.hears("c1") == set() and scene.hears("c2") == {"c1"}
    scene.do(scene.switch.act(lambda: chair.quiet("r1", False)))
    assert scene.hears("c1") == {"c2"}
    scene.do(scene.switch.act(lambda: chair.remove("r1", "c2", scene.now)))
    assert scene.said("c2") == ["removed"]
    assert scene.refusal(lambda: chair.remove("r1", "c9", scene.now)) == "not_in_room"


def test_the_host_calls_a_number_in_and_is_told_what_cannot_be_called() -> None:
    scene = Scene(host_pin="13579")
    scene.comes("c1", pin="13579")
    scene.keys("c1", "*1")
    assert scene.said("c1") == ["add"]
    scene.keys("c1", "13900002222#")
    (invite,) = [effect for effect in scene.effects if isinstance(effect, InviteNumber)]
    assert invite.number.endswith("13900002222") and scene.stage(invite.leg_id) is Stage.CALLED
    scene.agent_answers(invite.leg_id)
    assert scene.hears("c1") == {invite.leg_id} and scene.hears(invite.leg_id) == {"c1"}
    scene.do(scene.switch.cleared(invite.leg_id, scene.now))
    assert scene.hears("c1") == set() and list(scene.meeting.members) == ["c1"]
    scene.keys("c1", "*10099123#")
    assert scene.said("c1") == ["refused"]
    assert [data["direction"] for data in scene.data("interaction.started")] == ["inbound", "internal"]


def test_an_agent_is_called_in_and_his_time_is_an_internal_call() -> None:
    scene = Scene(hosts=["1001"])
    scene.comes("c1")
    scene.sign_in("a1")
    chair = scene.switch.chair
    assert scene.refusal(lambda: chair.add("r1", "1002", scene.now)) in ("agent_not_signed_in", "device_unreachable")
    scene.do(scene.switch.act(lambda: chair.add("r1", "1001", scene.now)))
    (invite,) = [effect for effect in scene.effects if isinstance(effect, InviteDevice)]
    scene.agent_answers(invite.leg_id)
    assert scene.hears("c1") == {invite.leg_id} and scene.meeting.members[invite.leg_id].host
    session = scene.distributor.floor.sessions["a1"]
    assert session.span is not None and session.span.state.value == "internal"
    scene.do(scene.switch.refused(invite.leg_id, "declined", 603, scene.now))
    assert list(scene.meeting.members) == ["c1"]


def test_an_agent_dials_the_room_from_his_phone_and_is_its_host() -> None:
    scene = Scene(pin="2468", hosts=["1001"], waits_for_host=True)
    scene.comes("c1", pin="2468")
    scene.sign_in("a1")
    scene.do(scene.switch.arrive(Arrival("own", "8101", NUMBER, None, REMOTE, extension="8101"), scene.now))
    scene.do(scene.switch.acknowledged("own", scene.now))
    assert scene.hears("own") == {"c1"} and scene.hears("c1") == {"own"}
    session = scene.distributor.floor.sessions["a1"]
    assert session.span is not None and session.span.state.value == "internal"
    leg = scene.switch.table.legs["own"]
    leg.muted = True
    scene.switch.table.touch(scene.switch.table.call_of(leg))
    scene.do(scene.switch.act(lambda: None))
    assert scene.hears("c1") == set()
    scene.do(scene.switch.cleared("own", scene.now))
    assert "handling.released" in scene.kinds() and list(scene.meeting.members) == ["c1"]


def test_from_the_desk_too_and_the_pin_by_the_keypad() -> None:
    scene = Scene(pin="2468")
    scene.sign_in("a1")
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a1", ("room", "r1"), scene.now)))
    own = scene.agent_answers()
    assert scene.said(own) == ["pin"]
    scene.keys(own, "2468")
    assert scene.stage(own) is Stage.IN


def test_one_called_in_who_does_not_answer_is_shown_and_forgotten() -> None:
    scene = Scene()
    scene.comes("c1")
    scene.do(scene.switch.act(lambda: scene.switch.chair.add("r1", "13900002222", scene.now)))
    (invite,) = [effect for effect in scene.effects if isinstance(effect, InviteNumber)]
    scene.do(scene.switch.refused(invite.leg_id, "busy", 486, scene.now))
    assert scene.meeting.failed == ("13900002222", "busy") and list(scene.meeting.members) == ["c1"]


def test_it_outlives_a_restart_of_control() -> None:
    scene = Scene(pin="2468")
    scene.comes("c1", "c2", pin="2468")
    plan = scene.switch.table.plan
    scene.restart()
    scene.switch.table.plan = plan
    scene.comes("c3", pin="2468")
    assert scene.hears("c1") == {"c2", "c3"}


def test_a_call_on_a_phone_is_not_referred_into_a_room() -> None:
    scene = Scene()
    with pytest.raises(YingdaError, match="not transferred"):
        scene.switch.gestures._allowed(NUMBER)
    assert not [effect for effect in scene.effects if isinstance(effect, RefuseCall)]


def test_it_is_recorded_while_an_agent_is_in_it_with_somebody() -> None:
    scene = Scene(recording=True)
    scene.comes("c1", "c2")
    assert scene.asked(media.StartRecording) == [] and scene.said("c2") == ["recorded"]
    scene.sign_in("a1")
    scene.do(scene.switch.arrive(Arrival("own", "8101", NUMBER, None, REMOTE, extension="8101"), scene.now))
    scene.do(scene.switch.acknowledged("own", scene.now))
    (start,) = scene.asked(media.StartRecording)
    handling = scene.distributor.floor.sessions["a1"].handling_id
    assert start.leg_id == "own" and handling is not None and handling in start.path
    scene.do(scene.switch.cleared("own", scene.now))
    (ended,) = scene.data("recording.ended")
    assert ended["handling_id"] == handling and scene.meeting.recorded == ""
    commands = [effect.command for effect in scene.effects if isinstance(effect, MediaRequest)]
    stops = [one for one in commands if isinstance(one, (media.StopRecording, media.DestroyLeg))]
    assert isinstance(stops[0], media.StopRecording) and stops[1] == media.DestroyLeg(leg_id="own")
