"""Conditions: comparisons joined by and, or, not (ACD-22)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yingda.kernel.errors import YingdaError
from yingda.kernel.language.conditions import Name, Value, parse, unknown


class Facts:
    def __init__(self, **facts: Value) -> None:
        self.facts = {"data.grade": "VIP", "hour": 10.0, "waiting sales": 26.0, "idle support": 4.0, **facts}

    def fact(self, name: str, of: str | None) -> Value:
        return self.facts.get(name if of is None else f"{name} {of}")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ('waiting("sales") > 25 and idle("support") >= 4', True),
        ('waiting("sales") > 26 and idle("support") >= 4', False),
        ("waiting(sales) > 25 or hour = 3", True),
        ('data.grade = "VIP"', True),
        ('data.grade != "VIP"', False),
        ("data.none = 1", False),
        ("data.none != 1", True),
        ("data.grade > 3", False),
        ("data.grade < 3", False),
        ("not hour = 10", False),
        ("not (hour = 10 and hour = 11)", True),
        ("not hour = 10 or hour = 10", True),
        ("hour >= 9 and hour < 18", True),
        ("hour > -1", True),
        ("hour = 1 and hour = 2 or hour = 10", True),
        ("hour = 1 and (hour = 2 or hour = 10)", False),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert parse(text).holds(Facts()) is holds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hour", "a comparison (= != < <= > >=) is missing, at the end"),
        ("hour > ", "a value is missing, at the end"),
        ("hour > 1 hour", "and or or is missing, at character 10"),
        ("(hour > 1", "this bracket is never closed, at character 1"),
        ("hour > 1)", "this bracket was never opened, at character 9"),
        ("waiting( > 1", "a name such as"),
        ("hour > 1 and and hour > 2", "a value is missing, at character 14"),
        ("hour > 1 # note", "'#' means nothing here, at character 10"),
        ("not " * 500 + "hour > 1", "too long"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(YingdaError) as refusal:
        parse(text)
    assert refusal.value.code == "bad_condition"
    assert says in refusal.value.sentence


@example("d(")  # the end was taken for a name
@given(st.text(alphabet='h1 ()="<>!andortx-', max_size=40))
def test_any_text_is_read_or_refused_and_holds_or_not(text: str) -> None:
    try:
        condition = parse(text)
    except YingdaError as refusal:
        assert refusal.code == "bad_condition"
    else:
        assert condition.holds(Facts()) in (True, False)


def test_names_nobody_can_answer_are_found() -> None:
    condition = parse('hour > 1 and data.any = 2 and waiting("q") > 3 and moon = 4')
    assert unknown(condition, {"hour"}, {"waiting"}) == Name("moon")
    assert unknown(parse('data.any = 2 and waiting("q") > 3'), {"hour"}, {"waiting"}) is None
    assert unknown(parse("waiting > 3"), {"hour"}, {"waiting"}) == Name("waiting")
