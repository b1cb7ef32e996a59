"""What crosses the API of left messages. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from yingda.reports.left import State

Cursor = Annotated[str | None, Field(pattern=r"^[0-9]{1,6}$", description="`next_cursor` of the page before")]


class MessageFilters(BaseModel):
    """state: open, done (cleared by somebody, or their caller was served since), or all. queue: its id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State = "open"
    queue: Annotated[str | None, Field(max_length=64)] = None


class MessageQuery(MessageFilters):
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class MessageExport(MessageFilters):
    language: Literal["zh-CN", "en"] = "zh-CN"


class LeftMessageOut(BaseModel):
    """A message. agent_number, agent_name: if it is for one agent. heard: when it was first played. served_at: when its
    caller was answered, or reached, since. sound: expired once its time is over (docs/recordings.md)."""

    id: str
    contact_id: str
    caller: str | None
    called: str | None
    queue_id: str | None
    queue_name: str | None
    agent_number: str | None
    agent_name: str | None
    received: int
    duration_ms: int
    heard: int | None
    sound: Literal["ready", "expired"]
    claimed_by: str | None
    claimed_at: int | None
    mine: bool
    cleared: int | None
    cleared_by: str | None
    served_at: int | None


class LeftMessagePage(BaseModel):
    items: list[LeftMessageOut]
    next_cursor: str | None
    total: int
