"""The stack: carries an endpoint's effects out, with one timer and any number of sockets.

Everything happens on one event loop. The user's callback gets the events one by one, in order, and may give commands
from inside (`stack.do(stack.endpoint.answer(...))`): their effects queue up behind what is under way.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.server import Server as WsServer

from yingda.kernel.clock import MS, Clock
from yingda.kernel.core_timer import CoreTimer
from yingda.kernel.ids import IdSource, new_id
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Aliased, Effect, Event, Send
from yingda.sip.flow import Address, Flow, host_port
from yingda.sip.transports.tcp import PATIENCE, Connection, TcpConnection, protocol_factory
from yingda.sip.transports.udp import BATCH, UdpListener, bind_udp
from yingda.sip.transports.ws import listen_ws
from yingda.sip.valve import Valve

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 10_000
MAX_WAITING = 64  # messages that wait for one connection to open
CONNECT_SECONDS = 5.0
LATE = 20 * MS
"""So much later what is due may happen, µs: transactions that are over end by the hundred in a second, several a turn.
The first repetition of a request leaves after 520 ms instead of 500 (T1 is an estimate, RFC 3261 section 17.1.1.1)."""

Where = tuple[str, Address]  # transport and remote


class SipStack:
    """on_event: told each event. clock: gives the time of everything. Sockets may come from outside (a supervisor).

    trust: whose certificates we believe on TLS connections that we open; the system's authorities by default.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        on_event: Callable[[Event], None],
        ids: IdSource = new_id,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.endpoint, self._clock, self._on_event = endpoint, clock, on_event
        self._ids = ids
        self._trust = trust
        self.names: dict[Address, str] = {}  # whom we mean by an address: TLS holds its certificate against it
        self._loop = asyncio.get_running_loop()
        self._udp: dict[Address, UdpListener] = {}
        self._servers: list[asyncio.Server | WsServer] = []
        self._connections: dict[str, Connection] = {}
        self._by_remote: dict[Where, str] = {}
        self._aliases: dict[Where, str] = {}  # where a peer listens: the connection it came by, and would have used
        self._opening: dict[Where, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queue: deque[Effect] = deque()
        self._busy = False
        self._timer = CoreTimer(self.now, self._ring, LATE)
        self._closed = False
        self._valve, self._dropped = Valve(), 0

    def now(self) -> int:
        return self._clock.now()

    # ---- listening ----

    def listen_udp(self, where: socket.socket | Address) -> Address:
        """The address that is listened on."""
        sock = where if isinstance(where, socket.socket) else bind_udp(*where)
        listener = UdpListener(sock, self._loop, self.receive, self._emptied)
        self._udp[listener.local] = listener
        return listener.local

    async def listen_tcp(self, where: socket.socket | Address, context: ssl.SSLContext | None = None) -> Address:
        """context: makes it TLS."""
        sock = where if isinstance(where, socket.socket) else socket.create_server(where)
        factory = protocol_factory(self, context is not None)
        limit = None if context is None else PATIENCE  # for the handshake
        self._servers.append(
            await self._loop.create_server(factory, sock=sock, ssl=context, ssl_handshake_timeout=limit)
        )
        return _name(sock)

    async def listen_ws(
        self,
        where: socket.socket | Address,
        context: ssl.SSLContext | None = None,
        origins: Sequence[str] | None = None,
    ) -> Address:
        """context: makes it WSS."""
        sock = where if isinstance(where, socket.socket) else socket.create_server(where)
        self._servers.append(await listen_ws(self, sock, context, origins))
        return _name(sock)

    # ---- what comes in ----

    def receive(self, data: bytes, flow: Flow) -> None:
        self.do(self.endpoint.receive(data, flow, self.now()))

    def _emptied(self, all_read: bool) -> None:
        """How the datagrams' socket was left: do we keep up with what comes? What the brake drops costs us little."""
        dropped = self.endpoint.counters["in", "dropped", "udp"]
        braked, self._dropped = dropped - self._dropped > BATCH // 2, dropped
        if self._valve.saw(emptied=all_read or braked, now=self.now()):
            self.do(self.endpoint.shed(shedding=self._valve.shut))

    def do(self, effects: list[Effect]) -> None:
        """Carry effects out in order; from inside a callback they wait their turn."""
        self._queue.extend(effects)
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue:
                effect = self._queue.popleft()
                if isinstance(effect, Send):
                    self._send(effect)
                elif isinstance(effect, Aliased):
                    self._learn(effect)
                else:
                    self._on_event(effect)
        finally:
            self._busy = False
            if not self._closed:
                self._timer.set(self.endpoint.next_timer())
            if self._queue:  # the user's callback failed: what is left goes on without it
                self._loop.call_soon(self.do, [])

    def _ring(self) -> None:
        self.do(self.endpoint.handle_timer(self.now()))

    # ---- what goes out ----

    def _send(self, effect: Send) -> None:
        flow = effect.flow
        if flow.transport == "udp":
            self._udp_for(flow).send(effect.data, flow)
            return
        connection = self._connections.get(flow.connection or self._by_remote.get((flow.transport, flow.remote), ""))
        if connection is None and not flow.connection and self._aliases:
            connection = self._alias(flow)
        if connection is not None:
            connection.send(effect.data)
        elif flow.connection or flow.transport not in ("tcp", "tls"):
            self._loop.call_soon(self._lost, flow)
        else:
            self._open(effect)

    def _learn(self, alias: Aliased) -> None:
        """Who has proved nothing has nothing to say about where others' requests go."""
        connection = self._connections.get(alias.flow.connection)
        if connection is not None and connection.proved and len(self._aliases) < MAX_CONNECTIONS:
            self._aliases["tls", alias.address] = alias.flow.connection

    def _alias(self, flow: Flow) -> Connection | None:
        """A connection that came in from there, if its certificate is of the very peer that we mean (RFC 5923)."""
        connection = self._connections.get(self._aliases.get((flow.transport, flow.remote), ""))
        meant = self.names.get(flow.remote, flow.remote[0])
        return connection if connection is not None and meant in connection.proved else None

    def _udp_for(self, flow: Flow) -> UdpListener:
        """The listener of that local address, or the one bound to all addresses with its port."""
        exact = self._udp.get(flow.local)
        if exact is not None:
            return exact
        port = flow.local[1]
        return next((one for one in self._udp.values() if one.local[1] == port), next(iter(self._udp.values())))

    def _open(self, effect: Send) -> None:
        """Send over a new connection, together with what else is sent there meanwhile."""
        where = (effect.flow.transport, effect.flow.remote)
        waiting = self._opening.get(where)
        if waiting is not None:
            if len(waiting) < MAX_WAITING:
                waiting.append(effect.data)
            return
        self._opening[where] = [effect.data]
        task = self._loop.create_task(self._connect(effect.flow, where))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, flow: Flow, where: Where) -> None:
        connection: TcpConnection | None = None
        factory = protocol_factory(self, flow.transport == "tls", flow.local)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await self._loop.create_connection(factory, *flow.remote, **self._secured(flow))
        except (OSError, TimeoutError) as error:  # a certificate that we do not believe is an OSError too
            log.info("no connection to %s: %s", host_port(flow.remote), error or "no answer")
            connection = None
        waiting = self._opening.pop(where)
        if connection is None:
            self._lost(flow)
            return
        for data in waiting:
            connection.send(data)

    def _secured(self, flow: Flow) -> dict[str, Any]:
        """How to open the connection of this flow."""
        if flow.transport != "tls":
            return {}
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return {"ssl": self._trust, "server_hostname": self.names.get(flow.remote, flow.remote[0])}

    def _lost(self, flow: Flow) -> None:
        self.do(self.endpoint.flow_lost(flow, self.now()))

    # ---- connections (see ConnectionOwner) ----

    def name_connection(self) -> str:
        return self._ids()

    def connection_made(self, connection: Connection) -> bool:
        if len(self._connections) >= MAX_CONNECTIONS or self._closed:
            return False
        flow = connection.flow
        self._connections[flow.connection] = connection
        self._by_remote[flow.transport, flow.remote] = flow.connection
        return True

    def connection_lost(self, connection: Connection) -> None:
        """Tell the endpoint, also of what was sent before the connection had a name."""
        flow = connection.flow
        if self._connections.pop(flow.connection, None) is None:
            return
        if self._by_remote.get((flow.transport, flow.remote)) == flow.connection:
            del self._by_remote[flow.transport, flow.remote]
        aliases = [where for where, name in self._aliases.items() if name == flow.connection]
        for where in aliases:
            del self._aliases[where]
        if not self._closed:
            for transport, remote in (*aliases, (flow.transport, flow.remote)):
                self._lost(Flow(transport, flow.local, remote))
            self._lost(flow)

    # ---- looking in, closing ----

    def metrics(self) -> dict[tuple[str, ...], int]:
        """Counters (in/out, method or status, transport) and gauges ("live", what)."""
        figures: dict[tuple[str, ...], int] = {(*key,): n for key, n in self.endpoint.counters.items()}
        for what, size in self.endpoint.live().items():
            figures["live", what] = size
        figures["live", "connections"] = len(self._connections)
        figures["out", "failed", "udp"] = sum(listener.send_failures for listener in self._udp.values())
        return figures

    async def close(self) -> None:
        self._closed = True
        self._timer.stop()
        for listener in self._udp.values():
            listener.close()
        for server in self._servers:
            server.close()
        for connection in list(self._connections.values()):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(server.wait_closed() for server in self._servers), return_exceptions=True)


def _name(sock: socket.socket) -> Address:
    host, port = sock.getsockname()[:2]
    return (host, port)
