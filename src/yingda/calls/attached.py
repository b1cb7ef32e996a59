"""What flows hand over about a caller, as it may travel with the call: plain values.

Out of a flow that an agent waits for no card number comes in full (ISO/IEC 7812: 13 to 19 digits, the last of them a
check digit), whatever it is written into: its last four digits alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

LONGEST = 1_000
SHOWN = 4
CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")


def plain(values: Mapping[str, Any]) -> dict[str, str | float]:
    """Values of a script as texts and numbers; what is neither is written as JSON, what is undefined is left out."""
    return {str(name): _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> str | float:
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return json.dumps(value, ensure_ascii=False, default=str)[:LONGEST]


def covered(values: Mapping[str, str | float]) -> dict[str, str | float]:
    """The same without card numbers."""
    return {name: _covered(value) for name, value in values.items()}


def _covered(value: str | float) -> str | float:
    if isinstance(value, str):
        return CARD.sub(_last_digits, value)
    written = f"{value:.0f}" if value == value and abs(value) < 1e19 else ""
    shown = CARD.sub(_last_digits, written)
    return value if shown == written else shown


def _last_digits(found: re.Match[str]) -> str:
    digits = [int(char) for char in found[0] if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # Luhn: every second one from the right
    if (sum(digits[-1::-2]) + sum(doubled)) % 10:
        return found[0]
    return "*" * (len(digits) - SHOWN) + "".join(map(str, digits[-SHOWN:]))
