"""What crosses the API on the floor."""

from __future__ import annotations

from pydantic import BaseModel

from yingda.server.feed.schemas import LiveAgent, LiveCall, LiveQueue


class Floor(BaseModel):
    """Everybody and everything live that the viewer may see. `now`: µs UTC."""

    agents: list[LiveAgent]
    queues: list[LiveQueue]
    calls: list[LiveCall]
    now: int
