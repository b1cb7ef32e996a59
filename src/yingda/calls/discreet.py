"""Numbers of people outside stand in the ledger by reference only (metrics.md section 2), so that they can be erased.

Distribution knows a target as it was dialled (`number:+8613900001111`); the ledger gets `number:` and the reference.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from yingda.kernel.event import Event
from yingda.routing.effects import Append

NUMBER = "number:"


def discreet(appended: Append, keep_number: Callable[[str], str]) -> Append:
    """The same events, none with a number in clear. keep_number: keeps it apart and gives its reference."""
    if not any(map(_names_one, appended.events)):
        return appended
    return Append(tuple(_told(event, keep_number) if _names_one(event) else event for event in appended.events))


def _names_one(event: Event) -> bool:
    return str(event.data.get("target", "")).startswith(NUMBER)


def _told(event: Event, keep_number: Callable[[str], str]) -> Event:
    number = event.data["target"].removeprefix(NUMBER)
    return msgspec.structs.replace(event, data={**event.data, "target": NUMBER + keep_number(number)})
