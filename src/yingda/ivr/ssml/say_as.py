"""`<say-as>`: the words a value is read with. SSML 1.0, 3.1.8, the W3C's note on its values, VoiceXML's own types.

interpret-as           format             reads
cardinal, number       –                  一百零五 · one hundred five
number                 ordinal, digits …  as that type
ordinal                –                  第三 · third
digits                 yao                digits one by one; 一 as 幺 with `yao`
telephone              yi                 groups as they are written, a gap between; 幺 in Chinese unless `yi`
card                   –                  digits in fours
characters, spell-out  –                  letters, digits and signs one by one
date                   an order of y m d  2026-11-21, 20261121, 11/21
time                   hms12, hms24       14:30, 1430, 2:30pm
currency, money        a currency's code  12.35, CNY12.35, $5
percent, fraction      –                  25%, 1/2
vxml:boolean … time    –                  the values of the built-in types (appendix P)

A value that does not fit its type is left to the synthesiser as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from yingda.ivr.ssml import chinese, english

LONGEST: Final = 60  # characters a value may have
_LARGEST: Final = Decimal(10) ** 15
_CARD_GROUP: Final = 4
_AMOUNT: Final = re.compile(r"\s*([A-Z]{3}|[¥￥$€£])?\s*([+-]?[\d,]*\.?\d*)\s*([A-Z]{3})?\s*$")
_SYMBOLS: Final = {"¥": "CNY", "￥": "CNY", "$": "USD", "€": "EUR", "£": "GBP", "RMB": "CNY"}
_TIME: Final = re.compile(r"(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?\s*([aphx?]|am|pm)?m?$", re.I)


def read_as(kind: str, form: str, detail: str, text: str, language: str) -> tuple[str, ...] | None:
    """The words for a value, or None where it does not fit its type. language: a tag; all but English is Chinese."""
    reader = _READERS.get(kind)
    text = text.strip()
    if reader is None or not text or len(text) > LONGEST:
        return None
    try:
        return tuple(reader(text, form or detail, language.lower().startswith("en")))
    except (ValueError, InvalidOperation):
        return None


def known(kind: str) -> bool:
    """Whether a value of `interpret-as` is one of ours."""
    return kind in _READERS


def _decimal(text: str) -> Decimal:
    value = Decimal(text.replace(",", ""))
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise ValueError(text)
    return value


def _number(text: str, form: str, in_english: bool) -> list[str]:
    if form in {"ordinal", "digits", "telephone"}:
        return _READERS[form](text, "", in_english)
    value = _decimal(text)
    return english.decimal(value) if in_english else chinese.decimal(value)


def _ordinal(text: str, form: str, in_english: bool) -> list[str]:
    number = int(re.sub(r"^第|(st|nd|rd|th)$", "", text))
    if not 0 < number < _LARGEST:
        raise ValueError(text)
    return english.ordinal(number) if in_english else chinese.ordinal(number)


def _digits(text: str, form: str, in_english: bool) -> list[str]:
    plain = re.sub(r"[\s-]", "", text)
    if not plain.isascii() or not plain.isdigit():
        raise ValueError(text)
    return english.digits(plain) if in_english else chinese.digits(plain, telephone=form == "yao")


def _telephone(text: str, form: str, in_english: bool) -> list[str]:
    """Groups as they are written; a Chinese mobile without any is read 3-4-4."""
    number, _, extension = re.sub(r"(?i)\s*(转|ext\.?|x)\s*", "x", text).partition("x")
    if re.fullmatch(r"1\d{10}", number):
        number = f"{number[:3]} {number[3:7]} {number[7:]}"
    words: list[str] = []
    if number.startswith("+"):
        words.append(english.SIGNS["+"] if in_english else chinese.SIGNS["+"])
    groups = [group for group in re.split(r"[^\d]+", number) if group]
    if not groups:
        raise ValueError(text)
    for index, group in enumerate(groups):
        words += [chinese.GAP] if index else []
        words += english.digits(group) if in_english else chinese.digits(group, telephone=form != "yi")
    if extension:
        words += [english.EXTENSION if in_english else chinese.EXTENSION, *_digits(extension, "yao", in_english)]
    return words


def _card(text: str, form: str, in_english: bool) -> list[str]:
    plain = re.sub(r"[\s-]", "", text)
    words: list[str] = []
    for start in range(0, len(plain), _CARD_GROUP):
        words += [chinese.GAP] if start else []
        words += _digits(plain[start : start + _CARD_GROUP], form, in_english)
    return words


def _characters(text: str, form: str, in_english: bool) -> list[str]:
    signs = english.SIGNS if in_english else chinese.SIGNS
    words: list[str] = []
    for character in text:
        if character.isascii() and character.isdigit():
            words += _digits(character, "", in_english)
        elif not character.isspace():
            words.append(signs.get(character, character.lower()))
    return words


def _date(text: str, form: str, in_english: bool) -> list[str]:
    """Parts by the order in `form`; without it year first, or month and day."""
    parts = re.split(r"[-/.年月日\s]+", text.strip("日号 "))
    if len(parts) == 1 and len(text) == 8:
        parts = [text[:4], text[4:6], text[6:]]
    order = form if form and set(form) <= set("ymd") else {1: "y", 2: "md", 3: "ymd"}.get(len(parts), "")
    if len(order) != len(parts) or len(set(order)) != len(order):
        raise ValueError(text)
    found = {name: int(part) for name, part in zip(order, parts, strict=True) if set(part) != {"?"}}
    year, month, day = (found.get(name) for name in "ymd")
    if not 1 <= (month or 1) <= 12 or not 1 <= (day or 1) <= 31 or not 0 <= (year or 0) <= 9_999:
        raise ValueError(text)
    return english.date(year, month, day) if in_english else chinese.date(year, month, day)


def _time(text: str, form: str, in_english: bool) -> list[str]:
    found = _TIME.match(text)
    if not found:
        raise ValueError(text)
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    half = (found[4] or "").lower()[:1]
    if half in {"a", "p"}:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(text)
    halves = form == "hms12" or half in {"a", "p"}
    reader = english.time if in_english else chinese.time
    return reader(hour, minute, second, halves=halves)


def _money(text: str, form: str, in_english: bool) -> list[str]:
    found = _AMOUNT.match(text)
    if not found or not found[2]:
        raise ValueError(text)
    given = found[1] or found[3] or form
    currency = _SYMBOLS.get(given, given)
    amount = _decimal(found[2])
    return english.money(amount, currency) if in_english else chinese.money(amount, currency)


def _percent(text: str, form: str, in_english: bool) -> list[str]:
    value = _decimal(text.rstrip("% "))
    return english.percent(value) if in_english else chinese.percent(value)


def _fraction(text: str, form: str, in_english: bool) -> list[str]:
    over, _, under = text.partition("/")
    if int(under) < 1:
        raise ValueError(text)
    return english.fraction(int(over), int(under)) if in_english else chinese.fraction(int(over), int(under))


def _boolean(text: str, form: str, in_english: bool) -> list[str]:
    value = {"true": True, "false": False}[text] if text in {"true", "false"} else None
    if value is None:
        raise ValueError(text)
    return english.boolean(value) if in_english else chinese.boolean(value)


_READERS: Final[dict[str, Callable[[str, str, bool], list[str]]]] = {
    "cardinal": _number,
    "number": _number,
    "ordinal": _ordinal,
    "digits": _digits,
    "telephone": _telephone,
    "card": _card,
    "characters": _characters,
    "spell-out": _characters,
    "date": _date,
    "time": _time,
    "currency": _money,
    "money": _money,
    "percent": _percent,
    "fraction": _fraction,
    "vxml:boolean": _boolean,
    "vxml:currency": _money,
    "vxml:date": _date,
    "vxml:digits": _digits,
    "vxml:number": _number,
    "vxml:phone": _telephone,
    "vxml:time": _time,
}
