"""SIP over WebSocket (RFC 7118): how browsers speak to us. One message a frame, subprotocol `sip`."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response as HandshakeResponse
from websockets.typing import Origin, Subprotocol

from yingda.sip.flow import Flow
from yingda.sip.transports.tcp import ConnectionOwner

PING_SECONDS = 20
MAX_FRAME = 65_535
MAX_UNSENT = 256  # messages


class WsConnection:
    """Messages go out in order through one writer task."""

    def __init__(self, owner: ConnectionOwner, socket_: ServerConnection, secure: bool) -> None:
        self._owner, self._socket = owner, socket_
        local, remote = socket_.local_address, socket_.remote_address
        name = "wss" if secure else "ws"
        self.flow = Flow(name, tuple(local[:2]), tuple(remote[:2]), owner.name_connection())
        self.proved: frozenset[str] = frozenset()
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue(MAX_UNSENT)

    def send(self, data: bytes) -> None:
        try:
            self._unsent.put_nowait(data)
        except asyncio.QueueFull:
            self.close()  # the browser does not read

    def close(self) -> None:
        transport = self._socket.transport
        transport.close()

    async def run(self) -> None:
        writer = asyncio.create_task(self._write())
        try:
            async for frame in self._socket:
                self._owner.receive(frame.encode() if isinstance(frame, str) else frame, self.flow)
        except ConnectionClosed:
            return
        finally:
            writer.cancel()
            self._owner.connection_lost(self)

    async def _write(self) -> None:
        while True:
            data = await self._unsent.get()
            try:
                await self._socket.send(data, text=_is_text(data))
            except ConnectionClosed:
                return


def _is_text(data: bytes) -> bool:
    """RFC 7118 section 5.2: text frames carry UTF-8 only."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


async def listen_ws(
    owner: ConnectionOwner, sock: socket.socket, context: ssl.SSLContext | None, origins: Sequence[str] | None
) -> Server:
    """Serve on a listening socket. origins: pages that may connect; None for any."""

    async def handle(connection: ServerConnection) -> None:
        one = WsConnection(owner, connection, context is not None)
        if owner.connection_made(one):
            await one.run()

    def check(connection: ServerConnection, request: HandshakeRequest) -> HandshakeResponse | None:
        offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
        if "sip" in [name.strip() for name in offered.split(",")]:
            return None
        return connection.respond(HTTPStatus.BAD_REQUEST, "The subprotocol sip is needed.\n")

    return await serve(
        handle,
        sock=sock,
        ssl=context,
        subprotocols=[Subprotocol("sip")],
        origins=[cast(Origin, origin) for origin in origins] if origins is not None else None,
        process_request=check,
        compression=None,
        max_size=MAX_FRAME,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
    )
