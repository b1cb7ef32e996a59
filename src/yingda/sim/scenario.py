"""A scenario: what is asked of the planner, as a YAML document of its own.

Queues with arrivals by interval, handle times, patience and redials; groups of agents with staffing by interval, skills
and breaks. Every mistake is told with its place; the routing of a queue is the distributor's own (`routing.rules`).
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.language import conditions, needs
from yingda.routing.rules import AgentProfile, Arrival, Escalation, Goals, QueueRules, Rules, Skill, Strategy, Weights

MOST_BYTES = 1 << 20
LONGEST_WRAPUP_S = 3_600.0


class Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A distribution of times in seconds. cv: standard deviation ÷ mean, of lognormal."""

    mean: float
    kind: Literal["exponential", "lognormal", "constant", "uniform"] = "exponential"
    cv: float = 1.0

    def draw(self, rng: random.Random) -> int:
        """µs."""
        return round(self._seconds(rng) * SECOND)

    def _seconds(self, rng: random.Random) -> float:
        if self.mean == 0 or self.kind == "constant":
            return self.mean
        if self.kind == "exponential":
            return rng.expovariate(1 / self.mean)
        if self.kind == "uniform":
            return rng.uniform(0, 2 * self.mean)
        variance = math.log(1 + self.cv**2)
        return rng.lognormvariate(math.log(self.mean) - variance / 2, math.sqrt(variance))


class Redial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """share of those who gave up who ring once more, after_s later."""

    share: float
    after_s: Spread


class Demand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A queue. arrivals: calls in each interval (Poisson). self_service: share that the flow serves by itself."""

    name: str
    arrivals: list[float]
    handle_s: Spread
    wrapup_s: Spread = Spread(0)
    patience_s: Spread | None = None
    self_service: float = 0.0
    redial: Redial | None = None
    target_s: float = 20
    short_s: float = 5
    longest_wait_s: float = 3_600
    needs: str = ""
    strategy: Strategy = "longest_idle"
    weights: Weights = Weights()
    goals: Goals = Goals()
    on_arrival: list[Arrival] = []
    escalations: list[Escalation] = []


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A break: begins after_s into a shift, spread evenly over the group by up to spread_s."""

    after_s: float
    length_s: float
    spread_s: float = 0


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Agents alike: how many are staffed in each interval, what they serve and can, their breaks."""

    name: str
    staff: list[int]
    queues: list[str] = []
    skills: dict[str, Skill] = {}
    breaks: list[Pause] = []


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """interval_s: length of an interval; warm_up: intervals at the start that are played and not counted. replications:
    at least; more are run, up to `most`, until the service level of every queue is known to `half_width`."""

    name: str
    queues: list[Demand]
    groups: list[Group]
    interval_s: int = 1_800
    begin: str = "00:00"
    warm_up: int = 0
    answer_s: float = 0
    replications: int = 30
    most: int = 300
    half_width: float = 0.02
    seed: int = 1
    by_goals: bool = False
    priority_point_s: float = 0

    @property
    def intervals(self) -> int:
        return len(self.queues[0].arrivals)


def read(path: Path) -> Scenario:
    """Raises YingdaError bad_scenario: a sentence with the place."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _bad(f"{path} cannot be read: {error.strerror or error}") from None
    if len(raw) > MOST_BYTES:
        raise _bad(f"{path.name} is larger than 1 MB")
    try:
        document = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _bad(f"{path.name}{f':{mark.line + 1}' if mark else ''}: this is not YAML") from None
    return parse(document)


def parse(document: Any) -> Scenario:
    """Raises YingdaError bad_scenario."""
    try:
        scenario = msgspec.convert(document, Scenario)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _bad(str(error)) from None
    _check(scenario)
    return scenario


