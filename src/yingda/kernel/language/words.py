"""The words of our small expression languages: names, numbers, quoted texts and operators, each with its place.

Reading never recurses and never guesses: what is no word of the language is an error with the number of its character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

LONGEST: Final = 4_000
"""Characters of an expression; more is a mistake, not a rule."""

_BLANK = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(\.\d+)?(?![\w.])")
_NAME = re.compile(r"[^\W\d][\w.-]*")
_QUOTED = re.compile(r'"([^"\n]*)"')


class WordsError(ValueError):
    """What cannot be read, as a sentence with its place."""


@dataclass(frozen=True, slots=True)
class Token:
    """at: its first character, from 1. end: nothing follows."""

    text: str
    at: int
    is_name: bool = False
    is_number: bool = False
    quoted: bool = False
    end: bool = False

    def is_word(self, word: str) -> bool:
        """A keyword, in any case; quoted it is only a text."""
        return self.is_name and not self.quoted and self.text.upper() == word

    def as_word(self, word: str) -> Token:
        return replace(self, text=word)

    def wrong(self, sentence: str) -> WordsError:
        where = "at the end" if self.end else f"at character {self.at}"
        return WordsError(f"{sentence}, {where}")


def tokens(text: str, operators: Sequence[str]) -> list[Token]:
    """The words of `text`, and an end. operators: longer ones first. Raises WordsError."""
    if len(text) > LONGEST:
        raise WordsError(f"it is longer than {LONGEST} characters")
    found: list[Token] = []
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        token, at = _token(text, at, operators)
        found.append(token)
    return [*found, Token("", len(text) + 1, end=True)]


def _token(text: str, at: int, operators: Sequence[str]) -> tuple[Token, int]:
    if quoted := _QUOTED.match(text, at):
        return Token(quoted[1], at + 1, is_name=True, quoted=True), quoted.end()
    if number := _NUMBER.match(text, at):
        return Token(number[0], at + 1, is_number=True), number.end()
    if name := _NAME.match(text, at):
        return Token(name[0], at + 1, is_name=True), name.end()
    for operator in operators:
        if text.startswith(operator, at):
            return Token(operator, at + 1), at + len(operator)
    raise Token(text[at], at + 1).wrong(f"{text[at]!r} means nothing here")
