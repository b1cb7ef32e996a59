"""What a centre keeps and counts: recordings, days of reports; and the relays its browsers may need."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Part


class Recordings(Part):
    """What becomes of recordings (docs/recordings.md). archive_after_h: hours after its end, a recording is turned into
    what `format` and `encrypt` say. keep_days: after so many it is removed, 0: never. keep_messages_days: the same for
    messages that callers leave; without it, as recordings are. consultations: who is consulted is recorded too, in a
    file apart. blank_pauses: while a recording is paused, the agent does not hear the customer, who says or types card
    data. reduce_noise: what is turned into Opus or MP3 has less noise than what was recorded; WAV stays as it is."""

    archive_after_h: Annotated[int, Field(ge=0, le=87_600)] = 24
    format: Literal["wav", "opus", "mp3"] = "wav"
    encrypt: bool = False
    keep_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    keep_messages_days: Annotated[int | None, Field(ge=0, le=36_500)] = None
    consultations: bool = False
    blank_pauses: bool = False
    reduce_noise: bool = False

    @property
    def messages_kept(self) -> int:
        """Days, 0: for ever."""
        return self.keep_days if self.keep_messages_days is None else self.keep_messages_days


class Relays(Part):
    """TURN relays for agents whose network lets no UDP through (docs/browsers.md). lifetime_h: of their credentials."""

    urls: Annotated[list[Annotated[str, Field(pattern=r"^turns?:[^\s/]+$")]], Field(min_length=1)]
    lifetime_h: Annotated[int, Field(ge=1, le=168)] = 24


class Reports(Part):
    """How days are counted. repeat_h: for so many hours another contact of a customer is a repeat call. day_begins:
    when the business day (业务日) begins, at a quarter hour."""

    repeat_h: Annotated[int, Field(ge=1, le=72)] = 24
    day_begins: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):(00|15|30|45)$")] = "00:00"
