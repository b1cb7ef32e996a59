"""Server and client of the bus for asyncio planes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from yingda.kernel.bus.frames import Decoder, Failure, Message, Push, Reply, Request, Subscribe, encode
from yingda.kernel.bus.sockets import credentials, listening_socket
from yingda.kernel.errors import YingdaError

__all__ = ["Answered", "BusClient", "BusServer", "Handler", "Peer"]

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5
_SWEEP_S = 0.1
_LARGEST_BACKLOG = 32 << 20
"""Bytes a subscriber may leave unread before it is cut off; it reconnects and starts from a snapshot."""


class _Link(asyncio.Protocol):
    """One connection: bytes to messages and back."""

    def __init__(
        self,
        made: Callable[[_Link, asyncio.Transport], None],
        receive: Callable[[_Link, Message], None],
        lost: Callable[[_Link], None],
    ) -> None:
        self._made, self._receive, self._lost = made, receive, lost
        self._decoder = Decoder()
        self._frames: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)  # uvloop's own is no subclass
        self.transport = stream
        self._made(self, stream)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.receive(data)
        except YingdaError as error:
            log.error("a connection of the bus is cut: %s", error)
            self.cut()
            return
        for message in messages:
            self._receive(self, message)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._lost(self)

    def send(self, frame: bytes) -> None:
        """Hand over a frame; when the other side is gone or does not read, it is lost.

        What is sent in one turn of the loop goes in one write: each would wake the other process.
        """
        if self.transport is None or self.transport.is_closing():
            return
        self._frames.append(frame)
        if len(self._frames) == 1:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        frames, self._frames = self._frames, []
        if self.transport is None or self.transport.is_closing() or not frames:
            return
        self.transport.write(b"".join(frames))
        if self.transport.get_write_buffer_size() > _LARGEST_BACKLOG:
            log.error("a connection of the bus is cut: the other side does not read")
            self.cut()

    def cut(self) -> None:
        """End it; what was sent before goes as far as it can."""
        if self.transport is not None:
            self._write()
            self.transport.abort()


class Peer:
    """A client as its server sees it. pid, uid: of its process."""

    def __init__(self, link: _Link, pid: int, uid: int) -> None:
        self._link = link
        self.pid, self.uid = pid, uid
        self.topics: set[str] = set()

    def push(self, topic: str, body: object = None) -> None:
        """To this client alone, whatever it subscribed to."""
        self._link.send(encode(Push(topic, body)))


Answered = Callable[[Any, YingdaError | None], None]
"""Takes a result, or a refusal beside None."""

Handler = Callable[[str, Any, Peer], Awaitable[object]]
"""Answers a request (method, body, who asks): the result, or a YingdaError. Requests begin in the order they came."""


class BusServer:
    """Listens at `path` and lets `handler` answer. gone: told when a client has left."""

    def __init__(self, path: Path, handler: Handler, *, gone: Callable[[Peer], None] | None = None) -> None:
        self._path, self._handler, self._gone = path, handler, gone
        self._peers: dict[_Link, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def start(self) -> None:
        """Raises YingdaError: bus_in_use, bus_path."""
        listener = listening_socket(self._path)
        self._inode = self._path.stat().st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Link(self._welcome, self._receive, self._lost), sock=listener
        )

    def publish(self, topic: str, body: object = None) -> None:
        """Push to every subscriber of the topic. Raises YingdaError if the body cannot be carried."""
        frame = encode(Push(topic, body))
        for link, peer in list(self._peers.items()):
            if topic in peer.topics:
                link.send(frame)

    async def close(self) -> None:
        """Stop listening, cut every client, stop what is being answered."""
        if self._server is None:
            return
        self._server.close()
        for link in list(self._peers):
            link.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None
        if self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()

    def _receive(self, link: _Link, message: Message) -> None:
        peer = self._peers[link]
        if isinstance(message, Subscribe):
            peer.topics.add(message.topic)
        elif isinstance(message, Request):
            task = asyncio.get_running_loop().create_task(self._answer(link, peer, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            log.error("a connection of the bus is cut: a client sent a %s", type(message).__name__)
            link.cut()

    def _welcome(self, link: _Link, transport: asyncio.Transport) -> None:
        self._peers[link] = Peer(link, *credentials(transport.get_extra_info("socket")))

    def _lost(self, link: _Link) -> None:
        peer = self._peers.pop(link)
        if self._gone is not None:
            _tell(self._gone, peer)

    async def _answer(self, link: _Link, peer: Peer, request: Request) -> None:
        try:
            frame = encode(Reply(request.id, await self._handler(request.method, request.body, peer)))
        except YingdaError as refusal:
            frame = encode(Failure(request.id, refusal.as_dict()))
        except Exception:  # a fault of ours: the log has it all, the client must not wait for ever
            log.exception("the request %s failed", request.method)
            sentence = f"The request {request.method} failed inside; the log says why."
            frame = encode(Failure(request.id, YingdaError("internal_error", sentence).as_dict()))
        link.send(frame)


def _tell(callback: Callable[..., None], *about: object) -> None:
    """A listener's fault is logged and does not harm the connection."""
    try:
        callback(*about)
    except Exception:
        log.exception("a listener of the bus failed")


