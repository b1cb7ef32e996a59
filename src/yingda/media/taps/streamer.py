"""The process that speaks WebSocket for a media process: `python -m yingda.media.taps.streamer FD`.

FD is its end of a packet socket (wire.py). It ends with that socket. It asks for no real-time scheduling: what waits
here is a speech engine's sound, not a call's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from yingda.media.taps import wire
from yingda.media.taps.stream import Stream

if TYPE_CHECKING:
    from yingda.media.taps.radio import Radio

MAX_WAITING = 1_000


class Streamer:
    """All streams, by their numbers."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._streams: dict[int, Stream | Radio] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Until the media process is gone."""
        asyncio.get_running_loop().add_reader(self._link.fileno(), self._read)
        await self._over.wait()

    def _read(self) -> None:
        while True:
            try:
                packet = self._link.recv(wire.MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._over.set()
                return
            self._obey(wire.decode(packet))

    def _obey(self, message: wire.Message) -> None:
        if isinstance(message, wire.Sound):
            self._pass_on(message)
            return
        if isinstance(message, wire.Open):
            stream = self._streams[message.number] = _stream(message, self._tell)
            task = self._tasks[message.number] = asyncio.get_running_loop().create_task(stream.run())
            task.add_done_callback(lambda _: self._forget(message.number))
            return
        stream_known = self._streams.get(message.number)
        if stream_known is None:
            return
        if isinstance(message, wire.Close):
            self._tasks[message.number].cancel()
        elif isinstance(message, wire.Flush):
            stream_known.flush()
        elif isinstance(message, wire.Text):
            stream_known.say(message.text)

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
        self._tasks.pop(number, None)

    def _pass_on(self, sound: wire.Sound) -> None:
        back: list[tuple[int, bytes]] = []
        for number, frame in sound.frames:
            stream = self._streams.get(number)
            if stream is not None:
                stream.push(frame)
                back += [(number, heard) for heard in stream.take()]
        if back:
            self._tell(wire.Sound(back))
        self._send()

    def _tell(self, message: wire.Message) -> None:
        self._waiting.append(wire.encode(message))
        self._send()

    def _send(self) -> None:
        """In order; what the socket does not take now waits for the next 20 ms."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self._waiting:
                self._link.send(self._waiting[0])
                self._waiting.popleft()


def _stream(order: wire.Open, tell: Callable[[wire.Message], None]) -> Stream | Radio:
    if not order.url.startswith(("http://", "https://")):
        return Stream(order, tell)
    from yingda.media.taps.radio import Radio  # its decoder is loaded with the first such stream

    return Radio(order, tell)


def main(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    link = socket.socket(fileno=fd)
    link.setblocking(False)
    asyncio.run(_serve(link))


async def _serve(link: socket.socket) -> None:
    await Streamer(link).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