def rules_of(scenario: Scenario) -> Rules:
    """Names are ids here. Agents are numbered within their group."""
    queues = {
        queue.name: QueueRules(
            queue.name,
            target_s=queue.target_s,
            short_s=min(queue.short_s, queue.target_s),
            wrapup_s=LONGEST_WRAPUP_S if queue.wrapup_s.mean else 0,
            longest_wait_s=queue.longest_wait_s,
            needs=queue.needs,
            strategy=queue.strategy,
            weights=queue.weights,
            goals=queue.goals,
            arrivals=tuple(queue.on_arrival),
            escalations=tuple(queue.escalations),
        )
        for queue in scenario.queues
    }
    agents = {
        agent_id: AgentProfile(agent_id, tuple(group.queues), skills=group.skills)
        for group in scenario.groups
        for agent_id in agents_of(group)
    }
    reasons: Mapping[str, Literal["break"]] = {"break": "break"}
    return Rules(
        queues=queues,
        agents=agents,
        reasons=dict(reasons),
        explain=False,
        by_goals=scenario.by_goals,
        point_s=scenario.priority_point_s,
        names={name: name for name in queues},
    )


def agents_of(group: Group) -> list[str]:
    return [f"{group.name} {number}" for number in range(1, max(group.staff, default=0) + 1)]


def _check(scenario: Scenario) -> None:
    names = [queue.name for queue in scenario.queues]
    _demand(bool(names) and bool(scenario.groups), "a scenario needs queues and groups")
    _demand(len(set(names)) == len(names), "two queues have the same name")
    _demand(len({group.name for group in scenario.groups}) == len(scenario.groups), "two groups have the same name")
    _demand(0 < scenario.interval_s <= 86_400, "interval_s must be between 1 and 86400")
    _demand(2 <= scenario.replications <= scenario.most <= 10_000, "2 ≤ replications ≤ most ≤ 10000")
    _demand(re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", scenario.begin) is not None, "begin must be like 08:00")
    _demand(0 < scenario.half_width < 1, "half_width must be between 0 and 1")
    _demand(0 <= scenario.warm_up < scenario.intervals, "warm_up must leave an interval to be counted")
    for queue in scenario.queues:
        _check_queue(scenario, queue, names)
    for group in scenario.groups:
        where = f"group {group.name}"
        _demand(len(group.staff) == scenario.intervals, f"{where}: staff must have {scenario.intervals} numbers")
        _demand(all(0 <= count <= 10_000 for count in group.staff), f"{where}: staff must be from 0 to 10000")
        for name in group.queues:
            _demand(name in names, f"{where}: there is no queue {name}")
        _demand(all(pause.length_s > 0 and pause.after_s >= 0 for pause in group.breaks), f"{where}: a break is empty")


def _check_queue(scenario: Scenario, queue: Demand, names: list[str]) -> None:
    where = f"queue {queue.name}"
    _demand(len(queue.arrivals) == scenario.intervals, f"{where}: arrivals must have {scenario.intervals} numbers")
    _demand(all(0 <= count <= 100_000 for count in queue.arrivals), f"{where}: arrivals must be from 0 to 100000")
    _demand(0 <= queue.self_service < 1, f"{where}: self_service must be from 0 up to 1")
    _demand(queue.redial is None or 0 <= queue.redial.share <= 1, f"{where}: redial.share must be from 0 to 1")
    spreads = [queue.handle_s, queue.wrapup_s, queue.patience_s, queue.redial.after_s if queue.redial else None]
    for spread in spreads:
        _demand(spread is None or 0 <= spread.mean <= 86_400, f"{where}: a mean must be from 0 to 86400 s")
        _demand(spread is None or 0 < spread.cv <= 10, f"{where}: a cv must be above 0 and at most 10")
    _demand(queue.handle_s.mean > 0, f"{where}: handle_s must be above 0")
    try:
        asked = needs.parse(queue.needs)
        for rule in queue.escalations:
            needs.parse(rule.needs or "")
            conditions.parse(rule.when)
        for arrival in queue.on_arrival:
            needs.parse(arrival.first)
            conditions.parse(arrival.when)
    except YingdaError as error:
        raise _bad(f"{where}: {error.sentence}") from None
    for rule in queue.escalations:
        for target in (rule.also, rule.move):
            _demand(target is None or target in names, f"{where}: escalation {rule.name}: there is no queue {target}")
    if asked.steps:
        return
    _demand(any(queue.name in group.queues for group in scenario.groups), f"{where}: no group serves it")


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise _bad(sentence)


def _bad(sentence: str) -> YingdaError:
    return YingdaError("bad_scenario", f"The scenario cannot be played: {sentence}.")
