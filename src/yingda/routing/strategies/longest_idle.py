"""Longest idle (ACD-03): who has been free for longest."""

from __future__ import annotations

from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since


class LongestIdle:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        return idle_since(candidate)

    def rank(self, measures: Measures) -> Rank:
        return (measures["idle_since"], measures["number"])
