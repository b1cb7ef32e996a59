"""What crosses the API of the call list. Times are µs UTC, `_us` ends a duration in µs; words as in metrics.md."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yingda.reports.service import LARGEST_PAGE

LATEST = 1 << 62
"""Whole numbers of databases end a little beyond."""

Figure = Literal[
    "offered",
    "answered",
    "abandoned",
    "callback",
    "diverted",
    "turned_away",
    "failed",
    "overflow_out",
    "overflow_in",
    "short",
    "hit",
    "waiting",
    "handled",
    "assisted",
    "consults",
]
"""The figures of sheets that lead to their contacts: `reports.drill.FIGURES`."""


class CallFilters(BaseModel):
    """Which calls. `from` and `to` bound the beginning of the call: [from, to)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[int | None, Field(alias="from", ge=0, le=LATEST, description="µs UTC")] = None
    to: Annotated[int | None, Field(ge=0, le=LATEST, description="µs UTC")] = None
    queue: Annotated[str | None, Field(max_length=64, description="id of a queue it waited in")] = None
    agent: Annotated[str | None, Field(max_length=64, description="id of an agent who handled it")] = None
    outcome: Annotated[
        str | None, Field(max_length=32, description='contact outcome, metrics.md section 7; "live": none yet')
    ] = None
    number: Annotated[
        str | None, Field(pattern=r"^\+?[0-9*#]{3,20}$", description="the caller's number, or its last digits")
    ] = None
    figure: Annotated[
        Figure | None, Field(description="only the calls that this figure counts, of `figure_from` to `figure_to`")
    ] = None
    figure_from: Annotated[
        int | None, Field(ge=0, le=LATEST, description="µs UTC, by when entries entered, handlings began")
    ] = None
    figure_to: Annotated[int | None, Field(ge=0, le=LATEST)] = None
    test: Annotated[bool, Field(description="the calls of test numbers, which stand in no figure, instead")] = False


class CallQuery(CallFilters):
    """A page of the list, newest first."""

    cursor: Annotated[str | None, Field(max_length=80, description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50


class RecordingOut(BaseModel):
    """state: running, ended, missing (with the reason) or expired (removed when its time was over). consultation: not
    the talk, but what a colleague (his handling) or an outside party (`leg_id`) said aside of it.

    Fetch the audio from /recordings/{recording_id}.
    """

    recording_id: str
    handling_id: str
    leg_id: str | None
    consultation: bool
    started: int
    state: str
    ended: int | None
    duration_ms: int | None
    reason: str | None


class CallRecord(BaseModel):
    """One contact by telephone, as the books have it. `outcome` is null while it is not over."""

    interaction_id: str
    medium: str
    direction: str
    caller: str | None = Field(description="null if withheld, or erased on the customer's demand")
    withheld: bool
    called: str | None
    started: int
    ended: int | None
    outcome: str | None
    verdict: str | None
    ended_by: str | None
    call_type: str | None
    queue_id: str | None
    queue_name: str | None
    agent_id: str | None = Field(description="the agent who was connected first")
    agent_number: str | None
    agent_name: str | None
    wait_us: int
    talking_us: int
    holding_us: int
    test: bool
    recordings: list[RecordingOut]


class CallPage(BaseModel):
    """`total` is counted on the first page only, and up to ten thousand."""

    items: list[CallRecord]
    next_cursor: str | None
    total: int | None


class LegOut(BaseModel):
    leg_id: str
    role: str
    direction: str
    device: str | None
    created: int
    alerting: int | None
    answered: int | None
    ended: int | None
    ended_by: str | None
    release_code: int | None
    received: int | None
    lost: int | None
    mos_milli: int | None
    one_way: bool


class EntryOut(BaseModel):
    entry_id: str
    queue_id: str
    queue_name: str
    cause: str
    entered: int
    left: int | None
    outcome: str | None
    verdict: str | None
    target_us: int
    offers: int
    handling_id: str | None


class OfferOut(BaseModel):
    offer_id: str
    entry_id: str
    agent_id: str
    agent_number: str
    queue_id: str
    made: int
    alerting: int | None
    ended: int | None
    outcome: str | None


class HandlingOut(BaseModel):
    """codes, resolved and note: the summary (小结) of this agent."""

    handling_id: str
    agent_id: str
    agent_number: str
    agent_name: str
    queue_id: str
    role: str
    origin: str
    started: int
    connected: int | None
    released: int | None
    over: int | None
    talking_us: int
    holding_us: int
    consulting_us: int
    wrapup_us: int
    codes: list[str]
    resolved: bool | None
    case_id: str | None
    note: str | None


class TimelineEvent(BaseModel):
    """One event of the ledger (docs/events.md), without references to personal data."""

    seq: int
    at: int
    kind: str
    by: str
    data: dict[str, Any]


class CallDetail(CallRecord):
    """The whole contact."""

    legs: list[LegOut]
    entries: list[EntryOut]
    offers: list[OfferOut]
    handlings: list[HandlingOut]
    timeline: list[TimelineEvent]
