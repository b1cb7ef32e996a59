"""Recordings as the policy says: consultations apart, blank pauses, and what goes on after a crash of media."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.calls import driver as driving
from tests.calls.driver import Driver
from yingda.calls.effects import MediaRequest
from yingda.calls.numbering import NumberPlan
from yingda.calls.stage import Target
from yingda.kernel.config.centre import Recordings
from yingda.media import protocol as media
from yingda.recordings.paths import path_of


@pytest.fixture
def driver() -> Driver:
    """An agent talks with a caller; another is free. Everything that can be said of recordings is said."""
    driver = Driver()
    said = driving.CENTRE.centre.model_copy(update={"recordings": Recordings(consultations=True, blank_pauses=True)})
    driver.switch.table.plan = NumberPlan(driving.CENTRE.model_copy(update={"centre": said}), 1)
    driver.sign_in("a1", "a2")
    driver.reach_queue("l1")
    driver.agent_answers()
    return driver


def asked(driver: Driver, kind: type[media.Command]) -> list[media.Command]:
    return [e.command for e in driver.effects if isinstance(e, MediaRequest) and isinstance(e.command, kind)]


def handling(driver: Driver) -> str:
    (call,) = driver.switch.table.calls.values()
    assert call.handling_id is not None
    return call.handling_id


def third(driver: Driver) -> str:
    (call,) = driver.switch.table.calls.values()
    assert call.consult is not None
    return call.consult.leg_id


COLLEAGUE: Target = ("agent", "a2")
OUTSIDE: Target = ("number", "13900002222")


def consulted(driver: Driver, whom: Target = COLLEAGUE) -> media.StartRecording:
    """Who was asked has answered; the order to record him."""
    own = handling(driver)
    driver.do(driver.switch.act(lambda: driver.switch.consulting.consult(own, whom, driver.now)))
    driver.agent_answers(third(driver))
    order = asked(driver, media.StartRecording)[-1]
    assert isinstance(order, media.StartRecording)
    return order


def test_a_consultation_has_a_file_of_its_own_which_ends_with_it(driver: Driver) -> None:
    order = consulted(driver)
    (call,) = driver.switch.table.calls.values()
    leg = driver.switch.table.legs[third(driver)]
    assert order.leg_id == leg.leg_id
    assert leg.handling_id is not None and leg.handling_id != call.handling_id
    assert order.path == path_of(call.tenant, driver.now, call.interaction_id, leg.handling_id)
    own = handling(driver)
    driver.do(driver.switch.act(lambda: driver.switch.consulting.cancel(own, driver.now)))
    ended = [data["recording_id"] for data in driver.data("recording.ended")]
    assert ended == [order.recording_id]
    assert [one.aside for one in call.running()] == [False]  # the talk's goes on
    driver.do(driver.switch.cleared("l1", driver.now))
    assert len(driver.data("recording.started")) == len(driver.data("recording.ended")) == 2


def test_an_outside_number_is_recorded_beside_the_talk_it_was_consulted_about(driver: Driver) -> None:
    (call,) = driver.switch.table.calls.values()
    connected = driver.now
    driver.wait(86_400)  # the next day: it lies beside the talk's file all the same
    order, leg_id = consulted(driver, OUTSIDE), third(driver)
    named = {"recording_id": order.recording_id, "handling_id": handling(driver), "leg_id": leg_id}
    assert order.leg_id == leg_id
    assert order.path == path_of(call.tenant, connected, call.interaction_id, handling(driver), leg_id)
    report = media.RecordingResumed(number=9, measured_at=driver.now, recording_id=order.recording_id, gap_ms=320)
    driver.do(driver.switch.media_report(report, driver.now))
    driver.do(driver.switch.cleared(leg_id, driver.now))  # it hangs up
    (ended,) = driver.data("recording.ended")
    assert driver.data("recording.started")[-1] == named
    assert driver.data("recording.resumed") == [{**named, "gap_ms": 320}]
    assert {name: ended[name] for name in named} == named
    assert [one.aside for one in call.running()] == [False]
    assert "leg_id" not in driver.data("recording.started")[0]


def test_whom_nobody_is_recorded_with_is_not_recorded_either(driver: Driver) -> None:
    (call,) = driver.switch.table.calls.values()
    driver.switch.stage.recordings.stop(call)
    assert consulted(driver, OUTSIDE).leg_id == call.customer


def test_a_pause_is_of_all_files_and_blank_for_the_customer_as_the_policy_says(driver: Driver) -> None:
    order = consulted(driver)
    (call,) = driver.switch.table.calls.values()
    recordings = driver.switch.stage.recordings
    driver.do(driver.switch.act(lambda: recordings.pause(call, driver.now)))
    main, aside = asked(driver, media.PauseRecording)
    talk = next(one for one in call.recordings if not one.aside)
    assert main == structs.replace(main, recording_id=talk.recording_id, blank=True)
    assert aside == structs.replace(aside, recording_id=order.recording_id, blank=False)
    assert len(driver.data("recording.paused")) == 2
    driver.do(driver.switch.act(lambda: recordings.resume(call, driver.now)))
    resumed = {str(data["recording_id"]) for data in driver.data("recording.resumed")}
    assert resumed == {talk.recording_id, order.recording_id}


def test_a_consultation_that_begins_in_a_pause_is_silent_from_its_first_moment(driver: Driver) -> None:
    (call,) = driver.switch.table.calls.values()
    driver.do(driver.switch.act(lambda: driver.switch.stage.recordings.pause(call, driver.now)))
    order = consulted(driver)
    commands = [effect.command for effect in driver.effects if isinstance(effect, MediaRequest)]
    begun = commands.index(order)
    assert media.PauseRecording(recording_id=order.recording_id) in commands[begun + 1 : begun + 2]
    told = [e.kind for e in driver.events if e.data.get("recording_id") == order.recording_id]
    assert told == ["recording.started", "recording.paused"]


def test_a_crash_of_media_is_written_down_with_its_gap(driver: Driver) -> None:
    (call,) = driver.switch.table.calls.values()
    recording = call.recordings[0]
    report = media.RecordingResumed(number=9, measured_at=driver.now, recording_id=recording.recording_id, gap_ms=320)
    driver.do(driver.switch.media_report(report, driver.now))
    (resumed,) = driver.data("recording.resumed")
    assert resumed == {"recording_id": recording.recording_id, "handling_id": call.handling_id, "gap_ms": 320}
    other = structs.replace(report, recording_id="nobody's")
    driver.do(driver.switch.media_report(other, driver.now))
    assert len(driver.data("recording.resumed")) == 1
