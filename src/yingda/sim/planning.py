"""Plays a scenario through the production distributor, replication by replication, and adds up what came of it.

Figures are those of metrics.md sections 5 to 7: the service level by its verdicts, waits of the answered, abandons that
are not short, occupancy of the time signed in. Every replication draws from a seed of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yingda.kernel.clock import SECOND
from yingda.routing.rules import us
from yingda.sim.lean import Duty, LeanDay, Run, Visit
from yingda.sim.scenario import Demand, Group, Scenario, agents_of, rules_of
from yingda.sim.statistics import Estimate, estimate

NEVER = 10 * 86_400 * SECOND
FIGURES = ("service_level", "asa_s", "abandon_rate", "offered", "answered")
Progress = Callable[[int, float | None], None]
"""(replications done, the widest half-width of a service level so far)."""


@dataclass(slots=True)
class Count:
    """Of one queue, in one interval or in all."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short: int = 0
    hit: int = 0
    miss: int = 0
    wait: int = 0

    def add(self, other: Count) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, float | None]:
        decided, judged = self.offered - self.short, self.hit + self.miss
        return {
            "service_level": self.hit / judged if judged else None,
            "asa_s": self.wait / self.answered / SECOND if self.answered else None,
            "abandon_rate": (self.abandoned - self.short) / decided if decided else None,
            "offered": float(self.offered),
            "answered": float(self.answered),
        }


