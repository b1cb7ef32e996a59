"""What crosses the API of the search for targets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Target(BaseModel):
    """A colleague (state, and since when), a queue (who waits and who is idle in it), or a flow."""

    kind: Literal["agent", "queue", "flow"]
    id: str
    name: str
    number: str = Field(default="", description="agent ID (工号) of a colleague")
    team: str | None = None
    user_id: str | None = None
    state: str | None = None
    since: int | None = Field(default=None, description="µs UTC")
    waiting: int | None = None
    idle: int | None = None


class Targets(BaseModel):
    """Best first: who is idle, then who is signed in, then the rest; `now`: µs UTC."""

    items: list[Target]
    now: int
