"""What docs/flows.md says of requirements names code and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "flows.md").read_text("utf-8").partition("## What is asked of flows")[2]
ROWS = [line.split(" | ") for line in TABLE.splitlines() if re.match(r"\| (IVR|TEL|API|MM)-", line)]


def test_every_place_is_there() -> None:
    missing = []
    for *_, code, tests in ROWS:
        for folder, cell in (("src/yingda", code), ("tests", tests)):
            missing += [name for name in re.findall(r"`([\w/]+\.py)`", cell) if not (ROOT / folder / name).is_file()]
    assert missing == []


def test_every_requirement_has_a_row() -> None:
    found: set[str] = set()
    for row in ROWS:
        kind = ""
        for word in row[0].strip("| ").split(", "):
            kind, number = word.split("-") if "-" in word else (kind, word)
            found.add(f"{kind}-{number}")
    wanted = {f"IVR-{number:02}" for number in (*range(1, 14), *range(17, 32), 33, 34, 35, 36)}
    wanted |= {"CTI-12", "TEL-26", "TEL-27", "TEL-28", "TEL-39", "MM-01", "MM-04", "API-08"}
    assert wanted | {"P-02", "P-10", "P-11", "P-41"} == found
