"""What replications say about a figure: its value, and how far it may be off.

A figure is a ratio of sums over all replications (ratios are never averaged, metrics.md section 4). Its confidence
interval is that of the ratio estimator: with d = numerator − value × denominator of each of n replications, the half
width is t · s(d) ÷ (√n · mean denominator).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """The figure lies within value ± half_width with the confidence asked for."""

    value: float
    half_width: float

    def holds(self, value: float) -> bool:
        return abs(value - self.value) <= self.half_width


def ratio(pairs: Sequence[tuple[float, float]], confidence: float = CONFIDENCE) -> Estimate | None:
    """pairs: (numerator, denominator) of each replication, at least two. None if there is nothing to divide by."""
    count, below = len(pairs), math.fsum(pair[1] for pair in pairs)
    if below == 0:
        return None
    value = math.fsum(pair[0] for pair in pairs) / below
    spread = math.sqrt(math.fsum((top - value * bottom) ** 2 for top, bottom in pairs) / (count - 1))
    return Estimate(value, student_t(count - 1, confidence) * spread * math.sqrt(count) / below)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Of a count or a time of each replication."""
    found = ratio([(value, 1.0) for value in values], confidence)
    return found or Estimate(0.0, 0.0)


def student_t(freedom: int, confidence: float) -> float:
    """Two-sided quantile of Student's t, by its expansion around the normal's (Abramowitz and Stegun 26.7.5): off by
    less than 0.001 from 10 degrees of freedom on."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
