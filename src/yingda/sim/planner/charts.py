"""Charts as inline SVG: figures by interval, with the band of their confidence. Colours come from the page's style."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from yingda.sim.planner.estimate import Estimate

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 940, 210, 56, 10, 24
INNER: Final = HEIGHT - TOP - BOTTOM
CLASSES: Final = ("first", "second", "third")
MOST_LABELS: Final = 14

Series = Sequence[Estimate | None]


def lines(several: Sequence[Series], labels: Sequence[str], title: str, *, share: bool) -> str:
    """A line each, the first with its band; where there is no figure there is a gap. share: the axis is 0 to 100 %."""
    top = 1.0 if share else _round_up(max(_heights(several), default=0.0))
    step = (WIDTH - LEFT) / len(labels)
    shapes = []
    for number, series in enumerate(several):
        for stretch in _stretches(series):
            if number == 0:
                shapes.append(_band(stretch, step, top))
            points = " ".join(_point(index, one.value, step, top) for index, one in stretch)
            if len(stretch) == 1:
                x, y = points.split(",")
                points = f"{float(x) - 4:.1f},{y} {float(x) + 4:.1f},{y}"
            shapes.append(f'<polyline class="line {CLASSES[number]}" points="{points}"/>')
    return _svg(title, _axes(top, labels, step, share=share) + "".join(shapes))


def bars(stacked: Sequence[Series], labels: Sequence[str], title: str) -> str:
    """Bars on top of one another, the first at the bottom."""
    sums = [math.fsum(one.value for one in column if one) for column in zip(*stacked, strict=True)]
    top = _round_up(max(sums, default=0.0))
    step = (WIDTH - LEFT) / len(labels)
    shapes = []
    for index in range(len(labels)):
        base = 0.0
        for number, series in enumerate(stacked, 1):
            one = series[index]
            if one is None or one.value <= 0:
                continue
            height = INNER * one.value / top
            y = TOP + INNER * (1 - base / top) - height
            x, width = LEFT + (index + 0.15) * step, 0.7 * step
            box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            shapes.append(f'<rect class="bar{number}" {box}/>')
            base += one.value
    return _svg(title, _axes(top, labels, step, share=False) + "".join(shapes))


def _svg(title: str, inner: str) -> str:
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">{inner}</svg>\n'


def _point(index: int, value: float, step: float, top: float) -> str:
    within = min(max(value, 0.0), top)
    return f"{LEFT + (index + 0.5) * step:.1f},{TOP + INNER * (1 - within / top):.1f}"


def _band(stretch: list[tuple[int, Estimate]], step: float, top: float) -> str:
    upper = [_point(index, one.value + one.half_width, step, top) for index, one in stretch]
    lower = [_point(index, one.value - one.half_width, step, top) for index, one in reversed(stretch)]
    return f'<polygon class="band" points="{" ".join((*upper, *lower))}"/>'


def _stretches(series: Series) -> Iterator[list[tuple[int, Estimate]]]:
    """Neighbours that all have a figure."""
    stretch: list[tuple[int, Estimate]] = []
    for index, one in enumerate(series):
        if one is not None:
            stretch.append((index, one))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _heights(several: Sequence[Series]) -> Iterator[float]:
    for series in several:
        yield from (one.value + one.half_width for one in series if one is not None)


def _round_up(value: float) -> float:
    """To 1, 2, 4 or 8 times a power of ten, so that quarters of it are plain numbers."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next((unit * factor for factor in (1, 2, 4, 8) if value <= unit * factor), unit * 10)


def _axes(top: float, labels: Sequence[str], step: float, *, share: bool) -> str:
    parts = []
    for quarter in range(5):
        y, value = TOP + INNER * (1 - quarter / 4), top * quarter / 4
        label = f"{100 * value:.0f} %" if share else f"{value:g}"
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for index in range(0, len(labels), -(-len(labels) // MOST_LABELS)):
        x = LEFT + (index + 0.5) * step
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{labels[index]}</text>')
    return "".join(parts)
