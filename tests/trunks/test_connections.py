"""Connections to carriers: one that is dead is found out by the kernel, not a quarter of an hour later."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from bench.peers.process import until

from tests.sip.peers.agent import nothing, running
from yingda.sip.events import Send
from yingda.sip.flow import Flow
from yingda.sip.transports.tcp import UNHEARD_MS, TcpConnection


def test_a_peer_that_acknowledges_nothing_is_given_up_in_seconds() -> None:
    async def scene() -> list[int]:
        async with running(nothing) as (near, here), running(nothing) as (_, there):
            near.stack.do([Send(b"\r\n\r\n", Flow("tcp", here, there))])
            connections: dict[str, Any] = near.stack._connections
            await until("the connection to open", lambda: bool(connections), 5)
            (connection,) = connections.values()
            assert isinstance(connection, TcpConnection) and connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            return [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)]

    assert asyncio.run(scene()) == [UNHEARD_MS]
