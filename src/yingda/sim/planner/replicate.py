"""Replications until the service level is known well enough. The result depends on the scenario alone, not on how many
processes share the work: replications are drawn by their number, and judged in its order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from time import perf_counter

from yingda.sim.planner.day import Day
from yingda.sim.planner.outcome import Outcome, level_of, outcome_of
from yingda.sim.planner.scenario import Scenario
from yingda.sim.planner.tally import Tally

Progress = Callable[[int, float | None], None]
"""(replications done, the widest half-width of a service level so far, None before it can be told)."""


def simulate(scenario: Scenario, *, processes: int = 1, progress: Progress = lambda _done, _width: None) -> Outcome:
    """At least `precision.least` replications, at most `precision.most`."""
    began, precision = perf_counter(), scenario.precision
    tallies: list[Tally] = []
    reached = False
    with closing(_played(scenario, processes)) as played:
        for tally in played:
            tallies.append(tally)
            width = _widest(scenario, tallies) if len(tallies) > 1 else None
            progress(len(tallies), width)
            reached = width is not None and width <= precision.half_width
            if reached and len(tallies) >= precision.least:
                break
    return outcome_of(scenario, tallies, reached=reached, seconds=perf_counter() - began)


def _widest(scenario: Scenario, tallies: list[Tally]) -> float | None:
    levels = [level_of(scenario, tallies, queue.name) for queue in scenario.queues]
    return max((level.half_width for level in levels if level is not None), default=0.0)


def _played(scenario: Scenario, processes: int) -> Generator[Tally, None, None]:
    """Replication 0, 1, 2 …"""
    numbers = iter(range(scenario.precision.most))
    if processes == 1:
        for number in numbers:
            yield play(scenario, number)
        return
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        ahead: deque[Future[Tally]] = deque()
        for number in numbers:
            ahead.append(pool.submit(play, scenario, number))
            if len(ahead) >= 2 * processes:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def play(scenario: Scenario, number: int) -> Tally:
    """One replication."""
    return Day(scenario, number).play()
