"""A leader takes a caller out of the middle of his flow, into a queue."""

from __future__ import annotations

import pytest

from tests.calls.test_onward import Scene
from yingda.agents import levers
from yingda.calls import flow_protocol as flows
from yingda.calls.effects import FlowRequest
from yingda.calls.model import Phase
from yingda.kernel.errors import YingdaError

LEADER = "user:u1"


def take_out(scene: Scene, queue: str = "") -> None:
    body = {"interaction_id": scene.call.interaction_id, "queue_id": queue or scene.call.queue_id, "by": LEADER}
    scene.do(levers.pull(scene.switch, "flow.take_out", body, scene.now))


def test_he_waits_from_then_on_with_what_the_flow_knows_of_him() -> None:
    scene = Scene()
    scene.acts(flows.Entered(node="menu#main/choice"), flows.Play(request=8, items=["file:/menu.wav"]))
    scene.call.data = {"order": "8802"}
    take_out(scene)
    assert (scene.call.phase, scene.call.data) == (Phase.WAITING, {"order": "8802"})
    (left,) = [event for event in scene.events if event.kind == "flow.left"]
    assert (left.by, left.data["exit"], left.data["node_id"]) == (LEADER, "queue", "menu#main/choice")
    assert len(scene.data("queue.entered")) == 1
    ended = [one.body for one in scene.effects if isinstance(one, FlowRequest) and isinstance(one.body, flows.End)]
    assert [body.session_id for body in ended] == [scene.run]
    scene.acts(flows.Play(request=9, items=["file:/late.wav"]))
    assert ["file:/late.wav"] not in scene.plays(), "the flow has no say any more"


def test_one_who_rings_elsewhere_for_the_flow_is_taken_back_from_there() -> None:
    scene = Scene()
    scene.transfer("bridge")
    take_out(scene)
    assert scene.call.phase is Phase.WAITING and scene.call.flow is None


@pytest.mark.parametrize("why", ["not_in_flow", "caller_occupied", "talks", "unknown_queue"])
def test_who_cannot_be_taken_out_stays_where_he_is(why: str) -> None:
    scene = Scene()
    if why == "not_in_flow":
        take_out(scene)
    elif why == "caller_occupied":
        scene.acts(flows.Record(request=3, beep=True, maximum_ms=20_000, final_silence_ms=3_000))
    elif why == "talks":
        scene.transfer("bridge")
        scene.answers(seconds=2)
    before = (scene.call.phase, len(scene.events))
    with pytest.raises(YingdaError) as refused:
        take_out(scene, "q9" if why == "unknown_queue" else "")
    assert refused.value.code == {"talks": "caller_occupied"}.get(why, why)
    assert (scene.call.phase, len(scene.events)) == before
