"""A scenario as its file says it: queues, call types with their arrivals, groups of agents with their staffing.

Queues, skills and escalations mean what they mean in a centre's document (`kernel.config.centre`), and become the rules
of the distributor by the same code. What a schema cannot say is checked in `scenario_checks`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec.structs import replace
from pydantic import Field

from yingda.kernel.config import centre
from yingda.kernel.config.centre import AgentSkill, Escalation, Expression, Goals, Name, Part, Routing, Seconds, Weights
from yingda.kernel.config.yaml_file import Kind, parse_document, read_document
from yingda.routing.document import rules_of
from yingda.routing.rules import Rules
from yingda.sim.planner.scenario_checks import check

LONGEST_WRAPUP_S: Final = 86_400.0
"""Agents end their wrap-up themselves: the limit is out of the way."""

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Portion = Annotated[float, Field(ge=0, le=1)]
Calls = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Heads = Annotated[int, Field(ge=0, le=5_000)]


class Spread(Part):
    """A distribution of times. cv: standard deviation ÷ mean, of lognormal and gamma."""

    distribution: Literal["exponential", "lognormal", "gamma", "constant"] = "exponential"
    mean_s: Annotated[float, Field(ge=0, le=86_400)]
    cv: Annotated[float, Field(ge=0.01, le=10)] = 1.0


class Redials(Part):
    """Of those who gave up, `share` ring again, `delay` later; each time they give up anew."""

    share: Annotated[float, Field(ge=0, le=0.95)]
    delay: Spread


class CallType(Part):
    """Calls of one kind. calls: how many to expect in each interval (one number: in every interval). Without patience
    callers wait for as long as the queue lets them. ivr_share: of all calls, those that the flow serves by itself."""

    name: Name
    queue: Name
    calls: Annotated[list[Calls], Field(min_length=1)]
    handle: Spread
    wrapup: Spread = Spread(mean_s=0, distribution="constant")
    patience: Spread | None = None
    ivr_share: Portion = 0
    redials: Redials | None = None
    needs: Expression = ""
    priority: Annotated[int, Field(ge=0, le=100)] = 50


class ScenarioQueue(Part):
    """A queue; the keys are those of a centre's document."""

    name: Name
    target_s: Seconds = 20
    short_s: Seconds = 5
    strategy: Literal[
        "longest_idle", "fewest_calls", "even_share", "fixed_order", "most_qualified", "skill_score", "ring_all"
    ] = "longest_idle"
    needs: Expression = ""
    weights: Weights = Weights()
    goals: Goals = Goals()
    protected: bool = False
    escalations: tuple[Escalation, ...] = ()
    ring_limit_s: Annotated[float, Field(ge=1, le=600)] = 20
    longest_wait_s: Annotated[float, Field(ge=1, le=86_400)] = 1_800
    gap_s: Seconds = 0


class Break(Part):
    """`agents` of the group go at `at` for `length_s`, each as soon as his call is over."""

    at: TimeOfDay
    length_s: Annotated[float, Field(ge=1, le=86_400)]
    agents: Annotated[int, Field(ge=1, le=5_000)]


class Group(Part):
    """Agents who are alike. agents: how many are staffed in each interval (one number: in every interval). answer_s:
    from the ring to the answer."""

    name: Name
    agents: Annotated[list[Heads], Field(min_length=1)]
    queues: tuple[Name, ...] = ()
    skills: tuple[AgentSkill, ...] = ()
    answer_s: Seconds = 0
    breaks: tuple[Break, ...] = ()


class Precision(Part):
    """At least `least` replications, and more until the service level of every queue is known to ± half_width, or
    `most` are done."""

    least: Annotated[int, Field(ge=30, le=10_000)] = 30
    most: Annotated[int, Field(ge=30, le=10_000)] = 200
    half_width: Annotated[float, Field(gt=0, lt=1)] = 0.02


class Scenario(Part):
    """A day to play. warm_up: intervals at its begin that are played and not counted."""

    name: Name
    seed: Annotated[int, Field(ge=0, lt=1 << 53)] = 1
    begins: TimeOfDay = "08:00"
    interval_s: Annotated[int, Field(ge=60, le=86_400)] = 1_800
    intervals: Annotated[int, Field(ge=1, le=1_000)]
    warm_up: Annotated[int, Field(ge=0, le=999)] = 0
    precision: Precision = Precision()
    routing: Routing = Routing()
    queues: Annotated[list[ScenarioQueue], Field(min_length=1)]
    call_types: Annotated[list[CallType], Field(min_length=1)]
    groups: Annotated[list[Group], Field(min_length=1)]

    def calls(self, call_type: CallType) -> list[float]:
        """How many to expect, interval by interval."""
        return call_type.calls * self.intervals if len(call_type.calls) == 1 else call_type.calls

    def staff(self, group: Group) -> list[int]:
        """How many are there, interval by interval."""
        return group.agents * self.intervals if len(group.agents) == 1 else group.agents

    def seconds_from_begin(self, at: str) -> int:
        """Of a time of day; what is earlier than the begin is of the day after."""
        return (_minutes(at) - _minutes(self.begins)) % 1_440 * 60


SCENARIO: Final = Kind("scenario", ("name", "queues"), Scenario, check)


def read_scenario(path: Path) -> Scenario:
    """Raises CentreError with every mistake and its line."""
    return read_document(path, SCENARIO)


def parse_scenario(raw: bytes, name: str = "scenario.yaml") -> Scenario:
    """Raises CentreError with every mistake and its line."""
    return parse_document(raw, name, SCENARIO)


def rules_for(scenario: Scenario, agents: dict[str, Group]) -> Rules:
    """The distributor's rules, by way of a centre's document. agents: id → his group. Names are ids."""
    wraps = any(call_type.wrapup.mean_s for call_type in scenario.call_types)
    wrapup_s = LONGEST_WRAPUP_S if wraps else 0.0
    document = centre.Centre(
        centre=centre.CentreInfo(name=scenario.name, routing=scenario.routing),
        queues=[_queue(queue, wrapup_s) for queue in scenario.queues],
        agents=[
            centre.Agent(id=agent_id, number=str(number), user="", queues=[*group.queues], skills=[*group.skills])
            for number, (agent_id, group) in enumerate(agents.items())
        ],
        busy_reasons=[centre.BusyReason(id="break", name="break")],
    )
    return replace(rules_of(document), explain=False)


def _queue(queue: ScenarioQueue, wrapup_s: float) -> centre.Queue:
    return centre.Queue(**dict(queue) | {"escalations": [*queue.escalations], "wrapup_s": wrapup_s})


def _minutes(at: str) -> int:
    hours, _, minutes = at.partition(":")
    return int(hours) * 60 + int(minutes)
