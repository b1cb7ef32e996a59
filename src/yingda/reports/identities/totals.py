"""M1: quarter hours add up to the half hours and days counted directly from the things (metrics.md section 8)."""

from __future__ import annotations

from collections import Counter

from yingda.reports.books import Books
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import OUTCOMES, QUARTER
from yingda.reports.rows import Key

_SPANS = {"half hour": 2 * QUARTER, "day": 96 * QUARTER}


def check_totals(books: Books, now: int) -> Findings:
    """M1 for entries (count, outcomes, waits), handled contacts, and state time; both grains."""
    for name, length in _SPANS.items():
        yield from _differences(name, _queues_by_rows(books, length), _queues_directly(books, length))
        yield from _differences(name, _states_by_rows(books, length), _states_directly(books, length))


def _differences(name: str, by_rows: Counter[Key], directly: Counter[Key]) -> Findings:
    for key in by_rows.keys() | directly.keys():
        if by_rows[key] != directly[key]:
            yield Broken("M1", key, f"quarter hours make {by_rows[key]}, the {name} itself {directly[key]}")


def _queues_by_rows(books: Books, length: int) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for row in books.queue_quarters.rows.values():
        start = row.quarter - row.quarter % length
        place = (row.queue_id, row.medium, start)
        sums[(*place, "offered")] += row.offered
        for outcome in OUTCOMES:
            sums[(*place, outcome)] += getattr(row, outcome)
            sums[(*place, outcome, "wait")] += getattr(row, f"wait_{outcome}_us")
    return sums


def _queues_directly(books: Books, length: int) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for entry in books.entries.rows.values():
        if entry.test:
            continue
        place = (entry.queue_id, entry.medium, entry.entered - entry.entered % length)
        sums[(*place, "offered")] += 1
        if entry.left is not None:
            sums[(*place, entry.outcome)] += 1
            sums[(*place, entry.outcome, "wait")] += entry.left - entry.entered
    return sums


def _states_by_rows(books: Books, length: int) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for row in books.state_quarters.rows.values():
        sums[(row.agent_id, row.state, row.state_class, row.quarter - row.quarter % length)] += row.time_us
    return sums


def _states_directly(books: Books, length: int) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for span in books.spans.rows.values():
        if span.ended is None:
            continue
        at = span.started
        while at < span.ended:
            start = at - at % length
            stop = min(start + length, span.ended)
            sums[(span.agent_id, span.state, span.state_class, start)] += stop - at
            at = stop
    return sums
