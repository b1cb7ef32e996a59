"""SIP over UDP: one socket, read in batches without a task per datagram."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import lru_cache

from yingda.sip.flow import WILDCARDS, Address, Flow
from yingda.sip.transports.stun import binding_reply

BATCH = 64
MAX_DATAGRAM = 65_535


class UdpListener:
    """received: called with each datagram and its flow. emptied: after each turn, whether nothing was left to read."""

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        received: Callable[[bytes, Flow], None],
        emptied: Callable[[bool], None],
    ) -> None:
        sock.setblocking(False)
        self._sock, self._loop, self._received, self._emptied = sock, loop, received, emptied
        host, port = sock.getsockname()[:2]
        self.local: Address = (host, port)
        self.send_failures = 0
        self._flow = lru_cache(maxsize=4096)(self._make_flow)
        loop.add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        for _ in range(BATCH):
            try:
                data, remote = self._sock.recvfrom(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                self._emptied(True)
                return
            except OSError:  # an ICMP error of an earlier send (Linux reports it here)
                continue
            if data[:1] == b"\0" and (reply := binding_reply(data, remote[:2])) is not None:
                self.send(reply, Flow("udp", self.local, remote[:2]))
                continue
            self._received(data, self._flow(remote[0], remote[1]))
        self._emptied(False)

    def _make_flow(self, host: str, port: int) -> Flow:
        return Flow("udp", self._local_for(host), (host, port))

    def _local_for(self, remote: str) -> Address:
        """The address the peer sees, also where the socket is bound to all of them."""
        host, port = self.local
        return (source_address(remote), port) if host in WILDCARDS else self.local

    def send(self, data: bytes, flow: Flow) -> None:
        """A datagram that cannot go is lost, as on any network: the transaction sends it again."""
        try:
            self._sock.sendto(data, flow.remote)
        except OSError:
            self.send_failures += 1

    def close(self) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()


@lru_cache(maxsize=4096)
def source_address(remote: str) -> str:
    """Our address on the way to `remote`, as the kernel would choose it (nothing is sent)."""
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return str(probe.getsockname()[0])


def bind_udp(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((host, port))
    return sock
