"""Hours of service: a week, and the days that differ from it (holidays, and working days moved to a weekend, 调休)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from yingda.kernel.config.base import Name, Part

Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Date = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Weekday = Annotated[int, Field(ge=1, le=7)]


class Hours(Part):
    """From one time of the day to another, local time; 24:00 is the end of the day."""

    begin: Time
    end: Time


class WeekHours(Hours):
    """On these days of the week; 1 is Monday."""

    days: list[Weekday]


class SpecialDay(Part):
    """A day that is not as its day of the week is. No hours: closed."""

    date: Date
    name: str = ""
    hours: list[Hours] = []


class Calendar(Part):
    """time_zone: the centre's, if none is given."""

    id: str = ""
    name: Name
    time_zone: str | None = None
    week: list[WeekHours] = []
    special: list[SpecialDay] = []
