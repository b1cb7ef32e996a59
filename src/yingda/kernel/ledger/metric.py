"""What a metric is: a numerator and, for ratios and means, a denominator, each a sum of counted fields.

The fields are those of the quarter-hour rows, added up over any interval first. The formula that is shown is the one
that is computed. The list of metrics is `metrics.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Sums = Mapping[str, int]
"""Field → its sum over the rows of an interval."""
Grain = Literal["C", "S", "G"]
Unit = Literal["count", "share", "µs", "per hour", "erlang", "ccs"]
Thing = Literal["queue", "contact", "agent", "state", "flow", "trunk", "callback", "survey"]

HOUR = 3_600_000_000
"""µs"""
_FACTOR: Mapping[Unit, int] = {"per hour": HOUR, "ccs": 36}


@dataclass(frozen=True)
class Metric:
    """One figure. thing: what it is told of. grain: C by the anchor's interval, S split at boundaries, G a gauge.

    top, bottom: field names joined by + and -. bottom "" for a plain sum.
    """

    name: str
    zh: str
    en: str
    thing: Thing
    grain: Grain
    unit: Unit
    top: str
    bottom: str = ""

    @cached_property
    def _terms(self) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
        return _parse(self.top), _parse(self.bottom)

    @property
    def fields(self) -> frozenset[str]:
        """The fields the formula needs."""
        return frozenset(name for part in self._terms for _, name in part)

    def parts(self, sums: Sums) -> tuple[int, int]:
        """(numerator, denominator), whole numbers; under a plain sum stands 1. Raises KeyError for a lacking field."""
        top, bottom = self._terms
        return _add(top, sums), _add(bottom, sums) if bottom else 1

    def value(self, sums: Sums) -> float | None:
        """The figure in its unit; None ("–" on screens) when there is nothing to divide by."""
        top, bottom = self.parts(sums)
        if bottom == 0:
            return None
        return top * _FACTOR.get(self.unit, 1) / bottom

    @property
    def formula(self) -> str:
        """As text, as docs and screens show it."""
        return f"{_shown(self.top)} ÷ {_shown(self.bottom)}" if self.bottom else self.top

    def said(self, words: Mapping[str, str]) -> str:
        """The formula in words: for each field what `words` calls it."""
        parts = [" ".join(words.get(word, word) for word in part.split()) for part in (self.top, self.bottom)]
        text = f"{_shown(parts[0])} ÷ {_shown(parts[1])}" if self.bottom else parts[0]
        return text.replace(" - ", " − ")


def _parse(text: str) -> tuple[tuple[int, str], ...]:
    terms, sign = [], 1
    for word in text.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        else:
            terms.append((sign, word))
    return tuple(terms)


def _add(terms: tuple[tuple[int, str], ...], sums: Sums) -> int:
    return sum(sign * sums[name] for sign, name in terms)


def _shown(part: str) -> str:
    return f"({part})" if " + " in part or " - " in part else part
