"""What crosses the API on the floor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from yingda.server.desk.schemas import BusyReasonOut, Id, Order
from yingda.server.feed.schemas import LiveAgent, LiveCall, LiveQueue


class Floor(BaseModel):
    """Everybody and everything live that the viewer may see. `now`: µs UTC."""

    agents: list[LiveAgent]
    queues: list[LiveQueue]
    calls: list[LiveCall]
    busy_reasons: list[BusyReasonOut] = Field(description="What force busy (强制示忙) may name, and what rows name.")
    now: int


class EmergencyOrder(BaseModel):
    """Whether the queue's emergency announcement is to be heard."""

    on: bool


class LoanOrder(BaseModel):
    """An agent and for how long."""

    agent_id: str = Field(max_length=64)
    seconds: float = Field(gt=0, le=86_400)


class SuperviseOrder(Order):
    mode: Literal["listen", "whisper", "barge", "take_over"]


class HelpAnswer(Order):
    """message: written to him; coming: on the way. Listening and the like need not be said."""

    how: Literal["message", "coming"]
    said: Annotated[str, Field(max_length=200, description="for his screen; kept nowhere")] = ""


class MoveOrder(Order):
    queue_id: Id


class ReserveOrder(Order):
    agent_id: Id
    seconds: Annotated[float, Field(gt=0, le=600)]
