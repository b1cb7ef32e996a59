"""Conference rooms (会议室) that a number leads to (TEL-43, docs/conferences.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from yingda.kernel.config.base import Name, Part
from yingda.kernel.config.waiting import Prompt

Pin = Annotated[str, Field(pattern=r"^([0-9]{3,12})?$")]


class ConferenceRoom(Part):
    """pin, host_pin: what a participant and the host (主持人) type to be let in; without a pin everybody is. hosts:
    agent numbers of those who are hosts by who they are, when they call from their own devices. waits_for_host: until
    one is there, all others hear music. ends_with_host: when the last host leaves, the conference is over. most: how
    many may be in it. tones: a tone says that somebody comes or goes. recording: it is recorded while an agent is in it
    with somebody, and whoever comes in is told so."""

    id: str = ""
    name: Name
    pin: Pin = ""
    host_pin: Pin = ""
    hosts: Annotated[list[str], Field(max_length=100)] = []
    waits_for_host: bool = False
    ends_with_host: bool = False
    most: Annotated[int, Field(ge=2, le=200)] = 30
    tones: bool = True
    recording: bool = False
    music: Prompt | None = None
