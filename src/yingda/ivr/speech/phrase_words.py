"""Every word that values are read with: what a recorded phrase set has to hold.

Found by reading: the readers of `ivr/ssml/say_as.py` are given values that pass through each of their words, so a word
that is added there is in the list at once. Names that only a value itself brings (another currency, a Chinese
character that is spelled) are in no list; the synthesiser speaks them.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from yingda.ivr.speech.tts import Language
from yingda.ivr.ssml import chinese, english
from yingda.ivr.ssml.say_as import read_as

GAP: Final = chinese.GAP
_TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}
_CURRENCIES: Final[dict[Language, Iterable[str]]] = {"zh": chinese.CURRENCIES, "en": english.CURRENCIES}
_AMOUNTS: Final = ("0", "1", "2", "0.01", "0.02", "0.2", "0.5", "1.01", "2.02", "12.35", "-3")
_PLATES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼港澳学警挂"
"""Characters of number plates, spelled as they are."""
_YEARS: Final = ("1900", "1905", "1999", "2000", "2005", "2026")


@lru_cache(maxsize=2)
def words_of(language: Language) -> tuple[str, ...]:
    """The words of a language's set, sorted."""
    found: set[str] = set(_PLATES) if language == "zh" else set()
    for kind, form, value in (*_values(), *_money(_CURRENCIES[language])):
        found.update(read_as(kind, form, "", value, _TAGS[language]) or ())
    return tuple(sorted(found - {GAP}))


def spoken_form(word: str) -> str:
    """What a speaker or an engine is given to say: a single letter as its name."""
    return word.upper() if len(word) == 1 and word in string.ascii_lowercase else word


def _values() -> Iterator[tuple[str, str, str]]:
    """(type, format, value)"""
    scales = [10**power for power in range(15)]
    for number in (*range(200), *scales, *(2 * scale for scale in scales)):
        yield "cardinal", "", str(number)
        if number:
            yield "ordinal", "", str(number)
            yield "fraction", "", f"1/{number}"
            yield "fraction", "", f"2/{number}"
    for value in ("-1", "0.5"):
        yield "cardinal", "", value
    yield "percent", "", "25%"
    for value in ("true", "false"):
        yield "vxml:boolean", "", value
    for value in ("0123456789", "+86 13800001111", "10086 转 12"):
        yield "digits", "yao", value
        yield "telephone", "", value
    signs = {*chinese.SIGNS, *english.SIGNS}
    yield "characters", "", string.ascii_lowercase
    yield "characters", "", "".join(sorted(signs))
    yield from _moments()


def _money(currencies: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for currency in ("CNY", *currencies):
        for amount in _AMOUNTS:
            yield "currency", currency, amount


def _moments() -> Iterator[tuple[str, str, str]]:
    for year in _YEARS:
        yield "date", "y", year
    for month in range(1, 13):
        yield "date", "md", f"{month}-1"
    for day in range(1, 32):
        yield "date", "d", str(day)
    for hour in range(24):
        for rest in ("00", "05", "30", "00:01", "15:20"):
            yield "time", "hms24", f"{hour}:{rest}"
            yield "time", "hms12", f"{hour}:{rest}"
