"""The command socket: requests in, results and reports out, inside the media loop (the bus's frames, no asyncio).

A request's method is a command's tag, its body the command. `reports.resume` {epoch, instance, after} makes the
connection control's: the reports newer than `after` follow, then each new one as it comes (topic `reports`, body
{instance, report}). While no such connection stands, the legs are orphans. A newer one takes the reports over.
`ping` is answered as every plane answers it.
"""

from __future__ import annotations

import logging
import select
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from yingda import __version__
from yingda.kernel.bus.frames import Decoder, Failure, Message, Push, Reply, Request, Subscribe, encode
from yingda.kernel.bus.sockets import listening_socket
from yingda.kernel.clock import MS
from yingda.kernel.errors import StartError, YingdaError
from yingda.media.commands import Commands
from yingda.media.engine import Engine
from yingda.media.pending import Pending
from yingda.media.protocol import REPORTS_TOPIC, AnyCommand, AnyReport, ReportsResumed, ResumeReports

log = logging.getLogger(__name__)

MAX_WAITING = 32 << 20
HELD = 10 * MS
"""So long, and to the engine's next tick, an answer that nobody waits for may wait for another: writes wake control."""


class _Asked(msgspec.Struct, frozen=True):
    """A union inside a struct: msgspec keeps what it knows of structs, and works a bare union out anew every time."""

    value: AnyCommand | ResumeReports


class _Connection:
    """One client's socket and what waits in each direction."""

    def __init__(self, one: socket.socket) -> None:
        self.socket = one
        self.fd = one.fileno()
        self.decoder = Decoder()
        self.waiting = bytearray()
        self.gathering = False  # what is read together is answered together
        self.full = False  # the other side must read before we can go on
        self.held_at = 0  # since when nothing is in `waiting` but answers that nobody waits for
        self.closed = False


class CommandServer:
    """Listens on a Unix socket. `handle(fd, mask)` for descriptors in `watches`."""

    def __init__(
        self, path: Path, engine: Engine, commands: Commands, epoll: select.epoll, now: Callable[[], int]
    ) -> None:
        self._path, self._engine, self._commands, self._epoll, self._now = path, engine, commands, epoll, now
        self._connections: dict[int, _Connection] = {}
        self._subscriber: _Connection | None = None
        self._listener = _listen(path)
        self._inode = path.stat().st_ino
        self._since = now()
        epoll.register(self._listener.fileno(), select.EPOLLIN)
        engine.reports.on_report = self._push
        engine.control_present(False, now())

    def watches(self, fd: int) -> bool:
        return fd in self._connections or fd == self._listener.fileno()

    def handle(self, fd: int, mask: int) -> None:
        if fd == self._listener.fileno():
            self._accept()
            return
        connection = self._connections[fd]
        if mask & select.EPOLLOUT:
            self._flush(connection)
        if mask & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and not connection.closed:
            self._read(connection)

    def _accept(self) -> None:
        one, _ = self._listener.accept()
        one.setblocking(False)
        connection = _Connection(one)
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, select.EPOLLIN)

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        connection.gathering = True
        try:
            for message in connection.decoder.receive(data):
                self._serve(connection, message)
        except YingdaError as error:
            log.error("a connection of the bus is cut: %s", error)
            self._close(connection)
        connection.gathering = False
        if connection.waiting and not (connection.held_at or connection.full or connection.closed):
            self._flush(connection)

    def _serve(self, connection: _Connection, message: Message) -> None:
        if isinstance(message, Subscribe):
            return  # `reports.resume` is what brings reports: it says from where on
        if not isinstance(message, Request):
            self._close(connection)
            return
        answered = partial(self._answer, connection, message.id)
        if message.method == "ping":
            answered({"plane": "media", "version": __version__, "since": self._since, "now": self._now()})
            return
        try:
            command = _command(message.method, message.body)
            if isinstance(command, ResumeReports):
                self._resume(connection, message.id, command)
                return
            answer = self._commands.execute(command, self._now())
        except YingdaError as error:
            answered(error)
            return
        if isinstance(answer, Pending):
            answer.then(answered)
        elif command.unhurried:
            self._hold(connection, Reply(message.id, answer))
        else:
            answered(answer)

    def _answer(self, connection: _Connection, number: int, outcome: object) -> None:
        if isinstance(outcome, YingdaError):
            self._send(connection, Failure(number, outcome.as_dict()))
        else:
            self._send(connection, Reply(number, outcome))

    def _resume(self, connection: _Connection, number: int, command: ResumeReports) -> None:
        """The answer, then everything kept that the client has not seen."""
        self._commands.fence(command.epoch)
        reports = self._engine.reports
        after = command.after if command.instance == reports.instance else 0
        previous, self._subscriber = self._subscriber, connection
        if previous is not None and previous is not connection:
            self._close(previous)
        self._engine.control_present(True, self._now())
        self._answer(connection, number, ReportsResumed(instance=reports.instance, last=reports.last))
        for report in reports.after(after):
            self._push(report)

    def _push(self, report: AnyReport) -> None:
        if self._subscriber is not None:
            self._send(
                self._subscriber, Push(REPORTS_TOPIC, {"instance": self._engine.reports.instance, "report": report})
            )

    def _hold(self, connection: _Connection, message: Message) -> None:
        """Send it with the next that somebody waits for."""
        if not connection.waiting:
            connection.held_at = self._now()
        connection.waiting += encode(message)

    def handle_timer(self, now: int) -> None:
        """What was held for long enough goes without another."""
        for connection in list(self._connections.values()):
            if connection.held_at and now - connection.held_at >= HELD:
                self._flush(connection)

    def _send(self, connection: _Connection, message: Message) -> None:
        if connection.closed:
            return
        connection.held_at = 0
        connection.waiting += encode(message)
        if len(connection.waiting) > MAX_WAITING:
            self._close(connection)
        elif not connection.gathering and not connection.full:
            self._flush(connection)

    def _flush(self, connection: _Connection) -> None:
        connection.held_at = 0
        try:
            while connection.waiting:
                del connection.waiting[: connection.socket.send(connection.waiting)]
        except BlockingIOError:
            connection.full = True
            self._epoll.modify(connection.fd, select.EPOLLIN | select.EPOLLOUT)
            return
        except OSError:
            self._close(connection)
            return
        if connection.full:
            connection.full = False
            self._epoll.modify(connection.fd, select.EPOLLIN)

    def _close(self, connection: _Connection) -> None:
        if connection.closed:
            return
        connection.closed = True
        self._epoll.unregister(connection.fd)
        del self._connections[connection.fd]
        connection.socket.close()
        if connection is self._subscriber:
            self._subscriber = None
            self._engine.control_present(False, self._now())

    def close(self) -> None:
        for connection in list(self._connections.values()):
            self._close(connection)
        self._epoll.unregister(self._listener.fileno())
        self._listener.close()
        if self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()


def _command(method: str, body: object) -> AnyCommand | ResumeReports:
    fields = body if isinstance(body, dict) else {}
    try:
        return msgspec.convert({"value": {**fields, "type": method}}, _Asked).value
    except msgspec.ValidationError as error:
        where = str(error).replace("$.value", "$")
        raise YingdaError("command_wrong", f"The command {method!r} is not understood: {where}.") from error


def _listen(path: Path) -> socket.socket:
    try:
        return listening_socket(path)
    except YingdaError as error:
        raise StartError(error.code, error.sentence, where=error.where, todo=error.todo) from error
