"""<transfer bridge="true"> to queues and agents: the flow waits while its caller waits, and talks, as all do."""

from __future__ import annotations

import pytest

from tests.calls.driver import REMOTE
from tests.calls.test_onward import Scene
from yingda.calls import flow_protocol as flows
from yingda.calls.effects import Alarm, EndCall, FlowRequest
from yingda.calls.model import LegState, Phase
from yingda.media import protocol as media

QUEUE = "queue:sales"


def talking(destination: str = QUEUE, kind: str = "bridge", **more: object) -> tuple[Scene, str]:
    """Somebody has answered; the leg of his phone."""
    scene = Scene()
    scene.sign_in("a1")
    scene.transfer(kind, destination, **more)
    return scene, scene.agent_answers()


def press(scene: Scene, digit: str) -> None:
    report = media.DigitHeard(number=3, measured_at=scene.now, leg_id="c1", digit=digit, duration_ms=80)
    scene.do(scene.switch.media_report(report, scene.now))


def events(scene: Scene) -> list[flows.AnyHappened]:
    bodies = [one.body for one in scene.effects if isinstance(one, FlowRequest)]
    return [body.event for body in bodies if isinstance(body, flows.Told)]


def test_a_queue_finds_an_agent_and_the_flow_goes_on_when_he_has_hung_up() -> None:
    scene, agent = talking()
    assert (scene.call.phase, scene.told()) == (Phase.TALKING, [])
    assert scene.call.data == {"grade": "gold"}, "the flow's variables are on his desk"
    assert {entry[:2] for entry in scene.call.heard} == {("c1", agent), (agent, "c1")}
    scene.wait(12)
    scene.do(scene.switch.cleared(agent, scene.now))
    assert scene.told() == [("far_end_disconnect", 12_000)]
    assert scene.call.phase is Phase.GREETING and not scene.call.heard
    scene.acts(flows.Play(request=8, items=["file:/on.wav"]))
    assert scene.plays()[-1] == ["file:/on.wav"]
    scene.acts(flows.Exit(fault="", disconnect=False, values={}, data={}))
    kinds = [kind for kind in scene.kinds() if kind.partition(".")[0] in ("flow", "queue", "offer", "handling")]
    assert kinds == [
        *("flow.entered", "queue.entered", "offer.made", "offer.alerting", "offer.ended"),
        *("handling.started", "handling.connected", "queue.left", "handling.released", "flow.left"),
    ]
    assert scene.data("queue.left")[0]["outcome"] == "answered"
    assert scene.data("handling.started")[0]["origin"] == "offer"
    assert [left["exit"] for left in scene.data("flow.left")] == ["done"]
    assert "recording.ended" in scene.kinds()


@pytest.mark.parametrize("destination", ["agent:1003", "sip:8103@yingda"])
def test_an_agent_by_name_is_waited_for_too(destination: str) -> None:
    scene = Scene()
    scene.transfer("bridge", destination)
    agent = scene.answers(seconds=5)
    (started,) = scene.data("handling.started")
    assert (started["origin"], started["queue_id"], started["agent_id"]) == ("direct", "direct", "a3")
    assert scene.told() == [] and scene.call.flow is not None and "flow.left" not in scene.kinds()
    scene.do(scene.switch.cleared(agent, scene.now))
    assert scene.told() == [("far_end_disconnect", 5_000)]
    assert (scene.call.phase, scene.call.handling_id) == (Phase.GREETING, None)
    assert "handling.released" in scene.kinds()


@pytest.mark.parametrize(
    ("way", "result"),
    [
        ("key", "near_end_disconnect"),
        ("time", "maxtime_disconnect"),
        ("desk", "far_end_disconnect"),
        ("leader", "far_end_disconnect"),
    ],
)
def test_other_ends_of_the_talk(way: str, result: str) -> None:
    scene, agent = talking(maximum_ms=30_000)
    scene.wait(5)
    handling = scene.call.handling_id or ""
    if way == "key":
        press(scene, "*")
        assert events(scene)[-1] == flows.Key(key="*")
        scene.acts(flows.EndTransfer(request=7))
    elif way == "time":
        scene.wait(26)
    else:
        scene.do(scene.switch.hang_up(handling, scene.now, "agent" if way == "desk" else "leader"))
    assert scene.told() == [(result, 30_000 if way == "time" else 5_000)]
    assert EndCall(agent, False) in scene.effects and scene.call.phase is Phase.GREETING
    assert scene.data("handling.released")[0]["handling_id"] == handling


