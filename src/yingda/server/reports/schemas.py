"""What crosses the API of the sheets. Times are µs UTC; names of columns are those of docs/metrics.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yingda.kernel.ledger.metric import Grain as MetricGrain
from yingda.kernel.ledger.metric import Unit
from yingda.reports.sheets.periods import Grain

SheetName = Literal["queues", "agents", "contacts", "trunks", "callbacks", "flows"]
Name = Annotated[str, Field(max_length=64)]
Names = Annotated[list[Name], Field(max_length=200)]
Medium = Literal["voice", "callback", "chat", "email", "sms", "fax", "social", "video"]


class SheetQuery(BaseModel):
    """Local days of the sheet's zone, both included. `key`: ids of queues, agents …; `team`: the agents of a team."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    grain: Grain = "half_hour"
    by: Annotated[Literal["time", "key"], Field(description="a row an interval, or a row a queue (agent, trunk …)")] = (
        "time"
    )
    key: Names = []
    team: Name | None = None
    medium: Annotated[list[Medium], Field(max_length=8)] = ["voice"]
    column: Names = []


class ExportQuery(SheetQuery):
    language: Literal["zh-CN", "en"] = "zh-CN"


class ColumnOut(BaseModel):
    """A metric: its names, and its formula as identifiers and in words."""

    name: str
    zh: str
    en: str
    unit: Unit
    grain: MetricGrain
    formula: str
    formula_zh: str
    formula_en: str


class LineOut(BaseModel):
    """A row. `open`: something that counts in it goes on (未结). values: null where there is nothing to divide by."""

    key: str
    name: str
    number: str
    start: int
    end: int
    day: str
    label: str
    open: bool
    values: dict[str, float | None]
    facts: dict[str, Any]


class SheetOut(BaseModel):
    """`columns` are those shown, `available` all that may be asked for. The total is made of sums, never of ratios."""

    sheet: SheetName
    zone: str
    begin: int
    end: int
    now: int
    columns: list[ColumnOut]
    available: list[str]
    lines: list[LineOut]
    total: dict[str, float | None]


class ExportOut(BaseModel):
    """A file that is made. done, total: rows; total is null while it is not known."""

    export_id: str
    state: Literal["making", "ready", "failed"]
    done: int
    total: int | None
    file: str
    sentence: str
