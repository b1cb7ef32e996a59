"""Hours of service: weekdays, holidays, moved working days, the end of what is open (ACD-27, ACD-28)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from yingda.kernel.calendar import Calendar, calendar_of
from yingda.kernel.clock import SECOND
from yingda.kernel.config.calendars import Calendar as Document

ZONE = "Asia/Shanghai"
DOCUMENT = Document.model_validate(
    {
        "name": "hours",
        "week": [
            {"days": [1, 2, 3, 4, 5], "begin": "09:00", "end": "12:00"},
            {"days": [1, 2, 3, 4, 5], "begin": "13:30", "end": "18:00"},
            {"days": [6], "begin": "20:00", "end": "24:00"},
        ],
        "special": [
            {"date": "2026-10-01", "name": "国庆节"},
            {"date": "2026-10-10", "name": "调休", "hours": [{"begin": "09:00", "end": "17:00"}]},
        ],
    }
)


def at(text: str, zone: str = ZONE) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


@pytest.fixture(name="hours")
def _hours() -> Calendar:
    return calendar_of(DOCUMENT, ZONE)


@pytest.mark.parametrize(
    ("when", "is_open", "closes"),
    [
        ("2026-09-28T08:59:59", False, None),
        ("2026-09-28T09:00:00", True, "2026-09-28T12:00:00"),
        ("2026-09-28T12:00:00", False, None),
        ("2026-09-28T17:59:59", True, "2026-09-28T18:00:00"),
        ("2026-10-01T10:00:00", False, None),  # a Thursday, and a holiday
        ("2026-10-10T10:00:00", True, "2026-10-10T17:00:00"),  # a Saturday, worked
        ("2026-10-17T23:59:59", True, "2026-10-18T00:00:00"),
        ("2026-10-18T10:00:00", False, None),
    ],
)
def test_open_and_until_when(hours: Calendar, when: str, is_open: bool, closes: str | None) -> None:
    assert hours.is_open(at(when)) is is_open
    assert hours.closes_at(at(when)) == (at(closes) if closes else None)


def test_a_changed_clock_does_not_move_the_hours() -> None:
    hours = calendar_of(DOCUMENT.model_copy(update={"time_zone": "Europe/Berlin"}), ZONE)
    assert hours.closes_at(at("2026-10-26T10:00:00", "Europe/Berlin")) == at("2026-10-26T12:00:00", "Europe/Berlin")
