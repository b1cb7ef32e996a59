"""What is set up for a load: which legs there are, in which law, who hears whom, what is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field

import msgspec

from bench.media.batch import Address
from bench.media.generator import Talker, socket_of
from bench.media.secure import UFRAG, Door
from bench.media.tally import NOBODY
from yingda.media.client import MediaClient
from yingda.media.protocol import Codec, IceParameters, RemoteMedia

LAWS = (Codec(name="PCMU", pt=0), Codec(name="PCMA", pt=8))
EVENT = Codec(name="telephone-event", pt=101)
CONFERENCE = 20
HELD_IN, LISTENED_IN = 10, 20  # one call in so many
AT_ONCE = 64  # commands on their way to media
MUSIC = "tone:us/dial"


@dataclass
class Scene:
    """Legs by number, in the order they are made. sources[i]: the leg whose packets leg i gets, or NOBODY."""

    kind: str
    calls: int
    laws: list[Codec] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    entries: list[tuple[str, str, float]] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    browsers: set[int] = field(default_factory=set)

    def leg(self, codec: Codec, source: int = NOBODY) -> int:
        self.laws.append(codec)
        self.sources.append(source)
        return len(self.laws) - 1

    def hear(self, sink: int, source: int) -> None:
        self.entries.append((name(sink), name(source), 1.0))


def name(leg: int) -> str:
    return f"leg-{leg}"


def forward_scene(calls: int) -> Scene:
    """Bridged calls of one codec."""
    scene = Scene("forward", calls)
    for _ in range(calls):
        _bridge(scene, LAWS[1], LAWS[1])
    return scene


def mixed_scene(calls: int) -> Scene:
    """Half of the calls A-law ↔ µ-law, 10 % held with music, 5 % listened to, ten of them one conference of 20 legs."""
    scene = Scene("mixed", calls)
    legs = [scene.leg(LAWS[1]) for _ in range(CONFERENCE)]
    for sink in legs:
        for source in legs:
            if sink != source:
                scene.hear(sink, source)
    scene.recorded += legs[::2]
    for number in range(calls - CONFERENCE // 2):
        if number % HELD_IN == 0:
            scene.held.append(scene.leg(LAWS[1]))
            scene.leg(LAWS[1])
            scene.recorded.append(scene.held[-1])
            continue
        customer, agent = _bridge(scene, LAWS[1], LAWS[(number + 1) % 2])
        if number % LISTENED_IN == 1:
            leader = scene.leg(LAWS[1])
            scene.hear(leader, customer)
            scene.hear(leader, agent)
    return scene


def browser_scene(calls: int) -> Scene:
    """Bridged calls; the agents of six in ten speak from a browser (DTLS-SRTP)."""
    scene = forward_scene(calls)
    scene.kind = "browsers"
    for call in range(calls):
        if call % 5 < 3:
            agent = 2 * call + 1
            scene.browsers.add(agent)
            scene.sources[agent] = NOBODY  # what it hears is encrypted: measured by its pace
    return scene


SCENES = {"forward": forward_scene, "mixed": mixed_scene, "browsers": browser_scene}


def _bridge(scene: Scene, one: Codec, other: Codec) -> tuple[int, int]:
    customer = scene.leg(one)
    agent = scene.leg(other, customer)
    scene.sources[customer] = agent
    scene.hear(customer, agent)
    scene.hear(agent, customer)
    scene.recorded.append(customer)
    return customer, agent


async def set_up(
    scene: Scene, client: MediaClient, sockets: list[Address], fingerprint: str, folder: str
) -> list[Talker]:
    """Make it so in a media plane; answers the phones that the generator (its fingerprint) has to play."""
    limit = asyncio.Semaphore(AT_ONCE)
    talkers: dict[int, Talker] = {}

    async def make(leg: int) -> None:
        async with limit:
            browser = leg in scene.browsers
            created = await client.create_leg(name(leg), "webrtc" if browser else "rtp")
            codec, address = scene.laws[leg], sockets[socket_of(leg)]
            remote = RemoteMedia(address=address, rtcp_address=address, send_codec=codec, receive_codecs=[codec, EVENT])
            door = None
            if browser and created.ice is not None and created.fingerprint is not None:
                door = Door(created.ice, created.fingerprint)
                ice = IceParameters(ufrag=UFRAG, pwd="b" * 24)
                remote = msgspec.structs.replace(remote, ice=ice, fingerprint=fingerprint, setup="active")
            await client.connect_leg(name(leg), remote)
            talkers[leg] = Talker(created.address, created.ssrc, codec.pt, scene.sources[leg], door)

    async def record(leg: int) -> None:
        async with limit:
            await client.start_recording(f"{folder}-{leg}", name(leg), f"{folder}/{leg}.wav")

    await _all(make(leg) for leg in range(len(scene.laws)))
    for at in range(0, len(scene.entries), 400):
        await client.set_gain(scene.entries[at : at + 400])
    await _all(client.play(f"{folder}-{leg}", name(leg), [MUSIC], loop=True) for leg in scene.held)
    await _all(record(leg) for leg in scene.recorded)
    return [talkers[leg] for leg in range(len(scene.laws))]


async def _all(work: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*work)
