"""`python -m bench.sip`: one JSON object for each rate, recording off and on. Exit code 1 if a call failed."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench.machine import machine
from bench.peers.process import PeerError
from bench.sip.centre import Centre, Place
from bench.sip.phones import Phones
from bench.sip.step import Step, run_step

RATES = (20, 50, 100, 200)
SECONDS = 15.0
MODES = {"off": (False,), "on": (True,), "both": (False, True)}


async def bench(rates: list[int], modes: tuple[bool, ...], seconds: float, folder: Path) -> bool:
    """Print a line for every step; whether no call failed."""
    good = True
    for recording in modes:
        place = Place(folder / f"recording-{'on' if recording else 'off'}", recording)
        async with Centre.running(place) as centre, Phones.running(place) as phones:
            await centre.sign_in()
            phones.answer_calls()
            for number, rate in enumerate(rates):
                result = await run_step(Step(number, rate, seconds, recording), place, centre)
                print(json.dumps(result | {"machine": machine()}), flush=True)
                good = good and result["failed"] == 0
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sip", description=__doc__)
    parser.add_argument("--rate", type=int, action="append", metavar="CALLS", help="calls a second; may be repeated")
    parser.add_argument("--recording", choices=sorted(MODES), default="both")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each step dials (default: 15)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep data, logs and captures in this new folder")
    options = parser.parse_args()
    folder = options.keep.absolute() if options.keep else Path(tempfile.mkdtemp(prefix="yds-"))
    folder.mkdir(exist_ok=True)
    try:
        good = asyncio.run(bench(options.rate or list(RATES), MODES[options.recording], options.seconds, folder))
    except PeerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
