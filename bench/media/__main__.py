"""`python -m bench.media`: one JSON object a load. Exit code 1 if one lost a packet while the generator kept up."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench.machine import machine
from bench.media.step import WINDOW_S, Plan, run_step
from yingda.kernel.errors import YingdaError

LOADS = {"forward": (100, 200, 400, 600), "mixed": (100, 200, 300), "browsers": (200,)}


async def bench(plans: list[Plan], folder: Path) -> bool:
    """Print a line for every load; whether none lost a packet. A series ends where the generator is the limit."""
    good, over = True, set()
    for plan in plans:
        if plan.kind in over:
            continue
        result, outcome = await run_step(plan, folder)
        generator = {"kept_up": outcome.kept_up, "late_ms_p99": outcome.late_ms_p99, "dropped": outcome.dropped}
        print(json.dumps(result | {"generator": generator, "machine": machine()}), flush=True)
        if not outcome.kept_up:
            over.add(plan.kind)
            print(f"{plan.kind}: the generator is the limit at {plan.calls} calls; no higher load.", file=sys.stderr)
        elif result["lost"]:
            good = False
        shutil.rmtree(folder / "recordings", ignore_errors=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.media", description=__doc__)
    parser.add_argument("--kind", choices=sorted(LOADS), help="only this series")
    parser.add_argument("--calls", type=int, action="append", help="only this load; may be repeated")
    parser.add_argument("--seconds", type=float, default=WINDOW_S, help="length of the measurement (default: 8)")
    options = parser.parse_args()
    if any(calls < 20 for calls in options.calls or ()) or options.seconds <= 0:
        parser.error("a load is at least 20 calls, and takes some time")
    kinds = [options.kind] if options.kind else list(LOADS)
    plans = [Plan(kind, calls, options.seconds) for kind in kinds for calls in options.calls or LOADS[kind]]
    folder = Path(tempfile.mkdtemp(prefix="ydm-"))
    try:
        return 0 if asyncio.run(bench(plans, folder)) else 1
    except YingdaError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
