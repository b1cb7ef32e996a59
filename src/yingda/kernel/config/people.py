"""What is kept of customers, and how people sign in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Name, Part


class CustomerField(Part):
    """A field of the centre's own in every customer record. choices: for kind choice."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    label: Name
    kind: Literal["text", "number", "date", "choice"] = "text"
    choices: list[Name] = []


class CustomerCard(Part):
    """What a customer record holds besides name, numbers, tags and note.

    pop_url: a page of another system that desks open for a contact; {number}, {name}, {customer_id}, {interaction_id}
    and {agent} are put in, escaped.
    """

    grades: list[Name] = ["普通", "重要", "VIP"]
    fields: list[CustomerField] = []
    pop_url: Annotated[str, Field(pattern=r"^https?://[^\s]{1,1000}$")] | None = None


class SigningIn(Part):
    """How people sign in to the screens. password_kinds: how many of small letters, capitals, digits and other signs.

    lock_after: wrong passwords in a row that lock an account for lock_minutes, 0: never. second_factor: roles that need
    one. session_h: a session ends then in any case; idle_min: ... or when nothing came for so long.
    """

    password_min: Annotated[int, Field(ge=8, le=128)] = 8
    password_kinds: Annotated[int, Field(ge=1, le=4)] = 1
    lock_after: Annotated[int, Field(ge=0, le=1_000)] = 10
    lock_minutes: Annotated[int, Field(ge=1, le=1_440)] = 15
    second_factor: list[Literal["agent", "leader", "admin"]] = []
    session_h: Annotated[int, Field(ge=1, le=24)] = 12
    idle_min: Annotated[int, Field(ge=5, le=1_440)] = 60
