"""`yingda simulate` against queueing theory: M/M/n (Erlang C) and M/M/n+M (Erlang A), and pooling.

Closed forms, written out here. With λ the rate of arrivals, μ of service, θ of giving up, n agents and
H(x) = (1 − e^(−θx)) ÷ θ (x if θ = 0), a caller of infinite patience would wait longer than 0 with the density
v(x) = λ π(n−1) e^(λ H(x) − nμx); with the chances π(0…n−1) of fewer than n in the house it adds up to one (Baccelli and
Hébuterne, 1981). Who waits x is still there with e^(−θx).

Seeds are fixed. Every figure must lie within its 95 % interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from yingda.sim.planner.day import Day
from yingda.sim.planner.estimate import Estimate, mean, ratio, student_t
from yingda.sim.planner.scenario import Scenario

REPLICATIONS, HOURS, WARM_UP = 30, 4, 1
CONFIDENCE = 0.95
HANDLE_S, TARGET_S = 120.0, 20.0
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Theory:
    service_level: float
    abandon_rate: float
    asa_s: float


def erlang(agents: int, arrivals: float, handle: float, patience: float | None, target: float) -> Theory:
    """arrivals: per second; times in seconds; patience None: for ever."""
    leave = 1 / patience if patience else 0.0
    x = np.linspace(0, 60 * handle, 600_001)
    stay = np.exp(-leave * x)
    gathered = (1 - stay) / leave if leave else x
    below = np.array([(arrivals * handle) ** j / math.factorial(j) for j in range(agents)])
    density = below[-1] * arrivals * np.exp(arrivals * gathered - agents / handle * x)
    total = below.sum() + np.trapezoid(density, x)
    answered = density * stay / total
    at_once = below.sum() / total
    served = at_once + np.trapezoid(answered, x)
    soon = x <= target
    return Theory(
        service_level=float(at_once + np.trapezoid(answered[soon], x[soon])),
        abandon_rate=float(1 - served),
        asa_s=float(np.trapezoid(answered * x, x) / served),
    )


def scenario(agents: int, load: float, patience: float | None) -> Scenario:
    """One queue in steady state; load in Erlangs."""
    call_type = {"name": "calls", "queue": "q", "calls": [load * 3_600 / HANDLE_S], "handle": {"mean_s": HANDLE_S}}
    if patience:
        call_type["patience"] = {"mean_s": patience}
    return Scenario.model_validate(
        {
            "name": "theory",
            "seed": 11,
            "interval_s": 3_600,
            "intervals": HOURS,
            "warm_up": WARM_UP,
            "queues": [{"name": "q", "target_s": TARGET_S, "short_s": 0, "longest_wait_s": 86_400}],
            "call_types": [call_type],
            "groups": [{"name": "g", "agents": [agents], "queues": ["q"]}],
        }
    )


def measured(played: Scenario) -> dict[str, Estimate]:
    levels, abandons, waits, busy = [], [], [], []
    for number in range(REPLICATIONS):
        tally = Day(played, number).play()
        rows = tally.queues["q"][WARM_UP:]
        answered, offered = sum(row.answered for row in rows), sum(row.offered for row in rows)
        levels.append((sum(row.hit for row in rows), sum(row.hit + row.miss for row in rows)))
        abandons.append((offered - answered, offered))
        waits.append((sum(row.wait for row in rows) / 1e6, answered))
        groups = tally.groups["g"][WARM_UP:]
        busy.append(sum(row.occupied for row in groups) / HOUR_US / len(groups))
    found = {
        "service_level": ratio(levels, CONFIDENCE),
        "abandon_rate": ratio(abandons, CONFIDENCE),
        "asa_s": ratio(waits, CONFIDENCE),
        "busy": mean(busy, CONFIDENCE),
    }
    return {name: one for name, one in found.items() if one is not None}


def test_the_formula_is_the_textbooks() -> None:
    """Erlang C of 5 agents and 4 Erlangs is 0.5541; with θ = μ the house is M/M/∞; patience without end is Erlang C."""
    plain = erlang(5, 4 / 120, 120, None, 0)
    assert 1 - plain.service_level == pytest.approx(0.5541, abs=2e-4)
    assert plain.asa_s == pytest.approx(0.5541 * 120 / (5 - 4), abs=0.05)
    house = erlang(5, 5 / 120, 120, 120, 0)
    assert house.service_level == pytest.approx(
        sum(math.exp(-5) * 5**j / math.factorial(j) for j in range(5)), abs=1e-4
    )
    assert erlang(5, 4 / 120, 120, 1e9, 20).service_level == pytest.approx(
        erlang(5, 4 / 120, 120, None, 20).service_level, abs=1e-4
    )


@pytest.mark.parametrize(("agents", "load"), [(2, 1.2), (5, 3.5), (10, 8.0)])
def test_erlang_c(agents: int, load: float) -> None:
    theory = erlang(agents, load / HANDLE_S, HANDLE_S, None, TARGET_S)
    found = measured(scenario(agents, load, None))
    assert found["service_level"].holds(theory.service_level), (found, theory)
    assert found["asa_s"].holds(theory.asa_s), (found, theory)
    assert found["busy"].holds(load), "whoever is served occupies an agent for the whole of his handle time"


@pytest.mark.parametrize(("agents", "load", "patience"), [(3, 2.7, 60.0), (6, 6.5, 120.0), (10, 9.5, 180.0)])
def test_erlang_a(agents: int, load: float, patience: float) -> None:
    theory = erlang(agents, load / HANDLE_S, HANDLE_S, patience, TARGET_S)
    found = measured(scenario(agents, load, patience))
    assert found["service_level"].holds(theory.service_level), (found, theory)
    assert found["abandon_rate"].holds(theory.abandon_rate), (found, theory)
    assert found["asa_s"].holds(theory.asa_s), (found, theory)
    assert found["busy"].holds(load * (1 - theory.abandon_rate)), (found, theory)


def level_of_five(serves: list[list[str]]) -> float:
    """Service level of five classes and five groups of ten agents, load 0.90. serves: the queues of each group."""
    names = [f"q{number}" for number in range(5)]
    handle = {"mean_s": 180}
    played = Scenario.model_validate(
        {
            "name": "five",
            "interval_s": 3_600,
            "intervals": 4,
            "queues": [{"name": name} for name in names],
            "call_types": [{"name": name, "queue": name, "calls": [180], "handle": handle} for name in names],
            "groups": [{"name": f"g{n}", "agents": [10], "queues": queues} for n, queues in enumerate(serves)],
        }
    )
    rows = [row for n in range(3) for queue in Day(played, n).play().queues.values() for row in queue[WARM_UP:]]
    return sum(row.hit for row in rows) / sum(row.hit + row.miss for row in rows)


def test_two_skills_an_agent_are_almost_as_good_as_all() -> None:
    """A chain, group n serving the classes n and n + 1, closes at least four fifths of the gap to pooling."""
    names = [f"q{number}" for number in range(5)]
    dedicated = level_of_five([[name] for name in names])
    chain = level_of_five([[names[n], names[(n + 1) % 5]] for n in range(5)])
    pooled = level_of_five([names] * 5)
    assert dedicated < chain <= pooled
    assert (chain - dedicated) / (pooled - dedicated) >= 0.8, (dedicated, chain, pooled)


def test_students_quantile_and_the_ratio_estimator() -> None:
    assert student_t(29, 0.95) == pytest.approx(2.0452, abs=1e-3)
    assert student_t(12, 0.95) == pytest.approx(2.1788, abs=1e-3)
    assert ratio([(1, 2), (2, 4), (5, 10)] * 10) == Estimate(0.5, 0.0)
    assert ratio([(0, 0)] * 30) is None
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        below = rng.integers(50, 150, 30)
        found = ratio([(float(rng.binomial(int(n), 0.8)), float(n)) for n in below])
        held += found is not None and found.holds(0.8)
    assert 270 <= held <= 298, "95 % of the intervals hold the truth"
