"""A contact by voice and its legs, as plain state (msgspec structs, so that `to_state` is one line).

A leg that comes in goes arriving → answering → up; one that we open preparing → inviting → ringing → joining → up. Each
ends in `ending` (waiting for media's statistics) and is then gone. LEGAL alone says what may follow what.

A contact has any number of legs. Who hears whom follows from the *room* each stands in (`sounding`): the talk with the
customer, aside of it (a consultation), or alone (on hold).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from yingda.media.condition import GOOD, Condition
from yingda.media.protocol import PASSED, Codec, LegCreated, RemoteMedia


class LegState(StrEnum):
    ARRIVING = "arriving"  # came in: INVITE received, media opens ports
    ANSWERING = "answering"  # came in: 200 sent, ACK awaited
    PREPARING = "preparing"  # ours: media opens ports
    INVITING = "inviting"  # ours: INVITE sent
    RINGING = "ringing"  # ours: the far end rings
    JOINING = "joining"  # ours: 200 received, sound being joined
    UP = "up"
    ENDING = "ending"


LEGAL: dict[LegState, frozenset[LegState]] = {
    LegState.ARRIVING: frozenset({LegState.ANSWERING, LegState.ENDING}),
    LegState.ANSWERING: frozenset(
        {LegState.UP, LegState.JOINING, LegState.ENDING}
    ),  # joining: in a ringing leg's place
    LegState.PREPARING: frozenset({LegState.INVITING, LegState.ENDING}),
    LegState.INVITING: frozenset({LegState.RINGING, LegState.JOINING, LegState.ENDING}),
    LegState.RINGING: frozenset({LegState.JOINING, LegState.ENDING}),
    LegState.JOINING: frozenset({LegState.UP, LegState.ENDING}),
    LegState.UP: frozenset({LegState.ENDING}),
    LegState.ENDING: frozenset(),
}


class Why(StrEnum):
    """What a leg is for; `Errand`s act by it."""

    ARRIVED = "arrived"  # somebody called us
    REPLACE = "replace"  # somebody called us to take another leg's place
    OFFER = "offer"  # distribution offers the caller to an agent
    DIRECT = "direct"  # the agent whose own outside number was dialled
    OWN = "own"  # the device of an agent who dials
    CALLED = "called"  # whom he dials
    ONWARD = "onward"  # whom a flow connects its caller with
    CONSULT = "consult"  # a third party, apart from the customer
    FORWARD = "forward"  # whom a rule of the queue sends the customer to
    TRANSFER = "transfer"  # whom the customer is handed to unannounced
    RETURN = "return"  # the agent to whom the customer comes back
    TAKE = "take"  # an agent who takes a parked call
    SUPERVISE = "supervise"  # a leader
    MEETING = "meeting"  # whom a conference room calls in


class Room(StrEnum):
    TALK = "talk"
    ASIDE = "aside"
    ALONE = "alone"


class Leg(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One party's channel. `ended_by` and `code` are set once, when the ending begins.

    agent_id, handling_id: whose it is. rung: distribution knows that the agent is rung for it, without an offer.
    for_handling: on whose behalf it was opened; whom a leader watches. mode: how a leader watches (listen, whisper,
    barge, take_over). early: it is heard though it only rings. mobile: its device is this number, rung by trunk;
    asked: it has answered, and rings on for the switch until the key is pressed. ring_until: when ringing is given up
    (µs UTC; 0: by distribution). told: `leg.created` is written; of an outside number once its trunk is known. sound,
    play_id: what we play into it ("", music, ringback, key). condition: how its line is. replaces: the leg whose place
    it came to take (RFC 3891). only: the one codec it may speak, which we hand on as it is. local: where media listens
    for it, while its answer waits.
    """

    leg_id: str
    interaction_id: str
    role: str
    device: str
    direction: str
    state: LegState
    why: Why = Why.ARRIVED
    room: Room = Room.TALK
    trunk_id: str | None = None
    offer_id: str | None = None
    token: int = 0
    agent_id: str | None = None
    handling_id: str | None = None
    rung: bool = False
    for_handling: str | None = None
    number: str | None = None
    shown: str = ""
    display: str = ""
    on_behalf_of: str | None = None
    auto_answer: bool = False
    mode: str = ""
    muted: bool = False
    early: bool = False
    mobile: str = ""
    asked: bool = False
    ring_until: int = 0
    told: bool = False
    sound: str = ""
    play_id: str | None = None
    remote: RemoteMedia | None = None
    alive: bool = False
    condition: Condition = GOOD
    replaces: str = ""
    only: Codec | None = None
    local: LegCreated | None = None
    ended_by: str = ""
    code: int = 0

    def facts(self) -> dict[str, str]:
        """What `leg.created`, `.alerting` and `.answered` say of it."""
        facts = {"leg_id": self.leg_id, "role": self.role, "device": self.device, "direction": self.direction}
        facts |= {"trunk_id": self.trunk_id} if self.trunk_id else {}
        return facts | ({"replaces_leg_id": self.replaces} if self.replaces else {})

    def move(self, to: LegState) -> None:
        """The one setter of `state`; an illegal step is a fault of ours and says so."""
        if to not in LEGAL[self.state]:
            raise ValueError(f"a leg cannot go from {self.state} to {to}")
        self.state = to

    @property
    def dialled(self) -> str:
        """The number by which a trunk reaches it; empty where it is a device of ours."""
        return self.number or self.mobile

    @property
    def passed(self) -> Codec | None:
        """The codec of its far end, if it is one that we only hand on."""
        codec = self.remote.send_codec if self.remote is not None else None
        return codec if codec is not None and codec.name in PASSED else None

    @property
    def answered(self) -> bool:
        """Sound goes both ways, or is about to."""
        return self.state in (LegState.UP, LegState.JOINING)

    @property
    def audible(self) -> bool:
        return self.answered or (self.early and self.state is LegState.RINGING)

    @property
    def silent(self) -> bool:
        """Its network has announced sound before the answer, and sent none yet (RFC 3960 section 3.2)."""
        return self.early and self.state is LegState.RINGING and not self.alive


