"""Levers and what is shown at desks, through the whole switch: flush, emergency, lend, move, reserve, call-backs."""

from __future__ import annotations

import msgspec
import pytest

from tests.calls.driver import Driver
from tests.calls.test_owed import owed
from tests.calls.waiting import Scene, centre, waiting
from yingda.agents.desk import Desk
from yingda.agents.levers import LEVERS, Announcement, announce, pull
from yingda.kernel.errors import YingdaError


def lever(scene: Driver, method: str, **body: object) -> None:
    scene.do(pull(scene.switch, method, {"by": "user:lead", **body}, scene.now))


def desk(scene: Scene) -> Desk:
    return Desk(scene.switch, scene.devices, scene.centre)


def test_a_flushed_queue_tells_its_callers_first() -> None:
    scene = waiting()
    lever(scene, "queue.flush", queue_id="q1")
    assert scene.data("queue.left")[-1]["outcome"] == "turned_away" and scene.heard()[-1] == ["busy"]


def test_the_emergency_is_one_click() -> None:
    scene = waiting()
    order = Announcement(queue_id="q1", on=True, by="user:lead", announce={"say": "系统故障"})
    scene.do(announce(scene.switch, order, ["spoken"], scene.now))
    assert scene.heard()[-1] == ["spoken"]
    assert scene.data("queue.emergency_started")[-1]["announce"] == {"say": "系统故障"}
    scene.do(announce(scene.switch, msgspec.structs.replace(order, on=False), [], scene.now))
    assert scene.data("queue.emergency_ended")[-1]["why"] == "leader"


def test_a_caller_is_kept_for_an_agent_and_let_go_of() -> None:
    scene = waiting()
    entry_id = scene.call().entry_id
    lever(scene, "entry.reserve", entry_id=entry_id, agent_id="a2", seconds=30)
    scene.sign_in("a1")
    assert not scene.data("offer.made")
    lever(scene, "entry.release", entry_id=entry_id)
    assert scene.data("offer.made")[-1]["agent_id"] == "a1"


def test_a_loan_and_a_shift_end() -> None:
    scene = waiting()
    scene.sign_in("a1")
    lever(scene, "agent.lend", queue_id="q1", agent_id="a2", seconds=60)
    lever(scene, "agent.give_back", queue_id="q1", agent_id="a2")
    assert [data["why"] for data in scene.data("agent.given_back")] == ["leader"]
    lever(scene, "agent.end_shift", agent_id="a1")
    assert scene.data("agent.signed_out")[-1]["why"] == "shift_end"


def test_a_list_asks_for_a_call_back_and_takes_it_back() -> None:
    scene = Scene()
    order = {"contact_id": "missed", "number": "+8613900002222", "queue_id": "q1", "source": "missed"}
    lever(scene, "callback.request", **order)
    callback_id = scene.data("callback.requested")[-1]["callback_id"]
    lever(scene, "callback.cancel", callback_id=callback_id)
    assert scene.data("callback.closed")[-1]["result"] == "cancelled_by_staff"
    assert scene.data("interaction.ended"), "what waited for it has ended"


def test_a_previewed_call_back_is_accepted_at_the_desk() -> None:
    scene = owed(waiting(centre(callbacks={"preview": True})))
    scene.sign_in("a1")
    assert not scene.data("callback.attempt_started")
    scene.do(desk(scene).accept("a1", scene.now))
    assert scene.data("callback.attempt_started")


def test_a_previewed_call_back_is_declined_at_the_desk() -> None:
    scene = owed(waiting(centre(callbacks={"preview": True})))
    scene.sign_in("a1")
    scene.do(desk(scene).decline("a1", scene.now))
    assert scene.data("offer.ended")[-1]["outcome"] == "declined" and scene.switch.returning.core.open


def test_a_call_is_answered_at_the_phone() -> None:
    scene = waiting()
    scene.sign_in("a1")
    with pytest.raises(YingdaError) as refused:
        desk(scene).accept("a1", scene.now)
    assert refused.value.code == "answer_on_phone"


