"""Means with what they may be off by: Student's t over independent replications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev


@dataclass(frozen=True, slots=True)
class Estimate:
    """mean ± half_width covers the truth in that share of all cases which was asked for (`estimate`)."""

    mean: float
    half_width: float
    replications: int

    def holds(self, value: float) -> bool:
        return abs(value - self.mean) <= self.half_width

    def as_dict(self) -> dict[str, float]:
        return {"mean": round(self.mean, 6), "half_width": round(self.half_width, 6), "n": self.replications}


def estimate(values: Sequence[float | None], confidence: float = 0.95) -> Estimate | None:
    """Of one figure a replication; None if fewer than two replications have it."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    half = student_t(len(known) - 1, confidence) * stdev(known) / math.sqrt(len(known))
    return Estimate(fmean(known), half, len(known))


def student_t(freedom: int, confidence: float) -> float:
    """The two-sided quantile, by the expansion of Cornish and Fisher (error below 1 % from 4 degrees of freedom on)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
