"""The intervals of a sheet: local quarter, half and whole hours, days, weeks, months of a zone, in µs UTC.

A local day has 92, 96 or 100 quarter hours. The hour that comes twice when clocks go back stands twice, each time with
its offset; the one that is left out does not stand at all (metrics.md section 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.reports.quarters import QUARTER

Grain = Literal["quarter", "half_hour", "hour", "day", "week", "month", "whole"]
_WITHIN_A_DAY: dict[Grain, int] = {"quarter": QUARTER, "half_hour": 2 * QUARTER, "hour": 4 * QUARTER}
LONGEST_DAYS = 400
MOST_ROWS = 3_000


@dataclass(frozen=True, slots=True)
class Interval:
    """[start, end) in µs UTC. day: the local day it begins on. label: "09:00", with "+08:00" behind it if that hour
    comes twice; the day, week ("2026-W47"), month ("2026-11") for longer ones; "" for the whole."""

    start: int
    end: int
    day: str
    label: str


def intervals(zone: str, first: date, last: date, grain: Grain, day_begins: int = 0) -> list[Interval]:
    """The days from `first` to `last` cut into intervals. day_begins: minutes after midnight (业务日).

    Raises YingdaError("bad_period") for a span that ends before it begins or holds too much.
    """
    if last < first:
        raise YingdaError("bad_period", "The last day lies before the first.")
    if (last - first).days >= LONGEST_DAYS:
        raise YingdaError("bad_period", f"A sheet holds {LONGEST_DAYS} days at most.", todo="Ask for fewer days.")
    begins = _begins(zone, first, last, day_begins)
    if grain in _WITHIN_A_DAY:
        found = list(_within_days(zone, begins, _WITHIN_A_DAY[grain]))
    else:
        found = _of_days(begins, grain)
    if len(found) > MOST_ROWS:
        raise YingdaError(
            "bad_period", f"That makes {len(found)} rows.", todo="Ask for fewer days or longer intervals."
        )
    return found


def _begins(zone: str, first: date, last: date, day_begins: int) -> list[tuple[date, int]]:
    """(day, its beginning in µs), and at the end the day after the last."""
    place, at = ZoneInfo(zone), time(day_begins // 60, day_begins % 60)
    days = [first + timedelta(days=number) for number in range((last - first).days + 2)]
    return [(day, int(datetime.combine(day, at, place).timestamp()) * SECOND) for day in days]


def _within_days(zone: str, begins: list[tuple[date, int]], length: int) -> Iterator[Interval]:
    for (day, start), (_, end) in pairwise(begins):
        starts = range(start, end, length)
        shown = [_wall(zone, one) for one in starts]
        often = Counter(f"{one:%H:%M}" for one in shown)
        for one, wall in zip(starts, shown, strict=True):
            label = f"{wall:%H:%M}"
            if often[label] > 1:
                label += f"{wall:%z}"[:3] + ":" + f"{wall:%z}"[3:5]
            yield Interval(one, min(one + length, end), day.isoformat(), label)


def _wall(zone: str, at: int) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC).astimezone(ZoneInfo(zone))


def _of_days(begins: list[tuple[date, int]], grain: Grain) -> list[Interval]:
    found: list[Interval] = []
    for (day, start), (_, end) in pairwise(begins):
        label = _name(day, grain)
        if found and found[-1].label == label:
            found[-1] = Interval(found[-1].start, end, found[-1].day, label)
        else:
            found.append(Interval(start, end, day.isoformat(), label))
    return found


def _name(day: date, grain: Grain) -> str:
    if grain == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return {"day": day.isoformat(), "month": f"{day:%Y-%m}"}.get(grain, "")
