"""The live documents, as API and feed show them. Control may add fields; none that stands here goes away.

`LIVE` names every collection of the feed with its document; the client's types are written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Live(BaseModel):
    model_config = ConfigDict(extra="allow")


class LiveLine(Live):
    """How a party's line is while it is not good. value: percent of loss, ms, or s of silence, as the cause has it."""

    grade: str = Field(description="fair, poor")
    cause: str = Field(description="silent, loss_up (from the party), loss_down (to it), jitter, delay")
    value: float


LEFT = "how long the message is that the customer left before (ms); null: none"


class LiveHandling(Live):
    """The contact that an agent has in hand, wrap-up included."""

    id: str
    interaction_id: str
    queue_id: str | None = None
    state: str
    caller: str | None = None
    muted: bool = False
    room: str | None = Field(default=None, description="talk, aside (consulting), alone (on hold)")
    line: LiveLine | None = Field(default=None, description="the agent's own line; null: good")
    customer_line: LiveLine | None = Field(default=None, description="the customer's")
    message_ms: int | None = Field(default=None, description=LEFT)


class LiveRing(Live):
    """What rings at an agent's device without an offer: a colleague, a consultation, a transfer, a parked call."""

    interaction_id: str
    why: str = Field(description="called, direct, consult, transfer, return, take, supervise")
    caller: str | None = None
    answerable: bool = False


class LiveWatch(Live):
    """Whose call a leader listens to."""

    interaction_id: str
    agent_id: str | None = None
    mode: str


class LiveFailure(Live):
    """Why the last call that an agent asked for did not come about. at: µs UTC."""

    target: str
    outcome: str = Field(
        description="busy, no_answer, rejected, invalid, congestion, declined, device_failed, or a refusal's code"
    )
    at: int


class LiveOutcome(Live):
    """at: µs UTC."""

    outcome: str
    at: int


class LiveSurvey(Live):
    """How a customer answered whom the agent had sent to the survey. at: µs UTC."""

    interaction_id: str
    handling_id: str | None = None
    result: str = Field(description="answered, declined, none")
    answers: dict[str, str | float] = Field(default={}, description="What he said, by question.")
    at: int


class LiveOffer(Live):
    """What rings at an agent's device."""

    id: str
    entry_id: str
    interaction_id: str
    queue_id: str
    since: int
    ring_limit_s: float
    caller: str | None = None
    answerable: bool = Field(default=False, description="Whether the desk can have the phone answer.")
    waiting_since: int | None = Field(default=None, description="When the caller entered the queue (µs UTC).")
    medium: str = "voice"
    at_desk: bool = Field(default=False, description="It rings no phone: it is accepted or declined at the desk.")
    message_ms: int | None = Field(default=None, description=LEFT)


class LiveLoan(Live):
    """An agent lent to a queue. until: µs UTC."""

    agent_id: str = ""
    queue_id: str = ""
    until: int


class LiveEmergency(Live):
    """What everybody in a queue hears first. until: µs UTC. announce: say and language, or file; {}: its own."""

    until: int
    announce: dict[str, str] = {}


class LiveKept(Live):
    """For whom a waiting caller is kept, and until when (µs UTC)."""

    agent_id: str
    until: int


class NextState(Live):
    """What was booked for after the present contact."""

    state: str
    reason: str | None = None


class LiveHelp(Live):
    """An agent's call for help. seen: how many leaders have it before their eyes; times µs UTC."""

    id: str
    at: int
    until: int = Field(description="when it ends by itself if nobody answers")
    reason: str = Field(description="unsure, upset, demands_leader, emergency, other")
    text: str = ""
    state: str = Field(description="asked, answered")
    seen: int = 0
    answered_by: str | None = None
    how: str | None = Field(default=None, description="listen, whisper, barge, take_over, message, coming")
    said: str = Field(default="", description="what the leader wrote")


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
    loans: list[LiveLoan] = []
    handling: LiveHandling | None = None
    offer: LiveOffer | None = None
    wrapup_until: int | None = None
    rung: LiveRing | None = None
    watching: LiveWatch | None = None
    failure: LiveFailure | None = None
    last_offer: LiveOutcome | None = Field(default=None, description="What became of the last offer, and when.")
    last_survey: LiveSurvey | None = Field(default=None, description="How the last customer rated him, when one did.")
    break_until: int | None = Field(default=None, description="When a break with a limit is over (µs UTC).")
    break_over: bool = Field(default=False, description="Away for longer than the reason allows.")
    help: LiveHelp | None = None


