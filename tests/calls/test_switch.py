"""The switch over a real distributor: a call's whole life, and every way it can go wrong on the way."""

from __future__ import annotations

import pytest

from tests.calls.driver import REMOTE, Driver
from yingda.calls.effects import Alarm, AnswerCall, EndCall, InviteDevice, MediaRequest, RefuseCall
from yingda.calls.switch import Switch
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.routing.effects import Append


def empty(switch: Switch) -> bool:
    """Nothing of any call is left anywhere."""
    table = switch.table
    return not (table.calls or table.legs or table.joining or table.by_entry or table.by_offer or table.by_handling)


@pytest.fixture
def driver() -> Driver:
    driver = Driver()
    driver.sign_in("a1", "a2")
    return driver


def talking(driver: Driver) -> str:
    """A call that talks; returns the agent's leg."""
    driver.reach_queue("c1")
    return driver.agent_answers()


def test_a_call_from_invite_to_wrap_up(driver: Driver) -> None:
    agent_leg = talking(driver)
    driver.wait(5)
    driver.do(driver.switch.cleared("c1", driver.now))
    driver.wait(11)
    contact = [event.kind for event in driver.events if event.interaction_id]
    assert contact == [
        *("interaction.started", "leg.created", "leg.answered", "flow.entered", "flow.node_entered", "flow.left"),
        *("queue.entered", "offer.made", "leg.created", "leg.alerting", "offer.alerting", "leg.answered"),
        *("offer.ended", "handling.started", "handling.connected", "queue.left", "recording.started"),
        *("handling.released", "recording.ended", "leg.ended", "leg.ended", "interaction.ended"),
        "handling.wrapup_ended",
    ]
    assert driver.data("queue.left")[0]["outcome"] == "answered"
    assert EndCall(agent_leg) in driver.effects
    assert empty(driver.switch)
    assert driver.distributor.floor.sessions["a1"].span is not None


def test_the_joint_append_is_one(driver: Driver) -> None:
    talking(driver)
    joint = next(e for e in driver.effects if isinstance(e, Append) and e.events[0].kind == "offer.ended")
    assert [event.kind for event in joint.events] == [
        *("offer.ended", "handling.started", "handling.connected", "queue.left", "agent.state_changed"),
    ]
    assert len({event.at for event in joint.events}) == 1


def test_the_ledger_comes_before_what_it_records(driver: Driver) -> None:
    driver.reach_queue("c1")
    order = [type(e) for e in driver.effects]
    assert order.index(Append) < order.index(MediaRequest) < order.index(AnswerCall)
    made = next(
        i for i, e in enumerate(driver.effects) if isinstance(e, Append) and e.events[0].kind == "queue.entered"
    )
    rung = next(i for i, e in enumerate(driver.effects) if isinstance(e, InviteDevice))
    assert made < rung


def test_an_unknown_number_is_refused_and_leaves_nothing(driver: Driver) -> None:
    driver.dial("c1", called="999")
    assert RefuseCall("c1", 404, "Number Not In Service") in driver.effects
    assert empty(driver.switch)


def test_a_full_trunk_refuses_with_its_cause_and_is_free_again_afterwards(driver: Driver) -> None:
    for leg in ("c1", "c2"):
        driver.dial(leg)
    driver.dial("c3")
    assert RefuseCall("c3", 503, "All Channels Busy") in driver.effects
    assert driver.data("trunk.refused")[0]["cause"] == "limit"
    driver.do(driver.switch.cleared("c1", driver.now))
    driver.dial("c4")
    assert "c4" in driver.switch.table.legs


@pytest.mark.parametrize("stage", ["arriving", "greeting", "waiting", "ringing"])
def test_a_caller_who_hangs_up_leaves_nothing_behind(stage: str) -> None:
    driver = Driver()
    if stage == "ringing":
        driver.sign_in("a1")
    driver.dial("c1")
    if stage != "arriving":
        driver.do(driver.switch.acknowledged("c1", driver.now))
    if stage in ("waiting", "ringing"):
        driver.end_greeting("c1")
    if stage == "ringing":
        driver.do(driver.switch.ringing(driver.agent_leg(), driver.now))
    driver.wait(2)
    driver.do(driver.switch.cleared("c1", driver.now))
    assert empty(driver.switch)
    assert driver.kinds().count("interaction.ended") == 1
    queued = stage in ("waiting", "ringing")
    assert [data["outcome"] for data in driver.data("queue.left")] == (["abandoned"] if queued else [])
    assert [data["exit"] for data in driver.data("flow.left")] == (
        [] if stage == "arriving" else ["queue" if queued else "hangup"]
    )


def test_a_declined_offer_goes_to_the_next_agent(driver: Driver) -> None:
    driver.reach_queue("c1")
    first = driver.agent_leg()
    driver.do(driver.switch.refused(first, "declined", 486, driver.now))
    second = driver.agent_answers()
    assert driver.switch.table.legs[second].device == "8102"
    assert [data["outcome"] for data in driver.data("offer.ended")] == ["declined", "accepted"]


