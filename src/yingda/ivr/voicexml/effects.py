"""What the interpreter wants done. Each request that has an outcome carries a number, and its outcome names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from yingda.ivr.grammar.model import Grammar
from yingda.ivr.script.engine import Value
from yingda.ivr.ssml.pieces import Piece


@dataclass(frozen=True, slots=True)
class Play:
    """Play pieces; answer with `PlayEnded`. barge_in: a key stops it (the interpreter then says `StopPlaying`)."""

    request: int
    pieces: tuple[Piece, ...]
    barge_in: bool


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Stop at once; no `PlayEnded` follows."""

    request: int


@dataclass(frozen=True, slots=True)
class Listen:
    """Recognise speech against grammars until `StopListening`; answer with `SpeechStarted` and `Heard`."""

    request: int
    grammars: tuple[Grammar, ...]
    language: str
    maximum_ms: int
    nbest: int
    hotword: bool
    properties: tuple[tuple[str, str], ...]  # of the recogniser, and recordutterance with its type


@dataclass(frozen=True, slots=True)
class StopListening:
    """Recognise no longer."""

    request: int


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller; answer with `RecordingEnded`."""

    request: int
    beep: bool
    initial_silence_ms: int  # after so long without speech it ends with `no_input`
    maximum_ms: int | None
    final_silence_ms: int | None
    media_type: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End the recording now; `RecordingEnded` still follows."""

    request: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller to another party; answer with `TransferEnded`. kind: bridge, blind or consultation."""

    request: int
    kind: str
    destination: str
    connect_ms: int | None
    maximum_ms: int | None
    audio: str
    attached: str


@dataclass(frozen=True, slots=True)
class EndTransfer:
    """Give up a transfer that is under way; `TransferEnded` still follows."""

    request: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get a document; answer with `Fetched`. what: document, grammar, script or data. fields: what is submitted."""

    request: int
    what: str
    uri: str
    method: str
    enctype: str
    fields: tuple[tuple[str, Value], ...]
    timeout_ms: int
    max_age_s: int | None
    max_stale_s: int | None
    audio: str  # heard while waiting, from `audio_delay_ms` on and for at least `audio_minimum_ms`
    audio_delay_ms: int
    audio_minimum_ms: int


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call one of the platform's objects; answer with `ObjectEnded`."""

    request: int
    uri: str
    data: str
    media_type: str
    parameters: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """A line for whoever debugs the flow."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Entered:
    """The caller is now at this form item: for live views and statistics."""

    uri: str
    dialog: str
    item: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Hang up."""

    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """The flow is over. event: "" or what nobody caught, such as error.badfetch."""

    values: tuple[tuple[str, Value], ...]
    event: str = ""
    message: str = ""


Effect: TypeAlias = (
    Play
    | StopPlaying
    | Listen
    | StopListening
    | Record
    | StopRecording
    | Transfer
    | EndTransfer
    | Fetch
    | Invoke
    | Log
    | Entered
    | Disconnect
    | Exit
)
