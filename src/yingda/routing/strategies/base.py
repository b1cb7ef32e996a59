"""What every strategy is told of an agent, and what it answers.

A strategy measures: a few whole numbers, each with a name, that are kept with the decision. From these alone it makes
the rank; the lowest rank gets the entry. So whoever has the measures of a past decision can recompute it.
What is measured does not change while an agent is idle, so his rank is computed once.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from yingda.kernel.language.needs import Needs
from yingda.routing.rules import AgentProfile, QueueRules

Rank = tuple[int, ...]
Measures = dict[str, int]


class Candidate(msgspec.Struct, frozen=True):
    """An idle agent. place: since when (µs UTC), and a number that no two share. handled: calls he has had in this
    session. offered: the number of the last offer he had, 0 for none; a later one is higher. calls, media: what he is
    free for, by `capacity`."""

    agent_id: str
    place: tuple[int, int]
    handled: int
    offered: int
    profile: AgentProfile
    calls: bool = True
    media: frozenset[str] = frozenset()

    def free_for(self, line: str) -> bool:
        return line in self.media if line else self.calls


class Wanted(msgspec.Struct, frozen=True):
    """What an entry asks for: the rules of the queue it is served through, and all its needs."""

    rules: QueueRules
    needs: Needs


class Strategy(Protocol):
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures: ...

    def rank(self, measures: Measures) -> Rank: ...


def idle_since(candidate: Candidate) -> Measures:
    """The last word of every strategy: who has been idle for longest."""
    since, number = candidate.place
    return {"idle_since": since, "number": number}
