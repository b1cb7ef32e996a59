"""What crosses the API of customers. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Short = Annotated[str, Field(min_length=1, max_length=64)]
Number = Annotated[str, Field(pattern=r"^\+?[0-9*#][0-9*# -]{1,30}$")]


class Order(BaseModel):
    """Base of what a browser asks for: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NumberIn(Order):
    number: Number
    label: Annotated[str, Field(max_length=32)] = ""


class CustomerIn(Order):
    """What people write of a customer. grade and the keys of `fields` are those of the configuration."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    grade: Annotated[str, Field(max_length=64)] = ""
    tags: Annotated[list[Short], Field(max_length=50)] = []
    note: Annotated[str, Field(max_length=4_000)] = ""
    fields: Annotated[dict[Short, Annotated[str, Field(max_length=1_000)]], Field(max_length=100)] = {}


class CustomerNew(CustomerIn):
    """interaction_id: a contact in hand, whose number becomes the customer's first."""

    numbers: Annotated[list[NumberIn], Field(max_length=20)] = []
    interaction_id: Short | None = None


class CustomerChange(CustomerIn):
    version: Annotated[int, Field(ge=1, description="the one that was opened; another one by now is refused")]


class CustomerQuery(BaseModel):
    """A page of customers, lately changed first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, Field(max_length=100, description="name, pinyin, initials, tag, or the end of a number")] = ""
    cursor: Annotated[str | None, Field(max_length=80, description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class NumberOut(BaseModel):
    number_id: str
    number: str = Field(description="138****5678 for an agent who is not in contact with the customer")
    label: str


class CustomerOut(BaseModel):
    customer_id: str
    name: str
    grade: str
    tags: list[str]
    note: str
    fields: dict[str, str]
    numbers: list[NumberOut]
    version: int
    created: int
    changed: int
    changed_by: str


class CustomerPage(BaseModel):
    items: list[CustomerOut]
    next_cursor: str | None


class PastContact(BaseModel):
    """A contact, as everybody who serves the customer may know it. opens: whether the viewer may open it whole."""

    interaction_id: str
    medium: str
    direction: str
    started: int
    outcome: str | None
    queue_name: str | None
    agent_number: str | None
    agent_name: str | None
    talking_us: int
    codes: list[str]
    resolved: bool | None
    note: str | None
    opens: bool


class PastPage(BaseModel):
    items: list[PastContact]
    next_cursor: str | None


class Pop(BaseModel):
    """What the desk shows of a contact's customer. number: null if withheld; url: a page of another system."""

    interaction_id: str
    number: str | None
    region: str
    customer: CustomerOut | None
    contacts_30_days: int
    last_agent_number: str | None
    recent: list[PastContact]
    url: str | None
