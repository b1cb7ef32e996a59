"""`python -m yingda.sim.planner scenario.yaml --html page.html --processes 2`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from yingda.kernel.errors import YingdaError
from yingda.sim.planner.command import run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="yingda simulate", description="Play a scenario; docs/simulate.md.")
    parser.add_argument("file", type=Path, metavar="SCENARIO", help="the scenario as YAML")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with charts")
    parser.add_argument("--processes", type=int, choices=range(1, 65), default=1, metavar="COUNT")
    options = parser.parse_args(arguments)
    try:
        return run(options.file, options.html, options.processes)
    except YingdaError as error:
        print(f"yingda: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
