"""The simulator against queueing theory: what it says of centres that can be computed is what can be computed.

Every run plays the production distributor. Seeds are fixed; intervals are those of 99 % confidence, so that of six
configurations with three figures each all can be demanded to hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from yingda.kernel.clock import SECOND
from yingda.sim.planning import replicate
from yingda.sim.scenario import Demand, Group, Scenario, Spread
from yingda.sim.statistics import Estimate, estimate, student_t
from yingda.sim.theory import Theory, erlang_a, erlang_b, erlang_c

REPLICATIONS, CONFIDENCE = 30, 0.99
HOUR = 3_600.0


def test_erlang_b_and_c_are_the_tabled_ones() -> None:
    assert erlang_b(10, 5) == pytest.approx(0.018385, abs=1e-6)
    assert erlang_c(10, 5, 1, 0).waiting_probability == pytest.approx(0.036105, abs=1e-6)
    assert erlang_c(1, 0.5, 1, 0).waiting_probability == pytest.approx(0.5)
    with pytest.raises(ValueError, match="no end"):
        erlang_c(5, 5, 1, 0)


def test_erlang_a_lies_between_erlang_b_and_c() -> None:
    patient, hasty = (erlang_a(10, 8, 1, patience, 0.1) for patience in (1e5, 1e-4))
    plain = erlang_c(10, 8, 1, 0.1)
    assert patient.service_level == pytest.approx(plain.service_level, abs=1e-3)
    assert patient.abandon_rate < 1e-4
    assert hasty.abandon_rate == pytest.approx(erlang_b(10, 8), abs=1e-3)


def test_with_patience_as_long_as_a_call_the_house_is_an_infinite_one() -> None:
    """Then leaving is at the same rate whether served or not: the number in the house is Poisson."""
    found = erlang_a(5, 5, 1, 1, 0)
    poisson = [math.exp(-5) * 5**n / math.factorial(n) for n in range(5)]
    assert found.waiting_probability == pytest.approx(1 - sum(poisson), abs=1e-9)


def test_students_quantile() -> None:
    assert student_t(29, 0.95) == pytest.approx(2.0452, abs=1e-3)
    assert student_t(9, 0.99) == pytest.approx(3.2498, abs=2e-2)


def measured(agents: int, per_hour: float, handle: float, patience: float | None, target: float) -> dict[str, Estimate]:
    """Of six hours after two in which the queue finds its length."""
    scenario = Scenario(
        name="theory",
        queues=[
            Demand(
                "q",
                arrivals=[per_hour] * 8,
                handle_s=Spread(handle),
                patience_s=Spread(patience) if patience else None,
                target_s=target,
                short_s=0,
                longest_wait_s=86_400,
            )
        ],
        groups=[Group("g", staff=[agents] * 8, queues=["q"])],
        interval_s=3_600,
        warm_up=2,
    )
    figures: dict[str, list[float | None]] = {"service_level": [], "asa": [], "abandon_rate": []}
    for seed in range(REPLICATIONS):
        fates = [f for f in replicate(scenario, 1000 + seed).fates.values() if f.at >= 2 * HOUR * SECOND]
        answered = [fate for fate in fates if fate.outcome == "answered"]
        figures["service_level"].append(sum(f.wait <= target * SECOND for f in answered) / len(fates))
        figures["asa"].append(sum(fate.wait for fate in answered) / len(answered) / SECOND)
        figures["abandon_rate"].append(1 - len(answered) / len(fates))
    found = {name: estimate(values, CONFIDENCE) for name, values in figures.items()}
    return {name: one for name, one in found.items() if one is not None}


def agrees(found: dict[str, Estimate], theory: Theory, names: Sequence[str]) -> None:
    for name in names:
        assert found[name].holds(getattr(theory, name)), f"{name}: {found[name]}, theory {getattr(theory, name):.5f}"


@pytest.mark.parametrize(("agents", "load"), [(3, 1.8), (10, 7.5), (20, 16.0)])
def test_without_giving_up_it_is_erlang_c(agents: int, load: float) -> None:
    handle = 180.0
    per_hour = load * HOUR / handle
    theory = erlang_c(agents, per_hour / HOUR, handle, 20)
    agrees(measured(agents, per_hour, handle, None, 20), theory, ("service_level", "asa"))


@pytest.mark.parametrize(("agents", "load", "patience"), [(4, 3.6, 120.0), (10, 9.5, 90.0), (15, 18.0, 60.0)])
def test_with_giving_up_it_is_erlang_a(agents: int, load: float, patience: float) -> None:
    handle = 180.0
    per_hour = load * HOUR / handle
    theory = erlang_a(agents, per_hour / HOUR, handle, patience, 20)
    agrees(measured(agents, per_hour, handle, patience, 20), theory, ("service_level", "asa", "abandon_rate"))


def level_of_five(serves: Sequence[Sequence[int]]) -> float:
    """Service level of five classes with ten agents each, load 0.90. serves: which classes each group serves."""
    hours = 6
    scenario = Scenario(
        name="five",
        queues=[Demand(f"q{n}", arrivals=[180.0] * hours, handle_s=Spread(180.0), target_s=20) for n in range(5)],
        groups=[Group(f"g{n}", staff=[10] * hours, queues=[f"q{served}" for served in serves[n]]) for n in range(5)],
        interval_s=3_600,
        warm_up=1,
    )
    good = total = 0
    for seed in range(6):
        fates = [f for f in replicate(scenario, seed).fates.values() if f.at >= HOUR * SECOND]
        good += sum(fate.outcome == "answered" and fate.wait <= 20 * SECOND for fate in fates)
        total += len(fates)
    return good / total


def test_two_skills_an_agent_are_almost_as_good_as_all() -> None:
    """A chain: group n serves the classes n and n+1. It closes at least four fifths of the gap."""
    dedicated = level_of_five([[n] for n in range(5)])
    chain = level_of_five([[n, (n + 1) % 5] for n in range(5)])
    pooled = level_of_five([list(range(5))] * 5)
    assert dedicated < chain < pooled
    assert (chain - dedicated) / (pooled - dedicated) >= 0.8, (dedicated, chain, pooled)
