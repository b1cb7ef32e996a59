"""What crosses the API of messages between seats. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=64)]


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipient(Order):
    """A user by id, a team by name, everybody who serves a queue (by id), or everybody."""

    kind: Literal["user", "team", "queue", "everybody"]
    id: Annotated[str, Field(max_length=64)] = ""


class MessageIn(Order):
    """deputy: gets it too if nobody has read it after `deputy_after_s`."""

    to: Annotated[list[Recipient], Field(min_length=1, max_length=50)]
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    urgent: bool = False
    deputy: Id | None = None
    deputy_after_s: Annotated[int, Field(ge=10, le=86_400)] = 120


class MessageOut(BaseModel):
    message_id: str
    sender: str = Field(description="a user; empty for a text that came by telephone from outside")
    sender_name: str = Field(description="or the number that such a text came from; empty: withheld")
    told: str
    text: str
    urgent: bool
    at: int
    read: int | None = Field(description="when the viewer read it; of one's own: null")
    recipients: int = Field(description="how many it went to; one's own messages only")
    read_by: int = Field(description="how many have read it; one's own messages only")


class MessagePage(BaseModel):
    items: list[MessageOut]
    unread: int
    next_cursor: str | None
