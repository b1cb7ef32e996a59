"""The benchmarks of routing in small: they measure what they say, and the oracle agrees."""

from __future__ import annotations

from bench.day.__main__ import day, figures, visits
from bench.routing.world import Centre


def test_a_small_centre_is_kept_full_and_the_oracle_agrees() -> None:
    centre = Centre(300, seed=3)
    centre.run(600)
    assert len(centre.core.floor.entries) >= 4_990
    assert centre.checks.made > 0 and centre.checks.mismatches == 0, centre.checks.first
    assert len(centre.times_ns) == len(centre.cpu_ns) >= 600


def test_a_day_is_the_same_for_a_seed_and_with_explain() -> None:
    callers = visits(300, 5)
    with_it, without = day(callers, 6, 5, explain=True), day(callers, 6, 5, explain=False)
    assert with_it.fates == without.fates
    assert with_it.fates != day(visits(300, 6), 6, 6, explain=False).fates
    level, abandoned = figures(without, 20, 5)
    assert 0 < level <= 1 and abandoned >= 0
