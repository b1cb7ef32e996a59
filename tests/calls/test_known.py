"""What routing is told of a caller: his numbers, what is known of him, whom he waits for (ACD-07 to 09, 19, 23, 25)."""

from __future__ import annotations

from tests.calls.waiting import Scene, centre
from yingda.calls.effects import AskWho
from yingda.calls.model import Known
from yingda.kernel.config.centre import Centre

VIP = {"name": "vip", "when": 'data.grade = "VIP" and data.called = "4008001000"', "priority": 30}


def arriving(given: Centre, known: Known | None = None) -> Scene:
    """A caller who is being greeted; who he is comes back meanwhile."""
    scene = Scene(given)
    scene.dial("c1")
    asked = [effect for effect in scene.effects if isinstance(effect, AskWho)]
    if known is not None:
        assert [ask.number for ask in asked] == ["+8613800001111"]
        scene.do(scene.switch.known(asked[0].interaction_id, known, scene.now))
    scene.do(scene.switch.acknowledged("c1", scene.now))
    scene.end_greeting("c1")
    return scene


def test_grade_and_called_number_raise_the_priority() -> None:
    scene = arriving(centre(arrivals=[VIP]), Known(data={"grade": "VIP"}))
    assert scene.data("queue.entered")[-1]["priority"] == 80


def test_what_comes_too_late_is_not_known() -> None:
    scene = arriving(centre(arrivals=[VIP]))
    assert scene.data("queue.entered")[-1]["priority"] == 50


def test_nobody_is_asked_where_no_rule_wants_to_know() -> None:
    scene = arriving(centre())
    assert not any(isinstance(effect, AskWho) for effect in scene.effects)


def test_the_agent_who_served_him_last_is_waited_for() -> None:
    scene = Scene(centre(last_agent=True, last_agent_s=10, ring_limit_s=5))
    scene.sign_in("a1", "a2")
    scene.reach_queue("other")
    scene.agent_answers()
    busy = scene.data("handling.started")[-1]["agent_id"]
    scene.dial("c2")
    interaction_id = scene.switch.table.legs["c2"].interaction_id
    scene.do(scene.switch.known(interaction_id, Known(last_agent=str(busy)), scene.now))
    scene.do(scene.switch.acknowledged("c2", scene.now))
    scene.end_greeting("c2")
    offers = len(scene.data("offer.made"))
    scene.wait(9)
    assert len(scene.data("offer.made")) == offers, "he waits for the one he knows"
    scene.wait(2)
    assert scene.data("offer.made")[-1]["agent_id"] != busy, "and then for anybody"


def test_his_own_agent_alone_serves_him() -> None:
    scene = arriving(centre(last_agent=True), Known(own_agent="a2", last_agent="a1"))
    scene.sign_in("a1")
    assert not scene.data("offer.made")
    scene.sign_in("a2")
    assert scene.data("offer.made")[-1]["agent_id"] == "a2"
