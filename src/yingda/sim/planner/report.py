"""An outcome told: as plain data for programs, and as one HTML page that needs nothing else, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from yingda.sim.planner.charts import Series, bars, lines
from yingda.sim.planner.estimate import CONFIDENCE, Estimate
from yingda.sim.planner.outcome import Figures, Outcome, Part

PERCENT, SECONDS, NUMBER = "percent", "seconds", "number"

# figure → 中文 (glossary, metrics.md), English, unit
WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "offered": ("进线量", "Offered", NUMBER),
    "answered": ("接通", "Answered", NUMBER),
    "abandoned": ("放弃", "Abandoned", NUMBER),
    "overflowed": ("溢出", "Overflowed", NUMBER),
    "turned_away": ("系统释放", "Turned away", NUMBER),
    "service_level": ("服务水平", "Service level", PERCENT),
    "abandon_rate": ("放弃率", "Abandon rate", PERCENT),
    "asa": ("平均应答速度", "Average speed of answer", SECONDS),
    "wait_p90": ("等待 p90", "Wait, p90", SECONDS),
    "wait_max": ("最长等待", "Longest wait", SECONDS),
    "handled": ("接听量", "Handled", NUMBER),
    "occupancy": ("占用率", "Occupancy", PERCENT),
    "agents_busy": ("平均占用座席", "Agents occupied", NUMBER),
    "agents_signed_in": ("平均签入座席", "Agents signed in", NUMBER),
    "calls": ("来电", "Calls", NUMBER),
    "self_served": ("自助服务", "Served by the flow", NUMBER),
    "redials": ("重拨", "Redials", NUMBER),
}

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2937; --faint: #6b7280; --rule: #d1d5db; --back: #ffffff;
  --first: #1d4ed8; --second: #c2410c; --third: #0f766e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --faint: #9ca3af; --rule: #374151; --back: #111827;
  --first: #7aa7ff; --second: #fdba74; --third: #5eead4; } }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--back);
  max-width: 980px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; border-bottom: 1px solid var(--rule); vertical-align: bottom; }
.doubt { color: var(--faint); font-size: .85em; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
text { fill: var(--faint); font-size: 11px; } .rule { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke-width: 2; } .first { stroke: var(--first); } .second { stroke: var(--second); }
.third { stroke: var(--third); } .band { fill: var(--first); opacity: .18; }
.bar1 { fill: var(--first); } .bar2 { fill: var(--second); }
.key::before { content: "■ "; } .key1::before { color: var(--first); } .key2::before { color: var(--second); }
.key3::before { color: var(--third); } .key { font-weight: 400; margin-left: 1em; }
#zh:checked ~ main [lang=en], #en:checked ~ main [lang=zh] { display: none; }
"""


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Plain data: every figure as {value, half_width}, or null where there is nothing to divide by."""
    scenario = outcome.scenario
    return {
        "name": scenario.name,
        "seed": scenario.seed,
        "begins": scenario.begins,
        "interval_s": scenario.interval_s,
        "warm_up": scenario.warm_up,
        "replications": outcome.replications,
        "confidence": CONFIDENCE,
        "half_width": scenario.precision.half_width,
        "reached": outcome.reached,
        "simulated_calls": outcome.calls,
        "seconds": round(outcome.seconds, 3),
        "seconds_per_10000_calls": round(outcome.seconds / max(1, outcome.calls) * 10_000, 3),
        "contacts": _plain(outcome.contacts),
        "total": _plain_part(outcome, outcome.total),
        "queues": [{"name": part.name} | _plain_part(outcome, part) for part in outcome.queues],
        "groups": [{"name": part.name} | _plain_part(outcome, part) for part in outcome.groups],
    }


def _plain_part(outcome: Outcome, part: Part) -> dict[str, Any]:
    return {
        "day": _plain(part.day),
        "intervals": [
            {"begins": clock(outcome, index)} | _plain(figures) for index, figures in enumerate(part.intervals)
        ],
    }


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        name: {"value": round(one.value, 6), "half_width": round(one.half_width, 6)} if one else None
        for name, one in figures.items()
    }


def clock(outcome: Outcome, interval: int) -> str:
    """HH:MM at which an interval begins."""
    begins, scenario = outcome.scenario.begins, outcome.scenario
    total = int(begins[:2]) * 60 + int(begins[3:]) + interval * scenario.interval_s // 60
    return f"{total // 60 % 24:02d}:{total % 60:02d}"


# -- the page ------------------------------------------------------------------------------------------------------


def page(outcome: Outcome) -> str:
    """The whole document. Its language is chosen by two buttons, without any script."""
    title = escape(outcome.scenario.name)
    sections = [
        _summary(outcome),
        _table(_both("队列", "Queue"), [*outcome.queues, outcome.total]),
        _table(_both("班组", "Group"), outcome.groups),
        *(_queue_charts(outcome, part) for part in outcome.queues),
        *(_group_charts(outcome, part) for part in outcome.groups),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head><meta charset="utf-8"/>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/>\n<title>{title}</title>\n'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n"
        '<input type="radio" name="language" id="zh" checked="checked"/><label for="zh">中文</label>\n'
        '<input type="radio" name="language" id="en"/><label for="en">English</label>\n'
        f"<main>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _both(chinese: str, english: str) -> str:
    return f'<span lang="zh">{escape(chinese)}</span><span lang="en">{escape(english)}</span>'


def _word(figure: str) -> str:
    chinese, english, _ = WORDS[figure]
    return _both(chinese, english)


def _summary(outcome: Outcome) -> str:
    scenario = outcome.scenario
    most = scenario.precision.half_width
    reached = (
        _both("各队列服务水平已达到所要求的精度", "the service level of every queue is known as well as asked")
        if outcome.reached
        else _both("服务水平尚未达到所要求的精度", "the service level is not known as well as asked")
    )
    contacts = ", ".join(f"{_word(name)} {_shown(one, NUMBER)}" for name, one in outcome.contacts.items())
    told = _both(
        f"{outcome.replications} 次重复，共 {outcome.calls:,} 个来电，种子 {scenario.seed}。"
        "数值后为 95% 置信区间的半宽；数量为每次重复的平均值，预热时段不计。",
        f"{outcome.replications} replications, {outcome.calls:,} calls in all, seed {scenario.seed}. Behind each value "
        "stands half the width of its 95 % confidence interval; numbers are means of a replication, without warm-up.",
    )
    return f"<p>{told} {reached} (± {100 * most:g} %).</p>\n<p>{contacts}</p>\n"


def _table(head: str, parts: Sequence[Part]) -> str:
    names = list(parts[0].day)
    heads = "".join(f"<th>{_word(name)}</th>" for name in names)
    rows = []
    for part in parts:
        label = escape(part.name) if part.name else _both("合计", "Total")
        cells = "".join(f"<td>{_shown(part.day[name], WORDS[name][2])}</td>" for name in names)
        rows.append(f"<tr><td>{label}</td>{cells}</tr>\n")
    return f"<table>\n<tr><th>{head}</th>{heads}</tr>\n{''.join(rows)}</table>\n"


def _shown(one: Estimate | None, unit: str) -> str:
    if one is None:
        return "–"
    scale, sign = (100.0, " %") if unit == PERCENT else (1.0, " s" if unit == SECONDS else "")
    return f'{scale * one.value:,.1f}{sign} <span class="doubt">± {scale * one.half_width:,.1f}</span>'


def _series(part: Part, figure: str) -> Series:
    return [figures[figure] for figures in part.intervals]


def _queue_charts(outcome: Outcome, part: Part) -> str:
    labels = [clock(outcome, index) for index in range(len(part.intervals))]
    name = escape(part.name)
    level = lines([_series(part, "service_level")], labels, f"{part.name} service_level", share=True)
    waits = lines([_series(part, "asa"), _series(part, "wait_p90")], labels, f"{part.name} asa, p90", share=False)
    calls = bars([_series(part, "answered"), _series(part, "abandoned")], labels, f"{part.name} answered, abandoned")
    return (
        _figure(f"{name}: {_word('service_level')}", level)
        + _figure(f"{name}:{_keys('asa', 'wait_p90')} (s)", waits)
        + _figure(f"{name}:{_keys('answered', 'abandoned')}", calls)
    )


def _group_charts(outcome: Outcome, part: Part) -> str:
    labels = [clock(outcome, index) for index in range(len(part.intervals))]
    name = escape(part.name)
    busy = [_series(part, "agents_busy"), _series(part, "agents_signed_in")]
    return _figure(
        f"{name}: {_word('occupancy')}",
        lines([_series(part, "occupancy")], labels, f"{part.name} occupancy", share=True),
    ) + _figure(
        f"{name}:{_keys('agents_busy', 'agents_signed_in')}",
        lines(busy, labels, f"{part.name} agents", share=False),
    )


def _keys(*figures: str) -> str:
    return "".join(f'<span class="key key{number}">{_word(name)}</span>' for number, name in enumerate(figures, 1))


def _figure(caption: str, chart: str) -> str:
    return f"<figure><figcaption>{caption}</figcaption>\n{chart}</figure>\n"
