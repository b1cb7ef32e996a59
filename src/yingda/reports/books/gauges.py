"""Gauges: numbers that go up and down, with their least, greatest and area in every quarter hour (metrics.md 4).

A quarter hour in which nothing moved gets its row when the gauge moves next; without a row it stood at zero throughout.
Gauges tell what was the case at an instant, so a correction made later does not touch them.
"""

from __future__ import annotations

from yingda.reports.books.core import Books
from yingda.reports.quarters import QUARTER, GaugeLine, GaugeQuarter, parts, quarter_of

IDLE, SIGNED_IN = "idle", "signed_in"
"""Agents of the centre; thing: ""."""
CHANNELS, CAPACITY = "channels", "capacity"
"""Channels of a trunk in use, and those it has; thing: the trunk's id."""
ITEMS = "items"
"""Digital items that an agent has open; thing: the agent's id."""


def move(books: Books, place: tuple[str, str, str], at: int, step: int) -> None:
    """The gauge at `place` (tenant, gauge, thing) changes by `step` at `at` µs."""
    line = books.gauge_lines.find(place)
    if line is None:
        line = books.gauge_lines.add(place, GaugeLine(*place, value=0, at=at))
    if at > line.at:
        if line.value:
            _integrate(books, line, at)
        line.at = at
    line.value += step
    books.gauge_lines.dirty[place] = line
    row = books.gauge_quarters.either((*place, quarter_of(line.at)), GaugeQuarter)
    row.low = min(row.low, line.value)
    row.high = max(row.high, line.value)


def put(books: Books, place: tuple[str, str, str], at: int, value: int) -> None:
    """The gauge stands at `value` from `at` on."""
    line = books.gauge_lines.find(place)
    move(books, place, at, value - (line.value if line else 0))


def _integrate(books: Books, line: GaugeLine, at: int) -> None:
    place = (line.tenant_id, line.gauge, line.thing)
    for quarter, part in parts(line.at, at):
        books.gauge_quarters.either((*place, quarter), GaugeQuarter).area_us += line.value * part
    boundary = quarter_of(line.at) + QUARTER
    while boundary <= at:
        row = books.gauge_quarters.either((*place, boundary), GaugeQuarter)
        row.start = row.low = row.high = line.value
        boundary += QUARTER