class Phase(StrEnum):
    """Where the contact stands, as screens show it."""

    ARRIVING = "arriving"
    GREETING = "greeting"
    WAITING = "waiting"
    DIALLING = "dialling"  # an agent's own call: nobody has answered yet
    TALKING = "talking"
    MOVING = "moving"  # between two agents: a blind transfer rings, or comes back
    PARKED = "parked"
    AWAY = "away"  # in a flow, from which he comes back to the agent who waits for him
    MEETING = "meeting"  # at the door of a conference room, or in it
    ENDING = "ending"


class Recording(msgspec.Struct, kw_only=True):
    """A handling's recording; `running` from the request to the recorder until its last word.

    begun: the books have its beginning. paused: card data is being said or typed. aside: a consultation, not the talk.
    leg_id: of a consulted party without a handling (an outside number), who is recorded under that of who consults.
    filed: by the day of this time (µs UTC), when the handling was connected; 0: an earlier version did not say.
    """

    recording_id: str
    handling_id: str
    leg_id: str = ""
    filed: int = 0
    aside: bool = False
    running: bool = True
    begun: bool = False
    paused: bool = False
    stopping: bool = False


class Consult(msgspec.Struct, kw_only=True):
    """A consultation: `handling_id` has called a third party aside. target: agent:ID, queue:ID or number:N.

    asked: agents of a queue that were rung already. own_leg_id: the second leg of an agent who consults from his phone.
    """

    handling_id: str
    target: str
    leg_id: str
    asked: list[str] = []
    own_leg_id: str = ""


class Move(msgspec.Struct, kw_only=True):
    """The customer is between two agents. handling_id, agent_id: who let go of him; how: blind, or park.

    slot: where he is parked. until: when he comes back by himself (µs UTC). kept: the leg of a phone that waits for the
    result of the transfer it asked for.
    """

    handling_id: str
    agent_id: str
    how: str
    target: str
    leg_id: str = ""
    slot: str = ""
    until: int = 0
    kept: str = ""


