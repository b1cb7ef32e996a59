"""The far end of a tap, for bots and speech engines written in Python (docs/api.md, "Sound as a stream").

async def echo(talk: Talk) -> None:
    async for heard in talk:
        if isinstance(heard, bytes):
            await talk.say(heard)

async with listening(echo, token="…") as url:
    ...
"""

from __future__ import annotations

import http
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response


@dataclass(frozen=True, slots=True)
class Digit:
    """The leg pressed a key."""

    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything said before this mark was heard, or forgotten."""

    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """What control has to say."""

    text: str


Heard = bytes | Digit | Mark | Told
"""bytes: 20 ms of the leg, 16-bit little-endian at the tap's rate."""


class Talk:
    """One connection of a tap. tap, leg: their ids; rate: samples a second, both ways; side: said or heard."""

    def __init__(self, connection: ServerConnection, start: dict[str, Any]) -> None:
        self._connection = connection
        self.tap, self.leg = str(start["tap"]), str(start["leg"])
        self.rate, self.side = int(start["rate"]), str(start["side"])

    async def __aiter__(self) -> AsyncIterator[Heard]:
        """What comes, until the tap is closed or its connection breaks."""
        async for message in self._connection:
            yield message if isinstance(message, bytes) else _meaning(message)

    async def say(self, sound: bytes) -> None:
        """Into the leg's ear, as much as there is; waits while two minutes are ahead. Silent once the tap is gone."""
        await self._send(sound)

    async def flush(self) -> None:
        """Forget what is not heard yet."""
        await self._send(json.dumps({"type": "flush"}))

    async def mark(self, name: str) -> None:
        """A `Mark` comes when everything said so far was heard."""
        await self._send(json.dumps({"type": "mark", "name": name}, ensure_ascii=False))

    async def tell(self, text: str) -> None:
        """To control, such as what was understood."""
        await self._send(text)

    async def _send(self, message: bytes | str) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed:
            return


def _meaning(text: str) -> Digit | Mark | Told:
    try:
        body = json.loads(text)
    except ValueError:
        return Told(text)
    match body:
        case {"type": "digit", "digit": str(digit), "duration_ms": int(duration_ms)}:
            return Digit(digit, duration_ms)
        case {"type": "mark", "name": str(name)}:
            return Mark(name)
        case _:
            return Told(text)


@asynccontextmanager
async def listening(
    talk: Callable[[Talk], Awaitable[None]], host: str = "127.0.0.1", port: int = 0, token: str = ""
) -> AsyncIterator[str]:
    """A server whose address is for `tap.open`; `talk` runs for each connection, and ends the tap when it returns.

    port: 0 for any. token: who does not send it (`Authorization: Bearer`) is answered with 401.
    """

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        if token and request.headers.get("Authorization") != f"Bearer {token}":
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "A token is needed.\n")
        return None

    async def met(connection: ServerConnection) -> None:
        try:
            start = json.loads(await connection.recv())
            known = Talk(connection, start)
        except (ConnectionClosed, ValueError, KeyError, TypeError):
            await connection.close(CloseCode.PROTOCOL_ERROR, "The first message of a tap is its start.")
            return
        await talk(known)

    async with serve(met, host, port, process_request=admit, compression=None) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://{host}:{bound}/"
