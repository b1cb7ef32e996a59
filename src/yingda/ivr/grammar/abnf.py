"""SRGS 1.0 in its augmented BNF form (section 1.5 and appendix D): read by descent over a list of lexemes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from yingda.ivr.grammar.model import (
    Expansion,
    Grammar,
    GrammarError,
    Mode,
    OneOf,
    Reference,
    Repeat,
    Rule,
    Special,
    Tag,
    Token,
    sequence,
)
from yingda.ivr.grammar.srgs_xml import repeat_range, tag_format
from yingda.ivr.grammar.words import tokens

_HEADER: Final = re.compile(r"\ufeff?#ABNF\s+1\.0(\s+[\w.-]+)?\s*;")
_LEXEMES: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<tag>\{!\{.*?\}!\}|\{[^}]*\})
    |(?P<weight>/\s*[\d.]+\s*/)
    |(?P<refer>\$<[^>]*>)
    |(?P<rule>\$[^\s;=|*+<>()\[\]{}/!"\#.,]+)
    |(?P<angle><[^>]*>(?:~<[^>]*>)?)
    |(?P<language>![A-Za-z][\w-]*)
    |(?P<quoted>"[^"]*")
    |(?P<sign>[;=|()\[\]])
    |(?P<word>[^\s;=|<>()\[\]{}/!"]+)""",
    re.X | re.S,
)
_REPEAT: Final = re.compile(r"<\s*(\d+(?:\s*-\s*\d*)?)\s*(?:/\s*[\d.]+\s*/)?\s*>$")
_MODES: Final = {"voice": Mode.VOICE, "dtmf": Mode.DTMF}


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    text: str
    offset: int


@dataclass(slots=True)
class _Head:
    """The declarations before the rules."""

    root: str = ""
    mode: Mode = Mode.VOICE
    language: str = ""
    format: str = ""
    base: str = ""
    scripts: list[str] = field(default_factory=list)


def is_abnf(text: str) -> bool:
    """Whether a text declares itself to be ABNF."""
    return text.lstrip().removeprefix("\ufeff").startswith("#ABNF")


def parse(text: str, base: str = "", language: str = "") -> Grammar:
    """The grammar of an ABNF document. base: what its references are relative to. Raises GrammarError with the line."""
    return _Parser(text, base, language).grammar()