def test_a_phone_that_breaks() -> None:
    """A queue has another agent for him; who was called by name has none."""
    scene, agent = talking()
    scene.do(scene.switch.broken(agent, scene.now))
    assert (scene.call.phase, scene.told()) == (Phase.WAITING, [])
    assert [entered["cause"] for entered in scene.data("queue.entered")] == ["first", "agent_lost"]
    scene = Scene()
    scene.transfer("bridge", "agent:1003")
    scene.do(scene.switch.broken(scene.answers(seconds=5), scene.now))
    assert scene.told() == [("network_disconnect", 5_000)] and scene.call.phase is Phase.GREETING


def test_nobody_in_time_is_told_to_the_flow() -> None:
    scene = Scene()
    scene.transfer("bridge", QUEUE, connect_ms=20_000)
    assert (scene.call.phase, scene.plays()) == (Phase.WAITING, [["file:music.wav"]])
    scene.wait(21)
    assert scene.told() == [("noanswer", 0)] and scene.call.phase is Phase.GREETING
    (left,) = scene.data("queue.left")
    assert (left["outcome"], left["to"]) == ("diverted", "flow:f1")


def test_an_agent_who_answers_at_the_last_moment_is_let_finish() -> None:
    scene = Scene()
    scene.sign_in("a1")
    scene.transfer("bridge", QUEUE, connect_ms=10_000)
    leg = scene.agent_leg()
    scene.late = {"set_gain"}
    scene.wait(4)
    scene.do(scene.switch.ringing(leg, scene.now))
    scene.wait(5.9)
    scene.do(scene.switch.answered(leg, REMOTE, scene.now))
    assert scene.switch.table.legs[leg].state is LegState.JOINING
    scene.wait(0.5)
    assert scene.told() == []
    scene.catch_up()
    scene.do(scene.switch.media_report(media.LegAlive(number=2, measured_at=scene.now, leg_id=leg), scene.now))
    assert scene.call.phase is Phase.TALKING


def test_no_limit_is_no_limit() -> None:
    scene, _ = talking(maximum_ms=0, connect_ms=0)
    scene.wait(4_000)
    assert scene.call.phase is Phase.TALKING and scene.told() == []


def test_a_queue_that_lets_him_go() -> None:
    """Its longest wait is over: no last words, the flow has its own."""
    scene = Scene()
    scene.transfer("bridge", QUEUE)
    scene.wait(61)
    assert scene.told() == [("noanswer", 0)]
    assert scene.data("queue.left")[0]["outcome"] == "turned_away"
    assert scene.call.phase is Phase.GREETING and "interaction.ended" not in scene.kinds()


def test_transferaudio_is_heard_until_somebody_answers() -> None:
    scene = Scene()
    scene.sign_in("a1")
    scene.transfer("bridge", QUEUE, audio=["file:/waltz.wav"])
    assert scene.plays() == [["file:/waltz.wav"]]
    scene.agent_answers()
    assert scene.plays() == [["file:/waltz.wav"]] and scene.call.play_id is None


def test_he_gives_up_waiting_by_a_key() -> None:
    scene = Scene()
    scene.transfer("bridge", QUEUE)
    scene.wait(3)
    press(scene, "9")
    scene.acts(flows.EndTransfer(request=7))
    assert scene.told() == [("near_end_disconnect", 0)] and scene.call.phase is Phase.GREETING


