"""What crosses the API of saved views."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Room = Literal["floor", "contacts", "reports"]


class ViewIn(BaseModel):
    """query: the room's address after the question mark, filters and columns in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S")]
    query: Annotated[str, Field(max_length=2_000)]
    shared: bool = False


class NewView(ViewIn):
    room: Room


class ViewOut(BaseModel):
    view_id: str
    room: Room
    name: str
    query: str
    shared: bool
    mine: bool
    owner_name: str


class Views(BaseModel):
    items: list[ViewOut]
