"""Two texts beside each other: groups of lines that differ, each with its number on either side."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

AROUND = 3
Row = dict[str, Any]


def diff(before: str, after: str) -> list[list[Row]]:
    """Groups of rows (kind, before, after, text), AROUND unchanged lines at either end; none for equal texts."""
    old, new = before.splitlines(), after.splitlines()
    groups = SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND) if before != after else ()
    return [[row for code in group for row in _rows(code, old, new)] for group in groups]


def _rows(code: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> list[Row]:
    kind, first, last, begin, end = code
    if kind == "equal":
        numbers = zip(range(first, last), range(begin, end), strict=True)
        return [{"kind": "same", "before": i + 1, "after": j + 1, "text": old[i]} for i, j in numbers]
    gone = [{"kind": "removed", "before": i + 1, "after": None, "text": old[i]} for i in range(first, last)]
    return gone + [{"kind": "added", "before": None, "after": j + 1, "text": new[j]} for j in range(begin, end)]
