"""Whether a calendar is open at an instant, and until when (ACD-27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.config.calendars import Calendar as Document
from yingda.kernel.config.calendars import Hours

Spans = tuple[tuple[int, int], ...]
"""Of one day: (begin, end) in minutes from midnight, local time."""


class Calendar(msgspec.Struct, frozen=True):
    """week: by weekday, Monday first. special: by date (YYYY-MM-DD), in place of the week."""

    zone: str
    week: tuple[Spans, ...]
    special: dict[str, Spans] = {}

    def is_open(self, at: int) -> bool:
        """at: µs UTC."""
        here = self._local(at)
        minute = here.hour * 60 + here.minute
        return any(begin <= minute < end for begin, end in self._of_day(here))

    def closes_at(self, at: int) -> int | None:
        """The end (µs UTC) of the hours that are open at `at`; None if it is closed."""
        here = self._local(at)
        minute = here.hour * 60 + here.minute
        ends = [end for begin, end in self._of_day(here) if begin <= minute < end]
        if not ends:
            return None
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        over = midnight + timedelta(minutes=max(ends))  # wall clock: a changed clock changes nothing in it
        return round(over.replace(tzinfo=ZoneInfo(self.zone)).timestamp()) * SECOND

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at // SECOND, ZoneInfo(self.zone))

    def _of_day(self, here: datetime) -> Spans:
        return self.special.get(here.date().isoformat(), self.week[here.weekday()])


def calendar_of(document: Document, zone: str) -> Calendar:
    """zone: the centre's, where the calendar names none."""
    week = tuple(tuple(_minutes(hours) for hours in document.week if weekday in hours.days) for weekday in range(1, 8))
    special = {day.date: tuple(_minutes(hours) for hours in day.hours) for day in document.special}
    return Calendar(document.time_zone or zone, week, special)


def _minutes(hours: Hours) -> tuple[int, int]:
    return _minute(hours.begin), _minute(hours.end)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
