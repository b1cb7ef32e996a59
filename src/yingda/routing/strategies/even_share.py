"""Even share (平均分配, ACD-05): in turn. Whose last offer is longest ago is next; whoever has had none comes first."""

from __future__ import annotations

from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since


class EvenShare:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        return {"offered": candidate.offered, **idle_since(candidate)}

    def rank(self, measures: Measures) -> Rank:
        return (measures["offered"], measures["idle_since"], measures["number"])
