"""Numbers for those who may not see them: 138****5678 (glossary: number masking, 号码脱敏)."""

from __future__ import annotations

import re
from functools import lru_cache

from yingda.server.permissions import Role

SHOWN_ANYWAY = frozenset(("", "anonymous", "unknown", "restricted", "unavailable", "withheld"))
"""What stands in place of a number that was not given; it names nobody."""

_SHORT = 6  # extensions and short codes (110, 12345, 8001) are not personal
_TAIL = 4
_HIDDEN = 4
_STARS = "****"
_NUMBER = re.compile(r"\+?[0-9*#]+")
_TARGET = re.compile(r"(?P<kind>number:)?(?P<number>\+?[0-9*#]+)")


def sees_numbers(role: Role) -> bool:
    """Whether this role sees the numbers of all whom it reaches. An agent sees those of the contacts that are his own:
    which he has in hand, or handled."""
    return role != "agent"


@lru_cache(maxsize=4_096)  # every desk of a queue is shown the same callers
def masked(number: str) -> str:
    """The number with the four digits before its last four hidden; of anything else only the first character stays."""
    if number.lower() in SHOWN_ANYWAY:
        return number
    if _NUMBER.fullmatch(number) is None:
        return number[0] + _STARS
    if len(number.lstrip("+")) <= _SHORT:
        return number
    shown = max(0, len(number) - _TAIL - _HIDDEN)
    return number[:shown] + _STARS + number[-_TAIL:]


def masked_target(text: str) -> str:
    """What may name a number: the number itself, or as `number:…`; every other text stays as it is."""
    found = _TARGET.fullmatch(text)
    return text if found is None else (found["kind"] or "") + masked(found["number"])
