"""The streamer's process as the media loop sees it: started with the first tap, a socket in the loop's epoll.

A packet socket keeps messages whole: sound that it does not take at once is lost and nothing else is. Orders wait and
are sent with the next 20 ms. When the process dies, `on_gone` is called and the next order starts another.
"""

from __future__ import annotations

import logging
import select
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable

from yingda.media.taps import wire

log = logging.getLogger(__name__)

MAX_ORDERS = 10_000
SEND_BUFFER = 1 << 20
PROGRAM = "yingda.media.taps.streamer"


class StreamerProcess:
    """`handle` what epoll says of `fd`; on_message(message), on_gone()."""

    def __init__(self, epoll: select.epoll) -> None:
        self._epoll = epoll
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: deque[bytes] = deque()
        self.on_message: Callable[[wire.Message], None] | None = None
        self.on_gone: Callable[[], None] | None = None

    @property
    def fd(self) -> int:
        return -1 if self._link is None else self._link.fileno()

    def send(self, message: wire.Message) -> bool:
        if self._link is None and not (isinstance(message, wire.Open) and self._start()):
            return False
        if isinstance(message, wire.Sound):
            return self._flush() and self._put(wire.encode(message))
        self._orders.append(wire.encode(message))
        self._flush()
        return len(self._orders) < MAX_ORDERS

    def _flush(self) -> bool:
        while self._orders:
            if not self._put(self._orders[0]):
                return False
            self._orders.popleft()
        return True

    def _put(self, packet: bytes) -> bool:
        if self._link is None:
            return False
        try:
            self._link.send(packet)
        except OSError:  # full, or about to be found gone
            return False
        return True

    def _start(self) -> bool:
        self._bury()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            ours.setblocking(False)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, str(number)], pass_fds=(number,), stdin=subprocess.DEVNULL
            )
        except OSError as error:
            log.error("the streaming process cannot be started: %s", error)
            ours.close()
            return False
        finally:
            theirs.close()
        self._link = ours
        self._epoll.register(ours.fileno(), select.EPOLLIN)
        return True

    def handle(self) -> None:
        """Something can be read."""
        while self._link is not None:
            try:
                packet = self._link.recv(wire.MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._gone()
                return
            if self.on_message is not None:
                self.on_message(wire.decode(packet))

    def _gone(self) -> None:
        log.error("the streaming process ended")
        self._let_go()
        if self.on_gone is not None:
            self.on_gone()

    def _let_go(self) -> None:
        if self._link is not None:
            self._epoll.unregister(self._link.fileno())
            self._link.close()
        self._link = None
        self._orders.clear()

    def _bury(self) -> None:
        """The one before, which has closed its socket: it is ended and waited for, so that none stays a zombie."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        """It ends with its socket."""
        self._let_go()
        self._bury()
