"""G.729 through the real media process: a carrier, a queue and an agent's phone, every payload byte for byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import pytest
from bench.peers.process import PeerError

from tests.planes.house import CENTRE, PASSWORD, House, house
from tests.sip.peers.agent import Agent
from yingda.kernel.config.credentials import REALM
from yingda.media.protocol import RemoteMedia
from yingda.sip import sdp
from yingda.sip.digest import ClientCredentials
from yingda.sip.events import (
    Answered,
    Authorise,
    Effect,
    Ended,
    Event,
    InviteReceived,
    RegistrationChanged,
    Target,
    Trunk,
)
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.registration import Account

pytestmark = pytest.mark.e2e

PACKETS = 100
G729 = 18


def described(address: tuple[str, int], host: str) -> str:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {address[1]} RTP/AVP 18 101\r\n"
        "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
    )


class Far:
    """A user agent that only has G.729, with a socket for its sound."""

    def __init__(self, host: str, user: str) -> None:
        self.host, self.user = host, user
        self.sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sound.bind((host, 0))
        self.sound.setblocking(False)
        anybody: Authorise = lambda facts, flow: Trunk("centre")  # noqa: E731
        self.agent = Agent(self._react, anybody, account=ClientCredentials(user, PASSWORD))
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((host, 0))
        self.local = self.agent.stack.listen_udp(listener)

    def _react(self, agent: Agent, event: Event) -> list[Effect]:
        if not isinstance(event, InviteReceived):
            return []
        now = agent.stack.now()
        own = described(self.sound.getsockname(), self.host)
        return agent.endpoint.ring(event.key, now) + agent.endpoint.answer(event.key, own, now)

    def flow(self, centre: House) -> Flow:
        return Flow("udp", self.local, ("127.0.0.1", centre.sip))

    async def register(self, centre: House) -> None:
        instance = "urn:uuid:00000000-0000-4000-8000-00000000" + self.user
        account = Account("centre", f"sip:{self.user}@{REALM}", self.user, 300, instance)
        target = Target(f"sip:127.0.0.1:{centre.sip}", self.flow(centre))
        self.agent.stack.do(self.agent.endpoint.registration.keep(account, (target,), self.agent.stack.now()))
        assert (await self.agent.event(RegistrationChanged)).registered

    def dial(self, centre: House, called: str) -> str:
        key, sent = self.agent.endpoint.invite(
            Target(f"sip:{called}@127.0.0.1", self.flow(centre)), caller=NameAddress(f"sip:{self.user}@{self.host}"),
            sdp=described(self.sound.getsockname(), self.host), now=self.agent.stack.now(),
        )  # fmt: skip
        self.agent.stack.do(sent)
        return key

    async def close(self) -> None:
        await self.agent.close()
        self.sound.close()


def where(description: str | None) -> tuple[str, int]:
    """Where the centre listens, which must be for G.729."""
    assert description is not None
    remote: RemoteMedia = sdp.remote_media(description, sdp.Terms(passes=True))
    assert remote.send_codec is not None and remote.send_codec.name == "G729" and remote.address is not None
    return remote.address


async def say(far: Far, place: tuple[str, int], mark: int) -> list[bytes]:
    """Two seconds of frames like no others; the payloads."""
    loop, said = asyncio.get_running_loop(), []
    begun = loop.time()
    for number in range(PACKETS):
        payload = bytes([mark, number]) + bytes((7 * number + index) % 256 for index in range(18))
        header = struct.pack(">BBHII", 0x80, G729, 1_000 + number, 160 * number, mark)
        await loop.sock_sendto(far.sound, header + payload, place)
        said.append(payload)
        await asyncio.sleep(max(0, begun + 0.02 * (number + 1) - loop.time()))
    return said


async def hear(far: Far) -> list[bytes]:
    """The payloads of G.729 that come until nothing does for a second."""
    loop = asyncio.get_running_loop()
    heard: list[bytes] = []
    while True:
        try:
            async with asyncio.timeout(1 if heard else 5):
                packet = await loop.sock_recv(far.sound, 2_048)
        except TimeoutError:
            return heard
        if packet[1] & 0x7F == G729 and len(packet) == 32:
            heard.append(packet[12:])


def test_a_caller_of_a_queue_and_an_agent_speak_g729_byte_for_byte(tmp_path: Path) -> None:
    async def scene() -> None:
        async with house(tmp_path, "--media-processes", "2", centre=CENTRE) as centre:
            phone, caller = Far("127.0.0.1", "8101"), Far("127.0.0.2", "13800001111")
            try:
                await talk(centre, phone, caller)
            finally:
                await phone.close()
                await caller.close()

    asyncio.run(scene())


async def talk(centre: House, phone: Far, caller: Far) -> None:
    await phone.register(centre)
    agent = await centre.person("1001")
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
    key = caller.dial(centre, "4008001000")
    there = where((await caller.agent.event(Answered)).sdp)
    here = where((await phone.agent.event(InviteReceived)).sdp)
    await centre.state(agent, "talking")
    said, answered, heard, understood = await asyncio.gather(
        say(caller, there, 1), say(phone, here, 2), hear(phone), hear(caller)
    )
    for sent, came in ((said, heard), (answered, understood)):
        assert len(came) >= PACKETS - 10 and came == sent[-len(came) :]  # the first ones show where they come from
    with pytest.raises(PeerError, match="codec_handed_on"):
        await agent.post("/desk/hold", {})
    caller.agent.stack.do(caller.agent.endpoint.bye(key, caller.agent.stack.now()))
    await phone.agent.event(Ended)
    (record,) = await centre.records(1)
    assert record["outcome"] == "answered"
