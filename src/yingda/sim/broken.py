"""What a simulation stops with."""

from __future__ import annotations


class BrokenError(AssertionError):
    """An invariant does not hold. `World.run` adds the seed and the last steps."""


def demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenError(sentence)
