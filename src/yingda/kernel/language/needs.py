"""What an entry needs of an agent: AND, OR and NOT over skills and levels (ACD-11 to ACD-13).

    英语 >= 5 AND 保险 AND NOT 实习   OR   "senior desk" >= 7

A skill without a level asks for level 1. AND binds closer than OR, brackets group. NOT follows AND or OR, stands before
one skill, and carries no level: nothing can be asked for by what an agent must *not* be alone. A text is read into a
postfix program without recursion; evaluating it is one pass over at most `MOST_TERMS` steps and cannot fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from yingda.kernel.errors import YingdaError
from yingda.kernel.language.infix import Infix
from yingda.kernel.language.words import WordsError

LOWEST, HIGHEST = 1, 9
MOST_TERMS: Final = 200

AND, OR, NOT = "AND", "OR", "NOT"
_BINDS: Final = {OR: 1, AND: 2}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Term:
    """One skill that is asked for at `level` or above; level 0: it must be absent (NOT)."""

    skill: str
    level: int


Step = Term | str
"""A term puts its truth on the stack; AND and OR take two and put one."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A requirement as a postfix program. An empty one is met by everybody."""

    text: str
    steps: tuple[Step, ...]

    @property
    def asked(self) -> tuple[Term, ...]:
        """The skills asked for, in order, without those that must be absent."""
        return tuple(step for step in self.steps if isinstance(step, Term) and step.level > 0)

    @property
    def barred(self) -> tuple[str, ...]:
        """The skills that must be absent."""
        return tuple(step.skill for step in self.steps if isinstance(step, Term) and step.level == 0)

    def joined(self, other: Needs) -> Needs:
        """What meets both."""
        if not self.steps or not other.steps:
            return self if self.steps else other
        return Needs(f"({self.text}) AND ({other.text})", (*self.steps, *other.steps, AND))

    def met_by(self, levels: Mapping[str, int]) -> bool:
        """levels: skill → the agent's level; what is not there he does not have."""
        return self.fold(
            lambda term: levels.get(term.skill, 0) >= term.level if term.level else term.skill not in levels,
            lambda left, right: left and right,
            lambda left, right: left or right,
            empty=True,
        )

    def fold(self, of: Callable[[Term], T], both: Callable[[T, T], T], either: Callable[[T, T], T], *, empty: T) -> T:
        """The program over any algebra: truth values, or sets of agents."""
        stack: list[T] = []
        for step in self.steps:
            if isinstance(step, Term):
                stack.append(of(step))
            else:
                right, left = stack.pop(), stack.pop()
                stack.append(both(left, right) if step == AND else either(left, right))
        return stack[0] if stack else empty


NOTHING: Final = Needs("", ())


@lru_cache(maxsize=10_000)
def parse(text: str) -> Needs:
    """Raises YingdaError bad_needs; its sentence says what is wrong and at which character (from 1)."""
    if not text.strip():
        return NOTHING
    try:
        return Needs(text, _Parser(text, operators=(">=", "(", ")")).read())
    except WordsError as error:
        raise YingdaError("bad_needs", f"What is needed cannot be read: {error} ({text!r}).") from None


class _Parser(Infix[Term]):
    binds = _BINDS
    joins = tuple(_BINDS)
    joins_missing = "AND or OR is missing"

    def _operand(self) -> None:
        """A skill, with brackets before it; after AND or OR also NOT and a skill."""
        while self._is("("):
            self._waiting.append(self._take())
        negated = self._here.is_word(NOT)
        if negated:
            token = self._take()
            if not self._waiting or self._waiting[-1].text == "(":
                raise token.wrong("NOT must follow AND or OR")
        token = self._take()
        if token.end or not token.is_name or any(token.is_word(word) for word in (AND, OR, NOT)):
            raise token.wrong("a skill is missing")
        if len(self._steps) >= 2 * MOST_TERMS:
            raise token.wrong(f"there are more than {MOST_TERMS} skills")
        level = self._level(negated)
        self._steps.append(Term(token.text, 0 if negated else level))

    def _level(self, negated: bool) -> int:
        if not self._is(">="):
            return LOWEST
        sign, number = self._take(), self._take()
        if negated:
            raise sign.wrong("NOT carries no level")
        if not (number.is_number and LOWEST <= float(number.text) <= HIGHEST and float(number.text).is_integer()):
            raise number.wrong(f"a level is a whole number from {LOWEST} to {HIGHEST}")
        return int(float(number.text))
