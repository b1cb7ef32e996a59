"""Telephone numbers: one canonical form to keep and compare, and where a number is at home."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata


def canonical(number: str, country: str) -> str:
    """E.164 where the number is one, else the digits as they came (extensions, short codes).

    country: ISO 3166 code, for numbers without a country of their own.
    """
    home = _mobiles(country)
    if home is not None and home.fullmatch(number):
        return f"{_prefix(country)}{number}"
    return _canonical(number, country)


def _canonical(number: str, country: str) -> str:
    parsed = _parsed(number, country)
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@cache
def _mobiles(country: str) -> re.Pattern[str] | None:
    """What is a mobile number at home beyond doubt: most callers are, and the full rules take 40 times as long."""
    rules = PhoneMetadata.metadata_for_region(country)
    if rules is None or rules.mobile is None or not rules.mobile.national_number_pattern:
        return None
    dialled = [rules.international_prefix, rules.national_prefix_for_parsing, _prefix(country)[1:]]
    otherwise = "|".join(f"(?:{prefix})" for prefix in dialled if prefix)
    return re.compile(f"(?!{otherwise})(?:{rules.mobile.national_number_pattern})", re.ASCII)


@cache
def _prefix(country: str) -> str:
    return f"+{phonenumbers.country_code_for_region(country)}"


def region(number: str, country: str, language: str) -> str:
    """Where the number is at home, in this language ("zh", "en"); "" if that is not known.

    The tables behind it take 0.8 s and 100 MB at the first call: never on a call's path.
    """
    parsed = _parsed(number, country)
    if parsed is None:
        return ""
    geocoder = import_module("phonenumbers.geocoder")
    return str(geocoder.description_for_number(parsed, language))


def _parsed(number: str, country: str) -> phonenumbers.PhoneNumber | None:
    """The number, if it is possible and valid."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
