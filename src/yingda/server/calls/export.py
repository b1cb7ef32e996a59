"""The call list as a spreadsheet takes it: CSV with a byte order mark, ids and numbers as text.

Spreadsheets turn 13812345678 into 1.38E+10 and run what begins with = + - or @. A leading tab keeps an id or a number a
text and is not seen; a leading apostrophe does the same for words that somebody else may have chosen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from yingda.kernel.clock import SECOND
from yingda.reports.service import LARGEST_PAGE
from yingda.server.calls.records import Records
from yingda.server.calls.schemas import CallFilters

BYTE_ORDER_MARK = "\ufeff"
MOST_ROWS = 100_000
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")

Language = Literal["zh-CN", "en"]
Cell = Callable[[Mapping[str, Any], ZoneInfo], str]


def as_text(value: object) -> str:
    """An id or a number."""
    return f"\t{value}" if value not in (None, "") else ""


def as_words(value: object) -> str:
    """A name or a word."""
    words = "" if value is None else str(value)
    return f"'{words}" if words.startswith(_DANGEROUS) else words


def as_time(at: int | None, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at // SECOND, zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def as_seconds(us: int) -> str:
    return f"{us / SECOND:.1f}"


class Column(NamedTuple):
    zh: str
    en: str
    cell: Cell


COLUMNS = (
    Column("会话编号", "Contact", lambda row, zone: as_text(row["interaction_id"])),
    Column("开始时间", "Started", lambda row, zone: as_time(row["started"], zone)),
    Column("结束时间", "Ended", lambda row, zone: as_time(row["ended"], zone)),
    Column("方向", "Direction", lambda row, zone: as_words(row["direction"])),
    Column("主叫号码", "Caller number", lambda row, zone: as_text(row["caller"])),
    Column("被叫号码", "Called number", lambda row, zone: as_text(row["called"])),
    Column("队列", "Queue", lambda row, zone: as_words(row["queue_name"])),
    Column("工号", "Agent ID", lambda row, zone: as_text(row["agent_number"])),
    Column("座席", "Agent", lambda row, zone: as_words(row["agent_name"])),
    Column("结果", "Outcome", lambda row, zone: as_words(row["outcome"])),
    Column("等待(秒)", "Wait (s)", lambda row, zone: as_seconds(row["wait_us"])),
    Column("通话(秒)", "Talk (s)", lambda row, zone: as_seconds(row["talking_us"])),
    Column("保持(秒)", "Hold (s)", lambda row, zone: as_seconds(row["holding_us"])),
    Column(
        "录音编号", "Recordings", lambda row, zone: as_text(" ".join(one["recording_id"] for one in row["recordings"]))
    ),
    Column("媒体", "Medium", lambda row, zone: as_words(row["medium"])),
    Column("业务类型", "Call type", lambda row, zone: as_words(row["call_type"])),
    Column("服务水平", "Service level", lambda row, zone: as_words(row["verdict"])),
    Column("结束方", "Ended by", lambda row, zone: as_words(row["ended_by"])),
    Column("座席工时(秒)", "Agents' time (s)", lambda row, zone: as_seconds(row["occupied_us"])),
    Column("重复来电", "Repeat", lambda row, zone: "1" if row["repeat"] else ""),
)


def csv_lines(records: Records, filters: CallFilters, zone: ZoneInfo, language: Language) -> Iterator[str]:
    """The file, a page of the list at a time; at most MOST_ROWS rows."""
    yield BYTE_ORDER_MARK + line_of(headings(language))
    yield from map(line_of, cells(records, filters, zone))


def headings(language: Language) -> list[str]:
    return [column.zh if language == "zh-CN" else column.en for column in COLUMNS]


def cells(records: Records, filters: CallFilters, zone: ZoneInfo) -> Iterator[list[str]]:
    """The rows, a page of the list at a time."""
    cursor: str | None = None
    for _ in range(MOST_ROWS // LARGEST_PAGE):
        rows, cursor = records.page(filters, cursor, LARGEST_PAGE)
        for row in rows:
            yield [column.cell(row, zone) for column in COLUMNS]
        if cursor is None:
            return


def line_of(row: list[str]) -> str:
    """A row as CSV has it."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue()
