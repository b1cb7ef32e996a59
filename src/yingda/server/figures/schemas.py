"""What crosses the API of the figures. The words in `sums` and `metrics` are those of docs/metrics.md."""

from __future__ import annotations

from pydantic import BaseModel, Field

Sums = dict[str, int]
Metrics = dict[str, float | None]
"""None where there is nothing to divide by: screens show "–"."""


class QueueFigures(BaseModel):
    """A queue's day, in the queue's own zone. A queue that nobody has entered today has no row."""

    queue_id: str
    queue_name: str
    medium: str
    zone: str
    waiting_now: int
    longest_wait_us: int
    sums: Sums
    metrics: Metrics


class AgentFigures(BaseModel):
    """An agent's day, in the centre's zone. `states`: µs by state; `state`: the present one, null if signed out."""

    agent_id: str
    agent_number: str
    agent_name: str
    zone: str
    state: str | None
    states: Sums
    sums: Sums
    metrics: Metrics


class QueueTable(BaseModel):
    now: int = Field(description="µs UTC")
    rows: list[QueueFigures]


class AgentTable(BaseModel):
    now: int = Field(description="µs UTC")
    rows: list[AgentFigures]
