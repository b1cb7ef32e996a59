"""T1, T2, B1 and S1: trunks, call-backs and surveys (metrics.md section 8)."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from yingda.reports.books import Books
from yingda.reports.books.gauges import CAPACITY, CHANNELS
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import CALLBACK_RESULTS, REFUSALS, CallbackQuarter, SurveyQuarter, TrunkQuarter
from yingda.reports.rows import Key

_refusals = attrgetter(*(f"refused_{cause}" for cause in REFUSALS))
_results = attrgetter(*CALLBACK_RESULTS)


def check_quarter(key: Key, row: TrunkQuarter) -> Findings:
    """T2 of one row."""
    refused = sum(_refusals(row))
    if row.attempts != row.seized + refused:
        yield Broken("T2", key, f"{row.attempts} attempts, {row.seized} seized and {refused} refused")


def check_time(books: Books, now: int) -> Findings:
    """T1: the area under the channels in use is the time of the legs; never are there more than the trunk has."""
    by_rows: Counter[tuple[str, str]] = Counter()
    for row in books.gauge_quarters.rows.values():
        if row.gauge == CHANNELS:
            by_rows[(row.tenant_id, row.thing)] += row.area_us
            capacity = books.gauge_quarters.rows.get((row.tenant_id, CAPACITY, row.thing, row.quarter))
            if capacity is not None and row.high > capacity.high:
                yield Broken("T1", row.key(), f"{row.high} channels in use of {capacity.high}")
    for line in books.gauge_lines.rows.values():
        if line.gauge == CHANNELS:
            by_rows[(line.tenant_id, line.thing)] += line.value * max(0, now - line.at)
    by_legs: Counter[tuple[str, str]] = Counter()
    for leg in books.legs.rows.values():
        if leg.trunk_id is not None and not books.contacts.rows[leg.interaction_id].test:
            by_legs[(leg.tenant_id, leg.trunk_id)] += (now if leg.ended is None else leg.ended) - leg.created
    for trunk in by_rows.keys() | by_legs.keys():
        if by_rows[trunk] != by_legs[trunk]:
            yield Broken("T1", trunk, f"{by_rows[trunk]} µs of channels, {by_legs[trunk]} µs of legs")


def check_callbacks(books: Books, key: Key, row: CallbackQuarter) -> Findings:
    """B1 of one row."""
    closed, owed = sum(_results(row)), books.owed.count(key)
    if row.requested != closed + owed:
        yield Broken("B1", key, f"{row.requested} call-backs requested, {closed} closed and {owed} open")


def check_surveys(books: Books, key: Key, row: SurveyQuarter) -> Findings:
    """S1 of one row; and whoever is satisfied has given a score, and answered with it."""
    ended, running = row.survey_answered + row.survey_declined + row.survey_none, books.asked.count(key)
    if row.surveys != ended + running:
        yield Broken("S1", key, f"{row.surveys} surveys offered, {ended} ended and {running} running")
    if not row.satisfied <= row.scored <= row.survey_answered:
        yield Broken("S1", key, f"{row.survey_answered} answered, {row.scored} scored, {row.satisfied} satisfied")
