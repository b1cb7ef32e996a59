"""Customers whom an agent sends into a flow: for good, to come back to him, to a survey; and what goes wrong there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.agents.handset import Handset
from yingda.agents.shown import of_call
from yingda.calls import flow_protocol as flows
from yingda.calls.attached import covered, plain
from yingda.calls.effects import EndCall, FlowRequest, MediaRequest
from yingda.calls.model import Call, Phase, Room
from yingda.calls.numbering import NumberPlan
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

CARD = "6222 0212 3456 7894"


def centre() -> Centre:
    document = CENTRE.model_dump()
    document["documents"] = [{"id": "d1", "name": "card", "text": "<vxml/>"}]
    document["queues"].append({"id": "q2", "name": "cards", "survey": "rating"})
    document["centre"]["survey"] = "rating"
    document["flows"] += [
        {"id": f"f{n}", "name": name, "queue": queue, "document": "card"}
        for n, name, queue in ((2, "identity", "sales"), (3, "rating", "sales"), (4, "lost card", "cards"))
    ]
    return Centre.model_validate(document)


class Scene(Driver):
    """a1 talks with the customer c1; a2 is free."""

    def __init__(self) -> None:
        super().__init__()
        found = centre()
        self.distributor.configure(found, self.now)
        self.switch.use(NumberPlan(found, 1), self.switch.table.sounds)
        self.sign_in("a1")
        self.reach_queue("c1")
        self.one = self.agent_answers()
        self.effects.clear()

    @property
    def call(self) -> Call:
        return self.switch.table.calls[self.switch.table.legs["c1"].interaction_id]

    @property
    def handling(self) -> str:
        return self.distributor.floor.sessions["a1"].handling_id or ""

    def state(self, agent: str = "a1") -> str:
        span = self.distributor.floor.sessions[agent].span
        assert span is not None
        return span.state.value

    def send(self, flow: str = "identity", *, back: bool = True) -> None:
        self.do(Handset(self.switch).send("a1", flow, self.now, back=back))

    def acts(self, *acts: flows.AnyAct) -> None:
        self.do(self.switch.flow_acts(self.call.run_id or "", acts, self.now))

    def exits(self, fault: str = "", data: dict[str, str | float] | None = None, **values: object) -> None:
        self.acts(flows.Exit(fault=fault, disconnect=False, values=values, data=data or {}))

    def press(self, digit: str) -> None:
        heard = media.DigitHeard(number=3, measured_at=self.now, leg_id="c1", digit=digit, duration_ms=100)
        self.do(self.switch.media_report(heard, self.now))

    def asked(self, kind: type) -> list[media.AnyCommand]:
        commands = [effect.command for effect in self.effects if isinstance(effect, MediaRequest)]
        return [command for command in commands if isinstance(command, kind)]

    def told(self) -> list[object]:
        return [effect.body for effect in self.effects if isinstance(effect, FlowRequest)]

    def last(self, kind: str) -> dict[str, object]:
        return self.data(kind)[-1]


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(YingdaError) as caught:
        deed()
    return caught.value.code


def test_the_agent_waits_and_has_the_customer_again_with_what_the_flow_found_out() -> None:
    scene = Scene()
    scene.send()
    assert (scene.call.phase, scene.state()) == (Phase.AWAY, "holding")
    assert scene.last("handling.held")["target"] == "flow:f2"
    (start,) = [body for body in scene.told() if isinstance(body, flows.Start)]
    assert start.discreet and start.flow == "identity"
    assert start.session["sent"] == {"agent": "1001", "back": True, "survey": False}
    (pause,) = scene.asked(media.PauseRecording)
    assert isinstance(pause, media.PauseRecording) and pause.digits
    assert not scene.call.heard, "they hear each other no more"
    for digit in "6222":
        scene.press(digit)
    scene.exits(verified=True, name="王", tries=2, card=CARD, nothing=None)
    assert scene.call.data == {"verified": "true", "name": "王", "tries": 2.0, "card": "************7894"}
    assert (scene.call.phase, scene.state(), scene.call.handling_id) == (Phase.TALKING, "talking", scene.handling)
    assert len(scene.call.heard) == 2 and not any(one.paused for one in scene.call.running())
    assert scene.last("handling.retrieved")["result"] == "done"
    assert scene.last("flow.left")["exit"] == "agent"
    assert scene.kinds().count("handling.started") == 1 and "handling.transferred" not in scene.kinds()
    assert CARD.replace(" ", "") not in str(scene.events).replace(" ", "")
    scene.exits()  # late acts of a flow that is over change nothing
    assert scene.call.phase is Phase.TALKING


@pytest.mark.parametrize("end", ["fault", "lost", "plane", "limit", "queue", "taken"])
def test_however_the_flow_ends_he_is_back_with_his_agent(end: str) -> None:
    scene = Scene()
    scene.send()
    run, switch = scene.call.run_id, scene.switch
    ends: dict[str, Callable[[], object]] = {
        "fault": lambda: scene.exits(fault="error.semantic: boom"),
        "lost": lambda: scene.do(switch.flow_lost(run, "slow", scene.now)),
        "plane": lambda: scene.do(switch.flow_lost(None, "gone", scene.now)),
        "limit": lambda: scene.wait(1_801),
        "queue": lambda: scene.acts(flows.Transfer(request=1, kind="blind", destination="queue:cards", data={})),
        "taken": lambda: scene.do(switch.retrieve(scene.handling, scene.now)),
    }
    ends[end]()
    assert (scene.call.phase, scene.state()) == (Phase.TALKING, "talking")
    assert [kind for kind in scene.kinds() if kind in ("flow.entered", "flow.left")] == [
        "flow.entered",
        "flow.left",
    ] * 2
    assert len(scene.data("queue.entered")) == 1
    assert any(isinstance(body, flows.End) for body in scene.told()) or end == "fault"


@pytest.mark.parametrize("how", ["hangs up", "breaks"])
def test_an_agent_who_is_gone_is_followed_by_a_queue(how: str) -> None:
    scene = Scene()
    scene.send()
    end = scene.switch.cleared if how == "hangs up" else scene.switch.broken
    scene.do(end(scene.one, scene.now))
    assert scene.call.flow is not None, "the customer goes on with the flow"
    scene.exits(verified="yes")
    entered = scene.last("queue.entered")
    assert (entered["cause"], entered["priority"], entered["queue_id"]) == ("returned", 100, "q1")
    assert scene.call.data == {"verified": "yes"}
    scene.sign_in("a2")
    scene.agent_answers()
    assert scene.call.phase is Phase.TALKING


def test_a_customer_who_hangs_up_there_ends_the_call() -> None:
    scene = Scene()
    scene.send()
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.last("flow.left")["exit"] == "hangup"
    assert scene.kinds()[-1] == "interaction.ended"
    assert scene.state() == "wrapup"


def test_a_blind_transfer_ends_the_agents_part() -> None:
    scene = Scene()
    scene.send("lost card", back=False)
    assert scene.state() == "wrapup"
    assert scene.last("handling.transferred") == {
        "handling_id": scene.handling, "how": "blind", "target": "flow:f4", "result": "completed"
    }  # fmt: skip
    assert scene.last("flow.entered")["self_service"] is False
    scene.exits(fault="error.badfetch: no")
    entered = scene.last("queue.entered")
    assert (entered["cause"], entered["queue_id"]) == ("transfer", "q2"), "the flow's own queue"


def test_a_flow_that_serves_him_ends_the_call() -> None:
    scene = Scene()
    scene.send(back=False)
    scene.exits()
    assert scene.last("flow.left")["exit"] == "done"
    assert scene.kinds()[-1] == "interaction.ended"


@pytest.mark.parametrize(
    ("answers", "way", "result"),
    [
        ({"score": 5.0}, "exits", "answered"),
        ({}, "exits", "declined"),
        ({}, "hangs", "none"),
        ({"score": 1.0}, "hangs", "answered"),
    ],
)
def test_a_survey_is_ledgered(answers: dict[str, float], way: str, result: str) -> None:
    scene = Scene()
    handling = scene.handling
    scene.do(Handset(scene.switch).survey("a1", scene.now))
    assert scene.state() == "wrapup" and "handling.transferred" not in scene.kinds()
    offered = scene.last("survey.offered")
    assert offered["handling_id"] == handling
    scene.acts(*(flows.Rated(question=question, answer=score) for question, score in answers.items()))
    if way == "exits":
        scene.exits()
    else:
        scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.last("survey.ended") == {
        "survey_id": offered["survey_id"], "handling_id": handling, "answers": answers, "result": result
    }  # fmt: skip
    assert scene.kinds().count("survey.ended") == 1 and scene.kinds()[-1] == "interaction.ended"


def test_what_makes_no_sense_is_refused_and_changes_nothing() -> None:
    scene = Scene()
    hand = Handset(scene.switch)
    assert refused(lambda: scene.send("nowhere")) == "unknown_flow"
    assert refused(lambda: scene.send("main")) == "flow_only_greets"
    assert refused(lambda: hand.send("a3", "identity", scene.now, back=True)) == "agent_not_signed_in"
    assert refused(lambda: scene.switch.sending.take_back(scene.handling, scene.now)) == "not_on_hold"
    scene.send()
    for deed in (
        lambda: scene.send(),
        lambda: hand.survey("a1", scene.now),
        lambda: hand.park("a1", scene.now),
        lambda: hand.record("a1", scene.now, paused=False),
        lambda: scene.switch.hold(scene.handling, scene.now),
        lambda: scene.switch.hang_up(scene.handling, scene.now),
        lambda: scene.switch.transfers.blind(scene.handling, ("queue", "q2"), scene.now),
    ):
        assert refused(deed) == "customer_in_flow"
    scene.exits()
    bare = CENTRE.model_dump() | {"documents": []}
    scene.switch.use(NumberPlan(Centre.model_validate(bare), 2), scene.switch.table.sounds)
    assert refused(lambda: hand.survey("a1", scene.now)) == "no_survey"


def test_what_the_agent_had_paused_stays_paused() -> None:
    scene = Scene()
    scene.do(Handset(scene.switch).record("a1", scene.now, paused=True))
    scene.effects.clear()
    scene.send()
    scene.exits()
    assert [getattr(one, "digits", None) for one in scene.asked(media.PauseRecording)] == [True, False]
    assert not scene.asked(media.ResumeRecording)
    assert scene.data("recording.paused") and not scene.data("recording.resumed")


def test_music_for_the_agent_and_none_for_the_customer_in_the_flow() -> None:
    scene = Scene()
    scene.send()
    plays = {play.leg_id for play in scene.asked(media.Play) if isinstance(play, media.Play)}
    assert plays == {scene.one}
    assert {leg.room for leg in scene.switch.table.open_legs(scene.call)} == {Room.ALONE}


def test_screens_see_where_he_is_and_how_it_ended() -> None:
    scene = Scene()
    scene.send()
    scene.acts(flows.Entered(node="start/card"))
    doc = of_call(scene.call, scene.switch)
    assert (doc["flow"], doc["node_since"]) == ("identity", scene.now)
    expected = {"handling_id": scene.handling, "flow": "identity", "back": True, "survey": False, "since": scene.now}
    assert doc["sent"] == {**expected, "result": None}
    scene.exits()
    doc = of_call(scene.call, scene.switch)
    assert (doc["flow"], doc["node_since"], doc["sent"]) == (None, None, {**expected, "result": "done"})


def test_a_state_restored_in_the_middle_goes_on() -> None:
    scene = Scene()
    scene.send()
    run = scene.call.run_id
    scene.restart()
    found = centre()
    scene.switch.use(NumberPlan(found, 1), scene.switch.table.sounds)
    assert scene.call.run_id == run
    scene.exits(verified="yes")
    assert scene.call.phase is Phase.TALKING


def test_card_numbers_are_cut_to_four_digits_and_other_numbers_are_not() -> None:
    given = plain({"text": f"card {CARD}.", "number": 6222021234567894, "order": "6222021234567890"})
    assert covered(given) == {
        "text": "card ************7894.", "number": "************7894", "order": "6222021234567890"
    }  # fmt: skip
    assert covered({"list": plain({"x": [1, {"a": "二"}]})["x"]}) == {"list": '[1, {"a": "二"}]'}


def test_the_agents_leg_is_cleared_by_a_blind_transfer_alone() -> None:
    for back in (True, False):
        scene = Scene()
        scene.send(back=back)
        assert (EndCall(scene.one, False) in scene.effects) is not back
