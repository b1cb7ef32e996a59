"""What happens to the interpreter. Every input comes with the time, in µs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from yingda.ivr.script.engine import Value


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed a key: 0–9, *, #, A–D."""

    key: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak."""

    request: int


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of what was said. confidence: 0 to 1."""

    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser understood, best first; nothing if it was speech but unintelligible. too_long: cut off."""

    request: int
    hypotheses: tuple[Hypothesis, ...]
    too_long: bool = False
    recording: str = ""  # where `recordutterance` put it (2.1, 7.1)
    recording_size: int = 0  # bytes
    recording_ms: int = 0


@dataclass(frozen=True, slots=True)
class PlayEnded:
    """All of a `Play` was heard. mark: the last one passed, and how long ago."""

    request: int
    mark: str = ""
    mark_age_ms: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """A mark in a running `Play` was reached."""

    request: int
    mark: str


@dataclass(frozen=True, slots=True)
class RecordingEnded:
    """A recording is complete. ended_by: key, silence, maximum, hangup or no_input (nothing was said)."""

    request: int
    uri: str
    duration_ms: int
    size: int
    ended_by: str


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """A transfer is over. result: one of 2.3.7's (busy, noanswer, far_end_disconnect …), or an error or other event."""

    request: int
    result: str
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document came. error: "" or an event such as error.badfetch.http.404. media_type: in lower case, as its server
    says, without parameters."""

    request: int
    text: str
    uri: str = ""
    error: str = ""
    message: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class ObjectEnded:
    """An object returned a value. error: "" or an event such as error.unsupported.objectname."""

    request: int
    value: Value
    error: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An event from outside, such as a message for the flow."""

    event: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The time of `next_timer` has come."""


Input: TypeAlias = (
    Key
    | SpeechStarted
    | Heard
    | PlayEnded
    | Passed
    | RecordingEnded
    | TransferEnded
    | Fetched
    | ObjectEnded
    | HungUp
    | Raised
    | TimedOut
)
