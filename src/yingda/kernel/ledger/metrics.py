"""The definition of every figure that reports, desk, wallboard, simulator and interface may show (metrics.md 7).

A metric is a numerator and, for ratios and means, a denominator, each a sum of counted fields (`"abandoned - short"`).
The fields are those of the quarter-hour rows, added up over any interval first; what is still open is added to
`waiting`, `miss`, … by who asks. The formula that is shown is the formula that is computed.
`python -m yingda.kernel.ledger.metrics --table` prints the tables of docs/metrics.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Sums = Mapping[str, int]
"""Field → its sum over the rows of an interval."""
Grain = Literal["C", "S"]
Unit = Literal["count", "share", "µs", "per hour"]

HOUR = 3_600_000_000
"""µs"""


@dataclass(frozen=True)
class Metric:
    """One figure. thing: what it is told of. grain: C by the anchor's interval, S split at boundaries (section 4).

    top, bottom: field names joined by + and -. bottom "" for a plain sum.
    """

    name: str
    zh: str
    en: str
    thing: Literal["queue", "contact", "agent", "state", "flow"]
    grain: Grain
    unit: Unit
    top: str
    bottom: str = ""

    @cached_property
    def _terms(self) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
        return _parse(self.top), _parse(self.bottom)

    @property
    def fields(self) -> frozenset[str]:
        """The fields the formula needs."""
        return frozenset(name for part in self._terms for _, name in part)

    def parts(self, sums: Sums) -> tuple[int, int]:
        """(numerator, denominator), whole numbers; under a plain sum stands 1. Raises KeyError for a lacking field."""
        top, bottom = self._terms
        return _add(top, sums), _add(bottom, sums) if bottom else 1

    def value(self, sums: Sums) -> float | None:
        """The figure in its unit; None ("–" on screens) when there is nothing to divide by."""
        top, bottom = self.parts(sums)
        if bottom == 0:
            return None
        return top * HOUR / bottom if self.unit == "per hour" else top / bottom

    @property
    def formula(self) -> str:
        """As text, as docs and screens show it."""
        return f"{_shown(self.top)} ÷ {_shown(self.bottom)}" if self.bottom else self.top


def _parse(text: str) -> tuple[tuple[int, str], ...]:
    terms, sign = [], 1
    for word in text.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        else:
            terms.append((sign, word))
    return tuple(terms)


def _add(terms: tuple[tuple[int, str], ...], sums: Sums) -> int:
    return sum(sign * sums[name] for sign, name in terms)


def _shown(part: str) -> str:
    return f"({part})" if " " in part else part


_DECIDED = "offered - waiting - short"
_WAITS = (
    "wait_answered_us + wait_abandoned_us + wait_overflowed_us + wait_callback_us + wait_diverted_us "
    "+ wait_turned_away_us + wait_failed_us"
)
_HANDLE = "talking_us + holding_us + consulting_us + wrapup_us + dialling_us"

METRICS: tuple[Metric, ...] = (
    # queues: entries, by the interval in which they entered
    Metric("offered", "进线量", "Offered", "queue", "C", "count", "offered"),
    Metric("decided", "已决量", "Decided", "queue", "C", "count", _DECIDED),
    Metric("answer_rate", "接通率", "Answer rate", "queue", "C", "share", "answered", _DECIDED),
    Metric("abandon_rate", "放弃率", "Abandon rate", "queue", "C", "share", "abandoned - short", _DECIDED),
    Metric("service_level", "服务水平", "Service level", "queue", "C", "share", "hit", "hit + miss"),
    Metric(
        "sl_strict", "服务水平（全口径）", "Service level, strict", "queue", "C", "share", "hit", "offered - undecided"
    ),
    Metric(
        *("sl_lenient", "服务水平（宽口径）", "Service level, lenient", "queue", "C", "share"),
        top="hit",
        bottom="hit + miss - abandoned_in_target",
    ),
    Metric(
        "sl_answered", "服务水平（应答口径）", "Service level of the answered", "queue", "C", "share", "hit", "answered"
    ),
    Metric("asa", "平均应答速度", "Average speed of answer", "queue", "C", "µs", "wait_answered_us", "answered"),
    Metric(
        *("ada", "平均放弃前等待", "Average delay to abandonment", "queue", "C", "µs"),
        top="wait_abandoned_us - wait_short_us",
        bottom="abandoned - short",
    ),
    Metric("mean_queue_time", "平均排队时长", "Mean time in queue", "queue", "C", "µs", _WAITS, "offered - waiting"),
    Metric("overflow_out", "溢出量", "Overflow out", "queue", "C", "count", "overflow_out"),
    Metric("overflow_in", "溢入量", "Overflow in", "queue", "C", "count", "overflow_in"),
    Metric("served_elsewhere", "他队代接", "Served elsewhere", "queue", "C", "count", "served_elsewhere"),
    Metric("served_for_others", "代接他队", "Served for others", "queue", "C", "count", "served_for_others"),
    Metric("fast_clear_down", "闻讯即挂率", "Fast clear-down", "queue", "C", "share", "fast_clear_down", "announced"),
    Metric(
        "estimate_error", "预估等待误差", "Error of the estimate", "queue", "C", "µs", "estimate_error_us", "estimates"
    ),
    Metric(
        *("estimate_error_abs", "预估等待绝对误差", "Absolute error of the estimate", "queue", "C", "µs"),
        top="estimate_error_abs_us",
        bottom="estimates",
    ),
    # contacts, by the interval in which they began
    Metric("contacts", "会话量", "Contacts", "contact", "C", "count", "contacts"),
    Metric(
        *("capture_rate", "总接通率", "Capture rate", "contact", "C", "share"),
        top="answered + self_served",
        bottom="contacts - live - abandoned_short",
    ),
    Metric(
        "contact_service_level",
        "客户视角服务水平",
        "Customer's service level",
        "contact",
        "C",
        "share",
        "hit",
        "hit + miss",
    ),
    Metric("total_delay", "客户总等待", "Customer's total delay", "contact", "C", "µs", "delay_us", "connected"),
    Metric("short_call", "超短通话", "Very short calls", "contact", "C", "count", "short_call"),
    Metric("work_per_contact", "单次服务工时", "Work per contact", "contact", "C", "µs", "occupied_us", "answered"),
    Metric(
        "self_service_rate", "自助服务率", "Self-service rate", "contact", "C", "share", "self_helped", "self_service"
    ),
    Metric("containment", "自助留存率", "Containment", "contact", "C", "share", "contained", "self_service"),
    # agents: handlings and offers by their interval, states split at boundaries
    Metric("handled", "接听量", "Handled", "agent", "C", "count", "handled"),
    Metric("att", "平均交谈时长", "Average talk time", "agent", "C", "µs", "talking_us", "handled"),
    Metric("hold_time", "平均保持时长", "Average hold time", "agent", "C", "µs", "holding_us", "handled"),
    Metric("consult_time", "平均咨询时长", "Average consultation time", "agent", "C", "µs", "consulting_us", "handled"),
    Metric("acw", "平均话后处理时长", "Average after-call work", "agent", "C", "µs", "wrapup_us", "handled"),
    Metric("call_duration", "平均通话时长", "Average call duration", "agent", "C", "µs", "call_us", "handled"),
    Metric("aht", "平均处理时长", "Average handle time", "agent", "C", "µs", _HANDLE, "handled"),
    Metric("ring_time", "平均振铃时长", "Average ring time", "agent", "C", "µs", "ring_us", "accepted"),
    Metric(
        *("no_answer_rate", "振铃未接率", "No-answer rate", "agent", "C", "share"),
        top="no_answer + declined",
        bottom="no_answer + declined + accepted",
    ),
    Metric("transfer_rate", "转出率", "Transfer rate", "agent", "C", "share", "transferred", "handled"),
    Metric("signed_in", "签入时长", "Time signed in", "agent", "S", "µs", "signed_in_us"),
    Metric("calls_per_hour", "每小时接听量", "Handled per hour", "agent", "S", "per hour", "handled", "signed_in_us"),
    Metric("occupancy", "占用率", "Occupancy", "agent", "S", "share", "occupied_us", "occupied_us + available_us"),
    Metric("utilisation", "工时利用率", "Utilisation", "agent", "S", "share", "occupied_us", "signed_in_us"),
    Metric(
        *("presence_rate", "实际工作率", "Presence rate", "agent", "S", "share"),
        top="signed_in_us - break_us - unreachable_us",
        bottom="signed_in_us",
    ),
    # one state of an agent, with its reason
    Metric("state_time", "状态时长", "Time in a state", "state", "S", "µs", "time_us"),
    # flows: runs, by the interval in which they entered
    Metric("runs", "流程进入量", "Runs", "flow", "C", "count", "runs"),
    *(
        Metric(f"exit_{name}", zh, f"Left by {name}", "flow", "C", "count", f"exit_{name}")
        for name, zh in (
            *(("done", "流程完成量"), ("queue", "转队列量"), ("transfer", "转外线量"), ("message", "转留言量")),
            *(("callback", "转回拨量"), ("agent", "转座席量"), ("hangup", "流程内挂机量"), ("error", "流程出错量")),
            ("limit", "流程超限量"),
        )
    ),
)

BY_NAME: Mapping[tuple[str, str], Metric] = {(metric.thing, metric.name): metric for metric in METRICS}

OPEN_FIELDS = frozenset({"waiting", "undecided", "live"})
"""What is not a field of a row: it is counted at the moment of asking."""


def values(thing: str, sums: Sums) -> dict[str, float | None]:
    """Every metric of a thing from its sums."""
    return {metric.name: metric.value(sums) for metric in METRICS if metric.thing == thing}


_HEADINGS = {
    "queue": "Queues",
    "contact": "Contacts",
    "agent": "Agents",
    "state": "States of an agent",
    "flow": "Flows",
}


def table() -> str:
    """The definitions as Markdown, a table a thing."""
    out: list[str] = []
    for thing, heading in _HEADINGS.items():
        out += [
            f"### {heading}",
            "",
            "| metric | 中文 | English | grain | unit | formula |",
            "|---|---|---|---|---|---|",
        ]
        for one in METRICS:
            if one.thing == thing:
                out.append(f"| `{one.name}` | {one.zh} | {one.en} | {one.grain} | {one.unit} | {one.formula} |")
        out.append("")
    return "\n".join(out)


if __name__ == "__main__":
    if sys.argv[1:] != ["--table"]:
        sys.exit("usage: python -m yingda.kernel.ledger.metrics --table")
    sys.stdout.write(table())