class LiveSite(Live):
    """A sister centre's queue that does this one's work, as it told us at told_at (µs UTC). answer_in_s: null if nobody
    there would answer, or nobody can say when."""

    name: str
    told_at: int
    waiting: int
    idle: int
    answer_in_s: float | None = None


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
    survey: bool = Field(default=False, description="whether its customers can be sent to a survey (转评价)")
    emergency: LiveEmergency | None = None
    loans: list[LiveLoan] = []
    sites: list[LiveSite] = []


class LiveParty(Live):
    """One party of a call. name: an agent's number. number: of an outside party other than the customer."""

    leg_id: str
    role: str
    agent_id: str | None = None
    name: str | None = None
    device: str | None = None
    number: str | None = None
    state: str
    room: str
    muted: bool = False
    mode: str | None = Field(default=None, description="listen, whisper, barge: a leader")
    line: LiveLine | None = None


class LiveConsult(Live):
    """A consultation. target: agent:ID, queue:ID, extension:N or number:N; state: of the third party's leg."""

    handling_id: str
    target: str
    name: str = ""
    state: str


class LiveSent(Live):
    """The last flow that an agent sent the customer into."""

    handling_id: str
    flow: str = Field(description="Its name.")
    back: bool = Field(description="The agent waits, and has the customer again afterwards.")
    survey: bool = Field(description="It asks the customer to rate the service.")
    since: int
    result: str | None = Field(
        description="done, queue, transfer, error, limit, taken_back, hangup; null: he is there."
    )


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
    direction: str = "inbound"
    entry_id: str | None = Field(default=None, description="While it waits or rings: for pick-up.")
    priority: int | None = Field(default=None, description="While it waits.")
    kept: LiveKept | None = None
    parties: list[LiveParty] = []
    consult: LiveConsult | None = None
    parked: str | None = Field(default=None, description="The slot it is parked in.")
    sent: LiveSent | None = None
    paused: bool = Field(default=False, description="The recording is paused for card data.")
    data: dict[str, str | float] = Field(
        default={}, description="what flows and other systems attached to the contact; private values hidden"
    )
    node: str | None = Field(default=None, description="where a caller in a flow is: document#dialog/item")
    node_since: int | None = None
    flow: str | None = Field(default=None, description="the name of the flow he is in")
    flow_version: int | None = Field(default=None, description="of the configuration by which he goes through it")
    flow_id: str | None = Field(default=None, description="the flow he came in by")
    test: bool = Field(default=False, description="of a test number, or a trial call: in no figure")


class LivePlane(Live):
    """Whether a plane is there. since: µs UTC."""

    up: bool
    since: int


class LiveAlarm(Live):
    """Something that needs a person. kind: what to look up in the manual; since: µs UTC."""

    id: str
    kind: str
    sentence: str
    since: int


class LiveTrunk(Live):
    """A line bundle at this moment: channels in use each way, and the most there may be."""

    id: str
    name: str
    state: Literal["up", "down"]
    why: Literal["silent", "unresolved", "unregistered"] | None = Field(description="of a trunk that is down")
    since: int
    inbound: int
    outbound: int
    max_calls: int
    max_inbound: int | None = None
    max_outbound: int | None = None
    registration: str | None = Field(default=None, description="null where there is none")


class LiveMember(Live):
    """One who is at the door of a conference room, or in it. number: his, or the one that was called in."""

    leg_id: str
    number: str
    agent_id: str | None = None
    stage: Literal["called", "door", "waiting", "in", "leaving"]
    since: int
    host: bool
    muted: bool


class LiveUncalled(Live):
    """A number that could not be called into a room. why: busy, no_answer, rejected, invalid, congestion, …"""

    number: str
    why: str


class LiveRoom(Live):
    """A conference room (会议室). quiet: only its hosts are heard."""

    id: str
    name: str
    numbers: list[str] = Field(description="What is dialled to get there.")
    most: int
    locked: bool
    quiet: bool
    failed: LiveUncalled | None = None
    members: list[LiveMember]


class LiveNotice(Live):
    """What is unread of the messages to one user, while something is. latest: µs UTC."""

    unread: int
    urgent: bool
    latest: int | None = None


LIVE: Mapping[str, type[Live]] = {
    "agents": LiveAgent,
    "queues": LiveQueue,
    "calls": LiveCall,
    "planes": LivePlane,
    "alarms": LiveAlarm,
    "messages": LiveNotice,
    "trunks": LiveTrunk,
    "rooms": LiveRoom,
}
"""The feed's collections: every document of one is such."""