class BusClient:
    """Speaks to the server at `path`, and reconnects for as long as it is open.

    connected: told after each connection, when the subscriptions are in force again: take a snapshot then, and no push
    is missed. lost: told after each loss.
    """

    def __init__(
        self,
        path: Path,
        *,
        connected: Callable[[], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> None:
        self._path, self._on_connected, self._on_lost = path, connected, lost
        self._ids = itertools.count(1)
        self._waiting: dict[int, Answered] = {}
        self._limits: dict[int, tuple[float, str, float]] = {}  # of `request`: (due, method, timeout)
        self._callbacks: dict[str, list[Callable[[Any], None]]] = {}
        self._link: _Link | None = None
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._runner: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return self._link is not None

    async def start(self, timeout: float | None = None) -> None:
        """Begin to connect; with a timeout (s), wait until it is done. Raises YingdaError("plane_unreachable")."""
        if self._runner is None:
            self._runner = asyncio.get_running_loop().create_task(self._stay_connected())
        if timeout is not None:
            await self.wait_connected(timeout)

    async def wait_connected(self, timeout: float) -> None:
        """Raises YingdaError("plane_unreachable") when it takes longer than `timeout` s."""
        try:
            async with asyncio.timeout(timeout):
                await self._up.wait()
        except TimeoutError:
            raise self._unreachable("nobody answers") from None

    async def call(self, method: str, body: object = None, timeout: float = 5.0) -> Any:
        """The result. Raises what the server raised; plane_unreachable at once while there is no connection, or when it
        breaks before the answer (then nobody knows whether it was carried out); plane_timeout after `timeout` s.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answered(result: Any, refusal: YingdaError | None) -> None:
            if future.done():
                return  # the caller has given up
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)

        number = self._ask(method, body, answered)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise self._too_late(method, timeout) from None
        finally:
            self._waiting.pop(number, None)

    def request(self, method: str, body: object, answered: Answered, timeout: float = 5.0) -> None:
        """`call` for the hot path, without a task: `answered` gets the result, or what `call` would have raised.

        Raises YingdaError plane_unreachable while there is no connection. A time-out may come a tenth of a second late.
        """
        number = self._ask(method, body, answered)
        loop = asyncio.get_running_loop()
        self._limits[number] = (loop.time() + timeout, method, timeout)
        if len(self._limits) == 1:
            loop.call_later(_SWEEP_S, self._sweep)

    def _ask(self, method: str, body: object, answered: Answered) -> int:
        if self._link is None:
            raise self._unreachable("there is no connection")
        number = next(self._ids)
        frame = encode(Request(number, method, body))
        self._waiting[number] = answered
        self._link.send(frame)
        return number

    def _sweep(self) -> None:
        """Give up the requests whose time is over: one timer for all, for nearly all are answered in a millisecond."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._limits = {number: limit for number, limit in self._limits.items() if number in self._waiting}
        for number, (due, method, timeout) in list(self._limits.items()):
            if now >= due:
                del self._limits[number]
                _tell(self._waiting.pop(number), None, self._too_late(method, timeout))
        if self._limits:
            loop.call_later(_SWEEP_S, self._sweep)

    def _too_late(self, method: str, timeout: float) -> YingdaError:
        return YingdaError("plane_timeout", f"{method} was not answered within {timeout:g} s.", where=str(self._path))

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Call back with the body of every push of the topic, now and after every reconnection."""
        self._callbacks.setdefault(topic, []).append(callback)
        if self._link is not None:
            self._link.send(encode(Subscribe(topic)))

    async def close(self) -> None:
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
            self._runner = None
        if self._link is not None:
            self._link.cut()
            await self._down.wait()

    async def _stay_connected(self) -> None:
        pause = _FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_unix_connection(
                    lambda: _Link(self._welcome, self._receive, self._lost), str(self._path)
                )
            except OSError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            pause = _FIRST_PAUSE_S
            await self._down.wait()

    def _welcome(self, link: _Link, transport: asyncio.Transport) -> None:
        self._link = link
        self._down.clear()
        for topic in self._callbacks:
            link.send(encode(Subscribe(topic)))
        self._up.set()
        if self._on_connected is not None:
            _tell(self._on_connected)

    def _lost(self, link: _Link) -> None:
        self._link = None
        self._up.clear()
        self._down.set()
        waiting, self._waiting = self._waiting, {}
        for answered in waiting.values():
            _tell(answered, None, self._unreachable("the connection broke before the answer came"))
        if self._on_lost is not None:
            _tell(self._on_lost)

    def _receive(self, link: _Link, message: Message) -> None:
        if isinstance(message, Push):
            for callback in self._callbacks.get(message.topic, ()):
                _tell(callback, message.body)
            return
        if not isinstance(message, (Reply, Failure)):
            log.error("a connection of the bus is cut: a server sent a %s", type(message).__name__)
            link.cut()
            return
        answered = self._waiting.pop(message.id, None)
        if answered is None:
            return  # too late: the caller has given up
        if isinstance(message, Reply):
            _tell(answered, message.body, None)
        else:
            _tell(answered, None, YingdaError.from_dict(message.error))

    def _unreachable(self, why: str) -> YingdaError:
        return YingdaError("plane_unreachable", f"The plane cannot be reached: {why}.", where=str(self._path))
