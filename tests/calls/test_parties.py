"""Calls of more than two at the switch: what each deed leads to, who hears whom, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.calls.driver import REMOTE, Driver, Sounds
from yingda.agents.handset import Handset
from yingda.agents.leading import Leading
from yingda.calls.effects import (
    AcceptRefer,
    AnswerDevice,
    Arrival,
    EndCall,
    InviteDevice,
    InviteNumber,
    MediaRequest,
    ReferResult,
    RefuseCall,
    RefuseRefer,
)
from yingda.calls.model import Leg, Why
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

HELD = media.RemoteMedia(address=("192.0.2.1", 4000), send_codec=media.Codec("PCMA", 8), direction="recvonly")
NUMBER = "13900002222"


class Scene(Driver):
    """a1 talks with the customer c1; a2 is free, a3 serves no queue."""

    def __init__(self) -> None:
        super().__init__()
        self.sign_in("a1")
        self.reach_queue("c1")
        self.one = self.agent_answers()
        self.sign_in("a2", "a3")

    def handling(self, agent: str) -> str:
        return self.distributor.floor.sessions[agent].handling_id or ""

    def state(self, agent: str) -> str:
        span = self.distributor.floor.sessions[agent].span
        assert span is not None
        return span.state.value

    def leg(self, why: Why) -> str:
        """The newest leg of that kind that is not ending."""
        legs = [leg for leg in self.switch.table.legs.values() if leg.why is why and leg.state.value != "ending"]
        return legs[-1].leg_id

    def hears(self, leg_id: str) -> set[str]:
        """Whom a leg hears, by all that media was told."""
        matrix: dict[tuple[str, str], float] = {}
        for effect in self.effects:
            if isinstance(effect, MediaRequest) and isinstance(effect.command, media.SetGain):
                matrix |= {(sink, source): gain for sink, source, gain in effect.command.entries}
        alive = self.switch.table.legs.keys()
        return {source for (sink, source), gain in matrix.items() if sink == leg_id and gain and source in alive}

    def plays(self, leg_id: str) -> str:
        leg: Leg = self.switch.table.legs[leg_id]
        return leg.sound

    def consult(self, kind: str = "agent", name: str = "a2") -> str:
        self.do(self.switch.act(lambda: self.switch.consulting.consult(self.handling("a1"), (kind, name), self.now)))
        return self.leg(Why.CONSULT)

    def refusal(self, deed: Callable[[], object]) -> str:
        with pytest.raises(YingdaError) as refused:
            self.switch.act(deed)
        return refused.value.code


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_consultation_from_ring_back_to_attended_transfer(scene: Scene) -> None:
    two = scene.consult()
    assert (scene.plays("c1"), scene.plays(scene.one), scene.hears("c1")) == ("music", "ringback", set())
    scene.agent_answers(two)
    assert (scene.state("a1"), scene.state("a2")) == ("consulting", "assisting")
    assert scene.hears(scene.one) == {two} and scene.hears("c1") == set()
    scene.do(scene.switch.act(lambda: scene.switch.consulting.swap(scene.handling("a1"), scene.now)))
    assert scene.hears("c1") == {scene.one} and (scene.plays("c1"), scene.plays(two)) == ("", "music")
    scene.do(scene.switch.act(lambda: scene.switch.transfers.complete(scene.handling("a1"), scene.now)))
    assert scene.hears("c1") == {two} and EndCall(scene.one) in scene.effects
    assert (scene.state("a1"), scene.state("a2")) == ("wrapup", "talking")
    assert len(scene.data("recording.started")) == 2 and len(scene.data("recording.ended")) == 1


def test_of_a_queue_the_next_one_is_asked_and_a_failure_leaves_the_customer_on_hold(scene: Scene) -> None:
    two = scene.consult("queue", "q1")
    assert scene.switch.table.legs[two].agent_id == "a2"
    scene.do(scene.switch.refused(two, "declined", 486, scene.now))
    assert (scene.state("a1"), scene.state("a2")) == ("holding", "idle")
    assert scene.data("handling.consult_ended")[-1]["result"] == "declined"
    scene.do(scene.switch.retrieve(scene.handling("a1"), scene.now))
    assert scene.hears("c1") == {scene.one}


def test_a_conference_with_an_outside_party_goes_on_without_the_agent(scene: Scene) -> None:
    outside = scene.consult("number", NUMBER)
    scene.do(scene.switch.seized(outside, "t1", scene.now))
    scene.do(scene.switch.early_media(outside, REMOTE, scene.now))
    assert scene.plays(scene.one) == "ringback"  # the network has said nothing yet
    scene.do(scene.switch.media_report(media.LegAlive(number=9, measured_at=scene.now, leg_id=outside), scene.now))
    assert scene.hears(scene.one) == {outside} and scene.plays(scene.one) == ""  # what the network says is heard
    scene.agent_answers(outside)
    scene.do(scene.switch.act(lambda: scene.switch.consulting.conference(scene.handling("a1"), scene.now)))
    assert scene.hears("c1") == {scene.one, outside} and scene.hears(outside) == {scene.one, "c1"}
    scene.do(scene.switch.hang_up(scene.handling("a1"), scene.now))
    assert scene.hears("c1") == {outside} and scene.state("a1") == "wrapup"
    scene.do(scene.switch.cleared(outside, scene.now))
    assert scene.data("interaction.ended")[0]["ended_by"] == "outside"


def test_numbers_of_people_outside_stand_in_no_event(scene: Scene) -> None:
    scene.agent_answers(scene.consult("number", NUMBER))
    scene.do(scene.switch.act(lambda: scene.switch.transfers.complete(scene.handling("a1"), scene.now)))
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a2", ("number", NUMBER), scene.now)))
    (consulted,), (passed,) = scene.data("handling.consult_started"), scene.data("handling.transferred")
    assert consulted["target"] == passed["target"] and str(consulted["target"]).startswith("number:ref:")
    assert scene.data("interaction.started")[-1]["dialled"] == f"ref:{NUMBER}"
    for event in scene.events:
        assert NUMBER[1:] not in str(event.data).replace(f"ref:{NUMBER}", "").replace(f"ref:+86{NUMBER}", ""), event


def test_a_blind_transfer_that_fails_comes_back_to_the_agent_and_then_to_the_head(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.transfers.blind(scene.handling("a1"), ("agent", "a2"), scene.now)))
    assert scene.state("a1") == "wrapup" and scene.plays("c1") == "music"
    scene.wait(26)  # nobody answers
    assert scene.data("handling.transferred")[-1]["result"] == "returned"
    back = scene.leg(Why.RETURN)
    assert scene.switch.table.legs[back].agent_id == "a1"
    scene.do(scene.switch.refused(back, "declined", 486, scene.now))
    entered = scene.data("queue.entered")[-1]
    assert (entered["cause"], entered["priority"]) == ("returned", 100)
    assert entered["arrived_at"] == scene.data("queue.entered")[0]["arrived_at"]


def test_a_transfer_to_a_queue_keeps_the_place(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.transfers.blind(scene.handling("a1"), ("queue", "q1"), scene.now)))
    first, second = scene.data("queue.entered")
    assert (second["cause"], second["arrived_at"]) == ("transfer", first["arrived_at"])
    assert scene.refusal(lambda: scene.switch.transfers.blind("nobody's", ("queue", "q1"), scene.now)) == "no_call"


def test_a_forwarded_customer_is_on_behalf_of_his_number(scene: Scene) -> None:
    scene.do(
        scene.switch.act(lambda: scene.switch.transfers.blind(scene.handling("a1"), ("number", NUMBER), scene.now))
    )
    invite = next(effect for effect in scene.effects if isinstance(effect, InviteNumber))
    assert (invite.number, invite.on_behalf_of) == (NUMBER, "+8613800001111")


def test_dialling_out_and_its_end(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a2", ("number", NUMBER), scene.now)))
    own = scene.leg(Why.OWN)
    assert scene.state("a2") == "dialling"
    assert next(e for e in scene.effects if isinstance(e, InviteDevice) and e.leg_id == own).auto_answer
    scene.agent_answers(own)
    called = scene.leg(Why.CALLED)
    scene.do(scene.switch.seized(called, "t1", scene.now))
    scene.do(scene.switch.ringing(called, scene.now))
    assert scene.plays(own) == "ringback"
    scene.agent_answers(called)
    assert scene.state("a2") == "talking" and scene.hears(called) == {own}
    started = scene.data("interaction.started")[-1]
    assert (started["direction"], scene.data("handling.started")[-1]["origin"]) == ("outbound", "dial")
    assert scene.data("leg.created")[-1]["trunk_id"] == "t1"
    scene.do(scene.switch.cleared(called, scene.now))
    assert scene.state("a2") == "wrapup" and scene.data("handling.released")[-1]["ended_by"] == "customer"


def test_a_number_that_is_busy_is_said_at_the_desk(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a2", ("number", NUMBER), scene.now)))
    scene.agent_answers(scene.leg(Why.OWN))
    scene.do(scene.switch.refused(scene.leg(Why.CALLED), "busy", 486, scene.now))
    assert scene.switch.stage.failures["a2"].outcome == "busy"
    assert scene.state("a2") == "idle"


def test_colleagues_call_each_other_without_a_customer(scene: Scene) -> None:
    arrival = Arrival("d1", "8102", "1003", None, REMOTE, extension="8102")
    scene.do(scene.switch.arrive(arrival, scene.now))
    scene.do(scene.switch.acknowledged("d1", scene.now))
    assert (scene.state("a2"), scene.state("a3")) == ("internal", "ringing")
    called = scene.agent_answers(scene.leg(Why.CALLED))
    assert scene.state("a3") == "internal" and scene.hears("d1") == {called}
    scene.do(scene.switch.cleared("d1", scene.now))
    assert (scene.state("a2"), scene.state("a3")) == ("idle", "idle")
    assert "handling.wrapup_ended" not in scene.kinds()


def test_extensions_call_each_other_where_nobody_is_signed_in() -> None:
    driver = Scene()
    for agent in ("a2", "a3"):
        driver.do(driver.switch.distribute(driver.distributor.sign_out(agent, "self", driver.now), driver.now))
    driver.do(driver.switch.arrive(Arrival("d1", "8102", "8103", None, REMOTE, extension="8102"), driver.now))
    driver.do(driver.switch.acknowledged("d1", driver.now))
    called = driver.agent_answers(driver.leg(Why.CALLED))
    assert driver.hears("d1") == {called} and driver.hears(called) == {"d1"}
    driver.do(driver.switch.cleared(called, driver.now))
    assert driver.data("interaction.started")[-1]["direction"] == "internal"
    assert len(driver.data("interaction.ended")) == 1 and len(driver.data("handling.started")) == 1
    driver.do(driver.switch.arrive(Arrival("d2", "8102", NUMBER, None, REMOTE, extension="8102"), driver.now))
    assert any(isinstance(effect, RefuseCall) and effect.leg_id == "d2" for effect in driver.effects)


def test_parked_and_taken_by_a_colleague(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.parking.park(scene.handling("a1"), scene.now)))
    assert scene.plays("c1") == "music"
    scene.do(scene.switch.act(lambda: scene.switch.parking.take("1", "a3", scene.now)))
    assert scene.refusal(lambda: scene.switch.parking.take("1", "a2", scene.now)) == "being_taken"
    took = scene.agent_answers(scene.leg(Why.TAKE))
    assert scene.hears("c1") == {took} and scene.state("a3") == "talking"
    assert scene.data("handling.started")[-1]["origin"] == "pickup"


def test_a_parked_customer_comes_back(scene: Scene) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.parking.park(scene.handling("a1"), scene.now)))
    scene.wait(181)
    assert scene.switch.table.legs[scene.leg(Why.RETURN)].agent_id == "a1"


def test_a_leader_listens_whispers_and_takes_over(scene: Scene) -> None:
    def supervise(mode: str) -> None:
        scene.do(scene.switch.act(lambda: scene.switch.supervision.watch("a3", "a1", mode, scene.now)))

    supervise("listen")
    leader = scene.agent_answers(scene.leg(Why.SUPERVISE))
    assert scene.hears(leader) == {"c1", scene.one} and scene.hears("c1") == {scene.one}
    supervise("whisper")
    assert scene.hears(scene.one) == {"c1", leader} and scene.hears("c1") == {scene.one}
    supervise("barge")
    assert scene.hears("c1") == {scene.one, leader}
    supervise("take_over")
    assert scene.hears("c1") == {leader}
    assert (scene.state("a1"), scene.state("a3")) == ("wrapup", "talking")
    assert [said["mode"] for said in scene.data("supervision.ended")] == ["listen", "whisper", "barge"]
    assert scene.data("handling.transferred")[-1]["how"] == "takeover"


def test_a_leader_takes_out_who_assists_and_ends_the_call_of_who_has_the_customer(scene: Scene) -> None:
    scene.agent_answers(scene.consult())
    leading = Leading(scene.switch)
    scene.do(leading.release("a2", scene.now))
    assert (scene.state("a1"), scene.state("a2"), "interaction.ended" in scene.kinds()) == ("holding", "idle", False)
    scene.do(leading.release("a1", scene.now))
    assert scene.data("interaction.ended")[0]["ended_by"] == "leader"


def test_a_broken_phone_does_not_lose_its_customer(scene: Scene) -> None:
    scene.do(scene.switch.broken(scene.one, scene.now))
    assert scene.data("queue.entered")[-1]["cause"] == "agent_lost"
    scene.agent_answers(scene.leg(Why.OFFER))
    assert scene.state("a2") == "talking"


def test_muted_at_the_server_and_the_agent_id_announced(scene: Scene) -> None:
    leg = scene.switch.table.legs[scene.one]
    leg.muted = True
    scene.switch.table.touch(scene.switch.table.call_of(leg))
    scene.do(scene.switch.act(lambda: None))
    assert scene.hears("c1") == set() and scene.hears(scene.one) == {"c1"}
    leg.muted = False
    scene.switch.table.touch(scene.switch.table.call_of(leg))
    scene.do(scene.switch.act(lambda: None))
    done = scene.do(scene.switch.act(lambda: scene.switch.announcing.announce(scene.handling("a1"), scene.now)))
    commands = [effect.command for effect in done if isinstance(effect, MediaRequest)]
    play = next(command for command in commands if isinstance(command, media.Play))
    assert play.leg_id == "c1" and play.items == [f"file:{digit}.wav" for digit in "1001"]
    assert media.SetGain(entries=[("c1", scene.one, 0.25)]) in commands
    report = media.PlayEnded(number=9, measured_at=scene.now, play_id=play.play_id, leg_id="c1", why="finished")
    done = scene.do(scene.switch.media_report(report, scene.now))
    assert any(
        isinstance(e, MediaRequest) and e.command == media.SetGain(entries=[("c1", scene.one, 1.0)]) for e in done
    )


def test_the_agent_id_is_announced_to_ones_own_customer_where_it_was_recorded(scene: Scene) -> None:
    def announce(agent: str) -> str:
        return scene.refusal(lambda: scene.switch.announcing.announce(scene.handling(agent), scene.now))

    scene.switch.table.sounds = NoNumbers()
    assert announce("a1") == "no_announcement"
    scene.consult()
    scene.agent_answers(scene.leg(Why.CONSULT))
    assert announce("a2") == "not_your_customer"


class NoNumbers(Sounds):
    def agent_number(self, number: str) -> list[str]:
        return []


def test_a_party_on_hold_is_asked_to_stay_until_he_is_taken_back(scene: Scene) -> None:
    done = scene.do(scene.switch.hold(scene.handling("a1"), scene.now))
    (play,) = [e.command for e in done if isinstance(e, MediaRequest) and isinstance(e.command, media.Play)]
    assert (play.leg_id, play.loop, play.items) == ("c1", True, ["part:30000:music.wav", "file:stay-q1.wav"])
    done = scene.do(scene.switch.retrieve(scene.handling("a1"), scene.now))
    stops = [e.command for e in done if isinstance(e, MediaRequest) and isinstance(e.command, media.StopPlay)]
    assert stops == [media.StopPlay(play_id=play.play_id)]


def test_card_data_pauses_the_recording(scene: Scene) -> None:
    call, recordings = scene.switch.table.calls[scene.switch.table.legs["c1"].interaction_id], scene.switch.stage
    scene.do(scene.switch.act(lambda: recordings.recordings.pause(call, scene.now)))
    assert scene.refusal(lambda: recordings.recordings.pause(call, scene.now)) == "recording_paused"
    scene.do(scene.switch.act(lambda: recordings.recordings.resume(call, scene.now)))
    assert [kind for kind in scene.kinds() if kind in ("recording.paused", "recording.resumed")] == [
        *("recording.paused", "recording.resumed"),
    ]


# ---- what phones do by themselves ---------------------------------------------------------------------------------


def test_a_phone_consults_on_a_second_line_and_joins_both(scene: Scene) -> None:
    scene.do(scene.switch.remote_changed(scene.one, HELD, scene.now))
    assert scene.state("a1") == "holding" and scene.plays("c1") == "music"
    scene.do(scene.switch.arrive(Arrival("d1", "8101", "8102", None, REMOTE, extension="8101"), scene.now))
    scene.do(scene.switch.acknowledged("d1", scene.now))
    two = scene.agent_answers(scene.leg(Why.CONSULT))
    assert scene.hears("d1") == {two} and scene.state("a1") == "consulting"
    scene.do(scene.switch.referred(scene.one, "8102", "d1", scene.now))
    assert scene.hears("c1") == {two} and scene.state("a2") == "talking"
    assert [e for e in scene.effects if isinstance(e, AcceptRefer | ReferResult)] == [
        *(AcceptRefer(scene.one), ReferResult(scene.one, 200)),
    ]
    assert {EndCall("d1"), EndCall(scene.one)} <= {e for e in scene.effects if isinstance(e, EndCall)}


def test_a_refresh_by_the_phone_does_not_undo_the_hold_of_the_desk(scene: Scene) -> None:
    scene.do(scene.switch.hold(scene.handling("a1"), scene.now))
    scene.do(scene.switch.remote_changed(scene.one, REMOTE, scene.now))
    assert scene.state("a1") == "holding" and scene.plays("c1") == "music"


def test_a_phone_whose_blind_transfer_fails_has_its_customer_again(scene: Scene) -> None:
    scene.do(scene.switch.referred(scene.one, "1002", None, scene.now))
    assert AcceptRefer(scene.one) in scene.effects and EndCall(scene.one) not in scene.effects
    scene.do(scene.switch.refused(scene.leg(Why.TRANSFER), "declined", 486, scene.now))
    assert ReferResult(scene.one, 486) in scene.effects
    assert scene.hears("c1") == {scene.one} and scene.state("a1") == "talking"


@pytest.mark.parametrize("target", ["4008001000", "1001"])
def test_a_forbidden_transfer_is_refused_with_its_reason(scene: Scene, target: str) -> None:
    scene.do(scene.switch.referred(scene.one, target, None, scene.now))
    (refused,) = [effect for effect in scene.effects if isinstance(effect, RefuseRefer)]
    assert refused.code == 403 and refused.reason and scene.hears("c1") == {scene.one}
    (told,) = scene.data("handling.transferred")
    assert (told["how"], told["result"], told["target"]) == ("blind", "refused", f"number:ref:{target}")
    assert scene.switch.stage.failures["a1"].target == target


@pytest.mark.parametrize(
    ("dialled", "code", "failure"),
    [
        ("1001", 486, "agent_engaged"),
        ("0044123456789", 403, "number_forbidden"),
        ("x", 484, "number_unreadable"),
    ],
)
def test_a_phone_that_calls_what_cannot_be_called_is_told_why_and_it_stands_in_the_books(
    scene: Scene, dialled: str, code: int, failure: str
) -> None:
    scene.do(scene.switch.arrive(Arrival("d1", "8102", dialled, None, REMOTE, extension="8102"), scene.now))
    (refused,) = [effect for effect in scene.effects if isinstance(effect, RefuseCall)]
    assert refused.code == code and scene.switch.stage.failures["a2"].outcome == failure
    (told,) = scene.data("call.refused")
    assert (told["release_code"], told["reason"], told["dialled"]) == (code, refused.reason, dialled)


def test_who_hangs_up_his_phone_while_consulting_hands_over(scene: Scene) -> None:
    two = scene.agent_answers(scene.consult())
    scene.do(scene.switch.cleared(scene.one, scene.now))
    assert scene.hears("c1") == {two} and scene.data("handling.transferred")[-1]["how"] == "attended"


def test_the_answer_key_of_a_phone_that_has_one(scene: Scene) -> None:
    handset = Handset(scene.switch)
    scene.do(scene.switch.arrive(Arrival("d1", "8103", "1002", None, REMOTE, extension="8103"), scene.now))
    scene.do(scene.switch.acknowledged("d1", scene.now))
    rings = scene.leg(Why.CALLED)
    scene.do(scene.switch.ringing(rings, scene.now))
    assert handset.answer("a2") == [AnswerDevice(rings)]
