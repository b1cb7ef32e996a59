"""What waiting callers hear and may press, and call-backs through the whole switch (ACD-32, 34 to 39, 55)."""

from __future__ import annotations

import msgspec
import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.agents.levers import pull
from yingda.agents.shown import of_queue, sister_load
from yingda.calls.effects import EndCall, InviteDevice, InviteNumber, MediaRequest
from yingda.calls.emergencies import Emergencies, Emergency, standing
from yingda.calls.model import Call, Waits
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.calls.treatment import LONGER, UNDER_A_MINUTE, WaitingSounds, first_round, next_round, step_of
from yingda.kernel.config.centre import Centre, Queue
from yingda.kernel.config.sites import Site, SiteQueue
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.media import protocol as media
from yingda.planes.waiting_sounds import waiting_sounds
from yingda.routing.sites import QueueLoad

SOUNDS = WaitingSounds(
    welcome=["welcome"],
    comfort=(["comfort1"], ["comfort2"], ["comfort3"]),
    places={1: ["place1"], 2: ["place2"]},
    waits={UNDER_A_MINUTE: ["soon"]},
    keys=["keys"],
    callback_key="1",
    message_key="2",
    every_s=30,
    owed=["owed"],
    thanked=["thanked"],
    sorry=["sorry"],
    message=["beep"],
    busy=["busy"],
    closed=["closed"],
    emergency=["emergency"],
    overflows={"later": ["overflow"]},
    lengths={"welcome": 5.0, "place1": 2.0, "soon": 2.0, "keys": 6.0, "comfort1": 10.0, "comfort2": 10.0},
)


def centre(**queue: object) -> Centre:
    document = CENTRE.model_dump()
    document["queues"][0] |= {"music": None, **queue}
    return Centre.model_validate(document)


class Sounds:
    def greeting(self, flow_id: str) -> list[str]:
        return ["file:greeting.wav"]

    def take_by_key(self) -> list[str]:
        return ["file:press-one.wav"]

    def trunk_full(self, trunk_id: str) -> list[str]:
        return []

    def agent_number(self, number: str) -> list[str]:
        return []

    def queue_name(self, queue_id: str) -> list[str]:
        return []

    def music(self, queue_id: str) -> list[str]:
        return ["music"]

    def meeting(self, room_id: str) -> dict[str, list[str]]:
        return {}

    def held(self, queue_id: str) -> list[str]:
        return ["music"]

    def waiting(self, queue_id: str) -> WaitingSounds:
        return SOUNDS


class Scene(Driver):
    def __init__(self, given: Centre | None = None) -> None:
        self.centre = given or centre()
        super().__init__()
        self.distributor.configure(self.centre, self.now, 2)

    def _fresh(self) -> Switch:
        plan = NumberPlan(self.centre, 2)
        return Switch(self.ids, plan, self.distributor, Sounds(), self.devices, keep_number=lambda n: f"ref:{n}")

    def heard(self) -> list[list[str]]:
        """Everything played so far."""
        asked = [effect.command for effect in self.effects if isinstance(effect, MediaRequest)]
        return [list(command.items) for command in asked if isinstance(command, media.Play)]

    def call(self) -> Call:
        return next(iter(self.switch.table.calls.values()))

    def played(self) -> None:
        """What is being played to the caller comes to its end."""
        self.end_greeting(self.call().customer)

    def press(self, digit: str) -> None:
        report = media.DigitHeard(
            number=9, measured_at=self.now, leg_id=self.call().customer, digit=digit, duration_ms=90
        )
        self.do(self.switch.media_report(report, self.now))


def waiting(given: Centre | None = None) -> Scene:
    scene = Scene(given)
    scene.reach_queue("c1")
    return scene


# -- what is heard ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "step"), [(0, UNDER_A_MINUTE), (59.9, UNDER_A_MINUTE), (60, 1), (61, 2), (700, 15), (3_601, LONGER)]
)
def test_waits_are_told_in_round_figures(seconds: float, step: int) -> None:
    assert step_of(seconds) == step


def test_announcements_last_longer_than_callers_wait_before_they_give_up() -> None:
    items, used = first_round(SOUNDS, 1, 0.0, 24.0)
    assert (items, used) == (["welcome", "place1", "soon", "keys", "comfort1"], 1)
    assert first_round(SOUNDS, 1, 0.0, 40.0, ["emergency"])[0][0] == "emergency"
    assert first_round(SOUNDS, 1, 0.0, 900.0)[1] == 3


def test_later_rounds_take_comfort_in_turn() -> None:
    assert next_round(SOUNDS, 2, None, 4) == ["place2", "comfort2", "keys"]


def test_rounds_and_music_take_turns_and_are_written_down() -> None:
    scene = waiting()
    assert scene.heard()[-1][:4] == ["welcome", "place1", "soon", "keys"]
    scene.played()
    assert scene.heard()[-1] == ["music"]
    scene.wait(30)
    assert scene.heard()[-1][0] == "place1" and scene.heard()[-1][-1] == "keys"
    assert [told["position"] for told in scene.data("queue.announced")] == [1, 1]


def test_an_agent_interrupts_whatever_is_said() -> None:
    scene = waiting()
    scene.sign_in("a1")
    scene.agent_answers()
    rounds = len(scene.heard())
    scene.wait(90)
    assert len(scene.heard()) == rounds, "nothing is said into the talk"


