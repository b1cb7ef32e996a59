"""When a rule applies: comparisons joined by and, or, not (ACD-22, ACD-23, ACD-25, ACD-27).

    waiting("sales") > 25 and idle("support") >= 4
    data.grade = "VIP" or (hour >= 9 and hour < 18 and weekday <= 5)

Values are numbers and texts. A value that is not there, and two values that cannot be compared, make a comparison false
(`!=` true): evaluating never fails. What may be named is given by who asks: facts (`hour`), facts of a thing
(`waiting("sales")`), attached data (`data.…`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from yingda.kernel.errors import YingdaError
from yingda.kernel.language.infix import Infix
from yingda.kernel.language.words import WordsError

MOST_STEPS: Final = 400
DATA: Final = "data."

Value = str | float | None

_BINDS: Final = {"or": 1, "and": 2, "not": 3}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS: Final = ("<=", ">=", "!=", "=", "<", ">", "(", ")", "-")
_ORDERED: Final = frozenset({"<", "<=", ">", ">="})


class Facts(Protocol):
    """What a condition is asked about. None: not known."""

    def fact(self, name: str, of: str | None) -> Value:
        """`hour` is ("hour", None), `data.grade` ("data.grade", None), `waiting("sales")` ("waiting", "sales")."""
        ...


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Name | Value
    sign: str
    right: Name | Value

    def holds(self, facts: Facts) -> bool:
        left, right = _value(self.left, facts), _value(self.right, facts)
        if self.sign in _ORDERED and (left is None or right is None or isinstance(left, str) != isinstance(right, str)):
            return False
        return _COMPARE[self.sign](left, right)


@dataclass(frozen=True, slots=True)
class Condition:
    """A postfix program of comparisons and the words and, or, not. An empty one always holds."""

    text: str
    steps: tuple[Comparison | str, ...]

    @property
    def names(self) -> tuple[Name, ...]:
        """Everything it asks about, for checking."""
        sides = [side for step in self.steps if isinstance(step, Comparison) for side in (step.left, step.right)]
        return tuple(side for side in sides if isinstance(side, Name))

    def holds(self, facts: Facts) -> bool:
        stack: list[bool] = []
        for step in self.steps:
            if isinstance(step, Comparison):
                stack.append(step.holds(facts))
            elif step == "not":
                stack.append(not stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                stack.append((left and right) if step == "and" else (left or right))
        return stack[0] if stack else True


def _value(side: Name | Value, facts: Facts) -> Value:
    return facts.fact(side.name, side.of) if isinstance(side, Name) else side


@lru_cache(maxsize=10_000)
def parse(text: str) -> Condition:
    """Raises YingdaError bad_condition; its sentence says what is wrong and at which character (from 1)."""
    if not text.strip():
        return Condition("", ())
    try:
        return Condition(text, _Parser(text, _OPERATORS).read())
    except WordsError as error:
        raise YingdaError("bad_condition", f"The condition cannot be read: {error} ({text!r}).") from None


def unknown(condition: Condition, plain: Collection[str], of_a_thing: Collection[str]) -> Name | None:
    """The first name that nobody can answer. plain: facts without an argument; of_a_thing: those with one."""
    for name in condition.names:
        known = name.name.startswith(DATA) if name.of is None else False
        if not known and name.name not in (plain if name.of is None else of_a_thing):
            return name
    return None


class _Parser(Infix[Comparison]):
    """Brackets group comparisons, not values."""

    binds = _BINDS
    joins = ("and", "or")
    joins_missing = "and or or is missing"

    def _operand(self) -> None:
        while self._is("(") or self._here.is_word("NOT"):
            token = self._take()
            self._waiting.append(token.as_word("not") if token.is_name else token)
        if len(self._steps) >= MOST_STEPS or len(self._waiting) >= MOST_STEPS:
            raise self._here.wrong("the condition is too long")
        left = self._side()
        sign = self._take()
        if sign.quoted or sign.text not in _COMPARE:
            raise sign.wrong("a comparison (= != < <= > >=) is missing")
        self._steps.append(Comparison(left, sign.text, self._side()))

    def _side(self) -> Name | Value:
        token = self._take()
        if token.quoted:
            return token.text
        if token.is_number:
            return float(token.text)
        if token.text == "-" and self._here.is_number:
            return -float(self._take().text)
        if not token.is_name or any(token.is_word(word.upper()) for word in _BINDS):
            raise token.wrong("a value is missing")
        if not self._is("("):
            return Name(token.text)
        self._take()
        thing, close = self._take(), self._take()
        if not thing.is_name or close.text != ")" or close.quoted:
            raise thing.wrong('a name such as ("sales") is missing')
        return Name(token.text, thing.text)
