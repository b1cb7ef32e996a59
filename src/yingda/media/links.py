"""A link: two legs on the loopback that carry one source's sound from its media process into another."""

from __future__ import annotations

from dataclasses import dataclass, field

from yingda.media.client import MediaClient
from yingda.media.protocol import PASSED, Codec, RemoteMedia

LOOPBACK = "127.0.0.1"
EVENT = Codec(name="telephone-event", pt=101)
DEFAULT = Codec(name="PCMU", pt=0)
KEPT = frozenset({"PCMU", "PCMA", *PASSED})


@dataclass
class Link:
    """place: of the process it leads to. sinks: who hears it there, and how loud."""

    source: str
    place: int
    sinks: dict[str, float] = field(default_factory=dict)

    @property
    def near_source(self) -> str:
        return f"link:{self.source}>{self.place}:out"

    @property
    def near_sink(self) -> str:
        return f"link:{self.source}>{self.place}:in"


async def ends(link: Link, one: MediaClient, other: MediaClient, codec: Codec | None) -> tuple[str, str]:
    """Make both legs, from the source's process to the sinks', in the source's own law or, where we only hand it
    on, its codec: nothing is translated twice."""
    spoken = codec if codec is not None and codec.name in KEPT else DEFAULT
    here = await one.create_leg(link.near_source, host=LOOPBACK)
    there = await other.create_leg(link.near_sink, host=LOOPBACK)
    receives = [spoken, EVENT]
    talks = RemoteMedia(
        address=there.address, send_codec=spoken, send_event_pt=EVENT.pt, receive_codecs=receives, direction="sendonly"
    )
    hears = RemoteMedia(address=here.address, send_codec=spoken, receive_codecs=receives, direction="recvonly")
    await other.connect_leg(link.near_sink, hears)
    await one.connect_leg(link.near_source, talks)
    await one.set_gain([(link.near_source, link.source, 1.0)])
    return link.near_source, link.near_sink
