"""What crosses the API of the sheets. Times are µs UTC; names of columns are those of docs/metrics.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yingda.kernel.ledger.metric import Grain as MetricGrain
from yingda.kernel.ledger.metric import Unit
from yingda.reports.sheets.periods import Grain

SheetName = Literal["queues", "agents", "contacts", "trunks", "callbacks", "flows"]
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
Name = Annotated[str, Field(max_length=64)]
Names = Annotated[list[Name], Field(max_length=200)]
Medium = Literal["voice", "callback", "chat", "email", "sms", "fax", "social", "video"]


class SheetQuery(BaseModel):
    """Local days of the sheet's zone, both included. `key`: ids of queues, agents …; `team`: the agents of a team."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[date, Field(alias="from", ge=FIRST_DAY, le=LAST_DAY)]
    to: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
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


class OwedQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,6}$", description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class MissedOut(BaseModel):
    """A number that was not served. id: its last contact. attempts: calls to it since."""

    id: str
    caller: str | None
    queue_id: str | None
    queue_name: str | None
    called: str | None
    outcome: str
    first_at: int
    last_at: int
    calls: int
    attempts: int
    tried_at: int | None
    claimed_by: str | None
    claimed_at: int | None
    mine: bool


class MissedPage(BaseModel):
    items: list[MissedOut]
    next_cursor: str | None
    total: int


class CallbackOut(BaseModel):
    """A call-back that is owed. late: its promise has passed and nobody has tried."""

    id: str
    contact_id: str | None
    caller: str | None
    source: str
    queue_id: str | None
    queue_name: str | None
    requested: int
    promised_by: int
    attempts: int
    calling: bool
    last_result: str | None
    late: bool


class CallbackPage(BaseModel):
    items: list[CallbackOut]
    next_cursor: str | None
    total: int


class AssignOrder(BaseModel):
    """Who is to call, and for how long (s) it is kept for him."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent_id: Name
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 3_600


class Correction(BaseModel):
    """What is to be put right. handling_id: for codes, resolved and case_id, whose. reason: why, for the ledger."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Literal["codes", "resolved", "call_type", "case_id", "test"]
    after: Annotated[list[Name], Field(max_length=20)] | Name | bool | None
    reason: Annotated[str, Field(min_length=3, max_length=500)]
    handling_id: Name | None = None
