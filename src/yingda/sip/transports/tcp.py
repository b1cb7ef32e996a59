"""SIP over TCP and TLS: connections that come in and those we open (RFC 3261 section 18)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol, cast

from yingda.sip.flow import Address, Flow
from yingda.sip.transports.framing import FramingError, StreamFramer

KEEP_ALIVE = 55.0  # seconds between pings on a connection that we opened (RFC 5626 section 4.4.1): NATs forget
PATIENCE = 15.0  # seconds for a message to arrive whole, and for the first one to come at all
MAX_UNSENT = 1 << 20
UNHEARD_MS = 20_000
"""A peer we connected to that acknowledges nothing for so long is gone (RFC 5482): without it a quarter hour passes."""


class ConnectionOwner(Protocol):
    """The stack, as connections see it."""

    def name_connection(self) -> str: ...

    def connection_made(self, connection: Connection) -> bool:
        """False: too many, close it."""
        ...

    def connection_lost(self, connection: Connection) -> None: ...

    def receive(self, data: bytes, flow: Flow) -> None: ...


class Connection(Protocol):
    """One open stream connection. proved: the names in the certificate by which a peer that came in proved itself."""

    flow: Flow
    proved: frozenset[str]

    def send(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class TcpConnection(asyncio.Protocol):
    """announced: of a connection that we open, the address where we listen (its own port is nobody's business)."""

    flow: Flow

    def __init__(self, owner: ConnectionOwner, secure: bool, announced: Address | None) -> None:
        self._owner, self._secure, self._announced = owner, secure, announced
        self._framer = StreamFramer()
        self.proved: frozenset[str] = frozenset()
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._ping: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and self._announced is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
        local, remote = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if local is None or remote is None:  # gone before it was here
            self._transport.abort()
            return
        name = "tls" if self._secure else "tcp"
        self.flow = Flow(name, self._announced or tuple(local[:2]), tuple(remote[:2]), self._owner.name_connection())
        if self._secure and self._announced is None:
            self.proved = names_in(transport.get_extra_info("peercert"))
        if not self._owner.connection_made(self):
            self._transport.abort()
            return
        self._wait()
        if self._announced is not None:
            self._keep_alive()

    def data_received(self, data: bytes) -> None:
        was_pending = self._framer.pending
        try:
            pieces = self._framer.feed(data)
        except FramingError as error:
            if error.head:
                self._owner.receive(error.head, self.flow)  # a 400 can still be said
            self.close()
            return
        for piece in pieces:
            self._owner.receive(piece, self.flow)
        if not self._framer.pending:
            self._calm()
        elif pieces or not was_pending:
            self._wait()

    def _keep_alive(self) -> None:
        if self._ping is not None:
            self.send(b"\r\n\r\n")
        self._ping = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._keep_alive)

    def _wait(self) -> None:
        """A message has begun, or the first is awaited: it must come whole in time (slow senders hold no sockets)."""
        self._calm()
        self._patience = asyncio.get_running_loop().call_later(PATIENCE, self.close)

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()  # the peer does not read
            return
        self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._calm()
        if self._ping is not None:
            self._ping.cancel()
        if hasattr(self, "flow"):
            self._owner.connection_lost(self)


def names_in(certificate: dict[str, Any] | None) -> frozenset[str]:
    """Whom a certificate that was verified means (RFC 5922 section 7.1): names, addresses, domains of SIP URIs."""
    names = (certificate or {}).get("subjectAltName", ())
    return frozenset(str(value).removeprefix("sip:") for kind, value in names if kind in ("DNS", "IP Address", "URI"))


def protocol_factory(
    owner: ConnectionOwner, secure: bool, announced: Address | None = None
) -> Callable[[], TcpConnection]:
    return lambda: TcpConnection(owner, secure, announced)