class Sent(msgspec.Struct, kw_only=True):
    """An agent has sent the customer into a flow (`sending`). back: he waits for him. since: µs UTC.

    covered: the recording was silenced for it. survey_id, answers: of a survey, what the customer said by question.
    result: how the flow ended, "" while it runs.
    """

    handling_id: str
    agent_id: str
    back: bool
    since: int
    flow_id: str = ""
    covered: bool = False
    survey_id: str = ""
    answers: dict[str, str | float] = {}
    result: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a caller. data: what conditions may ask; own_agent: who alone serves him; last_agent: who
    did."""

    data: dict[str, str | float] = {}
    own_agent: str | None = None
    last_agent: str | None = None


class Waits(StrEnum):
    """Stages of waiting (`waiting`)."""

    ROUND = "round"
    MUSIC = "music"
    BEEP = "beep"
    MESSAGE = "message"
    LAST_WORDS = "last_words"
    NOTICE = "notice"


class LeftMessage(msgspec.Struct, kw_only=True):
    """What a waiting caller leaves behind. since: recorded since then (µs UTC; 0: not yet). stopping: its end is asked
    for."""

    message_id: str
    since: int = 0
    stopping: bool = False


class Treatment(msgspec.Struct, kw_only=True):
    """Where a waiting caller stands. due: when the stage is over at the latest, or the next round comes (µs UTC).
    comfort: messages of comfort played so far. message: until its file is complete. number, to: where he is sent after
    a notice, and how the ledger calls it. leaving: he is out of his queue by our doing; own_way: by his own."""

    stage: Waits = Waits.MUSIC
    due: int | None = None
    comfort: int = 0
    message: LeftMessage | None = None
    number: str = ""
    to: str = ""
    leaving: bool = False
    own_way: bool = False


class Connecting(msgspec.Struct, kw_only=True):
    """A flow connects its caller with somebody (`onward`, `bridging`). since: they talk (µs UTC; 0: not yet), at most
    `longest` (µs); until: the end of that, or of the time to reach somebody. leg_id: the party's, "" where distribution
    looks for one. away: he waits, or talks, as every caller does, and not in the flow's sight; by_queue: so he came
    to."""

    request: int
    kind: str
    leg_id: str = ""
    longest: int | None = None
    since: int = 0
    until: int = 0
    away: bool = False
    by_queue: bool = False


class FlowRun(msgspec.Struct, kw_only=True):
    """A session of the flows plane (`flowing`). playing, recording: its requests that are under way.

    recording_since, recording_until: of a message (µs UTC); recorded_ms, checksum: of the last one; kept: it is. node,
    node_since: where the caller is, and since when. connecting: a transfer that the flow waits for; audio: what
    the caller hears until somebody answers. tap_id: what he says is streamed to the flow by it, "" while it has not
    listened. version: of the configuration whose documents he is in.
    """

    document: str
    version: int = 0
    playing: int | None = None
    recording: int | None = None
    recording_id: str = ""
    recording_since: int = 0
    recording_until: int | None = None
    recording_ended_by: str = ""
    recording_path: str = ""
    recorded_ms: int = 0
    checksum: str = ""
    kept: bool = False
    node: str = ""
    node_since: int = 0
    connecting: Connecting | None = None
    audio: list[str] = []
    tap_id: str = ""


class Call(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A voice contact. customer: his leg's id ("" while there is none, and in an internal call).

    agent_id: who began it, if one of ours did. handling_id: the primary handling that has the customer now. handlings:
    all there have been. heard: the entries of the matrix that media holds (sink, source, gain). arrived_at, priority:
    his place in the queue, kept for another one. announcing: the play that tells him the agent's ID; briefing: the one
    that tells the agent the queue's name. flow: the session
    he is in; last_node: where he left it; data: what flows and other systems attached to the contact. direct:
    the agent whose own number was dialled. left_ms: the length of the message that its customer left, in it or in
    the one it answers. original: the number that was dialled before any diversion. who_until: so
    long the first flow waits to be told who calls. unanswered_until: so long he may hear ringing while all agents are
    busy. sent: the last flow that an agent sent him into. meeting: the conference room he dialled, or is called into.
    fax_until: so long a fax may show itself; fax: it has.
    """

    interaction_id: str
    tenant: str
    customer: str
    called: str
    caller: str | None
    flow_id: str
    queue_id: str
    original: str = ""
    direction: str = "inbound"
    phase: Phase = Phase.ARRIVING
    who_until: int | None = None
    fax_until: int | None = None
    fax: bool = False
    unanswered_until: int | None = None
    agent_id: str | None = None
    run_id: str | None = None
    entry_id: str | None = None
    play_id: str | None = None
    flow_limit_at: int | None = None
    flow: FlowRun | None = None
    last_node: str = ""
    data: dict[str, str | float] = {}
    treatment: Treatment | None = None
    forwarded: bool = False
    left_ms: int = 0
    known: Known = Known()
    direct: str = ""
    meeting: str = ""
    needs: str = ""
    test: bool = False
    legs: list[str] = []
    handling_id: str | None = None
    handlings: list[str] = []
    recordings: list[Recording] = []
    consult: Consult | None = None
    moving: Move | None = None
    sent: Sent | None = None
    heard: list[tuple[str, str, float]] = []
    announcing: str | None = None
    briefing: str | None = None
    arrived_at: int | None = None
    priority: int = 50
    ended_by: str = ""
    code: int = 0

    @property
    def internal(self) -> bool:
        return self.direction == "internal"

    @property
    def bridged(self) -> Connecting | None:
        """A flow waits for him while he is with people."""
        connecting = self.flow.connecting if self.flow is not None else None
        return connecting if connecting is not None and connecting.away else None

    @property
    def speaks(self) -> bool:
        """He leaves a message while he waits, or its file is not complete yet."""
        return self.treatment is not None and self.treatment.message is not None and self.treatment.message.since > 0

    def running(self) -> Iterator[Recording]:
        """Recordings that have not had their last word."""
        return (recording for recording in self.recordings if recording.running)


class Joining(msgspec.Struct, kw_only=True):
    """A leg whose sound is being joined: bridged by media, then heard, or `until` passed."""

    leg_id: str
    bridged: bool = False
    until: int = 0
