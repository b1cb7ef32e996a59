"""Messages left instead of waiting, and call-backs through the whole switch (ACD-36 to 39)."""

from __future__ import annotations

import msgspec

from tests.calls.waiting import Scene, centre, waiting
from yingda.calls.effects import InviteDevice, InviteNumber
from yingda.calls.model import Waits

# -- a message --------------------------------------------------------------------------------------------------------


def test_a_message_is_left_instead_of_waiting() -> None:
    scene = waiting()
    scene.press("2")
    assert scene.heard()[-1] == ["beep"]
    left = scene.data("queue.left")[-1]
    scene.played()
    assert scene.call().treatment is not None and scene.call().treatment.stage is Waits.MESSAGE  # type: ignore[union-attr]  # just said
    scene.press("#")
    received = scene.data("message.received")[-1]
    assert (left["outcome"], left["to"]) == ("diverted", f"message:{received['message_id']}")
    assert scene.data("callback.requested"), "somebody listens to it and calls him"
    assert scene.heard()[-1] == ["thanked"]
    scene.played()
    assert not scene.switch.table.calls


def test_hanging_up_ends_a_message_too() -> None:
    scene = waiting()
    scene.press("2")
    scene.played()
    scene.do(scene.switch.cleared("c1", scene.now))
    assert len(scene.data("message.received")) == 1 and not scene.switch.table.calls


def test_a_contact_is_open_until_its_message_is_complete() -> None:
    scene = waiting()
    scene.press("2")
    scene.played()
    scene.late = {"record.stop"}
    scene.press("#")
    scene.do(scene.switch.cleared("c1", scene.now))
    scene.restart()
    assert scene.switch.table.calls and "interaction.ended" not in scene.kinds()
    scene.catch_up()
    assert scene.kinds()[-1] == "interaction.ended" and not scene.switch.table.calls
    (received,) = scene.data("message.received")
    assert received["recorded_at"] and received["duration_ms"] == 1_000 and received["queue_id"] == "q1"


def test_a_caller_whose_line_breaks_has_left_his_message() -> None:
    scene = waiting()
    scene.press("2")
    scene.played()
    scene.do(scene.switch.broken("c1", scene.now))
    assert len(scene.data("message.received")) == 1 and not scene.switch.table.calls


def test_who_says_nothing_has_left_no_message_and_is_called_back() -> None:
    scene = waiting()
    scene.spoken_ms = 300
    scene.press("2")
    scene.played()
    scene.press("#")
    assert not scene.data("message.received") and scene.data("callback.requested")


def test_a_message_that_cannot_be_recorded_is_an_alarm() -> None:
    scene = waiting()
    scene.fail.add("record.start")
    scene.press("2")
    scene.played()
    assert not scene.data("message.received") and scene.heard()[-1] == ["busy"]


# -- call-backs -------------------------------------------------------------------------------------------------------


def owed(scene: Scene) -> Scene:
    """The caller has asked to be called back, and has gone."""
    scene.press("1")
    scene.played()
    return scene


def test_a_call_back_keeps_the_place() -> None:
    scene = waiting()
    arrived = scene.data("queue.entered")[0]["arrived_at"]
    scene.wait(10)
    owed(scene)
    assert [left["outcome"] for left in scene.data("queue.left")] == ["callback"]
    entered = scene.data("queue.entered")[-1]
    assert (entered["cause"], entered["arrived_at"]) == ("callback", arrived)
    started = scene.data("interaction.started")[-1]
    assert (started["medium"], started["direction"], started["relation"]) == ("callback", "outbound", "callback")
    assert scene.heard()[-1] == ["owed"] and not scene.switch.table.calls


def test_he_is_called_when_an_agent_is_free_and_reached() -> None:
    scene = owed(waiting())
    scene.sign_in("a1")
    assert scene.data("callback.attempt_started")
    assert any(isinstance(effect, InviteDevice) for effect in scene.effects)
    scene.agent_answers()
    invited = [effect for effect in scene.effects if isinstance(effect, InviteNumber)][-1]
    assert invited.number == "+8613800001111"
    scene.agent_answers(invited.leg_id)
    assert scene.data("callback.closed")[-1]["result"] == "reached"
    assert [change["to"] for change in scene.data("agent.state_changed")][-2:] == ["dialling", "talking"]
    assert scene.data("queue.left")[-1]["outcome"] == "answered"
    scene.do(scene.switch.cleared(invited.leg_id, scene.now))
    assert scene.data("handling.released") and not scene.switch.returning.core.open


def test_who_is_busy_is_tried_again() -> None:
    scene = owed(waiting())
    scene.sign_in("a1")
    scene.agent_answers()
    invited = [effect for effect in scene.effects if isinstance(effect, InviteNumber)][-1]
    scene.do(scene.switch.refused(invited.leg_id, "busy", 486, scene.now))
    assert scene.data("callback.attempt_ended")[-1]["result"] == "busy"
    assert [change["to"] for change in scene.data("agent.state_changed")][-1] == "idle"
    scene.wait(300)
    assert len(scene.data("callback.attempt_started")) == 2


def test_an_agent_whose_phone_is_silent_costs_the_customer_nothing() -> None:
    scene = owed(waiting())
    scene.sign_in("a1")
    scene.do(scene.switch.refused(scene.agent_leg(), "no_answer", 480, scene.now))
    assert scene.data("callback.attempt_ended")[-1]["result"] == "agent_no_answer"
    assert scene.switch.returning.core.open


def test_who_rings_again_and_is_answered_is_not_called() -> None:
    scene = owed(waiting(centre(callbacks={"preview": True})))
    scene.reach_queue("c2")
    scene.sign_in("a1", "a2")
    scene.agent_answers()
    assert scene.data("callback.closed")[-1]["result"] == "superseded"
    assert not scene.switch.returning.core.open


def test_without_a_number_there_is_nobody_to_call() -> None:
    scene = Scene()
    scene.reach_queue("c1")
    scene.call().caller = None
    scene.press("1")
    assert scene.heard()[-1] == ["sorry"] and not scene.data("callback.requested")
    assert scene.call().entry_id is not None, "he waits on"


def test_promises_outlive_a_crash() -> None:
    scene = owed(waiting())
    kept = msgspec.json.decode(msgspec.json.encode(scene.switch.returning.core.to_state()))
    fresh = Scene()
    fresh.do(fresh.switch.act(lambda: fresh.switch.returning.resume(kept, fresh.now)))
    assert fresh.data("queue.entered")[-1]["arrived_at"] == kept[0]["arrived_at"]


def test_a_switch_taken_up_in_the_middle_goes_on_alike() -> None:
    one, other = owed(waiting()), owed(waiting())
    other.restart()
    for scene in (one, other):
        scene.sign_in("a1")
        scene.agent_answers()
    assert one.kinds() == other.kinds()
