"""What crosses the API when somebody signs in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from yingda.server.permissions import Must, Role


class SignIn(BaseModel):
    """A user name and a password. The password is a secret to every log and traceback."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]
    code: Annotated[str | None, Field(min_length=6, max_length=20, description="of the second factor")] = None


class SignedInUser(BaseModel):
    id: str
    username: str
    display_name: str
    role: Role
    language: str


class DeviceOut(BaseModel):
    extension: str
    kind: Literal["sip", "browser", "mobile"]
    number: str = Field(description="where a mobile is rung, masked; empty for other devices")


class SignedInAgent(BaseModel):
    """The agent that the user is. `number`: agent ID (工号)."""

    id: str
    number: str
    team: str | None
    devices: list[DeviceOut]


class CustomerFieldOut(BaseModel):
    key: str
    label: str
    kind: Literal["text", "number", "date", "choice"]
    choices: list[str]


class CustomerCardOut(BaseModel):
    """What a customer record holds here, besides name, numbers, tags and note."""

    grades: list[str]
    fields: list[CustomerFieldOut]


class DataFieldOut(BaseModel):
    key: str
    label: str


class DeskRulesOut(BaseModel):
    """After how many seconds a held customer is called to mind (0: never), and how often again; from when on a talk and
    a wrap-up are long; the names of attached data."""

    hold_reminder_s: int
    hold_repeat_s: int
    long_talk_s: int
    long_wrapup_s: int
    data: list[DataFieldOut]


class CentreOut(BaseModel):
    """The centre signed in to. time_zone: IANA name; days on screens are this zone's."""

    name: str
    time_zone: str
    customers: CustomerCardOut
    desk: DeskRulesOut


class SessionOut(BaseModel):
    """Who is signed in. `csrf` goes into the header X-CSRF-Token of every mutation."""

    centre: CentreOut
    user: SignedInUser
    agent: SignedInAgent | None
    csrf: str
    must: Must | None = Field(description="what has to be done before anything else works")
    expires_at: int = Field(description="µs UTC; signing in again is needed then")
