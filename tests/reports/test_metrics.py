"""The definitions of the metrics: their fields exist, their formulas are right on counted rows, docs and code agree."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from yingda.kernel.ledger import metric_words
from yingda.kernel.ledger.metrics import (
    ASKED_FIELDS,
    BY_NAME,
    FIRST_FIELDS,
    METRICS,
    OPEN_FIELDS,
    SPREAD_FIELDS,
    table,
    values,
)
from yingda.reports import quarters
from yingda.reports.flow_quarters import FlowQuarter
from yingda.reports.sheets.agents import STATE_FIELDS, TIME_FIELDS

ROWS = {
    "queue": quarters.QueueQuarter,
    "contact": quarters.ContactQuarter,
    "agent": quarters.WorkQuarter,
    "state": quarters.StateQuarter,
    "flow": FlowQuarter,
    "trunk": quarters.TrunkQuarter,
    "callback": quarters.CallbackQuarter,
    "survey": quarters.SurveyQuarter,
}


def test_every_field_of_a_formula_is_counted() -> None:
    for one in METRICS:
        known = (
            {field.name for field in fields(ROWS[one.thing])}
            | OPEN_FIELDS
            | SPREAD_FIELDS
            | ASKED_FIELDS
            | FIRST_FIELDS
        )
        assert one.fields <= known | ({*TIME_FIELDS, *STATE_FIELDS} if one.thing == "agent" else set()), one.name


def test_every_field_has_words_in_both_languages() -> None:
    needed = {name for one in METRICS for name in one.fields}
    assert metric_words.ZH.keys() == metric_words.EN.keys() == needed
    assert all(metric_words.ZH.values()) and all(metric_words.EN.values())
    rate = BY_NAME[("queue", "abandon_rate")]
    assert rate.said(metric_words.ZH) == "(放弃 − 短时放弃) ÷ (进线 − 等待中 − 短时放弃)"
    assert rate.said(metric_words.EN) == "(abandoned − short abandons) ÷ (offered − waiting − short abandons)"


def test_names_are_unique_within_a_thing() -> None:
    assert len(BY_NAME) == len(METRICS)


def test_docs_and_code_agree() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    assert table().strip() in page


def queue_sums(**given: int) -> dict[str, int]:
    sums = {field.name: 0 for field in fields(quarters.QueueQuarter)}
    return sums | dict.fromkeys(OPEN_FIELDS, 0) | given


def test_a_worked_example() -> None:
    """10 came in: 6 answered (5 in time), 1 short and 2 later abandoned (1 within T), 1 still waits within T."""
    sums = queue_sums(
        offered=10,
        answered=6,
        abandoned=3,
        short=1,
        waiting=1,
        undecided=1,
        hit=5,
        miss=3,
        void=1,
        abandoned_in_target=1,
        wait_answered_us=60,
        wait_abandoned_us=50,
        wait_short_us=4,
    )
    found = values("queue", sums)
    assert found["decided"] == 8
    assert (found["answer_rate"], found["abandon_rate"]) == (6 / 8, 2 / 8)
    assert (found["service_level"], found["sl_strict"]) == (5 / 8, 5 / 9)
    assert (found["sl_lenient"], found["sl_answered"]) == (5 / 7, 5 / 6)
    assert (found["asa"], found["ada"], found["mean_queue_time"]) == (10, 23, 110 / 9)


def test_nothing_to_divide_by_is_no_figure() -> None:
    found = values("queue", queue_sums())
    assert found["answer_rate"] is None and found["service_level"] is None and found["offered"] == 0


def test_handle_time_is_the_sum_of_its_parts() -> None:
    """H3: aht = att + hold_time + consult_time + acw (+ dialling); call_duration lacks only the wrap-up."""
    sums = dict.fromkeys(BY_NAME[("agent", "aht")].fields | BY_NAME[("agent", "call_duration")].fields, 0)
    sums |= {"handled": 4, "talking_us": 100, "holding_us": 20, "consulting_us": 8, "wrapup_us": 40, "call_us": 128}

    def part(name: str) -> float:
        return BY_NAME[("agent", name)].value(sums) or 0

    assert part("aht") == part("att") + part("hold_time") + part("consult_time") + part("acw")
    assert part("call_duration") == part("att") + part("hold_time") + part("consult_time")
