"""Real UDP ports for the engine: bound in pairs, watched by the process's epoll, marked for expedited forwarding."""

from __future__ import annotations

import errno
import select
import socket
from typing import cast

from yingda.kernel.errors import YingdaError
from yingda.media.network import Opened
from yingda.media.ports import PortRange
from yingda.media.protocol import Address

EXPEDITED = 0xB8  # DSCP EF, RFC 3246
ATTEMPTS = 512  # each rests afterwards, so the next leg need not try it again
RECEIVE_BUFFER = 1 << 18
FOURTH = (socket.AF_INET, (socket.IPPROTO_IP, socket.IP_TOS))
SIXTH = (socket.AF_INET6, (socket.IPPROTO_IPV6, socket.IPV6_TCLASS))


class SocketNetwork:
    """`watched` maps a file descriptor to (socket, leg id, whether it is the RTCP port)."""

    def __init__(self, ports: PortRange, host: str, epoll: select.epoll, advertised: str | None = None) -> None:
        self._ports, self._host, self._epoll, self._advertised = ports, host, epoll, advertised
        self.watched: dict[int, tuple[socket.socket, str, bool]] = {}

    @property
    def used(self) -> int:
        return self._ports.used

    def open(self, leg_id: str, host: str | None, multiplexed: bool, now: int, wanted: int | None = None) -> Opened:
        """Raises `ports_exhausted`, `port_taken`, `address_wrong`."""
        bound = host or self._host
        for _ in range(ATTEMPTS):
            port = self._take(now, wanted)
            try:
                sockets = self._bind(bound, port, 1 if multiplexed else 2)
            except OSError as error:
                self._ports.give_back(port, now)
                self._judge(error, bound, port, wanted)
                continue
            for index, one in enumerate(sockets):
                self.watched[one.fileno()] = (one, leg_id, index == 1)
                self._epoll.register(one.fileno(), select.EPOLLIN)
            shown = self._advertised if self._advertised is not None and host is None else bound
            return Opened((shown, port), sockets[0], sockets[1] if len(sockets) > 1 else None)
        raise YingdaError("ports_exhausted", f"{ATTEMPTS} media ports in a row are held by other programs.")

    def _take(self, now: int, wanted: int | None) -> int:
        if wanted is None:
            return self._ports.take(now)
        self._ports.take_exactly(wanted)
        return wanted

    def _judge(self, error: OSError, host: str, port: int, wanted: int | None) -> None:
        """Only a port that somebody else holds is worth another attempt."""
        if error.errno != errno.EADDRINUSE:
            raise YingdaError("address_wrong", f"Cannot receive media on {host}: {error.strerror}.") from error
        if wanted is not None:
            raise YingdaError("port_taken", f"Media port {port} is held by another program.") from error

    def _bind(self, host: str, port: int, count: int) -> list[socket.socket]:
        family, marking = SIXTH if ":" in host else FOURTH
        sockets: list[socket.socket] = []
        try:
            for number in range(port, port + count):
                one = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
                sockets.append(one)
                one.setsockopt(*marking, EXPEDITED)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                one.bind((host, number))
        except OSError:
            for one in sockets:
                one.close()
            raise
        return sockets

    def send(self, port: object, data: bytes, address: Address) -> bool:
        try:
            port.sendto(data, address)  # type: ignore[attr-defined]  # a socket; a cast costs time with every packet
        except OSError:  # no route, no buffer, a firewall's refusal: the next packet may pass
            return False
        return True

    def name(self, opened: Opened, leg_id: str) -> None:
        for handle in (opened.port, opened.rtcp_port):
            if handle is not None:
                one = cast(socket.socket, handle)
                self.watched[one.fileno()] = (one, leg_id, handle is opened.rtcp_port)

    def close(self, opened: Opened, now: int) -> None:
        for handle in (opened.port, opened.rtcp_port):
            if handle is not None:
                one = cast(socket.socket, handle)
                self._epoll.unregister(one.fileno())
                del self.watched[one.fileno()]
                one.close()
        self._ports.give_back(opened.address[1], now)
