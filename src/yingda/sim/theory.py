"""What queueing theory says: Erlang C (M/M/n) and Erlang A (M/M/n+M). The simulator is held to it.

a: offered load in erlangs (arrival rate × mean handle time). Times in one unit of one's own choice.
Erlang C: A. K. Erlang (1917). Erlang A: C. Palm (1957), by the stationary distribution of the birth-death process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theory:
    """In the long run. service_level: share answered within the target of all who call."""

    waiting_probability: float
    service_level: float
    asa: float
    abandon_rate: float = 0.0


def erlang_b(agents: int, load: float) -> float:
    """The share that finds all busy if nobody waits."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, arrivals: float, handle: float, target: float) -> Theory:
    """Nobody gives up. Raises ValueError if the load is not below the number of agents."""
    load = arrivals * handle
    if load >= agents:
        raise ValueError(f"{load:g} erlangs are too much for {agents} agents: the queue has no end")
    blocked = erlang_b(agents, load)
    waits = blocked / (1 - load / agents * (1 - blocked))
    pace = (agents - load) / handle
    return Theory(waits, 1 - waits * math.exp(-pace * target), waits / pace)


def erlang_a(agents: int, arrivals: float, handle: float, patience: float, target: float) -> Theory:
    """Patience is exponential. The wait of somebody who comes and finds n ahead of him is a sum of n + 1 exponential
    steps, the n-th at rate agents/handle + n/patience; he stays through all of them with exponential patience."""
    serve, leave = agents / handle, 1 / patience
    chances = _stationary(agents, arrivals, handle, patience)
    in_time = sum(chances[:agents])
    waits = 1 - in_time
    answered, waited = in_time, 0.0
    for ahead, chance in enumerate(chances[agents:]):
        within, stays, wait = _passage(ahead, serve, leave, target)
        in_time += chance * within
        answered += chance * stays
        waited += chance * wait
    return Theory(waits, in_time, waited / answered, 1 - answered)


def _stationary(agents: int, arrivals: float, handle: float, patience: float) -> list[float]:
    """Chance of each number in the house, until what is left is negligible."""
    logs, log = [0.0], 0.0
    n = 0
    while n < agents or log > max(logs) - 40:
        n += 1
        log += math.log(arrivals) - math.log(min(n, agents) / handle + max(0, n - agents) / patience)
        logs.append(log)
    top = max(logs)
    weights = [math.exp(one - top) for one in logs]
    total = sum(weights)
    return [weight / total for weight in weights]


def _passage(ahead: int, serve: float, leave: float, target: float) -> tuple[float, float, float]:
    """(answered within the target, answered at all, wait in case he is answered × that chance) with so many ahead.

    The head of the line moves when an agent is free (`serve`) or when one of those ahead gives up (`leave` each); with
    him, n are at risk of leaving in the n-th step. Within the target is taken by uniformisation of the steps.
    """
    rates = [serve + step * leave for step in range(ahead, -1, -1)]
    stays, mean = 1.0, 0.0
    for rate in rates:
        stays *= rate / (rate + leave)
        mean += 1 / (rate + leave)
    return _within(rates, leave, target), stays, stays * mean


def _within(rates: list[float], leave: float, target: float) -> float:
    """Chance to pass all steps in order before the target and before giving up: a chain that only goes forward."""
    fastest = max(rates) + leave
    jumps = fastest * target
    here = [1.0] + [0.0] * len(rates)
    weight = math.exp(-jumps)
    found, n, seen = 0.0, 0, 0.0
    while seen < 1 - 1e-12 and n < 10_000:
        found += weight * here[-1]
        seen += weight
        moved = [0.0] * len(here)
        for step, rate in enumerate(rates):
            moved[step] += here[step] * (1 - (rate + leave) / fastest)
            moved[step + 1] += here[step] * rate / fastest
        moved[-1] += here[-1]
        here = moved
        n += 1
        weight *= jumps / n
    return found
