"""The plan holds what the benchmark promises, and its tones keep out of each other's way."""

from __future__ import annotations

from pathlib import Path

from bench.call.plan import GREETING_HZ, MUSIC_HZ, Act, full_plan, load, save
from bench.sound import RATE


def test_twenty_are_to_be_answered_and_three_abandoned() -> None:
    callers = full_plan().callers
    assert [caller.outcome for caller in callers].count("answered") == 20
    assert sorted(caller.part for caller in callers if caller.outcome == "abandoned") == [
        "hangs up after waiting longer than short_s",
        "hangs up at once while all are busy",
        "hangs up during ringing",
    ]
    assert len({caller.number for caller in callers}) == 23


def test_one_is_declined_one_not_answered_and_two_arrive_at_the_same_instant() -> None:
    plan = full_plan()
    acts = [caller.acts for caller in plan.callers if caller.outcome == "answered"]
    assert acts.count((Act.DECLINE, Act.ANSWER)) == 1
    assert acts.count((Act.IGNORE, Act.ANSWER)) == 1
    starts = [(wave.name, after) for wave in plan.waves for after, _ in wave.callers]
    assert len(starts) - len(set(starts)) == 1


def test_no_harmonic_of_a_tone_comes_near_another_tone() -> None:
    plan = full_plan()
    voices = [caller.tone_hz for caller in plan.callers] + [agent.tone_hz for agent in plan.agents]
    tones = [*voices, GREETING_HZ, MUSIC_HZ]
    assert len(set(tones)) == len(tones)
    for hz in voices:
        for times in (2, 3, 5, 7, 9):
            folded = hz * times % RATE
            folded = min(folded, RATE - folded)
            assert all(abs(folded - other) >= 12 for other in tones), (hz, times)


def test_a_plan_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    plan = full_plan()
    save(plan, {"sip": 5060}, tmp_path / "plan.json")
    assert load(tmp_path / "plan.json") == (plan, {"sip": 5060})
