"""Rules that take callers out of a queue, to another one or another site."""

from __future__ import annotations

import msgspec
import pytest

from tests.calls.waiting import Scene, centre, waiting
from yingda.agents.levers import pull
from yingda.agents.shown import of_queue, sister_load
from yingda.calls.effects import InviteNumber, MediaRequest
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.sites import Site, SiteQueue
from yingda.media import protocol as media
from yingda.routing.sites import QueueLoad

# -- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "outcome"), [("message", "diverted"), ("callback", "callback"), ("end", "diverted"), ("wait", None)]
)
def test_a_rule_takes_callers_out_of_the_queue(then: str, outcome: str | None) -> None:
    rule = {"name": "later", "after_s": 20, "overflow": {"then": then, "announce": {"say": "x"}}}
    scene = waiting(centre(escalations=[rule]))
    scene.wait(21)
    left = scene.data("queue.left")
    assert (left[0]["outcome"] if left else None) == outcome
    words = {"message": ["overflow", "beep"], "callback": ["overflow", "owed"]}
    assert words.get(then, ["overflow"]) in scene.heard()


ELSEWHERE = {"then": "number", "number": "02161234567", "announce": {"say": "x"}}
SITE = {"name": "later", "after_s": 20, "overflow": ELSEWHERE}


def sent_away() -> tuple[Scene, str]:
    """Told first, and answered meanwhile if somebody is free: he is in his queue so long."""
    scene = waiting(centre(escalations=[SITE]))
    scene.wait(21)
    assert scene.heard()[-1] == ["overflow"] and not scene.data("queue.left")
    scene.played()
    invited = [effect for effect in scene.effects if isinstance(effect, InviteNumber)][-1]
    assert invited.number == "02161234567"
    left = scene.data("queue.left")[-1]
    assert (left["outcome"], left["to"]) == ("overflowed", "number:02161234567")
    return scene, invited.leg_id


def test_a_rule_sends_callers_to_another_site() -> None:
    scene, leg_id = sent_away()
    scene.agent_answers(leg_id)
    gains = [effect.command for effect in scene.effects if isinstance(effect, MediaRequest)]
    bridged = [command for command in gains if isinstance(command, media.SetGain)][-1].entries
    assert {("c1", leg_id, 1.0), (leg_id, "c1", 1.0)} <= set(bridged)
    scene.do(scene.switch.cleared(leg_id, scene.now))
    assert not scene.switch.table.calls


SISTER = {"name": "later", "after_s": 20, "overflow": {"then": "site", "announce": {"say": "x"}}}


def with_a_sister() -> Centre:
    given = centre(escalations=[SISTER])
    line = SiteQueue(queue=given.queues[0].name, number="0219")
    return given.model_copy(update={"sites": [Site(id="s1", name="北", url="http://n", token_env="T", queues=[line])]})


def test_the_sister_that_would_answer_sooner_is_dialled_and_named() -> None:
    given = with_a_sister()
    scene = waiting(given)
    (call,) = scene.switch.table.calls.values()
    load = QueueLoad(0, 1, 4, 8.0)
    scene.wait(15)
    told = {"site_id": "s1", "queues": {call.queue_id: msgspec.to_builtins(load)}}
    scene.do(pull(scene.switch, "site.told", told, scene.now))
    shown = of_queue(call.queue_id, scene.switch)["sites"]
    assert [(one["name"], one["answer_in_s"], one["idle"]) for one in shown] == [("北", 0.0, 1)]
    scene.wait(21)
    assert scene.heard()[-1] == ["overflow"] and not scene.data("queue.left"), "told first, at his place"
    scene.played()
    invited = [effect for effect in scene.effects if isinstance(effect, InviteNumber)][-1]
    left = scene.data("queue.left")[-1]
    assert (invited.number, left["outcome"], left["to"]) == ("0219", "overflowed", "site:s1")
    assert scene.data("queue.site_chosen")[-1]["site_id"] == "s1"
    scene.do(scene.switch.refused(invited.leg_id, "busy", 486, scene.now))
    scene.wait(60)
    assert len(scene.data("queue.site_chosen")) == 1, "who came back stays"


def test_a_sister_reads_of_each_queue_what_it_can_answer() -> None:
    scene = waiting(centre())
    (load,) = [one for one in sister_load(scene.switch) if one["name"] == centre().queues[0].name]
    assert (load["waiting"], load["idle"], load["staffed"]) == (1, 0, 0)
    scene.sign_in("a1")
    (load,) = [one for one in sister_load(scene.switch) if one["name"] == centre().queues[0].name]
    assert (load["waiting"], load["staffed"]) == (0, 1), "he is being rung for"


def test_who_cannot_be_sent_waits_on_at_his_place_and_is_not_sent_again() -> None:
    scene, leg_id = sent_away()
    scene.do(scene.switch.refused(leg_id, "busy", 486, scene.now))
    back = scene.data("queue.entered")[-1]
    assert (back["cause"], back["arrived_at"]) == ("returned", scene.data("queue.entered")[0]["arrived_at"])
    scene.wait(40)
    assert len([effect for effect in scene.effects if isinstance(effect, InviteNumber)]) == 1
    scene.sign_in("a1")
    scene.agent_answers()
    assert scene.data("handling.connected")
