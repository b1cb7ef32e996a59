"""What control and the flows plane tell each other about one caller: `flow.start`, `flow.happened`, `flow.end`.

Control says what happens to the caller; the flows plane answers on the topic "flow" with what is to be done, in order.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Begin a session. document, flow: names within the configuration; session: what `session.…` shows the flow.

    discreet: an agent has sent the caller to say here what nobody else is to know. Only what the flow hands over by
    name leaves it, and what it logs is not kept. texts: documents, by name, in the place of those in force (a trial).
    """

    session_id: str
    document: str
    language: str
    flow: str = ""
    session: dict[str, Any] = {}
    discreet: bool = False
    texts: dict[str, str] = {}


class Happened(msgspec.Struct, frozen=True, kw_only=True, tag_field="what"):
    """Base of what happens to the caller."""


class Key(Happened, frozen=True, kw_only=True, tag="key"):
    key: str


class Played(Happened, frozen=True, kw_only=True, tag="played"):
    request: int


class Recorded(Happened, frozen=True, kw_only=True, tag="recorded"):
    """ended_by: key, silence, maximum, hangup or no_input. path: of its file, below the recordings' folder."""

    request: int
    uri: str
    duration_ms: int
    size: int
    ended_by: str
    path: str = ""


class Transferred(Happened, frozen=True, kw_only=True, tag="transferred"):
    """result: a value of VoiceXML section 2.3.7, or an event."""

    request: int
    result: str
    duration_ms: int = 0


class Served(Happened, frozen=True, kw_only=True, tag="served"):
    """A message was kept, a call-back booked; or (error, sentence) not."""

    request: int
    error: str = ""
    sentence: str = ""


class HungUp(Happened, frozen=True, kw_only=True, tag="hung_up"):
    pass


AnyHappened: TypeAlias = Key | Played | Recorded | Transferred | Served | HungUp


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `flow.happened`."""

    session_id: str
    event: AnyHappened


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `flow.end`: nobody waits for this session any more."""

    session_id: str


class Act(msgspec.Struct, frozen=True, kw_only=True, tag_field="act"):
    """Base of what is to be done."""


class Play(Act, frozen=True, kw_only=True, tag="play"):
    """items: as media takes them (file:PATH, silence:MS). more: PlayMore follows. Answered with Played, unless a Stop
    comes first."""

    request: int
    items: list[str]
    more: bool = False


class PlayMore(Act, frozen=True, kw_only=True, tag="play_more"):
    """What follows in a Play, without a gap. after: how many items it has had so far; last: these are the last."""

    request: int
    items: list[str]
    after: int
    last: bool = False


class Stop(Act, frozen=True, kw_only=True, tag="stop"):
    request: int


class Record(Act, frozen=True, kw_only=True, tag="record"):
    request: int
    beep: bool
    maximum_ms: int
    final_silence_ms: int
    initial_silence_ms: int = 0


class StopRecord(Act, frozen=True, kw_only=True, tag="stop_record"):
    request: int


class Transfer(Act, frozen=True, kw_only=True, tag="transfer"):
    """To queue:NAME, flow:NAME, agent:NUMBER, tel:NUMBER or sip:NUMBER@TRUNK. kind: blind, bridge or consultation.

    data: goes along. connect_ms: how long it may ring; maximum_ms: how long they may talk; audio: heard while it
    rings.
    """

    request: int
    kind: str
    destination: str
    data: dict[str, str | float]
    connect_ms: int | None = None
    maximum_ms: int | None = None
    audio: list[str] = []


class EndTransfer(Act, frozen=True, kw_only=True, tag="end_transfer"):
    """Give up a transfer, or end the talk. Answered with Transferred."""

    request: int


class Hear(Act, frozen=True, kw_only=True, tag="hear"):
    """Stream what the caller says to this WebSocket until he leaves the flow. token: its bearer. rate: Hz."""

    url: str
    token: str
    rate: int


class Entered(Act, frozen=True, kw_only=True, tag="entered"):
    """The caller is at this form item now: `document#dialog/item`."""

    node: str


class Goal(Act, frozen=True, kw_only=True, tag="goal"):
    """He has served himself (metrics.md: goal reached)."""

    goal: str


class KeepMessage(Act, frozen=True, kw_only=True, tag="keep_message"):
    """Keep what the caller has recorded. queue: by name, agent: by number; neither: for the flow's queue. Answered with
    Served."""

    request: int
    recording: str
    queue: str = ""
    agent: str = ""


class BookCallback(Act, frozen=True, kw_only=True, tag="book_callback"):
    """Call him back: at this number or his own; window: see `calls.booking`. Answered with Served."""

    request: int
    number: str = ""
    window: str = ""
    queue: str = ""


class Rated(Act, frozen=True, kw_only=True, tag="rated"):
    """What he answered to a question of the survey that an agent sent him to."""

    question: str
    answer: str | float


class PersonWanted(Act, frozen=True, kw_only=True, tag="person"):
    """He asked for a person."""


class Exit(Act, frozen=True, kw_only=True, tag="exit"):
    """The flow is over. fault: why it broke, "" if it did not; disconnect: it asked for the hang-up itself."""

    fault: str
    disconnect: bool
    values: dict[str, Any]
    data: dict[str, str | float]


AnyAct: TypeAlias = (
    Play
    | PlayMore
    | Stop
    | Record
    | StopRecord
    | Transfer
    | EndTransfer
    | Hear
    | Entered
    | Goal
    | PersonWanted
    | Rated
    | Exit
    | KeepMessage
    | BookCallback
)


class Acts(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the topic "flow"."""

    session_id: str
    acts: list[AnyAct]
