"""Run the test suite in groups, with progress, and end with one plain line.

    python tools/run_tests.py [--only cores|peers|e2e|soak ...] [pytest arguments]

*cores* need nothing but Python and run on two workers. *peers* talk to real programs (sipp, baresip, Chromium,
PostgreSQL) or make network namespaces; they own ports and CPU, so they run one after another. *e2e* are runs of
minutes with real peers (`make e2e`, after the peers), *soak* is longer still; neither is for CI.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Group:
    name: str
    title: str
    marks: str
    workers: int

    def command(self, report: Path, extra: list[str]) -> list[str]:
        spread = ["-n", str(self.workers), "--dist", "loadgroup"] if self.workers else []
        quiet = ["-q", "-p", "tests.ci_plugin", f"--junitxml={report}"]
        return [sys.executable, "-m", "pytest", *quiet, "-m", self.marks, *spread, *extra]


GROUPS = (
    Group("cores", "cores, rooms and simulated worlds", "not peer and not soak and not e2e", workers=2),
    Group("peers", "real peers", "peer and not soak and not e2e", workers=0),
    Group("e2e", "a whole centre for minutes", "e2e", workers=0),
    Group("soak", "soak", "soak", workers=0),
)


@dataclass(frozen=True)
class Outcome:
    group: Group
    code: int
    tests: int
    failed: int
    skipped: int


def read_report(report: Path) -> tuple[int, int, int]:
    """(tests, failed, skipped) of a JUnit file; zeros when pytest did not get as far as writing one."""
    if not report.exists() or not report.stat().st_size:
        return 0, 0, 0
    suites = list(ET.parse(report).getroot().iter("testsuite"))

    def total(*names: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites for name in names)

    return total("tests"), total("failures", "errors"), total("skipped")


def run_group(group: Group, extra: list[str]) -> Outcome:
    print(f"── {group.title} ──", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.run(group.command(report, extra), cwd=ROOT, check=False).returncode
        tests, failed, skipped = read_report(report)
    if code == NOTHING_COLLECTED:
        code = 0
    return Outcome(group, code, tests, failed, skipped)


def sentence(outcomes: list[Outcome], seconds: float) -> str:
    """The last line: what passed, or which groups failed."""
    tests, skipped = sum(o.tests for o in outcomes), sum(o.skipped for o in outcomes)
    failed = sum(o.failed for o in outcomes)
    counts = f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s"
    broken = [o.group.title for o in outcomes if o.code]
    if broken:
        return f"make test: FAILED ({'; '.join(broken)}): {counts}"
    if not tests:
        return "make test: FAILED: no test was found"
    return f"make test: all passed: {counts}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[group.name for group in GROUPS])
    chosen, extra = parser.parse_known_args()
    groups = [g for g in GROUPS if g.name in (chosen.only or ("cores", "peers"))]
    started = time.monotonic()
    outcomes = [run_group(group, extra) for group in groups]
    print(sentence(outcomes, time.monotonic() - started), flush=True)
    return 1 if any(o.code for o in outcomes) or not any(o.tests for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
