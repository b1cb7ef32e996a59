"""What a waiting caller hears, and in what order (ACD-34 to ACD-37). Pure: sounds and figures in, player items out.

First come the emergency announcement, if one is on, the welcome, his place and the wait to be expected, and what he may
press; then as many comfort messages as it takes to be longer than callers usually wait before they give up, so that
there is something to hear until then. After that music, and a round of the same every so often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MINUTES: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)
"""Waits are told in these steps, rounded up; what is longer as `LONGER`."""

UNDER_A_MINUTE: Final = 0
LONGER: Final = -1
MOST_PLACES: Final = 20
"""Places further behind are told as this one: so many or more."""

Items = Sequence[str]


@dataclass(frozen=True)
class WaitingSounds:
    """Player items of one queue. places: by place in the line; waits: by step of `MINUTES`, `UNDER_A_MINUTE`, `LONGER`.
    keys: what may be pressed, said in one; callback_key, message_key: "" for none. owed, thanked, sorry: a call-back is
    promised; a message was left; there is no number to call back. message: before the tone. lengths: seconds of items.
    """

    welcome: Items = ()
    comfort: tuple[Items, ...] = ()
    places: Mapping[int, Items] = field(default_factory=dict)
    waits: Mapping[int, Items] = field(default_factory=dict)
    keys: Items = ()
    callback_key: str = ""
    message_key: str = ""
    message_limit_s: float = 120
    every_s: float = 45
    owed: Items = ()
    thanked: Items = ()
    sorry: Items = ()
    message: Items = ()
    busy: Items = ()
    closed: Items = ()
    emergency: Items = ()
    overflows: Mapping[str, Items] = field(default_factory=dict)
    lengths: Mapping[str, float] = field(default_factory=dict)

    @property
    def speaks(self) -> bool:
        """Whether there is anything but music, emergencies apart."""
        return bool(self.welcome or self.comfort or self.places or self.waits or self.keys)


def step_of(seconds: float) -> int:
    """The step in which a wait of so many seconds is told."""
    if seconds < 60:
        return UNDER_A_MINUTE
    return next((minutes for minutes in MINUTES if seconds <= minutes * 60), LONGER)


def first_round(
    sounds: WaitingSounds, position: int, estimate_s: float | None, patience_s: float, emergency: Items = ()
) -> tuple[list[str], int]:
    """(what is played before the first music, how many comfort messages of it). estimate_s: None if nothing is known;
    patience_s: how long callers wait before they give up, on average."""
    items = [*emergency, *sounds.welcome, *_told(sounds, position, estimate_s)]
    items += sounds.keys
    used = 0
    while used < len(sounds.comfort) and _seconds(sounds, items) <= patience_s:
        items += sounds.comfort[used]
        used += 1
    return items, used


def next_round(
    sounds: WaitingSounds, position: int, estimate_s: float | None, turn: int, emergency: Items = ()
) -> list[str]:
    """What interrupts the music the next time. turn: how many comfort messages have been played already."""
    comfort = sounds.comfort[turn % len(sounds.comfort)] if sounds.comfort else ()
    spoken = [*emergency, *_told(sounds, position, estimate_s), *comfort]
    return [*spoken, *sounds.keys]


def _told(sounds: WaitingSounds, position: int, estimate_s: float | None) -> list[str]:
    place = sounds.places.get(min(position, MOST_PLACES), ())
    wait = sounds.waits.get(step_of(estimate_s), ()) if estimate_s is not None else ()
    return [*place, *wait]


def _seconds(sounds: WaitingSounds, items: Items) -> float:
    return sum(sounds.lengths.get(item, 0.0) for item in items)
