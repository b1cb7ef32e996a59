"""The list of left messages as CSV and xlsx take it (`calls/export.py` says how cells are made safe)."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from yingda.server.calls.export import (
    BYTE_ORDER_MARK,
    Column,
    Language,
    as_seconds,
    as_text,
    as_time,
    as_words,
    line_of,
)
from yingda.server.deps import House
from yingda.server.sessions.viewer import Viewer
from yingda.server.voicemail.schemas import MessageFilters
from yingda.server.voicemail.service import everything

COLUMNS = (
    Column("留言编号", "Message", lambda row, zone: as_text(row["id"])),
    Column("留言时间", "Received", lambda row, zone: as_time(row["received"], zone)),
    Column("时长(秒)", "Length (s)", lambda row, zone: as_seconds(row["duration_ms"] * 1_000)),
    Column("主叫号码", "Caller number", lambda row, zone: as_text(row["caller"])),
    Column("被叫号码", "Called number", lambda row, zone: as_text(row["called"])),
    Column("队列", "Queue", lambda row, zone: as_words(row["queue_name"])),
    Column("工号", "Agent ID", lambda row, zone: as_text(row["agent_number"])),
    Column("首次收听", "First heard", lambda row, zone: as_time(row["heard"], zone)),
    Column("认领人", "Claimed by", lambda row, zone: as_words(row["claimed_by"])),
    Column("办理时间", "Cleared", lambda row, zone: as_time(row["cleared"], zone)),
    Column("办理人", "Cleared by", lambda row, zone: as_words(row["cleared_by"])),
    Column("客户已接通", "Caller served", lambda row, zone: as_time(row["served_at"], zone)),
    Column("会话编号", "Contact", lambda row, zone: as_text(row["contact_id"])),
)


def headings(language: Language) -> list[str]:
    return [column.zh if language == "zh-CN" else column.en for column in COLUMNS]


def cells(house: House, viewer: Viewer, filters: MessageFilters) -> Iterator[list[str]]:
    zone = ZoneInfo(house.directory().centre.centre.time_zone)
    for row in everything(house, viewer, filters):
        yield [column.cell(row, zone) for column in COLUMNS]


def csv_lines(house: House, viewer: Viewer, filters: MessageFilters, language: Language) -> Iterator[str]:
    yield BYTE_ORDER_MARK + line_of(headings(language))
    yield from map(line_of, cells(house, viewer, filters))
