"""The definition of every figure that reports, desk, wallboard, simulator and interface may show (metrics.md 7).

What is still open is added to `waiting`, `miss`, … by who asks. Medians and the like cannot be added up from rows: who
wants them counts the things themselves, and gives them as fields (SPREAD_FIELDS).
`python -m yingda.kernel.ledger.metrics --table` prints the tables of docs/metrics.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from yingda.kernel.ledger.metric import Metric, Sums, Thing

_DECIDED = "offered - waiting - short"
_WAITS = (
    "wait_answered_us + wait_abandoned_us + wait_overflowed_us + wait_callback_us + wait_diverted_us "
    "+ wait_turned_away_us + wait_failed_us"
)
_HANDLE = "talking_us + holding_us + consulting_us + wrapup_us + dialling_us"

_REFUSED = "refused_no_channel + refused_limit + refused_down + refused_carrier"
_CLOSED = "reached + exhausted + expired + cancelled_by_staff"

METRICS: tuple[Metric, ...] = (
    # queues: entries, by the interval in which they entered
    Metric("offered", "进线量", "Offered", "queue", "C", "count", "offered"),
    Metric("decided", "已决量", "Decided", "queue", "C", "count", _DECIDED),
    *(
        Metric(name, zh, en, "queue", "C", "count", name)
        for name, zh, en in (
            *(("answered", "接通量", "Answered"), ("abandoned", "放弃量", "Abandoned")),
            *(("short", "短时放弃量", "Short abandons"), ("callback", "转回拨量", "Took a call-back")),
            *(
                ("diverted", "分流量", "Diverted"),
                ("turned_away", "系统释放量", "Turned away"),
                ("failed", "故障量", "Failed"),
            ),
            *(("waiting", "等待中", "Waiting"), ("hit", "达标量", "Within target")),
        )
    ),
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
    Metric("overflow_out", "溢出量", "Overflow out", "queue", "C", "count", "overflowed"),
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
    *(
        Metric(f"{name}_{how}", f"{zh}（{word}）", f"{en}, {how}", "queue", "C", "µs", f"{how}_{what}_us")
        for name, zh, en, what in (
            ("asa", "应答速度", "Speed of answer", "answered"),
            ("ada", "放弃前等待", "Delay to abandonment", "abandoned"),
        )
        for how, word in (("median", "中位数"), ("p90", "九成以内"), ("max", "最长"))
    ),
    Metric("most_waiting", "最多排队", "Most waiting at once", "queue", "G", "count", "waiting_high"),
    Metric("longest_wait", "最长等待", "Longest wait", "queue", "G", "µs", "longest_wait_us"),
    Metric("mean_waiting", "平均排队人数", "Mean number waiting", "queue", "S", "erlang", "area_us", "interval_us"),
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
    *(
        Metric(f"contact_{name}", zh, en, "contact", "C", "count", name)
        for name, zh, en in (
            *(("answered", "接通会话", "Answered contacts"), ("abandoned", "放弃会话", "Abandoned contacts")),
            *(("self_served", "自助完成", "Self-served"), ("message_left", "已留言", "Message left")),
            *(("forwarded", "已转出", "Forwarded"), ("left_in_flow", "流程中挂机", "Left in the flow")),
            *(
                ("direct_missed", "直呼未接", "Direct, missed"),
                ("refused", "已拒绝", "Refused"),
                ("failed", "故障会话", "Failed contacts"),
            ),
            *(("reached", "呼出接通", "Reached"), ("not_reached", "呼出未接通", "Not reached")),
        )
    ),
    Metric("repeat_call", "重复来电", "Repeat calls", "contact", "C", "count", "repeat_call"),
    Metric("short_call", "超短通话", "Very short calls", "contact", "C", "count", "short_call"),
    Metric("work_per_contact", "单次服务工时", "Work per contact", "contact", "C", "µs", "occupied_us", "answered"),
    Metric(
        "self_service_rate", "自助服务率", "Self-service rate", "contact", "C", "share", "self_helped", "self_service"
    ),
    Metric(
        "self_service_kept",
        "自助服务率（未再来电）",
        "Self-service rate, not back within the window",
        "contact",
        "C",
        "share",
        "self_kept",
        "self_service",
    ),
    Metric("containment", "自助留存率", "Containment", "contact", "C", "share", "contained", "self_service"),
    Metric("first_contacts", "首次会话量", "First contacts", "contact", "C", "count", "first_contacts"),
    *(
        Metric(name, zh, en, "contact", "C", "share", top, "first_contacts")
        for name, zh, en, top in (
            ("fcr", "一次解决率", "First-contact resolution", "first_resolved"),
            ("fcr_claimed", "一次解决率（座席标记）", "First-contact resolution as agents claim it", "first_claimed"),
            ("fcr_unknown", "一次解决率（未知）", "First contacts of unknown resolution", "first_unknown"),
            ("fcr_provisional", "一次解决率（暂定）", "First contacts not yet decided", "first_provisional"),
        )
    ),
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
    *(
        Metric(
            f"transfer_rate_{how}", f"转出率（{zh}）", f"Transfer rate, {en}", "agent", "C", "share", field, "handled"
        )
        for how, zh, en, field in (
            ("blind", "盲转", "blind", "transferred_blind"),
            ("attended", "咨询转", "attended", "transferred_attended"),
            ("takeover", "接管", "taken over", "transferred_takeover"),
        )
    ),
    Metric("consults", "咨询次数", "Contacts with a consultation", "agent", "C", "count", "consults"),
    Metric("assisted", "协助次数", "Assisted", "agent", "C", "count", "assisted"),
    Metric("offers", "派发量", "Offers", "agent", "C", "count", "offers"),
    Metric("concurrency", "并发数", "Concurrency", "agent", "S", "erlang", "items_us", "serving_us"),
    Metric("signed_in", "签入时长", "Time signed in", "agent", "S", "µs", "signed_in_us"),
    Metric(
        "staffed", "平均签入人数", "Agents signed in, on average", "agent", "S", "erlang", "signed_in_us", "interval_us"
    ),
    Metric("most_idle", "最多空闲座席", "Most agents idle at once", "agent", "G", "count", "idle_high"),
    Metric("calls_per_hour", "每小时接听量", "Handled per hour", "agent", "S", "per hour", "handled", "signed_in_us"),
    Metric("occupancy", "占用率", "Occupancy", "agent", "S", "share", "occupied_us", "occupied_us + available_us"),
    Metric("utilisation", "工时利用率", "Utilisation", "agent", "S", "share", "occupied_us", "signed_in_us"),
    Metric(
        *("presence_rate", "实际工作率", "Presence rate", "agent", "S", "share"),
        top="signed_in_us - break_us - unreachable_us",
        bottom="signed_in_us",
    ),
    *(
        Metric(f"time_{state}", f"状态时长（{zh}）", f"Time {en}", "agent", "S", "µs", f"state_{state}_us")
        for state, zh, en in (
            *(("idle", "空闲", "idle"), ("ringing", "振铃", "ringing"), ("talking", "通话", "talking")),
            *(("holding", "保持", "on hold"), ("consulting", "咨询", "consulting"), ("assisting", "协助", "assisting")),
            *(
                ("dialling", "拨号", "dialling"),
                ("wrapup", "话后处理", "in wrap-up"),
                ("serving", "在线服务", "serving"),
            ),
            *(("internal", "内部通话", "on internal calls"), ("supervising", "监听", "supervising")),
            *(("busy", "示忙", "busy"), ("unreachable", "断线", "disconnected")),
        )
    ),
    Metric("break_time", "休息类示忙时长", "Time on break", "agent", "S", "µs", "break_us"),
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
    # trunks: counts by the beginning of the leg, time split at boundaries
    Metric("attempts", "占用请求量", "Attempts", "trunk", "C", "count", "attempts"),
    Metric("seized", "占用次数", "Seizures", "trunk", "C", "count", "seized"),
    Metric("blocked_rate", "阻塞率", "Blocked", "trunk", "C", "share", _REFUSED, "attempts"),
    Metric("erlangs", "话务量", "Erlangs", "trunk", "S", "erlang", "channel_us", "interval_us"),
    Metric("ccs", "百秒呼", "CCS", "trunk", "S", "ccs", "channel_us", "interval_us"),
    Metric("channel_occupancy", "中继占用率", "Channel occupancy", "trunk", "S", "share", "channel_us", "capacity_us"),
    Metric("atht", "平均占线时长", "Average trunk holding time", "trunk", "S", "µs", "channel_us", "seized"),
    Metric("peak_channels", "峰值通道数", "Peak channels", "trunk", "G", "count", "channels_high"),
    # call-backs, by the interval in which they were asked for
    Metric("requested", "回拨请求量", "Call-backs requested", "callback", "C", "count", "requested"),
    Metric("callback_success", "回拨成功率", "Call-backs reached", "callback", "C", "share", "reached", _CLOSED),
    Metric(
        "callback_on_time", "按时回拨率", "Call-backs on time", "callback", "C", "share", "on_time", "on_time + late"
    ),
    # surveys, by the interval in which they were offered
    Metric("surveys", "评价邀请量", "Surveys offered", "survey", "C", "count", "surveys"),
    Metric("survey_answered", "参评量", "Surveys answered", "survey", "C", "count", "survey_answered"),
    Metric("survey_rate", "参评率", "Survey rate", "survey", "C", "share", "survey_answered", "surveys"),
    Metric("satisfaction", "满意率", "Satisfaction", "survey", "C", "share", "satisfied", "survey_answered"),
)

BY_NAME: Mapping[tuple[str, str], Metric] = {(metric.thing, metric.name): metric for metric in METRICS}

OPEN_FIELDS = frozenset({"waiting", "undecided", "live"})
"""What is not a field of a row: it is counted at the moment of asking."""

SPREAD_FIELDS = frozenset(f"{how}_{what}_us" for how in ("median", "p90", "max") for what in ("answered", "abandoned"))
"""What no sum of rows can give: counted from the things themselves, by those who want it."""

ASKED_FIELDS = frozenset(
    {"interval_us", "channel_us", "capacity_us", "channels_high", "items_us", "serving_us", "idle_high"}
)
"""What who asks takes from elsewhere: the interval's length, gauges, states."""


FIRST_FIELDS = frozenset({"first_contacts", "first_resolved", "first_unknown", "first_claimed", "first_provisional"})
"""Counted from the contacts themselves, where a sheet is asked for them (`reports.sheets.first_contacts`)."""


def values(thing: Thing, sums: Sums) -> dict[str, float | None]:
    """Every metric of a thing that its sums are enough for."""
    have = sums.keys()
    return {one.name: one.value(sums) for one in METRICS if one.thing == thing and one.fields <= have}


_HEADINGS: Mapping[Thing, str] = {
    "queue": "Queues",
    "contact": "Contacts",
    "agent": "Agents",
    "state": "States of an agent",
    "flow": "Flows",
    "trunk": "Trunks",
    "callback": "Call-backs",
    "survey": "Surveys",
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
