"""`python -m bench.call`: run the plan against a centre of its own, check it, print one JSON object.

Exit code 0 only if every call that should be answered was, with sound both ways at the far ends and a recording, every
caller has one record, and nothing the centre says differs from what the peers saw; 1 if not; 2 if it could not be run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from bench.call import spoil
from bench.call.conductor import conduct, say
from bench.call.plan import PLANS, Plan, load
from bench.machine import machine
from bench.peers.process import PeerError

T = TypeVar("T")

CHECK = Path(__file__).with_name("check.py")
COUNTS = ("calls", "answered", "audio_both_ways", "recordings", "records", "ledger_mismatches")
CHECK_LIMIT_S = 120.0


def expected(plan: Plan) -> dict[str, int]:
    """What the check must count if all is well."""
    answered = sum(caller.outcome == "answered" for caller in plan.callers)
    return {**dict.fromkeys(COUNTS[:4], answered), "records": len(plan.callers), "ledger_mismatches": 0}


async def check(folder: Path) -> dict[str, Any]:
    """Run the check as a process of its own: it shares nothing with this one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHECK), "--data", str(folder / "data"), "--artefacts", str(folder / "artefacts")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode not in (0, 1):
        raise PeerError(f"The check could not be made: {err.decode(errors='replace').strip()}")
    result: dict[str, Any] = json.loads(out)
    return result


async def bench(plan: str, folder: Path, kept: Path | None, fault: str | None) -> tuple[dict[str, Any], bool]:
    """(the JSON object, whether all is as expected). kept: a run that was kept, to check again instead of a new one."""
    begin = time.monotonic()
    if kept is None:
        await conduct(PLANS[plan](), folder)
    run = kept or folder
    say("the check compares")
    result = await check(run)
    if fault is not None:
        say(f"one fault is put in: {fault}")
        spoil.spoil(run, folder / "spoilt", fault)
        clean, result = result, await check(folder / "spoilt")
        result |= {"spoilt": fault, "ledger_mismatches_before": clean["ledger_mismatches"]}
    result |= {"machine": machine(), "seconds": round(time.monotonic() - begin, 1)}
    counts = expected(load(run / "artefacts" / "plan.json")[0])
    return result, all(result[name] == counts[name] for name in COUNTS)


async def _until_told_to_stop(work: Coroutine[Any, Any, T]) -> T:
    """Run it; SIGTERM ends it as Ctrl+C does: everything started is ended first."""
    task = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.call", description="Real calls against a running centre.")
    parser.add_argument(
        "--plan", choices=sorted(PLANS), default="full", help="full: 20 + 3 calls; short: to try it out"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep everything of the run in this new folder")
    parser.add_argument("--kept", type=Path, metavar="DIR", help="check a run that was kept, run nothing")
    kinds = ", ".join(spoil.KINDS)
    parser.add_argument("--spoil", choices=sorted(spoil.KINDS), metavar="KIND", help=f"put one fault in: {kinds}")
    options = parser.parse_args()
    if options.keep is not None and options.keep.exists():
        parser.error(f"{options.keep} exists already")
    return options


def main() -> int:
    options = _options()
    # Sockets' paths hold 108 bytes, so the folder must have a short name.
    folder = options.keep.absolute() if options.keep else Path(tempfile.mkdtemp(prefix="yd-"))
    folder.mkdir(exist_ok=True)
    try:
        result, good = asyncio.run(_until_told_to_stop(bench(options.plan, folder, options.kept, options.spoil)))
    except PeerError as error:
        say(f"{error} (--keep DIR keeps the logs)")
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped before the end")
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
