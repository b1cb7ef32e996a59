"""The command `yingda simulate`: a scenario in, figures as JSON on standard output, and a page if one is asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

from yingda.kernel.errors import YingdaError
from yingda.sim.planner.replicate import simulate
from yingda.sim.planner.report import as_dict, page
from yingda.sim.planner.scenario import read_scenario


def run(file: Path, html: Path | None, processes: int, out: TextIO = sys.stdout, told: TextIO = sys.stderr) -> int:
    """Prints one JSON object; progress goes to `told`. 1 if the service level is not known as well as asked."""
    scenario = read_scenario(file)
    if html is not None:
        _writable(html)

    def progress(done: int, width: float | None) -> None:
        known = "" if width is None else f", service level ± {100 * width:.1f} %"
        print(f"\r{done} replications{known}   ", end="", file=told, flush=True)

    outcome = simulate(scenario, processes=processes, progress=progress)
    print(file=told)
    if not outcome.reached:
        half_width = 100 * scenario.precision.half_width
        print(f"The service level is not known to ± {half_width:g} % yet; allow more replications.", file=told)
    json.dump(as_dict(outcome), out, ensure_ascii=False, indent=1)
    out.write("\n")
    if html is not None:
        html.write_text(page(outcome), encoding="utf-8")
    return 0 if outcome.reached else 1


def _writable(html: Path) -> None:
    """Found out before the work is done."""
    try:
        with html.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        words = f"The page cannot be written: {error.strerror or error}."
        raise YingdaError("not_writable", words, where=str(html)) from None
