"""Numbers, money, dates and times in Mandarin, as the words a recorded set holds.

两 stands for 二 at the head of a quantity before 千, 万, 亿 or a measure (两千, 两万, 两元, 两点), never inside one
(一万二千), in an order (第二) or in digits. 零 bridges empty places (一百零五, 十万零五百). On the telephone
一 is 幺. A "," is a short gap.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

DIGITS: Final = "零一二三四五六七八九"
GAP: Final = ","
_UNITS: Final = ("", "十", "百", "千")
_SECTIONS: Final = ("", "万", "亿", "万亿", "亿亿")
CURRENCIES: Final = {
    "USD": "美元",
    "EUR": "欧元",
    "GBP": "英镑",
    "JPY": "日元",
    "HKD": "港元",
    "TWD": "新台币",
    "KRW": "韩元",
    "AUD": "澳元",
    "CAD": "加元",
    "SGD": "新加坡元",
    "MOP": "澳门元",
}
YUAN: Final = frozenset({"", "CNY", "RMB", "¥", "￥"})


def digits(text: str, *, telephone: bool = False) -> list[str]:
    """Digits one by one; on the telephone 一 is 幺."""
    words = [DIGITS[int(digit)] for digit in text]
    return ["幺" if telephone and word == "一" else word for word in words]


def cardinal(number: int, *, measured: bool = False, plain: bool = False) -> list[str]:
    """A whole number. measured: a measure follows (两元). plain: 二 throughout (第二千)."""
    if number < 0:
        return ["负", *cardinal(-number, measured=measured, plain=plain)]
    if number == 0:
        return ["零"]
    words = _whole(number)
    if words[0] == "一" and words[1:2] == ["十"]:
        words = words[1:]
    leading = words[0] == "二" and not plain
    if leading and (words[1:2] in (["千"], ["万"], ["亿"], ["万亿"], ["亿亿"]) or (measured and len(words) == 1)):
        words[0] = "两"
    return words


def _whole(number: int) -> list[str]:
    words: list[str] = []
    sections: list[int] = []
    while number:
        number, section = divmod(number, 10_000)
        sections.append(section)
    gap = False
    for index in range(len(sections) - 1, -1, -1):
        section = sections[index]
        if not section:
            gap = bool(words)
            continue
        if words and (gap or section < 1_000):
            words.append("零")
        words.extend(_section(section))
        if index:
            words.append(_SECTIONS[index])
        gap = False
    return words


def _section(section: int) -> list[str]:
    """1 to 9999."""
    words: list[str] = []
    gap = False
    for place in (3, 2, 1, 0):
        digit = section // 10**place % 10
        if not digit:
            gap = bool(words)
            continue
        if gap:
            words.append("零")
        words.append(DIGITS[digit])
        if place:
            words.append(_UNITS[place])
        gap = False
    return words


def decimal(number: Decimal, *, measured: bool = False) -> list[str]:
    """A number with a fraction: 三点一四."""
    sign = ["负"] if number.is_signed() and number else []
    whole, _, fraction = f"{abs(number):f}".partition(".")
    if not fraction:
        return sign + cardinal(int(whole), measured=measured)
    return [*sign, *cardinal(int(whole)), "点", *digits(fraction)]


def ordinal(number: int) -> list[str]:
    """第三."""
    return ["第", *cardinal(number, plain=True)]


def money(amount: Decimal, currency: str) -> list[str]:
    """Yuan as 元角分, other currencies as a number and their name."""
    if currency not in YUAN:
        trimmed = amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount
        return [*decimal(trimmed, measured=True), CURRENCIES.get(currency, currency)]
    sign = ["负"] if amount < 0 else []
    fen = int((abs(amount) * 100).to_integral_value())
    yuan, jiao, fen = fen // 100, fen // 10 % 10, fen % 10
    words: list[str] = []
    if yuan or not (jiao or fen):
        words += [*cardinal(yuan, measured=True), "元"]
    if jiao:
        words += [*cardinal(jiao, measured=not words), "角"]
    if fen:
        if yuan and not jiao:
            words.append("零")
        words += [*cardinal(fen, measured=not words), "分"]
    return sign + words


def date(year: int | None, month: int | None, day: int | None) -> list[str]:
    """二零二六年十一月二十一日; the parts that are given."""
    words: list[str] = []
    if year is not None:
        words += [*digits(str(year)), "年"]
    if month is not None:
        words += [*cardinal(month, plain=True), "月"]
    if day is not None:
        words += [*cardinal(day, plain=True), "日"]
    return words


def time(hour: int, minute: int | None, second: int | None, *, halves: bool) -> list[str]:
    """九点零五分; with `halves` the part of the day and twelve hours: 下午两点三十分."""
    words: list[str] = []
    if halves:
        words.append(_part_of_day(hour))
        hour = hour % 12 or 12
    words += [*cardinal(hour, measured=True), "点"]
    if minute == 0 and not second:
        words.append("整")
    elif minute is not None:
        words += [*_padded(minute), "分"]
        if second:
            words += [*_padded(second), "秒"]
    return words


def _part_of_day(hour: int) -> str:
    for before, name in ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午")):
        if hour < before:
            return name
    return "晚上"


def _padded(number: int) -> list[str]:
    return (["零"] if 0 < number < 10 else []) + cardinal(number, plain=True)


def percent(number: Decimal) -> list[str]:
    """百分之二十五."""
    return ["百分之", *decimal(number)]


def fraction(over: int, under: int) -> list[str]:
    """二分之一."""
    return [*cardinal(under, plain=True), "分之", *cardinal(over, plain=True)]


def boolean(value: bool) -> list[str]:
    """是 or 否."""
    return ["是" if value else "否"]


SIGNS: Final = {
    "*": "星号",
    "#": "井号",
    "-": "杠",
    ".": "点",
    "@": "艾特",
    "_": "下划线",
    "/": "斜杠",
    "+": "加",
}
EXTENSION: Final = "转"
