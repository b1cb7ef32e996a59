"""Skill score (ACD-14): the best match by six terms, each with a weight.

Five terms are of the agent: under-qualification, over-qualification, extra skills, preference, prohibited skills. The
sixth, the time in queue, is of the entry and speaks only when an agent has several to choose from. Each term runs from
0 to 1000 in whole numbers, so a score is exact wherever it is computed. In this mode levels and NOT are matters of
degree: an agent needs the skills asked for, at any level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from yingda.kernel.language.needs import HIGHEST, Needs, Term
from yingda.routing.rules import Skill, Weights, us
from yingda.routing.strategies.base import Candidate, Measures, Rank, Wanted, idle_since

FULL = 1000


class _Fit(NamedTuple):
    """How an agent meets a part of the needs. The lowest is the best: it decides between the two sides of an OR."""

    short: int = 0
    asked: int = 0
    above: int = 0
    room: int = 0
    liking: int = 0
    skills: int = 0
    held: int = 0
    barred: int = 0


def _and(left: _Fit, right: _Fit) -> _Fit:
    return _Fit(*(one + other for one, other in zip(left, right, strict=True)))


def _or(left: _Fit, right: _Fit) -> _Fit:
    return min(left, right)


def _fit(needs: Needs, skills: Mapping[str, Skill]) -> _Fit:
    def of(term: Term) -> _Fit:
        skill = skills.get(term.skill)
        has = skill is not None and not skill.exclude
        if term.level == 0:
            return _Fit(held=int(has), barred=1)
        level = skill.level if skill is not None and has else 0
        return _Fit(
            short=max(0, term.level - level),
            asked=term.level,
            above=max(0, level - term.level),
            room=HIGHEST - term.level,
            liking=skill.preference - 1 if skill is not None else 0,
            skills=1,
        )

    return needs.fold(of, _and, _or, empty=_Fit())


def _share(part: int, whole: int) -> int:
    return FULL * part // whole if whole else 0


def terms(needs: Needs, skills: Mapping[str, Skill]) -> Measures:
    """The five terms of an agent with these skills, each 0–1000."""
    fit = _fit(needs, skills)
    held = sum(not skill.exclude for skill in skills.values())
    return {
        "under": _share(fit.short, fit.asked),
        "over": _share(fit.above, fit.room),
        "extra": _share(max(0, held - fit.skills), held),
        "preference": _share(fit.liking, (HIGHEST - 1) * fit.skills),
        "prohibited": _share(fit.held, fit.barred),
    }


def time_score(weights: Weights, waited: int) -> int:
    """The sixth term, weighed. waited: µs."""
    longest = max(1, us(weights.time_to_max_s))
    return weights.queue_time * (FULL * min(max(0, waited), longest) // longest)


class SkillScore:
    def measure(self, candidate: Candidate, wanted: Wanted) -> Measures:
        measured, weights = terms(wanted.needs, candidate.profile.skills), wanted.rules.weights
        score = (
            weights.preference * measured["preference"]
            - weights.under * measured["under"]
            - weights.over * measured["over"]
            - weights.extra * measured["extra"]
            - weights.prohibited * measured["prohibited"]
        )
        return {"score": score, **measured, **idle_since(candidate)}

    def rank(self, measures: Measures) -> Rank:
        return (-measures["score"], measures["idle_since"], measures["number"])
