"""Reading operands that words join, brackets group and binding orders, into a postfix program (shunting-yard).

The operators wait on a stack of their own until what binds less comes, so nothing recurses however deep the brackets
are. What an operand is, each language says for itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from yingda.kernel.language.words import Token, tokens

Operand = TypeVar("Operand")


class Infix(ABC, Generic[Operand]):
    """One reading of one text.

    binds: words as they stand in the program → how closely they bind. joins: those of them that stand between two
    operands. joins_missing: what is said where none of these stands.
    """

    binds: ClassVar[Mapping[str, int]]
    joins: ClassVar[Sequence[str]]
    joins_missing: ClassVar[str]

    def __init__(self, text: str, operators: Sequence[str]) -> None:
        self._tokens = tokens(text, operators)
        self._at = 0
        self._steps: list[Operand | str] = []
        self._waiting: list[Token] = []

    def read(self) -> tuple[Operand | str, ...]:
        """The program: operands, and words that take what stands before them. Raises WordsError."""
        while True:
            self._operand()
            while self._is(")"):
                self._close(self._take())
            if self._here.end:
                break
            self._join(self._take())
        while self._waiting:
            token = self._waiting.pop()
            if token.text == "(":
                raise token.wrong("this bracket is never closed")
            self._steps.append(token.text)
        return tuple(self._steps)

    @abstractmethod
    def _operand(self) -> None:
        """Take an operand with the brackets and words before it, and put it into the program."""

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _is(self, sign: str) -> bool:
        return self._here.text == sign and not self._here.quoted

    def _take(self) -> Token:
        token = self._here
        self._at += not token.end  # the end can be looked at again and again
        return token

    def _join(self, token: Token) -> None:
        word = next((word for word in self.joins if token.is_word(word.upper())), None)
        if word is None:
            raise token.wrong(self.joins_missing)
        while self._waiting and self.binds.get(self._waiting[-1].text, 0) >= self.binds[word]:
            self._steps.append(self._waiting.pop().text)
        self._waiting.append(token.as_word(word))

    def _close(self, token: Token) -> None:
        while self._waiting and self._waiting[-1].text != "(":
            self._steps.append(self._waiting.pop().text)
        if not self._waiting:
            raise token.wrong("this bracket was never opened")
        self._waiting.pop()
