"""What all replications together say, queue by queue, group by group, interval by interval (metrics.md section 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yingda.kernel.clock import SECOND
from yingda.sim.planner.estimate import Estimate, mean, ratio
from yingda.sim.planner.scenario import Scenario
from yingda.sim.planner.tally import WAIT_STEP, GroupRow, QueueRow, Tally

Figures = Mapping[str, Estimate | None]
"""Shares from 0 to 1, waits in seconds, the rest in numbers a replication; None: there was nothing to divide by."""


@dataclass(frozen=True, slots=True)
class Part:
    """A queue or a group: the day without its warm-up, and each interval."""

    name: str
    day: Figures
    intervals: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """total: of all queues. calls: played in all. seconds: of computing. reached: whether the service level of every
    queue is known as well as asked."""

    scenario: Scenario
    replications: int
    reached: bool
    seconds: float
    calls: int
    contacts: Figures
    total: Part
    queues: tuple[Part, ...]
    groups: tuple[Part, ...]


def outcome_of(scenario: Scenario, tallies: Sequence[Tally], *, reached: bool, seconds: float) -> Outcome:
    queues = {queue.name: [tally.queues[queue.name] for tally in tallies] for queue in scenario.queues}
    everything = [_together(list(tally.queues.values())) for tally in tallies]
    return Outcome(
        scenario=scenario,
        replications=len(tallies),
        reached=reached,
        seconds=seconds,
        calls=sum(tally.calls for tally in tallies),
        contacts={
            "calls": mean([tally.calls for tally in tallies]),
            "self_served": mean([tally.self_served for tally in tallies]),
            "redials": mean([tally.redials for tally in tallies]),
        },
        total=_queue_part(scenario, "", everything),
        queues=tuple(_queue_part(scenario, name, days) for name, days in queues.items()),
        groups=tuple(
            _group_part(scenario, group.name, [tally.groups[group.name] for tally in tallies])
            for group in scenario.groups
        ),
    )


def level_of(scenario: Scenario, tallies: Sequence[Tally], queue: str) -> Estimate | None:
    """The service level of the day so far known."""
    days = [tally.queues[queue][scenario.warm_up :] for tally in tallies]
    return ratio([(sum(row.hit for row in day), sum(row.hit + row.miss for row in day)) for day in days])


def _together(queues: list[list[QueueRow]]) -> list[QueueRow]:
    return [_queue_sum(rows) for rows in zip(*queues, strict=True)]


def _queue_sum(rows: Sequence[QueueRow]) -> QueueRow:
    found = QueueRow()
    for row in rows:
        found.add(row)
    return found


def _group_sum(rows: Sequence[GroupRow]) -> GroupRow:
    found = GroupRow()
    for row in rows:
        found.add(row)
    return found


def _queue_part(scenario: Scenario, name: str, days: list[list[QueueRow]]) -> Part:
    whole = [_queue_sum(day[scenario.warm_up :]) for day in days]
    intervals = (queue_figures([day[index] for day in days]) for index in range(scenario.intervals))
    return Part(name, queue_figures(whole), tuple(intervals))


def _group_part(scenario: Scenario, name: str, days: list[list[GroupRow]]) -> Part:
    length = scenario.interval_s * SECOND
    counted = scenario.intervals - scenario.warm_up
    whole = [_group_sum(day[scenario.warm_up :]) for day in days]
    intervals = (group_figures([day[index] for day in days], length) for index in range(scenario.intervals))
    return Part(name, group_figures(whole, length * counted), tuple(intervals))


def queue_figures(rows: Sequence[QueueRow]) -> Figures:
    """rows: one a replication."""

    def share(top: Callable[[QueueRow], float], below: Callable[[QueueRow], float]) -> Estimate | None:
        return ratio([(top(row), below(row)) for row in rows])

    pooled = _queue_sum(rows)
    return {
        "offered": mean([row.offered for row in rows]),
        "answered": mean([row.answered for row in rows]),
        "abandoned": mean([row.abandoned for row in rows]),
        "overflowed": mean([row.overflowed for row in rows]),
        "turned_away": mean([row.turned_away for row in rows]),
        "service_level": share(lambda row: row.hit, lambda row: row.hit + row.miss),
        "abandon_rate": share(lambda row: row.abandoned - row.short, lambda row: row.offered - row.short),
        "asa": share(lambda row: row.wait / SECOND, lambda row: row.answered),
        "wait_p90": _quantile(rows, pooled, 0.9),
        "wait_max": mean([row.longest / SECOND for row in rows]),
    }


def group_figures(rows: Sequence[GroupRow], length: int) -> Figures:
    """rows: one a replication; length: of the time they cover, in µs."""
    return {
        "handled": mean([row.handled for row in rows]),
        "occupancy": ratio([(row.occupied, row.occupied + row.available) for row in rows]),
        "agents_busy": mean([row.occupied / length for row in rows]),
        "agents_signed_in": mean([(row.occupied + row.available + row.off_contact) / length for row in rows]),
    }


def _quantile(rows: Sequence[QueueRow], pooled: QueueRow, share: float) -> Estimate | None:
    """Of the waits of all answered. Its interval comes from that of the share of waits within it, read back through
    the pooled distribution."""
    if not pooled.answered:
        return None
    step = _step_at(pooled, share)
    within = ratio([(sum(n for at, n in row.waits.items() if at <= step), row.answered) for row in rows])
    doubt = within.half_width if within else 0.0
    low, high = (_step_at(pooled, min(max(share + way * doubt, 0.0), 1.0)) for way in (-1, 1))
    to_seconds = WAIT_STEP / SECOND
    return Estimate(step * to_seconds, (high - low) / 2 * to_seconds)


def _step_at(pooled: QueueRow, share: float) -> int:
    """The first step that so large a share of the waits does not exceed."""
    wanted, seen, last = share * pooled.answered, 0, 0
    for last in sorted(pooled.waits):
        seen += pooled.waits[last]
        if seen >= wanted:
            break
    return last