@pytest.mark.parametrize("talk", [False, True])
def test_a_caller_who_hangs_up_leaves_the_queue_or_the_talk_and_the_flow(talk: bool) -> None:
    scene = Scene()
    if talk:
        scene, _ = talking()
    else:
        scene.transfer("bridge", QUEUE)
    scene.wait(8)
    scene.do(scene.switch.cleared("c1", scene.now))
    assert isinstance(events(scene)[-2], flows.HungUp)
    assert scene.data("queue.left")[0]["outcome"] == ("answered" if talk else "abandoned")
    assert scene.data("flow.left")[0]["exit"] == "hangup"
    scene.wait(20)
    assert scene.kinds()[-1] == "interaction.ended" or scene.kinds()[-1].startswith(("agent", "handling"))
    assert not scene.switch.table.calls


@pytest.mark.parametrize("talk", [False, True])
def test_a_flow_that_breaks_leaves_him_where_he_is(talk: bool) -> None:
    scene = Scene()
    if talk:
        scene, _ = talking()
    else:
        scene.transfer("bridge", QUEUE)
    scene.do(scene.switch.flow_lost(None, "gone", scene.now))
    assert scene.call.phase is (Phase.TALKING if talk else Phase.WAITING) and scene.call.flow is None
    assert len(scene.data("queue.entered")) == 1 and scene.data("flow.left")[0]["exit"] == "error"
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.kinds().count("flow.left") == 1


def test_a_colleague_takes_him_over_and_the_flow_waits_on() -> None:
    scene, _ = talking()
    handling = scene.call.handling_id or ""
    scene.do(scene.switch.act(lambda: scene.switch.transfers.blind(handling, ("agent", "a3"), scene.now)))
    second = scene.agent_answers()
    assert scene.call.phase is Phase.TALKING and scene.told() == []
    scene.wait(4)
    scene.do(scene.switch.cleared(second, scene.now))
    assert [result for result, _ in scene.told()] == ["far_end_disconnect"]


def test_a_consultation_with_a_queue_leaves_the_flow_when_somebody_answers() -> None:
    scene, agent = talking(kind="consultation")
    assert scene.told() == [("connection.disconnect.transfer", 0)]
    assert scene.data("flow.left")[0]["exit"] == "queue" and scene.call.flow is None
    scene.do(scene.switch.cleared(agent, scene.now))
    assert "interaction.ended" in scene.kinds()


def test_keys_of_card_data_reach_no_flow_by_signalling_either() -> None:
    scene, _ = talking()
    pause, resume = scene.switch.stage.recordings.pause, scene.switch.stage.recordings.resume
    scene.do(scene.switch.act(lambda: pause(scene.call, scene.now)))
    press(scene, "4")
    assert not [event for event in events(scene) if isinstance(event, flows.Key)]
    scene.do(scene.switch.act(lambda: resume(scene.call, scene.now)))
    press(scene, "5")
    assert [event.key for event in events(scene) if isinstance(event, flows.Key)] == ["5"]


def test_what_waits_for_him_outlives_a_restart_of_control() -> None:
    scene, agent = talking()
    scene.wait(3)
    scene.restart()
    scene.do(scene.switch.cleared(agent, scene.now))
    assert scene.told() == [("far_end_disconnect", 3_000)]


@pytest.mark.parametrize("bridged", [True, False])
def test_a_caller_whom_no_queue_takes_back_is_not_lost(bridged: bool) -> None:
    scene, agent = talking(kind="bridge" if bridged else "blind")
    scene.switch.table.plan.queues.clear()  # a configuration took them away meanwhile
    scene.do(scene.switch.broken(agent, scene.now))
    if not bridged:  # there is nothing to say to him here
        assert scene.kinds()[-1] == "interaction.ended" and any(
            isinstance(one, Alarm) and one.kind == "caller_stranded" for one in scene.effects
        )
        return
    assert scene.told() == [("network_disconnect", 0)] and scene.call.phase is Phase.GREETING
    scene.acts(flows.Exit(fault="error.semantic", disconnect=False, values={}, data={}))
    assert scene.data("flow.left")[-1]["exit"] == "error"
