"""What a queue does for those who wait in it: what they hear, what they may press, how they are called back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Digits, Name, Part, Seconds

Key = Annotated[str, Field(pattern=r"^[0-9*#]?$")]


class Prompt(Part):
    """What a caller hears: a file below the prompts' folder, or text that is spoken."""

    file: str | None = None
    say: str | None = None
    language: Literal["zh", "en"] = "zh"


class Waiting(Part):
    """Announcements while a caller waits, with music between them (ACD-34 to 38).

    welcome: at first. position, estimate: his place and the wait to be expected are told, rounded. comfort: in turn,
    one every `every_s`; at first as many as it takes to be longer than callers usually wait before they give up.
    language: of what is told in our own words. callback_key, message_key: what he presses to be called back, to leave
    a message; "" offers neither. busy, closed: instead of the house's own words when nobody can serve him, and outside
    of the hours. emergency: what is told first to everybody while a leader has switched it on."""

    welcome: Prompt | None = None
    position: bool = False
    estimate: bool = False
    comfort: list[Prompt] = []
    every_s: Annotated[float, Field(ge=5, le=3_600)] = 45
    language: Literal["zh", "en"] = "zh"
    callback_key: Key = ""
    message_key: Key = ""
    message_limit_s: Annotated[float, Field(ge=5, le=600)] = 120
    busy: Prompt | None = None
    closed: Prompt | None = None
    emergency: Prompt | None = None


class Holding(Part):
    """Parties on hold (CTI-08): every `every_s` of music, 0: never, they are told to stay on the line, or by a beep
    alone where `beep` says so. announce: instead of the house's own words."""

    every_s: Annotated[int, Field(ge=0, le=3_600)] = 30
    beep: bool = False
    announce: Prompt | None = None


class CallbackPolicy(Part):
    """How customers of a queue are called back. attempts: how often at most; retry_s: pauses after each that failed,
    the last one repeated; promise_s: within which the first is promised; keep_s: after which it expires. preview:
    agents see it first and may delete it; otherwise it is theirs at once."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    retry_s: list[Seconds] = [300, 900]
    promise_s: Seconds = 3_600
    keep_s: Annotated[float, Field(ge=60, le=2_592_000)] = 86_400
    preview: bool = False


class Overflow(Part):
    """Where callers go whom a rule takes out of a queue: what they hear, then a message, a call-back, an outside
    number, a sister centre, or nothing more (announce alone: they wait on).

    site: the one of `sites` (none given: of all that have such a queue) that would answer soonest, if that is sooner
    than here by `sooner_s` at least; if none is, the caller waits on and the rule is asked again."""

    announce: Prompt | None = None
    then: Literal["wait", "message", "callback", "number", "site", "end"] = "wait"
    number: Digits = ""
    sites: list[Name] = []
    sooner_s: Seconds = 30
