"""Needs: AND, OR, NOT over skills and levels (ACD-11 to ACD-13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.errors import YingdaError
from yingda.kernel.language.needs import NOTHING, Term, parse


@pytest.mark.parametrize(
    ("text", "levels", "met"),
    [
        ("", {}, True),
        ("英语", {"英语": 1}, True),
        ("英语", {}, False),
        ("english >= 5", {"english": 4}, False),
        ("english >= 5", {"english": 5}, True),
        ("a AND b OR c", {"c": 1}, True),
        ("a AND (b OR c)", {"c": 1}, False),
        ("a AND (b OR c)", {"a": 1, "c": 1}, True),
        ("a AND NOT b", {"a": 9}, True),
        ("a AND NOT b", {"a": 9, "b": 1}, False),
        ("a or not b", {}, True),
        ('"senior desk" >= 7', {"senior desk": 8}, True),
        ('"AND" AND b', {"AND": 1, "b": 1}, True),
    ],
)
def test_what_meets_what(text: str, levels: dict[str, int], met: bool) -> None:
    assert parse(text).met_by(levels) is met


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NOT a", "NOT must follow AND or OR, at character 1"),
        ("a AND (NOT b)", "NOT must follow AND or OR, at character 8"),
        ("a AND NOT b >= 3", "NOT carries no level, at character 13"),
        ("a b", "AND or OR is missing, at character 3"),
        ("a AND", "a skill is missing, at the end"),
        ("a AND OR b", "a skill is missing, at character 7"),
        ("(a OR b", "this bracket is never closed, at character 1"),
        ("a)", "this bracket was never opened, at character 2"),
        ("a >= 10", "a level is a whole number from 1 to 9, at character 6"),
        ("a >= 0", "a level is a whole number from 1 to 9"),
        ("a >= 2.5", "a level is a whole number from 1 to 9"),
        ("a & b", "'&' means nothing here, at character 3"),
        ("()", "a skill is missing, at character 2"),
        ("a AND " * 300 + "a", "more than 200 skills"),
        ("a" * 5000, "longer than 4000 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(YingdaError) as refusal:
        parse(text)
    assert refusal.value.code == "bad_needs"
    assert says in refusal.value.sentence


def test_a_thousand_brackets_are_no_trouble() -> None:
    assert parse("(" * 1000 + "a" + ")" * 1000).met_by({"a": 1})


def test_asked_and_barred() -> None:
    needs = parse("a >= 3 AND b OR c AND NOT d")
    assert needs.asked == (Term("a", 3), Term("b", 1), Term("c", 1))
    assert needs.barred == ("d",)


@given(st.text(alphabet='ab ()>=59ANDORT"', max_size=40), st.dictionaries(st.sampled_from("ab"), st.integers(1, 9)))
def test_any_text_is_read_or_refused(text: str, levels: dict[str, int]) -> None:
    try:
        needs = parse(text)
    except YingdaError as refusal:
        assert refusal.code == "bad_needs"
    else:
        assert needs.met_by(levels) in (True, False)


ATOMS = st.builds(
    lambda skill, level: (f"{skill} >= {level}", {skill: level}), st.sampled_from("abc"), st.integers(1, 9)
)
TREES = st.recursive(
    ATOMS.map(lambda atom: atom[0]), lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner)
)


@given(TREES, st.dictionaries(st.sampled_from("abc"), st.integers(1, 9)))
def test_brackets_mean_what_they_show(tree: object, levels: dict[str, int]) -> None:
    def shown(node: object) -> str:
        if isinstance(node, str):
            return node
        assert isinstance(node, tuple)
        return f"({shown(node[0])} {node[1]} {shown(node[2])})"

    def plain(node: object) -> bool:
        if isinstance(node, str):
            skill, _, level = node.split()
            return levels.get(skill, 0) >= int(level)
        assert isinstance(node, tuple)
        sides = plain(node[0]), plain(node[2])
        return all(sides) if node[1] == "AND" else any(sides)

    assert parse(shown(tree)).met_by(levels) is plain(tree)


def test_joining_asks_for_both() -> None:
    joined = parse("a OR b").joined(parse("c"))
    assert joined.met_by({"a": 1, "c": 1}) and not joined.met_by({"a": 1})
    assert parse(joined.text).steps == joined.steps
    assert NOTHING.joined(parse("a")) == parse("a") == parse("a").joined(NOTHING)
