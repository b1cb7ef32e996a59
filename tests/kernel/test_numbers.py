"""The canonical form of a number: the short way for mobiles at home says what the full rules say."""

from __future__ import annotations

import random

import pytest
from phonenumbers import PhoneNumberType, example_number_for_type, national_significant_number

from yingda.kernel import numbers

COUNTRIES = ("CN", "HK", "TW", "US", "GB", "DE", "IT", "AR", "MX", "BR", "SG", "RU", "KZ", "FR", "JP", "AU")


def example(country: str) -> str:
    """A mobile number of the country, as it is dialled there."""
    number = example_number_for_type(country, PhoneNumberType.MOBILE)
    assert number is not None
    return national_significant_number(number)


def drawn(rng: random.Random, country: str) -> str:
    """Digits like a number of the country: about as long as mobiles are, beginning like one or like nothing."""
    mobile = example(country)
    begin = rng.choice((mobile[: rng.randrange(1, 5)], mobile[:2], "", "0", "00", "86", "1"))
    length = len(mobile) + rng.choice((0, 0, 0, 0, -1, 1, 2))
    return begin + "".join(rng.choices("0123456789", k=max(0, length - len(begin))))


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_short_way_is_the_full_rules(country: str) -> None:
    rng = random.Random(country)
    short = numbers._mobiles(country)
    taken = 0
    for _ in range(500):
        number = drawn(rng, country)
        taken += short is not None and short.fullmatch(number) is not None
        assert numbers.canonical(number, country) == numbers._canonical(number, country), number
    mobile = example(country)
    assert numbers.canonical(mobile, country) == numbers._canonical(mobile, country)
    assert taken or country in ("AR", "KZ")  # their mobiles begin as a prefix does: the full rules decide


def test_what_is_no_number_stays_as_it_came() -> None:
    assert numbers.canonical("13900000001", "CN") == "+8613900000001"
    assert numbers.canonical("8001", "CN") == "8001"
    assert numbers.canonical("", "CN") == ""
    assert numbers.canonical("anonymous", "XX") == "anonymous"
