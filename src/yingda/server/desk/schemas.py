"""What crosses the API at the desk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from yingda.server.feed.schemas import LiveAgent, LiveCall, LiveQueue

Id = Annotated[str, Field(min_length=1, max_length=64)]


class Order(BaseModel):
    """Base of what a browser asks for: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SignInAtDesk(Order):
    extension: Annotated[str, Field(pattern=r"^[0-9]{2,10}$", description="One of the agent's own devices.")]
    ready: bool = Field(description="Whether offers may come at once.")


class BusyOrder(Order):
    reason: Id = Field(description="The id of a busy reason.")


class To(Order):
    """Whom a call goes to."""

    kind: Literal["agent", "queue", "number"] = Field(description="As `GET /targets` says; number: as dialled.")
    id: Annotated[str, Field(pattern=r"^[+]?[0-9a-zA-Z*#-]{1,64}$", description="The id, or the digits.")]


class CallOrder(Order):
    to: To


class ToFlow(Order):
    """A flow that the customer goes into."""

    kind: Literal["flow"]
    flow: Annotated[str, Field(min_length=1, max_length=200, description="Its name, as `GET /targets` says.")]
    back: bool = Field(False, description="Whether the agent waits, and has the customer again when the flow is over.")


class TransferOrder(Order):
    to: Annotated[To | ToFlow, Field(discriminator="kind")]


class DigitsOrder(Order):
    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,32}$")]


class PickUpOrder(Order):
    entry_id: Id = Field(description="`entry_id` of a call that waits or rings.")


class TakeOrder(Order):
    slot: Annotated[str, Field(pattern=r"^[0-9]{1,3}$", description="`parked` of a parked call.")]


class HelpOrder(Order):
    """What an agent asks his leaders for. The text is shown to them and kept nowhere."""

    reason: Literal["unsure", "upset", "demands_leader", "emergency", "other"]
    text: Annotated[str, Field(max_length=200)] = ""


class HelpAsked(BaseModel):
    watching: int = Field(description="how many leaders have a screen open that shows it")


class ExtendWrapup(Order):
    seconds: Annotated[float, Field(gt=0, le=3_600)]


class Disposition(Order):
    """What the contact came to; may be sent again, the last one counts."""

    handling_id: Id
    codes: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=20)]
    resolved: bool | None
    note: Annotated[str, Field(max_length=4_000)] = ""


class BusyReasonOut(BaseModel):
    """limit_s: how long at most; 0: as long as it takes."""

    id: str
    name: str
    reason_class: Literal["work", "break"]
    limit_s: float


class Desk(BaseModel):
    """The whole desk at once; afterwards the feed keeps it current. `now`: the server's time, µs UTC."""

    agent: LiveAgent
    call: LiveCall | None
    queues: list[LiveQueue]
    busy_reasons: list[BusyReasonOut]
    now: int


class ScriptOut(BaseModel):
    """What to say in a contact. text: docs/desk.md has its form; values: of the variables in it, "" unknown."""

    text: str
    values: dict[str, str]


class IceServer(BaseModel):
    """As the browser's RTCIceServer: a TURN relay and passing credentials for it."""

    urls: list[str]
    username: str
    credential: str


class Phone(BaseModel):
    """A SIP account for this browser, of short life. Never kept, never logged."""

    websocket_url: str
    uri: str
    extension: str
    username: str
    password: str
    ice_servers: list[IceServer]
    limits: dict[str, tuple[float, float]] = Field(
        description="cause → where a line is fair, where poor: percent of loss, ms, s of silence"
    )
    expires_at: int = Field(description="µs UTC")
