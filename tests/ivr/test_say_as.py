"""Values read aloud: the list in say_as.txt in both languages, and what must not be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.ivr.ssml import chinese, english
from yingda.ivr.ssml.say_as import read_as

LINES = [
    [cell.strip() for cell in line.split("|")]
    for line in Path(__file__).with_name("say_as.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_list_is_long_enough() -> None:
    assert len(LINES) >= 200


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line[:2]))
def test_value(line: list[str]) -> None:
    kind, _, form = line[0].partition(" ")
    assert " ".join(read_as(kind, form, "", line[1], "zh-CN") or ()) == line[2]
    assert " ".join(read_as(kind, form, "", line[1], "en-US") or ()) == line[3]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("cardinal", "many"),
        ("cardinal", "1e400"),
        ("cardinal", "NaN"),
        ("cardinal", "9" * 61),
        ("ordinal", "0"),
        ("digits", "12a"),
        ("digits", "٣"),
        ("telephone", "-"),
        ("date", "2026-13-01"),
        ("date", "2026-02-32"),
        ("date", "a-b-c"),
        ("time", "24:00"),
        ("time", "9:60"),
        ("money", "ten"),
        ("money", ""),
        ("fraction", "1/0"),
        ("vxml:boolean", "perhaps"),
        ("street", "5"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_does_not_fit_is_left_to_the_synthesiser(kind: str, value: str, language: str) -> None:
    assert read_as(kind, "", "", value, language) is None


_VALUES = {"十": 10, "百": 100, "千": 1_000}


def _back(words: list[str]) -> int:
    """Chinese words as a number again."""
    total = section = 0
    digit: int | None = None
    for word in words:
        if word in "两零" or word in chinese.DIGITS:
            digit = 2 if word == "两" else chinese.DIGITS.index(word)
        elif word in _VALUES:
            section += (1 if digit is None else digit) * _VALUES[word]
            digit = None
        else:
            unit = {"万": 10**4, "亿": 10**8, "万亿": 10**12}[word]
            total += (section + (digit or 0)) * unit
            section, digit = 0, None
    return total + section + (digit or 0)


@given(st.integers(0, 10**15 - 1))
def test_chinese_numbers_can_be_understood(number: int) -> None:
    words = chinese.cardinal(number)
    assert _back(words) == number
    assert "零 零" not in " ".join(words)
    assert number == 0 or words[-1] != "零"


@given(st.integers(1, 10**6))
def test_english_ordinals_differ_from_cardinals_in_their_last_word(number: int) -> None:
    assert english.ordinal(number)[:-1] == english.cardinal(number)[:-1]
    assert english.ordinal(number)[-1] != english.cardinal(number)[-1]
