"""`yingda simulate scenario.yaml`: plays a scenario, tells its progress, writes JSON and a page with charts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

from yingda.kernel.errors import YingdaError
from yingda.sim.page import page
from yingda.sim.planning import Outcome, play
from yingda.sim.scenario import read


def simulate(file: Path, html: Path | None, out: TextIO = sys.stdout, told: TextIO = sys.stderr) -> Outcome:
    """The figures as one JSON object on `out`, progress on `told`, the page in `html` if given. Raises YingdaError."""
    scenario = read(file)

    def progress(done: int, width: float | None) -> None:
        known = "" if width is None else f", service level ± {100 * width:.1f} %"
        told.write(f"\r{done} replications{known}, aim ± {100 * scenario.half_width:.1f} %   ")
        told.flush()

    outcome = play(scenario, progress)
    told.write("\n")
    if html is not None:
        try:
            html.write_text(page(outcome), encoding="utf-8")
        except OSError as error:
            raise YingdaError("cannot_write", f"{html} cannot be written: {error.strerror or error}.") from None
    out.write(json.dumps(outcome.as_dict(), ensure_ascii=False) + "\n")
    return outcome
