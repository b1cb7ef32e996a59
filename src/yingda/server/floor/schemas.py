"""What crosses the API on the floor."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from yingda.server.desk.schemas import BusyReasonOut, Id, Order
from yingda.server.feed.schemas import LiveAgent, LiveCall, LiveQueue, LiveRoom


class Floor(BaseModel):
    """Everybody and everything live that the viewer may see. `now`: µs UTC."""

    agents: list[LiveAgent]
    queues: list[LiveQueue]
    calls: list[LiveCall]
    rooms: list[LiveRoom]
    busy_reasons: list[BusyReasonOut] = Field(description="What force busy (强制示忙) may name, and what rows name.")
    now: int


class FlushOrder(Order):
    """What becomes of everybody who waits: he is told that nobody can serve him (end), goes to the queue `to` at his
    place (move), is promised a call-back, or leaves a message. Whom an agent has answered stays with him."""

    then: Literal["end", "move", "callback", "message"] = "end"
    to: Id | None = None

    @model_validator(mode="after")
    def _names_a_queue(self) -> Self:
        if (self.then == "move") != (self.to is not None):
            raise ValueError("`to` names the queue that they move to, and is for moving only")
        return self


class EmergencyOrder(Order):
    """Whether the queue's emergency announcement is to be heard, what it says and for how long. Nothing to say: the
    queue's own. file: one of `GET /floor/announcements`."""

    on: bool
    say: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    language: Literal["zh", "en"] = "zh"
    file: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 3_600

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.say is not None and self.file is not None:
            raise ValueError("either a text or a file, not both")
        return self

    @property
    def announce(self) -> dict[str, str]:
        """As control takes it."""
        if self.say is not None:
            return {"say": self.say, "language": self.language}
        return {"file": self.file} if self.file is not None else {}


class Announcements(BaseModel):
    """Files of the prompts' folder, by name."""

    files: list[str]


class GiveBackOrder(Order):
    agent_id: Id


class LoanOrder(GiveBackOrder):
    """An agent and for how long."""

    seconds: Annotated[float, Field(gt=0, le=86_400)]


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
