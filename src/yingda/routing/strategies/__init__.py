"""How an agent is chosen among those who are free: one file a strategy, by the name that a queue's rules use.

Whom a queue asks *before* others (the last agent, a dedicated one, those of a region or for a customer's grade) is no
strategy of its own: it is an earlier tier of the entry, within which the queue's strategy decides (`tiers`).
"""

from __future__ import annotations

from typing import Final

from yingda.routing.strategies.base import Strategy
from yingda.routing.strategies.even_share import EvenShare
from yingda.routing.strategies.fewest_calls import FewestCalls
from yingda.routing.strategies.fixed_order import FixedOrder
from yingda.routing.strategies.longest_idle import LongestIdle
from yingda.routing.strategies.most_qualified import MostQualified
from yingda.routing.strategies.ring_all import RingAll
from yingda.routing.strategies.skill_score import SkillScore

RING_ALL: Final = "ring_all"
SKILL_SCORE: Final = "skill_score"

STRATEGIES: Final[dict[str, Strategy]] = {
    "longest_idle": LongestIdle(),
    "fewest_calls": FewestCalls(),
    "even_share": EvenShare(),
    "fixed_order": FixedOrder(),
    "most_qualified": MostQualified(),
    SKILL_SCORE: SkillScore(),
    RING_ALL: RingAll(),
}
