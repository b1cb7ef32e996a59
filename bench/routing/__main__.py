"""Prints one JSON object a size; progress goes to standard error. `--agents 1000 --decisions 5000` for a quick look."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bench.machine import machine
from bench.routing.world import QUEUES, SKILLS, WAITING, Centre

SIZES = (1_000, 5_000, 10_000)


def measure(agents: int, decisions: int, seed: int) -> dict[str, object]:
    print(f"bench-routing: {agents} agents …", file=sys.stderr, flush=True)
    centre = Centre(agents, seed)
    centre.run(decisions)
    for difference in centre.checks.first[:3]:
        print(f"bench-routing: {difference}", file=sys.stderr)
    times, worked = sorted(centre.times_ns), sorted(centre.cpu_ns)
    return {  # times of the clock on the wall; _cpu_: of the processor, which other programs do not lengthen
        "agents": agents,
        "skills": SKILLS,
        "queues": QUEUES,
        "waiting": WAITING,
        "decisions": len(times),
        "decisions_per_s": round(len(times) / (sum(times) / 1e9)),
        "p50_ms": round(times[len(times) // 2] / 1e6, 4),
        "p99_ms": round(times[len(times) * 99 // 100] / 1e6, 4),
        "max_ms": round(times[-1] / 1e6, 4),
        "p99_cpu_ms": round(worked[len(worked) * 99 // 100] / 1e6, 4),
        "max_cpu_ms": round(worked[-1] / 1e6, 4),
        "oracle_checks": centre.checks.made,
        "oracle_mismatches": centre.checks.mismatches,
        "seed": seed,
        "machine": machine(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.routing", description="Decisions in a large centre.")
    parser.add_argument("--agents", type=int, action="append", help=f"default: {', '.join(map(str, SIZES))}")
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    wrong = 0
    for agents in options.agents or SIZES:
        figures = measure(agents, options.decisions, options.seed)
        wrong += figures["oracle_mismatches"] != 0
        print(json.dumps(figures), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
