"""Fixed order (优先顺序, ACD-06): the first of a given list who is free; whoever is not on it comes after it."""

from __future__ import annotations

from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since


class FixedOrder:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        order = wanted.rules.order
        place = order.index(candidate.agent_id) if candidate.agent_id in order else len(order)
        return {"place": place, **idle_since(candidate)}

    def rank(self, measures: Measures) -> Rank:
        return (measures["place"], measures["idle_since"], measures["number"])