def test_no_answer_moves_on_and_takes_the_device_back(driver: Driver) -> None:
    driver.reach_queue("c1")
    first = driver.agent_leg()
    driver.do(driver.switch.ringing(first, driver.now))
    driver.wait(16)
    assert EndCall(first) in driver.effects
    driver.agent_answers()
    assert [data["outcome"] for data in driver.data("offer.ended")] == ["no_answer", "accepted"]


def test_a_device_that_is_not_registered_is_passed_over(driver: Driver) -> None:
    driver.devices.registered = {"8102"}
    driver.reach_queue("c1")
    assert driver.switch.table.legs[driver.agent_leg()].device == "8102"
    assert driver.data("offer.ended")[0]["outcome"] == "device_failed"


def test_an_agent_without_sound_is_joined_after_the_limit(driver: Driver) -> None:
    driver.reach_queue("c1")
    leg = driver.agent_leg()
    driver.do(driver.switch.answered(leg, REMOTE, driver.now))
    assert "handling.connected" not in driver.kinds()
    driver.wait(1.0)
    assert "handling.connected" in driver.kinds()


def test_a_customer_who_hangs_up_while_being_joined_has_abandoned(driver: Driver) -> None:
    driver.reach_queue("c1")
    leg = driver.agent_leg()
    driver.do(driver.switch.answered(leg, REMOTE, driver.now))
    driver.do(driver.switch.cleared("c1", driver.now))
    assert driver.data("queue.left")[0]["outcome"] == "abandoned"
    assert driver.data("offer.ended")[0]["outcome"] == "customer_left"
    assert EndCall(leg) in driver.effects
    assert empty(driver.switch)


def test_a_bridge_that_media_refuses_brings_the_caller_back_to_the_queue(driver: Driver) -> None:
    driver.reach_queue("c1")
    driver.fail = {"matrix.set"}
    driver.do(driver.switch.answered(driver.agent_leg(), REMOTE, driver.now))
    driver.fail = set()
    assert driver.data("offer.ended")[0]["outcome"] == "device_failed"
    driver.agent_answers()
    assert len(driver.data("queue.left")) == 1
    assert driver.data("queue.left")[0]["outcome"] == "answered"


def test_an_agent_who_hangs_up_ends_the_call(driver: Driver) -> None:
    leg = talking(driver)
    driver.do(driver.switch.cleared(leg, driver.now))
    assert driver.data("handling.released")[0]["ended_by"] == "agent"
    assert EndCall("c1") in driver.effects
    assert empty(driver.switch)


def test_hang_up_from_the_desk_ends_both_legs(driver: Driver) -> None:
    leg = talking(driver)
    handling = str(driver.data("handling.connected")[0]["handling_id"])
    driver.do(driver.switch.hang_up(handling, driver.now))
    assert {EndCall(leg), EndCall("c1")} <= {e for e in driver.effects if isinstance(e, EndCall)}
    with pytest.raises(YingdaError) as refusal:
        driver.switch.hang_up(handling, driver.now)
    assert refusal.value.code == "no_call"


def test_hold_parts_the_two_and_plays_music(driver: Driver) -> None:
    leg = talking(driver)
    handling = str(driver.data("handling.connected")[0]["handling_id"])
    done = driver.do(driver.switch.hold(handling, driver.now))
    commands = [e.command for e in done if isinstance(e, MediaRequest)]
    assert [("c1", leg, 0.0), (leg, "c1", 0.0)] in [
        sorted(c.entries, reverse=True) for c in commands if isinstance(c, media.SetGain)
    ]
    assert any(isinstance(command, media.Play) and command.loop for command in commands)
    with pytest.raises(YingdaError):
        driver.switch.hold(handling, driver.now)
    driver.wait(3)
    done = driver.do(driver.switch.retrieve(handling, driver.now))
    commands = [e.command for e in done if isinstance(e, MediaRequest)]
    assert [("c1", leg, 1.0), (leg, "c1", 1.0)] in [
        sorted(c.entries, reverse=True) for c in commands if isinstance(c, media.SetGain)
    ]
    assert any(isinstance(command, media.StopPlay) for command in commands)


def test_a_recording_that_cannot_start_is_missing_with_an_alarm_and_the_call_goes_on(driver: Driver) -> None:
    driver.fail = {"record.start"}
    talking(driver)
    assert driver.data("recording.missing")[0]["reason"] == "media_refused"
    assert any(isinstance(e, Alarm) and e.kind == "recording_missing" for e in driver.effects)
    driver.fail = set()
    driver.do(driver.switch.cleared("c1", driver.now))
    assert empty(driver.switch)
    assert "recording.ended" not in driver.kinds()


def test_a_recording_that_breaks_off_is_reported_once(driver: Driver) -> None:
    talking(driver)
    recording = str(driver.data("recording.started")[0]["recording_id"])
    report = media.RecordingFailed(
        number=3, measured_at=driver.now, recording_id=recording, reason="disk_full", duration_ms=10
    )
    driver.do(driver.switch.media_report(report, driver.now))
    driver.do(driver.switch.media_report(report, driver.now))
    driver.do(driver.switch.cleared("c1", driver.now))
    assert len(driver.data("recording.missing")) == 1
    assert driver.data("recording.ended") == []
    assert empty(driver.switch)


