"""What a day brings, drawn before it is played: the same callers whoever is staffed (common random numbers).

Every call type of every replication has a random stream of its own, so that a change of the staffing, or of another
call type, changes none of its callers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from yingda.kernel.clock import SECOND
from yingda.sim.planner.scenario import Break, CallType, Group, Scenario, Spread

NEVER = 1 << 60
"""µs; later than anything that happens."""


@dataclass(slots=True)
class Caller:
    """One customer. Times in µs: at, when he is to be queued; patience, how long he waits at most; talk, wrapup: of the
    agent who serves him. entry_id: where he waits now. rng: for what he does if he gives up."""

    at: int
    call_type: CallType
    patience: int
    talk: int
    wrapup: int
    rng: random.Random
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent's time on duty in µs; end None: until the last caller is served. breaks: (at, length)."""

    agent_id: str
    group: Group
    begin: int
    end: int | None
    breaks: tuple[tuple[int, int], ...]


def draw(spread: Spread, rng: random.Random) -> int:
    """µs."""
    mean, shape = spread.mean_s, spread.cv
    if mean == 0 or spread.distribution == "constant":
        seconds = mean
    elif spread.distribution == "exponential":
        seconds = rng.expovariate(1 / mean)
    elif spread.distribution == "gamma":
        seconds = rng.gammavariate(1 / shape**2, mean * shape**2)
    else:
        variance = math.log(1 + shape**2)
        seconds = rng.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))
    return round(seconds * SECOND)


def callers(scenario: Scenario, replication: int) -> tuple[list[Caller], int]:
    """(those who want an agent, in the order they come; how many the flow serves by itself)."""
    found: list[Caller] = []
    served = 0
    for number, call_type in enumerate(scenario.call_types):
        rng = random.Random(f"{scenario.seed} {replication} {number}")
        for at in _arrivals(scenario, call_type, rng):
            caller = Caller(
                at,
                call_type,
                patience_of(call_type, rng),
                draw(call_type.handle, rng),
                draw(call_type.wrapup, rng),
                random.Random(rng.getrandbits(64)) if call_type.redials else rng,
            )
            if rng.random() < call_type.ivr_share:
                served += 1
            else:
                found.append(caller)
    return sorted(found, key=lambda caller: caller.at), served


def patience_of(call_type: CallType, rng: random.Random) -> int:
    """µs."""
    return draw(call_type.patience, rng) if call_type.patience is not None else NEVER


def _arrivals(scenario: Scenario, call_type: CallType, rng: random.Random) -> Iterator[int]:
    """A Poisson stream whose rate is constant within an interval."""
    length = scenario.interval_s * SECOND
    for interval, expected in enumerate(scenario.calls(call_type)):
        at = float(interval * length)
        while expected > 0:
            at += rng.expovariate(expected / length)
            if at >= (interval + 1) * length:
                break
            yield int(at)


def shifts(scenario: Scenario) -> list[Shift]:
    """Everybody's. Seat k of a group is taken in the intervals that staff at least k; a seat that is left and taken
    again is another agent. Nobody goes home at the end of the day while callers wait."""
    return [shift for group in scenario.groups for shift in _shifts(scenario, group)]


def _shifts(scenario: Scenario, group: Group) -> list[Shift]:
    staff, length = scenario.staff(group), scenario.interval_s * SECOND
    spans: list[tuple[int, int, int]] = []
    for seat in range(max(staff)):
        begin: int | None = None
        for interval, count in enumerate((*staff, 0)):
            if count > seat and begin is None:
                begin = interval
            elif count <= seat and begin is not None:
                spans.append((seat, begin, interval))
                begin = None
    breaks = _breaks(scenario, group, spans)
    return [
        Shift(
            f"{group.name} {seat + 1}.{begin}",
            group,
            begin * length,
            end * length if end < scenario.intervals else None,
            tuple(breaks.get((seat, begin), ())),
        )
        for seat, begin, end in spans
    ]


def _breaks(
    scenario: Scenario, group: Group, spans: list[tuple[int, int, int]]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """(seat, begin of the shift) → breaks. Those go first who have been on the fewest."""
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for pause in sorted(group.breaks, key=lambda one: scenario.seconds_from_begin(one.at)):
        interval = scenario.seconds_from_begin(pause.at) // scenario.interval_s
        there = [(seat, begin) for seat, begin, end in spans if begin <= interval < end]
        there.sort(key=lambda seat: len(taken.get(seat, ())))
        for seat in there[: pause.agents]:
            taken.setdefault(seat, []).append(_times(scenario, pause))
    return taken


def _times(scenario: Scenario, pause: Break) -> tuple[int, int]:
    return scenario.seconds_from_begin(pause.at) * SECOND, round(pause.length_s * SECOND)
