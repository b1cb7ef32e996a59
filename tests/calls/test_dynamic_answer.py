"""Dynamic answer (TEL-36): while all agents are busy a caller hears ringing for a time, and pays nothing yet."""

from __future__ import annotations

import pytest

from tests.calls.driver import CENTRE, Driver, Sounds
from yingda.calls.effects import AnswerCall, RingCall
from yingda.calls.numbering import NumberPlan

RING_S = 20


class Patient(Driver):
    """One agent, who talks with c1; the number lets later callers ring first."""

    def __init__(self) -> None:
        super().__init__()
        numbers = [number.model_copy(update={"ring_s": RING_S}) for number in CENTRE.numbers]
        self.switch.use(NumberPlan(CENTRE.model_copy(update={"numbers": numbers}), 1), Sounds())
        self.sign_in("a1")
        self.reach_queue("c1")
        self.one = self.agent_answers()

    def said(self, kind: type[AnswerCall] | type[RingCall]) -> list[str]:
        return [effect.leg_id for effect in self.effects if isinstance(effect, kind)]


@pytest.fixture
def scene() -> Patient:
    return Patient()


def test_who_finds_an_agent_free_is_answered_at_once(scene: Patient) -> None:
    assert scene.said(AnswerCall) == ["c1"] and scene.said(RingCall) == []


def test_it_rings_as_long_as_all_are_busy_and_no_longer_than_allowed(scene: Patient) -> None:
    scene.dial("c2")
    assert scene.said(RingCall) == ["c2"]
    scene.wait(RING_S - 1)
    assert scene.said(AnswerCall) == ["c1"]
    scene.wait(1)
    assert scene.said(AnswerCall) == ["c1", "c2"]


def test_he_is_answered_as_soon_as_somebody_is_free(scene: Patient) -> None:
    scene.dial("c2")
    scene.wait(3)
    scene.sign_in("a2")
    scene.wait(1)
    assert scene.said(AnswerCall) == ["c1", "c2"]


def test_who_gives_up_while_it_rings_leaves_nothing_behind(scene: Patient) -> None:
    scene.dial("c2")
    scene.wait(3)
    scene.do(scene.switch.cleared("c2", scene.now))
    scene.wait(RING_S)
    assert scene.said(AnswerCall) == ["c1"] and len(scene.switch.table.calls) == 1
    assert scene.kinds().count("interaction.ended") == 1


def test_it_rings_on_over_a_restart(scene: Patient) -> None:
    scene.dial("c2")
    scene.wait(3)
    scene.restart()
    scene.wait(RING_S - 3)
    assert scene.said(AnswerCall) == ["c1", "c2"]
