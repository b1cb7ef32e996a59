"""What crosses the API of tasks. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=64)]
LATEST = 1 << 53
"""What browsers still hold exactly: the year 2255."""


class TaskIn(BaseModel):
    """What there is to do. due: when at the latest; customer_id: about whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    note: Annotated[str, Field(max_length=2_000)] = ""
    due: Annotated[int, Field(ge=0, le=LATEST)] | None = None
    customer_id: Id | None = None


class NewTask(TaskIn):
    """owner: the user whose task it is, oneself if not given; a leader gives tasks to those within his reach."""

    owner: Id | None = None


class TaskOut(BaseModel):
    task_id: str
    owner: str
    owner_name: str
    author_name: str
    title: str
    note: str
    due: int | None
    customer_id: str | None
    customer_name: str | None = Field(description="null without a customer, or when he has been erased")
    state: Literal["open", "done", "cancelled"]
    created: int
    closed: int | None


class TaskPage(BaseModel):
    items: list[TaskOut]
    total: int
    next_cursor: str | None
