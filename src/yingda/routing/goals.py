"""How far each queue is behind what it promises (ACD-51), and the order of entries that follows.

Outcomes fade: what happened `FADE` ago counts half. A queue is as late as the worst of its goals: the share of misses
against the share its service level allows, the share of abandons against its limit, the wait of its entry against its
longest. 1000 means exactly at the goal. Whole numbers come out, so that two who compute them agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from yingda.kernel.clock import SECOND
from yingda.routing.rules import Rules, us
from yingda.routing.state import Closing, Mark
from yingda.routing.strategies import SKILL_SCORE
from yingda.routing.strategies.skill_score import time_score

FADE: Final = 900 * SECOND
AT_GOAL: Final = 1000
FIRST_OF_ALL: Final = 1_000_000_000
"""The lateness of a protected queue: nothing outranks it but priority."""

PRIOR: Final = 2.0
"""Outcomes in line with the goal that are taken for granted, so that the first call of a day decides nothing."""


class Goals:
    """The `Order` of the router. rules: those in force. closing: the queues that are being finished."""

    def __init__(self, rules: Rules, marks: Iterable[Mark] = ()) -> None:
        self.rules = rules
        self.closing: Mapping[str, Closing] = {}
        self.marks = {mark.queue_id: mark for mark in marks}

    def lateness(self, queue_id: str, waited: int) -> int:
        queue = self.rules.queues.get(queue_id)
        if not self.rules.by_goals or queue is None:
            return 0
        if queue.protected:
            return FIRST_OF_ALL
        goals, mark = queue.goals, self.marks.get(queue_id) or Mark(queue_id)
        late = 0
        if goals.service_level is not None:
            late = _against(mark.misses, mark.hits, 1 - goals.service_level)
        if goals.abandon_rate is not None:
            late = max(late, _against(mark.abandoned, mark.answered, goals.abandon_rate))
        if goals.wait_s is not None:
            late = max(late, AT_GOAL * max(0, waited) // max(1, us(goals.wait_s)))
        return late

    def time_score(self, queue_id: str, waited: int) -> int | None:
        closing = self.closing.get(queue_id)
        queue = self.rules.queues.get(queue_id) or (closing.rules if closing else None)
        if queue is None or queue.strategy != SKILL_SCORE:
            return None
        return time_score(queue.weights, waited)

    def ended(self, queue_id: str, outcome: str, waited: int, now: int, *, test: bool) -> None:
        """An entry left its home queue; what is void (metrics.md section 5) counts on neither side."""
        queue = self.rules.queues.get(queue_id)
        if queue is None or test:
            return
        mark = self._fresh(queue_id, now)
        within = waited <= us(queue.target_s)
        if outcome == "answered":
            mark.answered += 1
            if within:
                mark.hits += 1
            else:
                mark.misses += 1
        elif outcome == "abandoned":
            if waited > us(queue.short_s):
                mark.abandoned += 1
                mark.misses += 1
        elif outcome in ("turned_away", "failed") or not within:
            mark.misses += 1

    def _fresh(self, queue_id: str, now: int) -> Mark:
        mark = self.marks.get(queue_id)
        if mark is None:
            mark = self.marks[queue_id] = Mark(queue_id, at=now)
        keep = 0.5 ** ((now - mark.at) / FADE)
        mark.at = now
        mark.hits, mark.misses = mark.hits * keep, mark.misses * keep
        mark.answered, mark.abandoned = mark.answered * keep, mark.abandoned * keep
        return mark


def _against(bad: float, good: float, allowed: float) -> int:
    """The share of bad ones over the share allowed, in thousandths."""
    share = max(allowed, 0.001)
    return round(AT_GOAL * (bad + PRIOR * share) / (bad + good + PRIOR) / share)
