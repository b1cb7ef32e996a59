"""Fewest calls (ACD-04): who has had the fewest calls since he signed in."""

from __future__ import annotations

from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since


class FewestCalls:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        return {"handled": candidate.handled, **idle_since(candidate)}

    def rank(self, measures: Measures) -> Rank:
        return (measures["handled"], measures["idle_since"], measures["number"])
