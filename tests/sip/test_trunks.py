"""The health of trunks: who is asked when, and what makes a trunk go down and come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.clock import SECOND
from yingda.sip.trunks import AGAIN_S, MISSES, Changed, FarEnd, TrunkHealth, TrunkState

ONE = FarEnd("t1", "udp", ("192.0.2.1", 5060), 30)
OTHER = FarEnd("t1", "udp", ("192.0.2.2", 5060), 30)
ALONE = FarEnd("t2", "tcp", ("192.0.2.3", 5060), 60)
DOWN, UP = Changed("t1", TrunkState.DOWN), Changed("t1", TrunkState.UP)


def asked(health: TrunkHealth, end: FarEnd, code: int, number: int = 0, now: int = 0) -> Changed | None:
    key = f"{end.address}{number}"
    health.asked(key, end)
    return health.answered(key, code, now)


def test_everybody_is_asked_at_once_and_then_in_his_period() -> None:
    health = TrunkHealth()
    health.watch([ONE, ALONE], 0)
    assert health.due(0) == [ONE, ALONE] and health.due(0) == []
    assert health.next_timer() == 30 * SECOND
    assert health.due(30 * SECOND) == [ONE] and health.due(60 * SECOND) == [ONE, ALONE]


@pytest.mark.parametrize("code", [408, 500, 503])
def test_a_trunk_is_down_when_all_its_far_ends_are_silent_and_up_when_one_is_back(code: int) -> None:
    health = TrunkHealth()
    health.watch([ONE, OTHER], 0)
    assert asked(health, ONE, code) is None and asked(health, ONE, code) is None
    assert asked(health, OTHER, code) is None and health.state("t1") is TrunkState.UP
    assert asked(health, OTHER, code) == DOWN and health.state("t1") is TrunkState.DOWN
    assert asked(health, ONE, code) is None
    assert asked(health, ONE, 200) == UP and asked(health, OTHER, 200) is None


@pytest.mark.parametrize("code", [200, 404, 405, 403])
def test_whoever_refuses_is_there(code: int) -> None:
    health = TrunkHealth()
    health.watch([ONE], 0)
    assert [asked(health, ONE, c) for c in (408, code, 408, code)] == [None] * 4


def test_a_trunk_that_is_not_asked_any_more_counts_as_up() -> None:
    health = TrunkHealth()
    health.watch([ONE], 0)
    for _ in range(MISSES):
        asked(health, ONE, 408)
    health.asked("late", ONE)
    assert health.watch([ALONE], 5) == [UP] and health.answered("late", 408, 5) is None
    assert health.answered("never asked", 200, 5) is None and health.next_timer() == 5


def test_who_misses_once_is_asked_again_soon() -> None:
    health = TrunkHealth()
    health.watch([ONE], 0)
    health.due(0)
    asked(health, ONE, 408, now=SECOND)
    assert health.next_timer() == (1 + AGAIN_S) * SECOND
    health.due((1 + AGAIN_S) * SECOND)
    asked(health, ONE, 408, now=10 * SECOND)
    assert health.next_timer() == (1 + AGAIN_S + 30) * SECOND and not health.alive("t1", "udp", ONE.address)


def test_the_first_question_may_wait() -> None:
    health = TrunkHealth()
    health.watch([FarEnd("t1", "udp", ONE.address, 30, first_s=20)], 0)
    assert health.next_timer() == 20 * SECOND


@pytest.mark.parametrize("answers", [True, False])
def test_where_a_call_failed_a_far_end_that_answers_questions_has_to_answer_one_first(answers: bool) -> None:
    """Else every call after a rest would meet it anew."""
    health = TrunkHealth()
    health.watch([ONE, OTHER], 0)
    health.due(0)
    asked(health, ONE, 200 if answers else 408)
    health.failed("t1", "udp", ONE.address, 10 * SECOND)
    health.rested(10 * SECOND)
    assert health.alive("t1", "udp", ONE.address) is not answers
    if answers:
        assert ONE in health.due(10 * SECOND)
        asked(health, ONE, 200, 1)
        assert health.alive("t1", "udp", ONE.address)


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER, ALONE]), st.sampled_from([200, 404, 408, 503])), max_size=40))
def test_what_is_told_is_what_the_last_answers_say(answers: list[tuple[FarEnd, int]]) -> None:
    health = TrunkHealth()
    ends = [ONE, OTHER, ALONE]
    health.watch(ends, 0)
    told = dict.fromkeys(("t1", "t2"), TrunkState.UP)
    misses = dict.fromkeys(ends, 0)
    for number, (end, code) in enumerate(answers):
        misses[end] = misses[end] + 1 if code in (408, 503) else 0
        changed = asked(health, end, code, number)
        if changed is not None:
            assert told[changed.trunk] is not changed.state
            told[changed.trunk] = changed.state
        for trunk, state in told.items():
            dead = all(count >= MISSES for one, count in misses.items() if one.trunk == trunk)
            assert health.state(trunk) is state and (state is TrunkState.DOWN) == dead
