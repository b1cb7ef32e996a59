"""How a leg's line is right now, and what is to blame: one table of limits for phones (here) and browsers (which get it
with their SIP account and measure by getStats).

`loss_up` is what the far end sends and we do not get, `loss_down` what it reports to have lost of ours (RFC 3550
section 6.4.1), both in percent since the last look; `jitter` in ms, `delay` the round trip in ms; `silent`: seconds
without a packet though some should come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from yingda.kernel.clock import SECOND

LIMITS: Mapping[str, tuple[float, float]] = {
    "silent": (2.0, 5.0),
    "loss_up": (2.0, 5.0),
    "loss_down": (2.0, 5.0),
    "jitter": (40.0, 80.0),
    "delay": (300.0, 600.0),
}
"""Cause → where it is fair, where it is poor; the worst first, among equals the earlier one. 2 % loss is `HIGH_LOSS`;
40 ms is what the jitter buffer takes without losing anything; 300 ms round trip is 150 ms one way (ITU-T G.114)."""

FEWEST = 50
"""Packets to be expected before a share of them is worth telling: a second."""


@dataclass(frozen=True, slots=True)
class Condition:
    """grade: good, fair, poor. cause: a key of LIMITS, "" when good. value: rounded, in the unit of the cause."""

    grade: str = "good"
    cause: str = ""
    value: float = 0.0


GOOD = Condition()


def judge(measured: Mapping[str, float]) -> Condition:
    """The worst of what was measured."""
    for grade, place in (("poor", 1), ("fair", 0)):
        for cause, limits in LIMITS.items():
            value = measured.get(cause, 0.0)
            if value >= limits[place]:
                return Condition(grade, cause, round(value, 1))
    return GOOD


class Stream(Protocol):
    """What comes in, counted (RFC 3550 section 6.4.1). jitter: in samples of 8 kHz."""

    @property
    def expected(self) -> int: ...

    @property
    def lost(self) -> int: ...

    @property
    def jitter(self) -> float: ...


class Line(Protocol):
    """What is looked at of a line."""

    @property
    def stream(self) -> Stream: ...

    @property
    def heard_at(self) -> int: ...

    @property
    def connected_at(self) -> int: ...

    @property
    def hears(self) -> bool: ...

    @property
    def round_trip_ms(self) -> float: ...


class Window:
    """A leg's counters at the last look. `look` says how the line was since then, or None if that is no news."""

    __slots__ = ("_expected", "_lost", "_told", "far_loss")

    def __init__(self) -> None:
        self._expected = self._lost = 0
        self._told = GOOD
        self.far_loss = 0.0
        """Percent, from the far end's last report."""

    def look(self, line: Line, now: int) -> Condition | None:
        """News is another grade or another cause; a value that only moves is not."""
        condition = judge(self._measured(line, now))
        if (condition.grade, condition.cause) == (self._told.grade, self._told.cause):
            return None
        self._told = condition
        return condition

    def _measured(self, line: Line, now: int) -> dict[str, float]:
        expected, lost = line.stream.expected, line.stream.lost
        share = 0.0
        if expected - self._expected >= FEWEST:
            share = 100.0 * max(0, lost - self._lost) / (expected - self._expected)
        self._expected, self._lost = expected, lost
        heard = max(line.heard_at, line.connected_at)
        return {
            "silent": (now - heard) / SECOND if line.hears else 0.0,
            "loss_up": share,
            "loss_down": self.far_loss,
            "jitter": line.stream.jitter / 8,
            "delay": line.round_trip_ms,
        }
