"""What a simulation came to, as one HTML page that needs nothing else: figures, and charts drawn as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from yingda.sim.planning import Outcome
from yingda.sim.statistics import Estimate

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 200, 52, 24, 10

STYLE = """
:root { color-scheme: light dark; --ink: #1f2937; --faint: #9ca3af; --line: #2563eb; --band: #2563eb33; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --line: #60a5fa; --band: #60a5fa33; --back: #111827; } }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--back);
  max-width: 920px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .3rem .9rem .3rem 0; text-align: right; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; border-bottom: 1px solid var(--faint); }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } text { fill: var(--ink); font-size: 11px; }
.grid { stroke: var(--faint); stroke-width: .5; } .mean { fill: none; stroke: var(--line); stroke-width: 2; }
.band { fill: var(--band); } .goal { stroke: var(--faint); stroke-dasharray: 4 4; }
"""

Series = Sequence[Estimate | None]


def page(outcome: Outcome) -> str:
    """The whole document."""
    scenario = outcome.scenario
    charts = []
    for name, rows in outcome.intervals.items():
        levels, waits = [row["service_level"] for row in rows], [row["asa_s"] for row in rows]
        charts.append(_chart(f"{name}: service level 服务水平", levels, outcome, share=True))
        charts.append(_chart(f"{name}: average speed of answer 平均应答速度 (s)", waits, outcome, share=False))
    for name, values in outcome.occupancy.items():
        charts.append(_chart(f"{name}: occupancy 占用率", values, outcome, share=True))
    title = escape(scenario.name)
    told = (
        f"{outcome.replications} replications, {outcome.calls:,} calls, seed {scenario.seed}. "
        "Values are means ± half the width of the 95 % confidence interval."
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n<p>{told}</p>\n"
        f"{_table(outcome)}\n{''.join(charts)}</body></html>\n"
    )


def _table(outcome: Outcome) -> str:
    heads = ("queue 队列", "offered 进线量", "service level 服务水平", "ASA 平均应答速度", "abandon rate 放弃率")
    rows = []
    for name, figures in outcome.queues.items():
        cells = (
            escape(name),
            _number(figures["offered"]),
            _percent(figures["service_level"]),
            _number(figures["asa_s"], " s"),
            _percent(figures["abandon_rate"]),
        )
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    groups = [
        f"<tr><td>{escape(name)}</td><td>{_percent(one)}</td></tr>" for name, one in outcome.occupancy_all.items()
    ]
    first = f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table>"
    return f"{first}\n<table><tr><th>group</th><th>occupancy 占用率</th></tr>{''.join(groups)}</table>"


def _percent(one: Estimate | None) -> str:
    return f"{100 * one.mean:.1f} % ± {100 * one.half_width:.1f}" if one else "–"


def _number(one: Estimate | None, unit: str = "") -> str:
    return f"{one.mean:,.1f}{unit} ± {one.half_width:.1f}" if one else "–"


def _chart(caption: str, values: Series, outcome: Outcome, *, share: bool) -> str:
    """A line of means within a band of their confidence; intervals that had nothing to say leave a gap."""
    top = 1.0 if share else max((one.mean + one.half_width for one in values if one), default=1.0) or 1.0
    step = (WIDTH - LEFT) / max(1, len(values))

    def at(index: int, value: float) -> str:
        height = HEIGHT - BOTTOM - TOP
        return f"{LEFT + (index + 0.5) * step:.1f},{TOP + height * (1 - min(max(value, 0), top) / top):.1f}"

    shapes = []
    for run in _runs(values):
        upper = [at(index, one.mean + one.half_width) for index, one in run]
        lower = [at(index, one.mean - one.half_width) for index, one in reversed(run)]
        shapes.append(f'<polygon class="band" points="{" ".join((*upper, *lower))}"/>')
        shapes.append(f'<polyline class="mean" points="{" ".join(at(index, one.mean) for index, one in run)}"/>')
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(caption, quote=True)}">'
    axes = _axes(top, step, len(values), outcome, share=share)
    return f"<figure><figcaption>{escape(caption)}</figcaption>{svg}{axes}{''.join(shapes)}</svg></figure>\n"


def _runs(values: Series) -> list[list[tuple[int, Estimate]]]:
    runs: list[list[tuple[int, Estimate]]] = [[]]
    for index, one in enumerate(values):
        if one is not None:
            runs[-1].append((index, one))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _axes(top: float, step: float, count: int, outcome: Outcome, *, share: bool) -> str:
    height, parts = HEIGHT - BOTTOM - TOP, []
    for quarter in range(5):
        y, value = TOP + height * (1 - quarter / 4), top * quarter / 4
        label = f"{100 * value:.0f} %" if share else f"{value:.0f}"
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    every = max(1, -(-count // 12))
    for index in range(0, count, every):
        x = LEFT + (index + 0.5) * step
        label = clock(outcome.scenario.begin, index * outcome.scenario.interval_s)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{label}</text>')
    return "".join(parts)


def clock(begin: str, seconds: int) -> str:
    """The hour of the day that is so many seconds after `begin` (HH:MM)."""
    hours, _, minutes = begin.partition(":")
    total = int(hours) * 60 + int(minutes) + seconds // 60
    return f"{total // 60 % 24:02d}:{total % 60:02d}"
