"""The intervals of a sheet on days of 24, 23 and 25 hours, in odd zones, and with another business day."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from yingda.kernel.errors import YingdaError
from yingda.reports.quarters import QUARTER
from yingda.reports.sheets.periods import Grain, intervals

SHANGHAI, BERLIN, KATHMANDU = "Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu"


def test_a_day_has_48_half_hours_that_meet() -> None:
    found = intervals(SHANGHAI, date(2026, 11, 21), date(2026, 11, 21), "half_hour")
    assert [one.label for one in found[:3]] == ["00:00", "00:30", "01:00"] and len(found) == 48
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(one.start % QUARTER == 0 for one in found)


def test_the_hour_that_comes_twice_stands_twice_with_its_offset() -> None:
    found = intervals(BERLIN, date(2026, 10, 25), date(2026, 10, 25), "half_hour")
    assert len(found) == 50
    twice = ["02:00+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00"]
    assert [one.label for one in found[4:8]] == twice
    assert found[3].label == "01:30" and found[8].label == "03:00"


def test_the_hour_that_is_left_out_does_not_stand() -> None:
    found = intervals(BERLIN, date(2026, 3, 29), date(2026, 3, 29), "hour")
    assert [one.label for one in found[:4]] == ["00:00", "01:00", "03:00", "04:00"] and len(found) == 23


def test_zones_of_odd_quarter_hours_are_whole_rows() -> None:
    found = intervals(KATHMANDU, date(2026, 11, 21), date(2026, 11, 21), "day")
    assert found[0].start % QUARTER == 0 and found[0].start % (2 * QUARTER) != 0


@pytest.mark.parametrize(
    ("grain", "labels"),
    [("week", ["2026-W47", "2026-W48"]), ("month", ["2026-11", "2026-12"]), ("whole", [""])],
)
def test_days_are_gathered(grain: Grain, labels: list[str]) -> None:
    last = date(2026, 11, 29) if grain == "week" else date(2026, 12, 2)
    found = intervals(SHANGHAI, date(2026, 11, 16), last, grain)
    assert [one.label for one in found] == labels
    assert all(before.end == after.start for before, after in pairwise(found))


def test_the_business_day_may_begin_at_six() -> None:
    (found,) = intervals(SHANGHAI, date(2026, 11, 21), date(2026, 11, 21), "day", day_begins=360)
    (plain,) = intervals(SHANGHAI, date(2026, 11, 21), date(2026, 11, 21), "day")
    assert found.start - plain.start == found.end - plain.end == 24 * QUARTER


def test_what_makes_no_sheet_is_refused() -> None:
    for first, last, grain in (
        (date(2026, 11, 21), date(2026, 11, 20), "day"),
        (date(2024, 11, 21), date(2026, 11, 20), "day"),
        (date(2026, 1, 1), date(2026, 12, 20), "quarter"),
    ):
        with pytest.raises(YingdaError):
            intervals(SHANGHAI, first, last, grain)  # type: ignore[arg-type]  # the three are grains