class _Parser:
    def __init__(self, text: str, base: str, language: str) -> None:
        self._text = text
        self._head = _Head(base=base, language=language)
        self._lexemes: list[_Lexeme] = []
        self._next = 0

    def grammar(self) -> Grammar:
        header = _HEADER.match(self._text.lstrip())
        if not header:
            raise GrammarError("An ABNF grammar begins with #ABNF 1.0 and a semicolon.", "line 1")
        self._lex(len(self._text) - len(self._text.lstrip()) + header.end())
        while self._peek() and self._declaration():
            pass
        rules: dict[str, Rule] = {}
        while self._peek():
            rule = self._rule()
            if rule.name in rules:
                self._fail(f"The rule {rule.name} is defined twice.")
            rules[rule.name] = rule
        head = self._head
        if head.root and head.root not in rules:
            self._fail(f"The root rule {head.root} is not defined.")
        root = head.root or (next(iter(rules)) if len(rules) == 1 else "")
        return Grammar(rules, root, head.mode, head.language, tag_format(head.format), tuple(head.scripts))

    def _lex(self, offset: int) -> None:
        while offset < len(self._text):
            found = _LEXEMES.match(self._text, offset)
            if not found or not found.lastgroup:
                line = self._text.count("\n", 0, offset) + 1
                raise GrammarError(f"The character {self._text[offset]!r} is not expected.", f"line {line}")
            if found.lastgroup != "space":
                self._lexemes.append(_Lexeme(found.lastgroup, found[0], offset))
            offset = found.end()

    def _peek(self) -> _Lexeme | None:
        return self._lexemes[self._next] if self._next < len(self._lexemes) else None

    def _take(self, expected: str) -> _Lexeme:
        """The next lexeme, which must have this text or be of this kind."""
        lexeme = self._peek()
        if lexeme is None or expected not in (lexeme.text, lexeme.kind):
            self._fail(f"{lexeme.text if lexeme else 'The end'} stands where {expected} was expected.")
        self._next += 1
        assert lexeme is not None
        return lexeme

    def _at(self, *signs: str) -> bool:
        lexeme = self._peek()
        return lexeme is not None and lexeme.text in signs

    def _fail(self, sentence: str) -> None:
        lexeme = self._peek()
        offset = lexeme.offset if lexeme else len(self._text)
        raise GrammarError(sentence, f"line {self._text.count(chr(10), 0, offset) + 1}")

    def _declaration(self) -> bool:
        """One declaration of the head; False where the rules begin."""
        first = self._peek()
        assert first is not None
        if first.kind == "tag":
            self._head.scripts.append(_tag(self._take("tag").text))
            self._take(";")
            return True
        readers: dict[str, Callable[[], None]] = {
            "root": self._root,
            "mode": self._mode,
            "language": self._language,
            "tag-format": self._format,
            "base": self._base,
            "lexicon": self._ignored,
            "meta": self._ignored,
            "http-equiv": self._ignored,
        }
        if first.kind != "word" or first.text not in readers:
            return False
        self._next += 1
        readers[first.text]()
        self._take(";")
        return True

    def _root(self) -> None:
        self._head.root = self._take("rule").text[1:]

    def _mode(self) -> None:
        word = self._take("word").text
        if word not in _MODES:
            self._fail(f"The mode {word} is not known; expected: voice or dtmf.")
        self._head.mode = _MODES[word]

    def _language(self) -> None:
        self._head.language = self._take("word").text

    def _format(self) -> None:
        self._head.format = self._take("angle").text.strip("<>")

    def _base(self) -> None:
        self._head.base = urljoin(self._head.base, self._take("angle").text.strip("<>"))

    def _ignored(self) -> None:
        while self._peek() and not self._at(";"):
            self._next += 1

    def _rule(self) -> Rule:
        public = self._at("public")
        if public or self._at("private"):
            self._next += 1
        name = self._take("rule").text[1:]
        if name in Special.__members__:
            self._fail(f"{name} cannot be defined.")
        self._take("=")
        expansion = self._alternatives()
        self._take(";")
        return Rule(name, expansion, public)

    def _alternatives(self) -> Expansion:
        options, weights = [], []
        while True:
            weight = self._peek()
            weighted = weight is not None and weight.kind == "weight"
            weights.append(float(self._take("weight").text.strip("/ ")) if weighted else 1.0)
            options.append(self._sequence())
            if not self._at("|"):
                break
            self._next += 1
        return options[0] if len(options) == 1 else OneOf(tuple(options), tuple(weights))

    def _sequence(self) -> Expansion:
        parts: list[Expansion] = []
        while self._peek() and not self._at("|", ";", ")", "]"):
            parts.append(self._repeated())
        if not parts:
            self._fail("An expansion is empty; () is the one that takes nothing.")
        return sequence(parts)

    def _repeated(self) -> Expansion:
        part = self._part()
        while lexeme := self._peek():
            repeat = _REPEAT.match(lexeme.text) if lexeme.kind == "angle" else None
            if repeat:
                part = Repeat(part, *repeat_range(repeat[1].replace(" ", "")))
            elif lexeme.kind != "language":
                break
            self._next += 1
        return part

    def _part(self) -> Expansion:
        lexeme = self._peek()
        assert lexeme is not None
        self._next += 1
        match lexeme.kind:
            case "word" | "quoted":
                return sequence([Token(word) for word in tokens(lexeme.text, self._head.mode)])
            case "tag":
                return Tag(_tag(lexeme.text))
            case "rule":
                name = lexeme.text[1:]
                return Special[name] if name in Special.__members__ else self._local(name)
            case "refer":
                address, _, rule = lexeme.text[2:-1].partition("#")
                return Reference(urljoin(self._head.base, address) if address else "", rule)
            case _:
                return self._group(lexeme)

    def _group(self, opening: _Lexeme) -> Expansion:
        closing = {"(": ")", "[": "]"}.get(opening.text)
        if closing is None:
            self._next -= 1
            self._fail(f"{opening.text} is not expected here.")
        assert closing is not None
        inner = sequence([]) if opening.text == "(" and self._at(")") else self._alternatives()
        self._take(closing)
        return Repeat(inner, 0, 1) if opening.text == "[" else inner

    def _local(self, name: str) -> Reference:
        defined = re.search(rf"\${re.escape(name)}\s*=", self._text)
        if not defined:
            self._next -= 1
            self._fail(f"The rule {name} is not defined.")
        return Reference("", name)


def _tag(text: str) -> str:
    return text[3:-3] if text.startswith("{!{") else text[1:-1]
