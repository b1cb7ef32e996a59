"""Media and capacity: how much one agent may do at a time (ACD-57, ACD-59; metrics.md section 6, `serving`).

A call, a call-back and a dialled record take an agent whole. A digital item takes a share of him: who may have three
chats at once gives a third of himself to each. Shares of different media add up, so "one call or three chats" and "two
chats and two mails" are the same rule. Blending says whether a call may come on top of digital items.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

SOLO: Final = frozenset({"voice", "callback", "video"})
"""Media that take an agent whole."""

DIGITAL: Final = ("chat", "email", "sms", "fax", "social")
"""Media of which an agent may have several items open."""

ON_THE_LINE: Final = frozenset({"voice", "video"})
"""Media whose customer waits on the line, so that there is somebody to be connected with."""

CALLBACK: Final = "callback"

MOST_ITEMS: Final = 16
WHOLE: Final = 720_720
"""An agent in equal shares: divisible by every number up to `MOST_ITEMS`, so that shares add up exactly."""

Blend = Literal["apart", "calls_first"]


def line_of(medium: str) -> str:
    """The line an entry of this medium waits in: "" for those that take an agent whole, else the medium itself."""
    return "" if medium in SOLO else medium


def pace_id(queue_id: str, line: str) -> str:
    """What estimates of a queue's line are kept under."""
    return f"{queue_id} {line}" if line else queue_id


class Capacity(msgspec.Struct, frozen=True):
    """items: digital medium → how many at once, if nothing else (0 or not given: none). calls: whether he takes what
    needs him whole. blend: apart, calls only when no item is open; calls_first, calls whatever is open, and nothing
    new during a call."""

    items: dict[str, int] = {}
    calls: bool = True
    blend: Blend = "apart"

    def takes_calls(self, open_media: Iterable[str]) -> bool:
        """Whether he may be offered a call while these items are open."""
        return self.calls and (self.blend == "calls_first" or not any(True for _ in open_media))

    def room(self, open_media: Iterable[str]) -> frozenset[str]:
        """The digital media of which he may have one more."""
        if not self.items:
            return frozenset()
        left = WHOLE - sum(self._share(medium) for medium in open_media)
        return frozenset(medium for medium, most in self.items.items() if most and self._share(medium) <= left)

    def _share(self, medium: str) -> int:
        """Of a medium he may no longer take, what is still open counts whole."""
        most = self.items.get(medium, 0)
        return WHOLE // most if most else WHOLE


VOICE_ONLY: Final = Capacity()
