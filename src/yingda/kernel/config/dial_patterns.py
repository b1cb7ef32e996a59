"""Patterns of dialled numbers: X any digit, Z 1-9, N 2-9, [2-57] one of these; a point at the end whatever follows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

DIGIT = 100
CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
_TOKEN = re.compile(r"[+0-9*#]|[XZN]|\[[0-9](?:-?[0-9])*\]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """exactness: a digit counts more than any number of sets, a set more than what follows."""

    expression: re.Pattern[str]
    exactness: int

    def fits(self, number: str) -> bool:
        return self.expression.fullmatch(number) is not None


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern | None:
    """The pattern, or None if the text is none."""
    body, rest = (text[:-1], ".+") if text.endswith(".") else (text, "")
    parts, exactness, position = [], 0, 0
    while position < len(body):
        token = _TOKEN.match(body, position)
        if token is None:
            return None
        found = token[0]
        parts.append(CLASSES.get(found) or (found if found.startswith("[") else re.escape(found)))
        exactness += DIGIT if len(found) == 1 and found not in CLASSES else 1
        position = token.end()
    try:
        return Pattern(re.compile("".join(parts) + rest), exactness) if parts or rest else None
    except re.error:  # a set such as [5-2]
        return None
