"""What crosses the API of accounts. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from yingda.server.permissions import Must

Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]


class Order(BaseModel):
    """Base of what a browser asks for: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PasswordChange(Order):
    current: Password
    new: Password


class PasswordReset(Order):
    new: Password = Field(description="to be changed by the user at his next sign-in")


class Proof(Order):
    """Whoever changes what protects an account shows that it is his."""

    password: Password


class Code(Order):
    code: Annotated[str, Field(min_length=6, max_length=20)]


class SessionLine(BaseModel):
    session_id: str
    created: int
    last_seen: int
    expires: int
    address: str
    user_agent: str
    current: bool


class AccountOut(BaseModel):
    """An account as its user, or an administrator, sees it."""

    user_id: str
    username: str
    display_name: str
    second_factor: bool
    recovery_codes_left: int
    locked_until: int | None
    must: Must | None
    sessions: list[SessionLine]


class FactorBegun(BaseModel):
    """What the authenticator is told: as a picture (SVG), or typed in."""

    secret: str
    uri: str
    picture: str


class RecoveryCodes(BaseModel):
    """Shown this once."""

    codes: list[str]