def emergency(scene: Scene, seconds: float = 60, *items: str) -> None:
    asked = Emergency(queue_id="q1", until=scene.now + round(seconds * 1e6), items=items)
    scene.do(scene.switch.act(lambda: scene.switch.waiting.begin_emergency(asked, scene.now, "user:lead")))


def test_one_click_tells_everybody_who_waits() -> None:
    scene = waiting()
    scene.played()
    emergency(scene)
    assert scene.heard()[-1] == ["emergency"]
    scene.reach_queue("c2")
    assert scene.heard()[-1][0] == "emergency"
    scene.do(scene.switch.act(lambda: scene.switch.waiting.emergencies.stop("q1", scene.now, "user:lead")))
    assert scene.data("queue.emergency_ended") == [{"queue_id": "q1", "why": "leader"}]
    scene.played()
    rounds = len(scene.heard())
    scene.wait(30)
    assert len(scene.heard()) > rounds and "emergency" not in scene.heard()[-1]


def test_an_emergency_ends_by_itself_and_says_what_the_leader_wrote() -> None:
    scene = waiting()
    scene.played()
    emergency(scene, 20, "written")
    assert scene.heard()[-1] == ["written"]
    until = scene.data("queue.emergency_started")[-1]["until"]
    assert scene.switch.next_timer() is not None and until == scene.now + 20_000_000
    scene.wait(20)
    assert scene.data("queue.emergency_ended")[-1] == {"queue_id": "q1", "why": "expired"}
    assert not scene.switch.waiting.emergencies.on


@pytest.mark.parametrize(("queue_id", "seconds", "code"), [("nowhere", 60, "unknown_queue"), ("q1", -1, "bad_until")])
def test_an_emergency_that_cannot_be_is_refused(queue_id: str, seconds: int, code: str) -> None:
    scene = waiting()
    asked = Emergency(queue_id=queue_id, until=scene.now + seconds * 1_000_000)
    with pytest.raises(YingdaError) as refusal:
        scene.switch.waiting.begin_emergency(asked, scene.now, "user:lead")
    assert refusal.value.code == code and not scene.data("queue.emergency_started")


def test_emergencies_are_read_back_from_the_events_and_from_the_state() -> None:
    scene = waiting()
    emergency(scene, 600, "written")
    told = [Event(kind="queue.emergency_started", at=1, data=data) for data in scene.data("queue.emergency_started")]
    (found,) = standing(told)
    assert (found.queue_id, found.until) == ("q1", scene.switch.waiting.emergencies.on["q1"].until)
    ended = Event(kind="queue.emergency_ended", at=2, data={"queue_id": "q1", "why": "leader"})
    assert standing([*told, ended]) == []
    kept = scene.switch.waiting.emergencies.to_state()
    other = Emergencies(scene.switch.table)
    other.restore(kept)
    assert other.on == scene.switch.waiting.emergencies.on


# -- nobody is let go without a word ----------------------------------------------------------------------------------


def test_who_has_waited_longest_is_told_before_he_is_let_go() -> None:
    scene = waiting()
    scene.wait(60)
    assert scene.heard()[-1] == ["busy"]
    assert scene.data("queue.left")[-1]["outcome"] == "turned_away"
    assert not any(isinstance(effect, EndCall) for effect in scene.effects)
    scene.played()
    assert any(isinstance(effect, EndCall) for effect in scene.effects) and not scene.switch.table.calls


def test_what_media_never_reports_keeps_no_call_up() -> None:
    scene = waiting()
    scene.wait(60)
    scene.wait(61)
    assert not scene.switch.table.calls


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"min_agents": 1}, "busy"),
        ({"calendar": "never"}, "closed"),
    ],
)
def test_a_queue_that_takes_nobody_in_says_so(given: dict[str, object], words: str) -> None:
    document = centre(**given).model_dump() | {"calendars": [{"name": "never"}]}
    scene = waiting(Centre.model_validate(document))
    assert scene.heard()[-1] == [words]
    assert not scene.data("queue.entered")
    scene.played()
    assert not scene.switch.table.calls


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


# -- nobody is let go in silence --------------------------------------------------------------------------------------


def bare(given: Centre | None = None) -> Scene:
    """A queue whose announcements cannot be made at all."""
    scene = Scene(given)
    scene.switch.table.sounds = Mute()
    scene.reach_queue("c1")
    return scene


class Mute(Sounds):
    def waiting(self, queue_id: str) -> WaitingSounds:
        return WaitingSounds()


def test_where_no_words_can_be_made_the_tone_asks_for_the_message() -> None:
    scene = bare()
    scene.do(scene.switch.act(lambda: scene.switch.waiting.empty("q1", "message", scene.now, "user:lead")))
    assert scene.heard()[-1] == ["tone:beep"]
    scene.played()
    scene.press("#")
    assert scene.data("message.received") and not scene.switch.table.calls


def test_every_end_of_a_wait_has_words_without_any_being_configured() -> None:
    made = waiting_sounds(Queue(name="bare", calendar="hours"), lambda prompt, _: [prompt.say or ""] if prompt else [])
    ends = (made.busy, made.closed, made.owed, made.sorry, made.message, made.thanked)
    assert all(ends), "whoever is turned away, flushed, promised or asked for something is told so"
