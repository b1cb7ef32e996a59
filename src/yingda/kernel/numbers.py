"""Telephone numbers: one canonical form to keep and compare, and where a number is at home."""

from __future__ import annotations

from importlib import import_module

import phonenumbers


def canonical(number: str, country: str) -> str:
    """E.164 where the number is one, else the digits as they came (extensions, short codes).

    country: ISO 3166 code, for numbers without a country of their own.
    """
    parsed = _parsed(number, country)
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


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
