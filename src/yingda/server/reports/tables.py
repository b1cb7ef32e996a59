"""Sheets as files: CSV with a byte order mark, and xlsx with real numbers, shares and durations (RPT-17, RPT-23).

Ids and telephone numbers are text in both. A cell without anything to divide by holds "–". Files name the zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import xlsxwriter

from yingda.kernel.clock import SECOND
from yingda.kernel.ledger.metric import Metric
from yingda.server.calls.export import BYTE_ORDER_MARK, as_text, as_words, line_of
from yingda.server.reports.service import Sheet, figures, named

Language = Literal["zh-CN", "en"]
Progress = Callable[[int], None]
NOTHING = "–"
DAY = 86_400 * SECOND
_WORDS: dict[str, tuple[str, str]] = {
    "day": ("日期", "Day"),
    "time": ("时段", "Interval"),
    "number": ("编号", "Number"),
    "name": ("名称", "Name"),
    "open": ("未结", "Open"),
    "yes": ("未结", "open"),
    "total": ("合计", "Total"),
    "zone": ("时区", "Time zone"),
}


def word(name: str, language: Language) -> str:
    return _WORDS[name][language == "en"]


def heads(sheet: Sheet, language: Language) -> list[str]:
    """The first row: what a line tells of, whether it is open, the metrics."""
    first = ("number", "name") if sheet.wanted.by_key else ("day", "time")
    metrics = [one.en if language == "en" else one.zh for one in sheet.columns]
    return [*(word(name, language) for name in first), word("open", language), *metrics]


Cells = tuple[tuple[str, str, str], list[float | None]]


def lines(sheet: Sheet, language: Language) -> Iterator[Cells]:
    """(what it tells of, the values) of every line, and of the total."""
    for line in sheet.lines:
        if sheet.wanted.by_key:
            name, number = named(sheet, line.key)
            first = (number, name)
        else:
            first = (line.interval.day, line.interval.label)
        found = figures(sheet, line.sums)
        yield (*first, word("yes", language) if line.open else ""), [found[one.name] for one in sheet.columns]
    found = figures(sheet, sheet.total)
    yield (word("total", language), "", ""), [found[one.name] for one in sheet.columns]


def csv_lines(sheet: Sheet, language: Language) -> Iterator[str]:
    yield BYTE_ORDER_MARK + line_of([*heads(sheet, language), word("zone", language)])
    for (first, second, mark), row in lines(sheet, language):
        shown = [_plain(value, metric) for value, metric in zip(row, sheet.columns, strict=True)]
        yield line_of([as_text(first), as_words(second), mark, *shown, sheet.wanted.zone])


def _plain(value: float | None, metric: Metric) -> str:
    if value is None:
        return NOTHING
    if metric.unit == "µs":
        return f"{value / SECOND:.1f}"
    return f"{value:.0f}" if metric.unit == "count" else f"{value:.4f}"


_FORMATS = {"µs": "[h]:mm:ss", "share": "0.0%", "count": "0", "per hour": "0.0", "erlang": "0.00", "ccs": "0.0"}


def write_sheet(sheet: Sheet, language: Language, file: Path, progress: Progress) -> None:
    """As xlsx."""
    with xlsxwriter.Workbook(str(file), {"constant_memory": True, "in_memory": False}) as book:
        page, bold = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1})
        formats = {unit: book.add_format({"num_format": shown}) for unit, shown in _FORMATS.items()}
        page.write_string(0, 0, f"{word('zone', language)}: {sheet.wanted.zone}")
        page.write_row(1, 0, heads(sheet, language), bold)
        page.freeze_panes(2, 3)
        page.set_column(0, 1, 16)
        for number, (first, row) in enumerate(lines(sheet, language), 2):
            for place, text in enumerate(first):
                page.write_string(number, place, text)
            for place, (value, metric) in enumerate(zip(row, sheet.columns, strict=True), 3):
                if value is None:
                    page.write_string(number, place, NOTHING)
                else:
                    page.write_number(
                        number, place, value / DAY if metric.unit == "µs" else value, formats[metric.unit]
                    )
            progress(number - 1)


def write_rows(heading: Iterable[str], rows: Iterable[Iterable[str]], file: Path, progress: Progress) -> None:
    """A long list as xlsx, a row at a time: memory holds one."""
    with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, heading, book.add_format({"bold": True, "bottom": 1}))
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            for place, text in enumerate(row):
                page.write_string(number, place, text.removeprefix("\t").removeprefix("'"))  # CSV's marks of a text
            progress(number)
