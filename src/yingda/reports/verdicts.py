"""The service-level verdict of metrics.md section 5, for entries and, on the contact's outcome, for contacts."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["hit", "miss", "void", "undecided"]

_VOID_IN_TARGET = frozenset({"overflowed", "callback", "diverted"})


def verdict(outcome: str, wait: int, target: int, short: int) -> Verdict:
    """Of an entry that has left. wait, target (T) and short in µs."""
    if outcome == "answered":
        return "hit" if wait <= target else "miss"
    if outcome == "abandoned":
        return "void" if wait <= short else "miss"
    if outcome in _VOID_IN_TARGET:
        return "void" if wait <= target else "miss"
    return "miss"
