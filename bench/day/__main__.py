"""Prints two JSON objects: explain off, then on. The same seed gives the same figures."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from time import perf_counter, process_time

from msgspec.structs import replace

from bench.machine import machine
from yingda.kernel.clock import SECOND
from yingda.routing.rules import AgentProfile, QueueRules, Rules, us
from yingda.sim.lean import Duty, LeanDay, Run, Visit

CALLS, AGENTS = 10_000, 100
OPEN = 8 * 3_600 * SECOND
QUEUES = ("sales", "service", "complaints", "orders")
TALK_S, PATIENCE_S = 220, 180


def rules(agents: int) -> Rules:
    queues = {name: QueueRules(name, wrapup_s=0) for name in QUEUES}
    names = [f"agent-{number}" for number in range(agents)]
    served = {name: (QUEUES[n % 4], QUEUES[(n + 1) % 4]) for n, name in enumerate(names)}
    return Rules(queues=queues, agents={name: AgentProfile(name, served[name]) for name in names})


def visits(calls: int, seed: int) -> list[Visit]:
    """The callers of the day, drawn from the seed."""
    rng = random.Random(seed)
    return [
        Visit(
            at=rng.randrange(OPEN),
            queue_id=rng.choice(QUEUES),
            patience=round(rng.expovariate(1 / PATIENCE_S) * SECOND),
            talk=round(rng.expovariate(1 / TALK_S) * SECOND),
        )
        for _ in range(calls)
    ]


def day(callers: Sequence[Visit], agents: int, seed: int, *, explain: bool) -> Run:
    given = replace(rules(agents), explain=explain)
    return LeanDay(given, seed).play(callers, [Duty(agent_id, 0, OPEN + 3_600 * SECOND) for agent_id in given.agents])


def figures(run: Run, target_s: float, short_s: float) -> tuple[float, int]:
    """(service level, abandoned) by metrics.md section 5."""
    hit = miss = 0
    for fate in run.fates.values():
        within = fate.wait <= us(target_s)
        if fate.outcome == "answered" and within:
            hit += 1
        elif not (fate.outcome == "abandoned" and fate.wait <= us(short_s)):
            miss += 1
    return hit / (hit + miss), sum(fate.outcome == "abandoned" for fate in run.fates.values())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.day", description="A day through the distributor.")
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    callers = visits(options.calls, options.seed)
    for explain in (False, True):
        began, worked = perf_counter(), process_time()
        run = day(callers, options.agents, options.seed, explain=explain)
        took, worked = perf_counter() - began, process_time() - worked
        level, abandoned = figures(run, 20, 5)
        told = {
            "calls": options.calls,
            "agents": options.agents,
            "seconds": round(took, 3),
            "cpu_seconds": round(worked, 3),
            "explain": explain,
            "service_level": round(level, 4),
            "abandoned": abandoned,
            "events": run.events,
            "seed": options.seed,
            "machine": machine(),
        }
        print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
