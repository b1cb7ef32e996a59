"""What waiting callers hear, and that nobody is let go without a word (ACD-32, 34 to 36, 55)."""

from __future__ import annotations

import pytest

from tests.calls.waiting import SOUNDS, Scene, Sounds, centre, waiting
from yingda.calls.effects import EndCall
from yingda.calls.emergencies import Emergencies, Emergency, standing
from yingda.calls.treatment import LONGER, UNDER_A_MINUTE, WaitingSounds, first_round, next_round, step_of
from yingda.kernel.config.centre import Centre, Queue
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.planes.waiting_sounds import waiting_sounds

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


def test_an_emergency_without_words_is_refused() -> None:
    scene = bare()
    asked = Emergency(queue_id="q1", until=scene.now + 60_000_000)
    with pytest.raises(YingdaError) as refusal:
        scene.switch.waiting.begin_emergency(asked, scene.now, "user:lead")
    assert refusal.value.code == "no_emergency"
    assert not scene.switch.waiting.emergencies.on and not scene.data("queue.emergency_started")
