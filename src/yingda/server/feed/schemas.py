"""The live documents, as API and feed show them. Control may add fields; none that stands here goes away."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Live(BaseModel):
    model_config = ConfigDict(extra="allow")


class LiveHandling(Live):
    """The contact that an agent has in hand, wrap-up included."""

    id: str
    interaction_id: str
    queue_id: str | None = None
    state: str
    caller: str | None = None


class LiveOffer(Live):
    """What rings at an agent's device."""

    id: str
    entry_id: str
    interaction_id: str
    queue_id: str
    since: int
    ring_limit_s: float
    caller: str | None = None


class NextState(Live):
    """What was booked for after the present contact."""

    state: str
    reason: str | None = None


class LiveAgent(Live):
    """An agent at this moment. `state`: metrics.md section 6, or "offline"; times in µs UTC."""

    id: str
    number: str
    name: str
    team: str | None = None
    state: str
    since: int | None = None
    reason: str | None = None
    reason_class: str | None = None
    next_state: NextState | None = None
    device: str | None = None
    session_id: str | None = None
    queues: list[str] = []
    handling: LiveHandling | None = None
    offer: LiveOffer | None = None
    wrapup_until: int | None = None


class LiveQueue(Live):
    """A queue at this moment. `longest_since`: when the longest waiting caller entered (µs UTC).

    target_s: the T of the service level in force (s).
    """

    id: str
    name: str
    target_s: float | None = None
    waiting: int
    longest_since: int | None = None
    idle: int
    signed_in: int


class LiveCall(Live):
    """A call at this moment. `caller` is masked for those who may not see it."""

    id: str
    caller: str | None = Field(description="138****5678 for an agent, unless it is his own call.")
    called: str | None = None
    queue_id: str | None = None
    state: str
    since: int
    started: int
    agent_id: str | None = None
    handling_id: str | None = None
    recording: bool = False
