"""Numbers on their way out and in: cleaned, rewritten for a carrier, and what kind of number they are.

The plans of the world's numbers are libphonenumber's; what it calls a short number of the centre's country (110, 95588)
is dialled as it stands, never in an international form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from yingda.kernel.config.trunks import Category, DigitRule, NumberForm
from yingda.kernel.errors import YingdaError

_DIALLED = re.compile(r"\+?[0-9*#]{1,24}")
_PUNCTUATION = re.compile(r"[\s().\-/]")

_KINDS: dict[int, Category] = {
    PhoneNumberType.FIXED_LINE: "national",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "national",
    PhoneNumberType.VOIP: "national",
    PhoneNumberType.PERSONAL_NUMBER: "national",
    PhoneNumberType.UAN: "national",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PREMIUM_RATE: "premium",
}


def cleaned(dialled: str) -> str:
    """The digits of a number as people write it. Raises YingdaError `number_unreadable`."""
    number = _PUNCTUATION.sub("", dialled)
    if _DIALLED.fullmatch(number) is None:
        raise YingdaError(
            "number_unreadable",
            f"{dialled[:40]!r} cannot be dialled.",
            todo="Give digits, with + in front of a country's code.",
        )
    return number


def rewritten(number: str, rules: Sequence[DigitRule]) -> str:
    """The number by the first rule whose beginning it has; itself if there is none."""
    for rule in rules:
        if number.startswith(rule.starts):
            return rule.prefix + number[rule.strip :]
    return number


@lru_cache(maxsize=4096)
def parsed(number: str, country: str) -> PhoneNumber | None:
    """What the number means in the world's plans; None for short codes, extensions and what is no number.

    Kept, because one call asks several times and a parse takes some 40 µs.
    """
    try:
        found = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_valid_number(found) else None


def in_form(number: str, form: NumberForm, country: str) -> str:
    """The number as a carrier wants it; what is no full number stays as it is."""
    found = None if form == "as_dialled" else parsed(number, country)
    if found is None:
        return number
    e164 = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    if form == "plus_e164":
        return e164
    if form == "e164":
        return e164[1:]
    if form == "national" and phonenumbers.region_code_for_number(found) == country:
        return re.sub(r"[^0-9]", "", phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL))
    return "00" + e164[1:]


def category(number: str, country: str) -> Category:
    """What kind of number this is, seen from `country`."""
    if phonenumbers.is_emergency_number(number, country):
        return "emergency"
    found = parsed(number, country)
    if found is not None:
        if phonenumbers.region_code_for_number(found) != country:
            return "international"
        return _KINDS.get(phonenumbers.number_type(found), "other")
    if number.startswith(("+", "00")):
        return "international"
    return _short(number, country)


def _short(number: str, country: str) -> Category:
    """A short code, by what it costs as far as that is known."""
    try:
        code = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return "other"
    if not phonenumbers.is_valid_short_number_for_region(code, country):
        return "other"
    cost = phonenumbers.expected_cost_for_region(code, country)
    return "premium" if cost == phonenumbers.ShortNumberCost.PREMIUM_RATE else "short"