@pytest.mark.parametrize("method", sorted(LEVERS))
def test_a_lever_that_cannot_be_read_is_refused(method: str) -> None:
    with pytest.raises(YingdaError) as refused:
        pull(Scene().switch, method, {"nonsense": 1}, 0)
    assert refused.value.code == "bad_command"


def test_the_plane_stops_and_what_is_owed_stays_owed() -> None:
    scene = owed(waiting())
    scene.do(scene.switch.end_all(scene.now))
    assert scene.data("queue.left")[-1]["outcome"] == "failed" and scene.data("interaction.ended")
    assert [item.state.value for item in scene.switch.returning.core.open.values()] == ["waiting"]


@pytest.mark.parametrize(
    ("then", "outcome", "heard"),
    [("callback", "callback", "owed"), ("message", "diverted", "beep"), ("end", "turned_away", "busy")],
)
def test_a_flushed_queue_gives_its_callers_what_the_leader_chose(then: str, outcome: str, heard: str) -> None:
    scene = waiting()
    scene.played()
    lever(scene, "queue.flush", queue_id="q1", then=then)
    assert scene.data("queue.left")[-1]["outcome"] == outcome and scene.heard()[-1] == [heard]


def test_a_flushed_queue_moves_on_in_order() -> None:
    given = centre()
    other = given.queues[0].model_copy(update={"id": "q2", "name": "other"})
    scene = waiting(given.model_copy(update={"queues": [*given.queues, other]}))

    scene.reach_queue("c2")
    before = [data["arrived_at"] for data in scene.data("queue.entered")]
    lever(scene, "queue.flush", queue_id="q1", then="move", to="q2")
    entered = scene.data("queue.entered")[2:]
    assert [(data["queue_id"], data["cause"], data["arrived_at"]) for data in entered] == [
        ("q2", "moved", arrived) for arrived in before
    ]
    with pytest.raises(YingdaError) as refusal:
        pull(scene.switch, "queue.flush", {"queue_id": "q2", "then": "move", "to": "q2"}, scene.now)
    assert refusal.value.code == "same_queue"


def owes(scene: Scene) -> str:
    order = {"contact_id": "missed", "number": "+8613900002222", "queue_id": "q1", "source": "missed"}
    lever(scene, "callback.request", **order, opens=scene.now + 3_600_000_000)
    return str(scene.data("callback.requested")[-1]["callback_id"])


def test_an_agent_takes_a_call_back_before_its_time() -> None:
    scene = Scene()
    callback_id = owes(scene)
    with pytest.raises(YingdaError) as refusal:
        pull(scene.switch, "callback.take", {"callback_id": callback_id, "agent_id": "a1"}, scene.now)
    assert refusal.value.code == "agent_not_signed_in" and not scene.data("queue.entered")
    scene.sign_in("a1")
    lever(scene, "callback.take", callback_id=callback_id, agent_id="a1")
    assert scene.data("callback.attempt_started")[-1]["callback_id"] == callback_id
    with pytest.raises(YingdaError) as refusal:
        pull(scene.switch, "callback.assign", {"callback_id": callback_id, "agent_id": "a1", "seconds": 60}, scene.now)
    assert refusal.value.code == "being_called"


def test_a_leader_assigns_a_call_back_and_it_waits_for_him_alone() -> None:
    scene = Scene()
    callback_id = owes(scene)
    lever(scene, "callback.assign", callback_id=callback_id, agent_id="a2", seconds=600)
    scene.sign_in("a1")
    assert not scene.data("offer.made")
    scene.sign_in("a2")
    assert scene.data("offer.made")[-1]["agent_id"] == "a2"


def test_a_call_back_of_a_queue_that_is_no_more_is_not_to_be_had() -> None:
    scene = Scene()
    callback_id = owes(scene)
    scene.sign_in("a1")
    scene.distributor.floor.rules.queues.pop("q1")
    asked: dict[str, object] = {"callback_id": callback_id, "agent_id": "a1"}
    for method, body in (("callback.take", asked), ("callback.assign", asked | {"seconds": 60})):
        with pytest.raises(YingdaError) as refusal:
            pull(scene.switch, method, body, scene.now)
        assert refusal.value.code == "no_queue"
