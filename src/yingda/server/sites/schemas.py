"""A centre's load, as a sister centre reads it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class QueueLoad(BaseModel):
    """A queue that takes calls now. Callers alone count, no digital items."""

    name: str
    waiting: int
    idle: int = Field(description="agents who would be rung at once")
    staffed: int = Field(description="agents signed in who serve it")
    between_s: float = Field(description="from one answer to the next of late (s); 0: nobody can say yet")


class Load(BaseModel):
    queues: list[QueueLoad]