@dataclass(slots=True)
class Outcome:
    """What all replications say. queues: name → figure → estimate; intervals: name → one such mapping an interval;
    occupancy: group → one estimate an interval, and under `all`. calls: how many were played in all."""

    scenario: Scenario
    replications: int
    calls: int
    queues: dict[str, dict[str, Estimate | None]] = field(default_factory=dict)
    intervals: dict[str, list[dict[str, Estimate | None]]] = field(default_factory=dict)
    occupancy: dict[str, list[Estimate | None]] = field(default_factory=dict)
    occupancy_all: dict[str, Estimate | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        def shown(figures: Mapping[str, Estimate | None]) -> dict[str, Any]:
            return {name: one.as_dict() if one else None for name, one in figures.items()}

        scenario = self.scenario
        return {
            "name": scenario.name,
            "seed": scenario.seed,
            "replications": self.replications,
            "calls": self.calls,
            "confidence": 0.95,
            "interval_s": scenario.interval_s,
            "queues": {
                name: {"all": shown(figures), "intervals": [shown(one) for one in self.intervals[name]]}
                for name, figures in self.queues.items()
            },
            "occupancy": {
                name: {
                    "all": (whole.as_dict() if whole else None),
                    "intervals": [one.as_dict() if one else None for one in self.occupancy[name]],
                }
                for name, whole in self.occupancy_all.items()
            },
        }


def play(scenario: Scenario, progress: Progress = lambda _done, _width: None) -> Outcome:
    """At least `replications`, and on until every service level is known well enough, or `most` are done."""
    counts: list[dict[str, list[Count]]] = []
    occupied: list[dict[str, list[tuple[int, int]]]] = []
    calls = 0
    while len(counts) < scenario.most:
        run = replicate(scenario, scenario.seed * 1_000_003 + len(counts))
        counts.append(_count(scenario, run))
        occupied.append(_occupancy(scenario, run))
        calls += len(run.fates)
        width = _widest(scenario, counts) if len(counts) >= 2 else None
        progress(len(counts), width)
        if len(counts) >= scenario.replications and width is not None and width <= scenario.half_width:
            break
    return _outcome(scenario, counts, occupied, calls)


def replicate(scenario: Scenario, seed: int) -> Run:
    """One day."""
    rng = random.Random(seed)
    wrapup = {queue.name: queue.wrapup_s for queue in scenario.queues}
    day = LeanDay(rules_of(scenario), seed, answer=us(scenario.answer_s), wrapup=lambda q: wrapup[q].draw(rng))
    visits = sorted((v for queue in scenario.queues for v in _visits(scenario, queue, rng)), key=lambda v: v.at)
    duties = [duty for group in scenario.groups for duty in _duties(scenario, group)]
    return day.play(visits, duties)


# -- what is drawn ---------------------------------------------------------------------------------------------------


def _visits(scenario: Scenario, queue: Demand, rng: random.Random) -> Iterator[Visit]:
    """A Poisson stream, its rate constant within an interval."""
    length = scenario.interval_s * SECOND
    for interval, count in enumerate(queue.arrivals):
        rate = count * (1 - queue.self_service) / length
        at = interval * length
        while rate:
            at += round(rng.expovariate(rate))
            if at >= (interval + 1) * length:
                break
            again = None
            if queue.redial is not None and rng.random() < queue.redial.share:
                again = queue.redial.after_s.draw(rng)
            patience = queue.patience_s.draw(rng) if queue.patience_s is not None else NEVER
            yield Visit(at, queue.name, patience, queue.handle_s.draw(rng), again=again)


def _duties(scenario: Scenario, group: Group) -> Iterator[Duty]:
    """Agent k is there in every interval that is staffed with more than k; neighbouring intervals are one shift."""
    length = scenario.interval_s * SECOND
    agents = agents_of(group)
    for number, agent_id in enumerate(agents):
        there = [count > number for count in group.staff] + [False]
        begin: int | None = None
        for interval, on in enumerate(there):
            if on and begin is None:
                begin = interval * length
            elif not on and begin is not None:
                yield Duty(agent_id, begin, interval * length, _breaks(group, number, len(agents), begin))
                begin = None


def _breaks(group: Group, number: int, agents: int, begin: int) -> tuple[tuple[int, int], ...]:
    starts = [(begin + us(pause.after_s + pause.spread_s * number / agents), pause) for pause in group.breaks]
    return tuple((at, at + us(pause.length_s)) for at, pause in starts)


# -- what is counted -------------------------------------------------------------------------------------------------


def _count(scenario: Scenario, run: Run) -> dict[str, list[Count]]:
    """By queue and interval of arrival (cohort)."""
    length = scenario.interval_s * SECOND
    counts = {queue.name: [Count() for _ in range(scenario.intervals)] for queue in scenario.queues}
    rules = {queue.name: queue for queue in scenario.queues}
    for fate in run.fates.values():
        interval, queue = min(fate.at // length, scenario.intervals - 1), rules[fate.queue_id]
        within = fate.wait <= us(queue.target_s)
        short = fate.outcome == "abandoned" and fate.wait <= us(min(queue.short_s, queue.target_s))
        answered = fate.outcome == "answered"
        void = short or (fate.outcome == "overflowed" and within)
        counts[fate.queue_id][interval].add(
            Count(
                offered=1,
                answered=answered,
                abandoned=fate.outcome == "abandoned",
                short=short,
                hit=answered and within,
                miss=not void and not (answered and within),
                wait=fate.wait if answered else 0,
            )
        )
    return counts


def _occupancy(scenario: Scenario, run: Run) -> dict[str, list[tuple[int, int]]]:
    """(occupied, there) in µs by group and interval: spans are cut at every boundary."""
    length, last = scenario.interval_s * SECOND, scenario.intervals
    found = {group.name: [[0, 0] for _ in range(last)] for group in scenario.groups}
    for column, spans in enumerate((run.occupied, run.staffed)):
        for agent_id, begin, end in spans:
            rows = found[agent_id.rpartition(" ")[0]]
            for interval in range(begin // length, min(last, -(-end // length))):
                rows[interval][column] += min(end, (interval + 1) * length) - max(begin, interval * length)
    for agent_id, begin, end in run.away:
        rows = found[agent_id.rpartition(" ")[0]]
        for interval in range(begin // length, min(last, -(-end // length))):
            rows[interval][1] -= min(end, (interval + 1) * length) - max(begin, interval * length)
    return {name: [(busy, there) for busy, there in rows] for name, rows in found.items()}


def _whole(scenario: Scenario, counts: list[Count]) -> Count:
    total = Count()
    for count in counts[scenario.warm_up :]:
        total.add(count)
    return total


def _widest(scenario: Scenario, counts: list[dict[str, list[Count]]]) -> float | None:
    widths = []
    for queue in scenario.queues:
        levels = estimate([_whole(scenario, one[queue.name]).figures()["service_level"] for one in counts])
        if levels is not None:
            widths.append(levels.half_width)
    return max(widths, default=None)


def _estimates(counts: list[Count]) -> dict[str, Estimate | None]:
    figures = [count.figures() for count in counts]
    return {name: estimate([one[name] for one in figures]) for name in FIGURES}


def _outcome(
    scenario: Scenario,
    counts: list[dict[str, list[Count]]],
    occupied: list[dict[str, list[tuple[int, int]]]],
    calls: int,
) -> Outcome:
    outcome = Outcome(scenario, len(counts), calls)
    for queue in scenario.queues:
        mine = [one[queue.name] for one in counts]
        outcome.queues[queue.name] = _estimates([_whole(scenario, one) for one in mine])
        outcome.intervals[queue.name] = [_estimates([one[i] for one in mine]) for i in range(scenario.intervals)]
    for group in scenario.groups:
        rows = [one[group.name] for one in occupied]
        outcome.occupancy[group.name] = [estimate([_share(*one[i]) for one in rows]) for i in range(scenario.intervals)]
        outcome.occupancy_all[group.name] = estimate(
            [_share(sum(busy for busy, _ in one), sum(there for _, there in one)) for one in rows]
        )
    return outcome


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
