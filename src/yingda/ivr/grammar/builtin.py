"""The built-in types of VoiceXML 2.0, appendix P, for keys and for speech in Chinese and English.

A type is named `date`, `digits?length=6`, or by address `builtin:dtmf/digits?length=6`. Values are strings as the
appendix writes them (`yyyymmdd`, `hhmmx`, `UUUmm.nn`), boolean gives true and false.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from yingda.ivr.grammar import abnf
from yingda.ivr.grammar.model import ENDLESS, Grammar, GrammarError, Mode, OneOf, Repeat, Rule, Token
from yingda.ivr.grammar.spoken import SPOKEN

BUILTIN: Final = ("boolean", "currency", "date", "digits", "number", "phone", "time")
_DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many digits the type `digits` takes."""

    least: int
    most: int


def builtin(name: str, mode: Mode, language: str) -> Grammar:
    """The grammar of a built-in type. Raises GrammarError for a type or a parameter that is not known."""
    kind, _, query = name.partition("?")
    parameters = tuple(sorted(parse_qsl(query.replace(";", "&"), keep_blank_values=True)))
    return _builtin(kind, parameters, mode, "en" if language.lower().startswith("en") else "zh")


@lru_cache(maxsize=256)
def _builtin(kind: str, parameters: tuple[tuple[str, str], ...], mode: Mode, language: str) -> Grammar:
    known = _KEYS.get(kind)
    if known is None:
        raise GrammarError(f"The built-in type {kind} is not known; expected: {', '.join(BUILTIN)}.")
    given = dict(parameters)
    if mode is Mode.DTMF:
        return known(given)
    text = SPOKEN[language, kind]
    if kind == "digits":
        lengths = _lengths(given)
        text = text.replace("<1->", f"<{lengths.least}-{lengths.most}>")
    return abnf.parse(text, language=language)


def _lengths(given: dict[str, str]) -> Lengths:
    try:
        exact = given.get("length")
        least = int(exact or given.get("minlength") or 1)
        most = int(exact or given.get("maxlength") or ENDLESS)
    except ValueError as error:
        raise GrammarError("The lengths of digits are whole numbers.") from error
    if (exact and ("minlength" in given or "maxlength" in given)) or not 0 < least <= most:
        raise GrammarError("The lengths of digits contradict one another.")
    return Lengths(least, most)


def _digits(given: dict[str, str]) -> Grammar:
    lengths = _lengths(given)
    one = OneOf(tuple(Token(digit) for digit in _DIGITS), (1.0,) * 10)
    return Grammar({"main": Rule("main", Repeat(one, lengths.least, lengths.most))}, "main", Mode.DTMF)


def _boolean(given: dict[str, str]) -> Grammar:
    yes, no = given.get("y", "1"), given.get("n", "2")
    if yes == no or not {yes, no} <= set(_DIGITS + "*#"):
        raise GrammarError("The keys for yes and no are two different keys.")
    return _keyed(f'$main = "{yes}" {{out=true}} | "{no}" {{out=false}};')


def _keyed(rules: str) -> Grammar:
    return abnf.parse(f"#ABNF 1.0; mode dtmf; root $main;\n{rules}\n$d = 0|1|2|3|4|5|6|7|8|9;")


def _fixed(rules: str) -> Callable[[dict[str, str]], Grammar]:
    return lambda given: _keyed(rules)


_KEYS: Final[dict[str, Callable[[dict[str, str]], Grammar]]] = {
    "boolean": _boolean,
    "digits": _digits,
    "date": _fixed("$main = $d<4> (0 (1|2|3|4|5|6|7|8|9) | 1 (0|1|2)) (0 (1|2|3|4|5|6|7|8|9) | (1|2) $d | 3 (0|1));"),
    "currency": _fixed('$main = ($d<1-> [ "*" $d<1-2> ] | "*" $d<1-2>) {out=meta.current().text.replace("*",".")};'),
    "number": _fixed('$main = ($d<1-> [ "*" $d<0-> ] | "*" $d<1->) {out=meta.current().text.replace("*",".")};'),
    "phone": _fixed('$main = $d<1-> [ "*" $d<1-> ] {out=meta.current().text.replace("*","x")};'),
    "time": _fixed(
        "$main = ((0|1) $d | 2 (0|1|2|3)) (0|1|2|3|4|5) $d "
        '{out=meta.current().text; out+=(out<"0100"||out>="1300")?"h":"?"};'
    ),
}
