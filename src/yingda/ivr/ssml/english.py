"""Numbers, money, dates and times in English, as the words a recorded set holds. A "," is a short gap."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_ONES_TEXT: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ONES: Final = _ONES_TEXT.split()
_TENS_TEXT: Final = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
_TENS: Final = _TENS_TEXT.split()
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1_000, "thousand"), (100, "hundred"))
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS_TEXT: Final = "january february march april may june july august september october november december"
_MONTHS: Final = _MONTHS_TEXT.split()
# currency: one, many, one of its hundredths, many of them ("" where amounts are read as decimals)
CURRENCIES: Final = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "HKD": ("hong kong dollar", "hong kong dollars", "cent", "cents"),
    "AUD": ("australian dollar", "australian dollars", "cent", "cents"),
    "CAD": ("canadian dollar", "canadian dollars", "cent", "cents"),
    "SGD": ("singapore dollar", "singapore dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CNY": ("yuan", "yuan", "", ""),
    "JPY": ("yen", "yen", "", ""),
    "KRW": ("won", "won", "", ""),
}


def digits(text: str) -> list[str]:
    """Digits one by one."""
    return [_ONES[int(digit)] for digit in text]


def cardinal(number: int) -> list[str]:
    """A whole number: one hundred five."""
    if number < 0:
        return ["minus", *cardinal(-number)]
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_TENS[tens], *([_ONES[ones]] if ones else [])]
    for scale, name in _SCALES:
        if number >= scale:
            many, rest = divmod(number, scale)
            return [*cardinal(many), name, *(cardinal(rest) if rest else [])]
    raise AssertionError("numbers from 100 have a scale")


def decimal(number: Decimal) -> list[str]:
    """A number with a fraction: three point one four."""
    sign = ["minus"] if number.is_signed() and number else []
    whole, _, fraction = f"{abs(number):f}".partition(".")
    return [*sign, *cardinal(int(whole)), *(["point", *digits(fraction)] if fraction else [])]


def ordinal(number: int) -> list[str]:
    """twenty first."""
    *before, last = cardinal(number)
    if last in _ORDINALS:
        return [*before, _ORDINALS[last]]
    return [*before, last[:-1] + "ieth" if last.endswith("y") else last + "th"]


def money(amount: Decimal, currency: str) -> list[str]:
    """Dollars and cents; currencies without a spoken hundredth as decimals."""
    one, many, cent, cents = CURRENCIES.get(currency or "CNY", (currency, currency, "", ""))
    whole = amount == amount.to_integral_value()
    if not cent:
        value = amount.quantize(Decimal(1)) if whole else amount
        return [*decimal(value), one if abs(value) == 1 else many]
    sign = ["minus"] if amount < 0 else []
    large, small = divmod(int((abs(amount) * 100).to_integral_value()), 100)
    words = [*cardinal(large), one if large == 1 else many] if large or not small else []
    if small:
        words += [*(["and"] if words else []), *cardinal(small), cent if small == 1 else cents]
    return sign + words


def year(number: int) -> list[str]:
    """twenty twenty six; two thousand five; nineteen oh five; nineteen hundred."""
    century, rest = divmod(number, 100)
    if not 1_000 <= number <= 9_999 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return [*cardinal(century), "hundred"]
    return [*cardinal(century), *(["oh"] if rest < 10 else []), *cardinal(rest)]


def date(years: int | None, month: int | None, day: int | None) -> list[str]:
    """november twenty first twenty twenty six; the parts that are given."""
    words: list[str] = []
    if month is not None:
        words.append(_MONTHS[month - 1])
    if day is not None:
        words += ordinal(day)
    if years is not None:
        words += year(years)
    return words


def time(hour: int, minute: int | None, second: int | None, *, halves: bool) -> list[str]:
    """nine oh five; with `halves` twelve hours and a.m. or p.m.: two thirty p m."""
    half = (["a", "m"] if hour < 12 else ["p", "m"]) if halves else []
    words = cardinal(hour % 12 or 12) if halves else cardinal(hour)
    if not minute:
        words += [] if halves else ["o'clock"] if hour <= 12 else ["hundred"]
    else:
        words += [*(["oh"] if minute < 10 else []), *cardinal(minute)]
    if second:
        words += ["and", *cardinal(second), "second" if second == 1 else "seconds"]
    return words + half


def percent(number: Decimal) -> list[str]:
    """twenty five percent."""
    return [*decimal(number), "percent"]


def fraction(over: int, under: int) -> list[str]:
    """one half, two thirds."""
    if under == 1:
        return cardinal(over)
    name = {2: ["half"], 4: ["quarter"]}.get(under) or ordinal(under)
    if over != 1:
        name = [*name[:-1], "halves" if under == 2 else name[-1] + "s"]
    return [*cardinal(over), *name]


def boolean(value: bool) -> list[str]:
    """yes or no."""
    return ["yes" if value else "no"]


SIGNS: Final = {
    "*": "star",
    "#": "pound",
    "-": "dash",
    ".": "dot",
    "@": "at",
    "_": "underscore",
    "/": "slash",
    "+": "plus",
}
EXTENSION: Final = "extension"
