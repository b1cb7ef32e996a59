"""Sheets are the sums of the books' rows and what is open: at every grain the same totals (M1), and today's (M2)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.reports.test_persist import keep_live, opened
from tests.reports.test_service import EVENTS, NOW, ZONE
from yingda.kernel.ledger.metrics import BY_NAME, values
from yingda.kernel.store import Store
from yingda.reports.books import Books
from yingda.reports.drill import FIGURES, Cell
from yingda.reports.service import CallFilters, calls, queue_today
from yingda.reports.sheets.adding import Wanted
from yingda.reports.sheets.agents import agent_sheet
from yingda.reports.sheets.others import busy_hour, callback_sheet, contact_sheet, flow_sheet, trunk_sheet
from yingda.reports.sheets.periods import Grain, intervals
from yingda.reports.sheets.queues import percentile, queue_sheet

SHEETS = {
    "queues": queue_sheet,
    "agents": agent_sheet,
    "contacts": contact_sheet,
    "trunks": trunk_sheet,
    "callbacks": callback_sheet,
    "flows": flow_sheet,
}
DAY = datetime.fromtimestamp(NOW // 1_000_000, ZoneInfo(ZONE)).date()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = opened(str(tmp_path_factory.mktemp("books")))
    keep_live(made, EVENTS, random.Random(1), largest=400, restart=0.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def books() -> Books:
    made = Books()
    for event in EVENTS:
        made.apply(event)
    return made


def wanted(grain: Grain = "half_hour", *, by_key: bool = False, keys: frozenset[str] | None = None) -> Wanted:
    found = intervals(ZONE, DAY, DAY, grain)
    return Wanted("default", ZONE, found, NOW, keys, frozenset({"voice", "callback", "chat"}), by_key)


GAUGES_OF_EACH = {"idle_high", "channels_high", "waiting_high", "longest_wait_us"}


@pytest.mark.parametrize("name", SHEETS)
def test_every_grain_and_every_grouping_has_the_same_total(store: Store, name: str) -> None:
    totals = [SHEETS[name](store, wanted(grain))[1] for grain in ("quarter", "half_hour", "hour", "day")]
    totals.append(SHEETS[name](store, wanted("day", by_key=True))[1])
    totals[-1].update(
        {field: totals[0][field] for field in totals[0].keys() - totals[-1].keys()}
    )  # told of all together
    assert all(total == totals[0] for total in totals[1:])
    assert any(value for field, value in totals[0].items() if field != "interval_us")


@pytest.mark.parametrize("name", SHEETS)
def test_lines_add_up_to_the_total(store: Store, name: str) -> None:
    lines, total = SHEETS[name](store, wanted())
    assert len(lines) == 48
    for field, value in total.items():
        if field.startswith(("median_", "p90_")) or field == "interval_us":
            continue
        counted = [line.sums.get(field, 0) for line in lines]
        highest = field in GAUGES_OF_EACH or field.startswith("max_")
        assert value == (max(counted) if highest else sum(counted)), field


def test_the_queue_sheet_of_today_is_the_live_figure(store: Store) -> None:
    """M2."""
    live = queue_today(store, ZONE, NOW)
    for (queue_id, medium), facts in live.items():
        one = Wanted(
            "default", ZONE, intervals(ZONE, DAY, DAY, "hour"), NOW, frozenset({queue_id}), frozenset({medium})
        )
        _, total = queue_sheet(store, one)
        for name, value in facts["metrics"].items():
            assert BY_NAME[("queue", name)].value(total) == value, name


def test_open_lines_are_those_in_which_something_goes_on(store: Store, books: Books) -> None:
    lines, _ = queue_sheet(store, wanted())
    waiting = {entry.entered for entry in books.entries.rows.values() if entry.left is None and not entry.test}
    for line in lines:
        if any(line.interval.start <= at < line.interval.end for at in waiting) or line.interval.end > NOW:
            assert line.open
    assert not lines[0].open


def test_waits_are_counted_from_the_entries(store: Store, books: Books) -> None:
    _, total = queue_sheet(store, wanted())
    waits = sorted(
        entry.left - entry.entered
        for entry in books.entries.rows.values()
        if entry.outcome == "answered" and not entry.test and entry.left is not None
    )
    assert total["max_answered_us"] == waits[-1]
    assert total["median_answered_us"] == waits[(len(waits) + 1) // 2 - 1]
    assert values("queue", total)["asa_p90"] == percentile(waits, 90)


def test_percentiles_are_by_nearest_rank() -> None:
    assert [percentile([10, 20, 30, 40], share) for share in (25, 50, 75, 90, 100)] == [10, 20, 30, 40, 40]
    assert percentile([7], 50) == 7


@pytest.mark.parametrize("figure", sorted(FIGURES))
def test_a_cell_leads_to_the_contacts_it_counts(store: Store, figure: str) -> None:
    """As many entries as the cell says hang on the contacts behind it (a contact may have several)."""
    sheet = agent_sheet if figure in ("handled", "assisted", "consults") else queue_sheet
    lines, total = sheet(store, wanted("day"))
    thing = "agent" if sheet is agent_sheet else "queue"
    counted = BY_NAME[(thing, figure)].value(total) or 0
    begin, end = lines[0].interval.start, lines[0].interval.end
    found = calls(store, CallFilters(cell=Cell(figure=figure, since=begin, until=end)), limit=200).calls
    assert bool(found) == bool(counted) and len(found) <= counted


def test_agents_lines_tell_when_they_came_and_went(store: Store, books: Books) -> None:
    lines, _ = agent_sheet(store, wanted("day", by_key=True))
    for line in lines:
        sessions = [one for one in books.sessions.rows.values() if one.agent_id == line.key]
        assert line.facts["first_in"] == min(one.signed_in for one in sessions)
        assert line.facts["sessions"] == len(sessions)
        tests = [row for row in books.state_quarters.rows.values() if row.agent_id == line.key and row.test]
        on_tests = sum(row.time_us for row in tests)
        signed_in = sum((one.signed_out or NOW) - one.signed_in for one in sessions)
        assert line.sums["signed_in_us"] == signed_in - on_tests


def test_the_busy_hour_is_the_four_quarters_with_most_traffic() -> None:
    quarter = 900_000_000
    areas = {0: 5, quarter: 1, 4 * quarter: 3, 5 * quarter: 3, 6 * quarter: 3, 7 * quarter: 3, 8 * quarter: 1}
    assert busy_hour(areas) == 4 * quarter
