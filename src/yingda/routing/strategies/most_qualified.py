"""Most qualified (ACD-15): the highest levels in what is asked for, however far above it."""

from __future__ import annotations

from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since


class MostQualified:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        levels = candidate.profile.levels()
        asked = {term.skill for term in wanted.needs.asked}
        return {"levels": sum(levels.get(skill, 0) for skill in asked), **idle_since(candidate)}

    def rank(self, measures: Measures) -> Rank:
        return (-measures["levels"], measures["idle_since"], measures["number"])