def test_a_recording_that_is_closed_after_its_leg_is_still_on_the_books(driver: Driver) -> None:
    driver.late = {"record.stop"}
    talking(driver)
    driver.do(driver.switch.cleared("c1", driver.now))
    assert "interaction.ended" not in driver.kinds()
    driver.catch_up()
    assert driver.kinds()[-2:] == ["recording.ended", "interaction.ended"]
    assert empty(driver.switch)


def test_media_that_dies_ends_every_call_as_a_fault_of_ours(driver: Driver) -> None:
    talking(driver)
    driver.reach_queue("c2")
    driver.fail = {"leg.destroy", "record.stop"}
    driver.do(driver.switch.media_lost(driver.now))
    assert [data["outcome"] for data in driver.data("queue.left")] == ["answered", "failed"]
    assert driver.data("handling.released")[0]["ended_by"] == "system"
    assert empty(driver.switch)


def test_media_that_comes_back_with_our_legs_loses_only_those_that_are_gone(driver: Driver) -> None:
    agent_leg = talking(driver)
    driver.reach_queue("c2")
    assert driver.switch.table.opened() >= {"c1", "c2", agent_leg}
    driver.do(driver.switch.media_back([], driver.now))
    assert driver.data("handling.released") == driver.data("queue.left")[1:] == []
    driver.do(driver.switch.media_back([agent_leg, "nobody's"], driver.now))
    assert driver.data("handling.released")[0]["ended_by"] == "system"
    assert driver.data("queue.entered")[-1]["cause"] == "agent_lost"  # his caller is served next
    driver.do(driver.switch.cleared("c2", driver.now))
    driver.do(driver.switch.cleared("c1", driver.now))
    assert not driver.switch.table.opened() & {"c1", "c2", agent_leg}


def test_a_plane_that_stops_clears_every_call_and_calls_it_our_fault(driver: Driver) -> None:
    talking(driver)
    driver.reach_queue("c2")
    driver.do(driver.switch.end_all(driver.now))
    assert {EndCall("c1"), EndCall("c2")} <= {e for e in driver.effects if isinstance(e, EndCall)}
    assert [data["outcome"] for data in driver.data("queue.left")] == ["answered", "failed"]
    assert empty(driver.switch)


def test_a_greeting_that_cannot_be_played_loses_nobody(driver: Driver) -> None:
    driver.fail = {"play.start"}
    driver.dial("c1")
    driver.do(driver.switch.acknowledged("c1", driver.now))
    assert "queue.entered" in driver.kinds()


def test_a_greeting_that_never_ends_leads_to_the_queue_at_its_limit(driver: Driver) -> None:
    driver.dial("c1")
    driver.do(driver.switch.acknowledged("c1", driver.now))
    driver.wait(181)
    assert driver.data("flow.left")[0]["exit"] == "limit"
    assert "queue.entered" in driver.kinds()


def test_the_longest_wait_turns_the_caller_away_and_clears_him() -> None:
    driver = Driver()
    driver.reach_queue("c1")
    driver.wait(61)
    assert driver.data("queue.left")[0]["outcome"] == "turned_away"
    assert EndCall("c1") in driver.effects
    assert empty(driver.switch)


def test_late_words_of_an_ending_leg_change_nothing(driver: Driver) -> None:
    leg = talking(driver)
    driver.do(driver.switch.cleared("c1", driver.now))
    before = len(driver.events)
    for late in (
        driver.switch.cleared("c1", driver.now),
        driver.switch.cleared(leg, driver.now),
        driver.switch.ringing(leg, driver.now),
        driver.switch.answered(leg, REMOTE, driver.now),
        driver.switch.acknowledged("c1", driver.now),
        driver.switch.media_done(999, media.Done(), driver.now),
    ):
        assert late == []
    assert len(driver.events) == before


@pytest.mark.parametrize("stage", ["greeting", "ringing", "talking"])
def test_a_switch_restored_from_its_state_goes_on(stage: str) -> None:
    histories = []
    for restart in (False, True):
        driver = Driver()
        driver.sign_in("a1", "a2")
        driver.dial("c1")
        driver.do(driver.switch.acknowledged("c1", driver.now))
        if stage == "greeting" and restart:
            driver.restart()
        driver.end_greeting("c1")
        leg = driver.agent_leg()
        driver.do(driver.switch.ringing(leg, driver.now))
        if stage == "ringing" and restart:
            driver.restart()
        driver.do(driver.switch.answered(leg, REMOTE, driver.now))
        driver.wait(1)
        if stage == "talking" and restart:
            driver.restart()
        driver.do(driver.switch.cleared("c1", driver.now))
        driver.wait(30)
        assert empty(driver.switch)
        histories.append(driver.events)
    assert histories[0] == histories[1]
