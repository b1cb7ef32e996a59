"""`python -m yingda.sim --worlds small --seeds 0-1000`: runs the worlds and prints one JSON object.

Ends with 1 if a world broke; its seed and last steps go to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys

from yingda.sim.survey import MAKERS, survey, survey_split


def _seeds(text: str) -> range:
    """`7` is one seed, `0-1000` those from 0 up to, but without, 1000."""
    first, dash, end = text.partition("-")
    try:
        return range(int(first), int(end) if dash else int(first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a seed nor a range of seeds such as 0-1000") from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m yingda.sim", description="Seeded worlds against the distributor.")
    parser.add_argument("--worlds", choices=sorted(MAKERS), default="small")
    parser.add_argument("--seeds", type=_seeds, default=range(1000), help="a seed, or a range such as 0-1000")
    parser.add_argument("--processes", type=int, default=1, help="how many share the seeds; 0: one a core")
    options = parser.parse_args(arguments)
    if options.processes == 1:
        tally = survey(options.worlds, options.seeds)
    else:
        tally = survey_split(options.worlds, options.seeds, options.processes or None)
    print(json.dumps(tally.as_dict(), ensure_ascii=False))
    if tally.broken is None:
        return 0
    print(tally.why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
