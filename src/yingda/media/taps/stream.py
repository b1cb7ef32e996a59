"""One tap in the streamer: its WebSocket, what waits for it, and what came back and waits to be heard.

Out: binary messages of 20 ms, 16-bit little-endian. In: binary messages of any length in the same form, and texts. Of
the texts `{"type":"flush"}` forgets what waits to be heard, `{"type":"mark","name":…}` is sent back when everything
before it was heard; all others go to control.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import CloseCode

from yingda.media.g711 import DECODE, Law, encode
from yingda.media.taps import wire
from yingda.media.taps.ahead import Ahead
from yingda.media.taps.rates import Doubler, Halver

OUT_FRAMES = 100  # 2 s for a server that is slow; then the oldest are lost
IN_BYTES = 120 * 8_000  # two minutes of sound ahead; then the server has to wait
ATTEMPT_S, GIVE_UP_S = 5.0, 10.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0)
MAX_MESSAGE = 1 << 20


class RefusedError(Exception):
    """The server, or its address, will never do."""


class Stream:
    """`push` a frame to send, `take` those to hear; `run` until it is over. tell: what the media process shall know."""

    def __init__(self, order: wire.Open, tell: Callable[[wire.Message], None]) -> None:
        self._order, self._tell = order, tell
        self._out: deque[bytes] = deque(maxlen=OUT_FRAMES)
        self._texts: deque[str] = deque(maxlen=OUT_FRAMES)
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ahead = Ahead()
        self._odd = b""  # half a sample
        self._doubler, self._halver = Doubler(), Halver()

    # ---- the media process's side ----------------------------------------------------------------------------------

    def push(self, frame: bytes) -> None:
        """20 ms of what the leg says; 20 ms have passed."""
        self._out.append(frame)
        self._ready.set()

    def say(self, text: str) -> None:
        self._texts.append(text)
        self._ready.set()

    def take(self) -> list[bytes]:
        """Once a `push`: frames the leg shall hear now."""
        frames, marks = self._ahead.take()
        self._reached(marks)
        if len(self._ahead) < IN_BYTES:
            self._room.set()
        return frames

    def _reached(self, marks: list[str]) -> None:
        for name in marks:
            self.say(json.dumps({"type": "mark", "name": name}, ensure_ascii=False))

    def flush(self) -> None:
        """Forget what waits; its marks are over too."""
        self._reached(self._ahead.flush())
        self._odd = b""
        self._room.set()
        self._tell(wire.Flush(self._order.number))

    # ---- the server's side -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and again when it breaks, until it is over; says how it stands."""
        try:
            while await self._once():
                pass
        except RefusedError as refused:
            self._state("failed", str(refused))
        else:
            await self._ahead.heard()
            self._state("closed", "the server ended it")

    async def _once(self) -> bool:
        """One connection's life; whether there shall be another. Raises RefusedError."""
        connection = await self._connect()
        self._state("open", "")
        try:
            async with connection:
                await connection.send(self._order.hello)
                sending = asyncio.create_task(self._send(connection))
                try:
                    await self._receive(connection)
                finally:
                    sending.cancel()
                    with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                        await sending
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == CloseCode.NORMAL_CLOSURE:
                return False
            self._state("interrupted", _words(closed))
            await asyncio.sleep(PAUSES_S[0])
        return True

    async def _connect(self) -> ClientConnection:
        """Tried for GIVE_UP_S. Raises RefusedError."""
        loop = asyncio.get_running_loop()
        due = loop.time() + GIVE_UP_S
        pauses = deque(PAUSES_S)
        while True:
            try:
                return await connect(
                    self._order.url, additional_headers=self._order.headers, open_timeout=ATTEMPT_S,
                    compression=None, max_size=MAX_MESSAGE, ping_interval=5, ping_timeout=10, close_timeout=1,
                )  # fmt: skip
            except InvalidURI as error:
                raise RefusedError(f"{self._order.url} is not the address of a WebSocket") from error
            except InvalidStatus as error:
                status = error.response.status_code
                if status < 500:
                    raise RefusedError(f"the server refused with {status}") from error
                reason = f"the server answered {status}"
            except (OSError, TimeoutError, InvalidHandshake) as error:
                reason = str(error) or "the server did not answer in time"
            if loop.time() >= due:
                raise RefusedError(reason)
            await asyncio.sleep(pauses[0])
            if len(pauses) > 1:
                pauses.popleft()

    async def _send(self, connection: ClientConnection) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._texts:
                await connection.send(self._texts.popleft())
            while self._out:
                await connection.send(self._linear(self._out.popleft()))

    def _linear(self, frame: bytes) -> bytes:
        samples = DECODE[Law.MU][np.frombuffer(frame, np.uint8)]
        if self._order.rate == 16_000:
            doubled = self._doubler.take(samples.astype(np.float64))
            samples = np.clip(np.rint(doubled), -32_768, 32_767).astype(np.int16)
        linear: bytes = samples.astype("<i2").tobytes()
        return linear

    async def _receive(self, connection: ClientConnection) -> None:
        while True:
            message = await connection.recv()
            if isinstance(message, bytes):
                self._hear(message)
                if len(self._ahead) >= IN_BYTES:
                    self._room.clear()
                    await self._room.wait()
            else:
                self._read(message)

    def _hear(self, message: bytes) -> None:
        data = self._odd + message
        whole = len(data) // 2 * 2
        self._odd = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2")
        if self._order.rate == 16_000:
            halved = self._halver.take(samples.astype(np.float64))
            samples = np.clip(np.rint(halved), -32_768, 32_767).astype(np.int16)
        self._ahead.feed(encode(np.ascontiguousarray(samples, np.int16), Law.MU))

    def _read(self, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        kind = body.get("type") if isinstance(body, dict) else None
        if kind == "flush":
            self.flush()
        elif kind == "mark" and isinstance(body, dict):
            self._ahead.mark(str(body.get("name", ""))[:200])
        else:
            self._tell(wire.Text(self._order.number, text))

    def _state(self, state: str, reason: str) -> None:
        self._tell(wire.State(self._order.number, state, reason))


def _words(closed: ConnectionClosed) -> str:
    frame = closed.rcvd
    if frame is None:
        return "the connection broke"
    return f"the server ended it with {frame.code}{': ' + frame.reason if frame.reason else ''}"
