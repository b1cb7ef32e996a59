"""A small user agent on `SipStack`: registers devices, answers or makes calls, remembers events."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from yingda.kernel.clock import SystemClock
from yingda.kernel.ids import new_id
from yingda.media.protocol import LegCreated
from yingda.sip import sdp
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ClientCredentials, ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Authorise, Challenge, Effect, Event, InviteReceived, RequestFacts
from yingda.sip.flow import Flow
from yingda.sip.transports import SipStack

REALM, PASSWORD = "test.realm", "geheim-密码"
E = TypeVar("E")


def lookup(username: str, realm: str, algorithm: str) -> str | None:
    return ha1(username, realm, PASSWORD, algorithm) if username.isdigit() else None


class Agent:
    """react: gives the effects that answer an event. account: ours, where somebody asks who we are."""

    def __init__(
        self,
        react: Callable[[Agent, Event], list[Effect]],
        authorise: Authorise,
        trust: ssl.SSLContext | None = None,
        account: ClientCredentials | None = None,
    ) -> None:
        config = EndpointConfig(
            realm=REALM, lookup=lookup, authorise=authorise, credentials=lambda name: account if name else None
        )
        self.endpoint = Endpoint(config, new_id, b"secret of the test")
        self.stack = SipStack(self.endpoint, SystemClock(), self._on_event, trust=trust)
        self.events: list[Event] = []
        self._react, self._news = react, asyncio.Event()
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind(("127.0.0.1", 0))
        self._rtp.setblocking(False)
        self.leg = LegCreated(leg_id="leg", address=self._rtp.getsockname(), ssrc=1, cname="test")

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()
        self.stack.do(self._react(self, event))

    async def event(self, kind: type[E], deadline: float = 10.0) -> E:
        """The first event of this kind, past or to come."""
        async with asyncio.timeout(deadline):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._news.clear()
                await self._news.wait()

    async def heard(self, deadline: float = 5.0) -> bytes:
        """One RTP packet that the far end sent to the address in our SDP."""
        async with asyncio.timeout(deadline):
            return await asyncio.get_running_loop().sock_recv(self._rtp, 2048)

    async def echo(self, packets: int, deadline: float = 10.0) -> None:
        """Send so many RTP packets back to where they came from."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(deadline):
            for _ in range(packets):
                data, where = await loop.sock_recvfrom(self._rtp, 2048)
                await loop.sock_sendto(self._rtp, data, where)

    async def quiet(self, deadline: float = 10.0) -> None:
        """Until no call is left."""
        async with asyncio.timeout(deadline):
            while self.endpoint.live()["calls"]:
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await self._news.wait()

    def answer(self, event: InviteReceived) -> list[Effect]:
        """Ring, then answer with our leg."""
        now = self.stack.now()
        assert event.sdp is not None
        text = sdp.answer(event.sdp, sdp.remote_media(event.sdp), self.leg)
        return self.endpoint.ring(event.key, now) + self.endpoint.answer(event.key, text, now)

    async def close(self) -> None:
        await self.stack.close()
        self._rtp.close()


def nothing(agent: Agent, event: Event) -> list[Effect]:
    return []


def challenging(facts: RequestFacts, flow: Flow) -> Challenge:
    return Challenge()


def answering(agent: Agent, event: Event) -> list[Effect]:
    return agent.answer(event) if isinstance(event, InviteReceived) else []


@contextlib.asynccontextmanager
async def running(
    react: Callable[[Agent, Event], list[Effect]] = nothing,
    authorise: Authorise = challenging,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[Agent, tuple[str, int]]]:
    """An agent on UDP and TCP with the same port. context: makes the TCP side TLS."""
    agent = Agent(react, authorise)
    tcp = socket.create_server(("127.0.0.1", 0))
    address = await agent.stack.listen_tcp(tcp, context)
    agent.stack.listen_udp(address)
    try:
        yield agent, address
    finally:
        await agent.close()
