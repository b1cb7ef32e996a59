"""Where the taps of callers in flows connect: a WebSocket server on loopback, each ear behind a token of its own.

Media opens a tap for a leg when its flow first listens (docs/api.md, "Sound as a stream") and sends 20 ms at a time.
"""

from __future__ import annotations

import http
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from yingda.ivr.speech.hearing.ear import Ear, Keep, Tell
from yingda.ivr.speech.hearing.recogniser import Recogniser
from yingda.ivr.voicexml.inputs import Heard, SpeechStarted

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
Candidates = Callable[[str], Sequence[Recogniser]]


@dataclass(frozen=True, slots=True)
class Opened:
    """An ear, and how its leg's tap is opened."""

    ear: Ear
    url: str
    token: str
    rate: int


class Ears:
    """All ears of the flows plane. `use` another configuration's recognisers whenever one is in force."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._by_token: dict[str, Ear] = {}
        self._recognisers: dict[str, list[Recogniser]] = {}
        self._utterances: Counter[str] = Counter()

    async def start(self) -> None:
        self._server = await serve(self._connected, HOST, 0, process_request=self._admit, compression=None)

    async def close(self) -> None:
        for ear in self._by_token.values():
            ear.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await self._let_go(self._recognisers)

    async def use(self, recognisers: dict[str, list[Recogniser]]) -> None:
        """Recognisers by language, best first."""
        old, self._recognisers = self._recognisers, recognisers
        for found in recognisers.values():
            for one in found:
                one.prepare()
        await self._let_go(old)

    @staticmethod
    async def _let_go(recognisers: dict[str, list[Recogniser]]) -> None:
        for found in recognisers.values():
            for one in found:
                await one.close()

    def candidates(self, language: str) -> Sequence[Recogniser]:
        return self._recognisers.get(language.lower().partition("-")[0], ())

    def open(self, tell: Tell, keep: Keep | None = None) -> Opened | None:
        """An ear for a caller; None where nobody understands anything."""
        everybody = [one for found in self._recognisers.values() for one in found]
        if self._server is None or not everybody:
            return None
        rate = max(one.rate for one in everybody)
        token = secrets.token_urlsafe(24)

        def counted(event: SpeechStarted | Heard) -> None:
            if isinstance(event, Heard):
                self._utterances["too_long" if event.too_long else "read" if event.hypotheses else "nothing"] += 1
            tell(event)

        ear = self._by_token[token] = Ear(rate, self.candidates, counted, keep)
        port = next(iter(self._server.sockets)).getsockname()[1]
        return Opened(ear, f"ws://{HOST}:{port}/", token, rate)

    def shut(self, opened: Opened) -> None:
        """Its caller has left the flow."""
        opened.ear.close()
        self._by_token.pop(opened.token, None)

    def metrics(self) -> str:
        """For Prometheus (text exposition format 0.0.4)."""
        name = "yingda_utterances_total"
        lines = [f"# HELP {name} What recognisers made of what callers said in flows.", f"# TYPE {name} counter"]
        lines += [f'{name}{{result="{one}"}} {self._utterances[one]}' for one in ("read", "nothing", "too_long")]
        return "\n".join(lines) + "\n"

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._of(request) is None:
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "There is no such ear.\n")
        return None

    def _of(self, request: Request) -> Ear | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._by_token.get(token) if scheme == "Bearer" else None

    async def _connected(self, connection: ServerConnection) -> None:
        request = connection.request
        ear = self._of(request) if request is not None else None
        if ear is None:
            return
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    ear.take(message)
        except ConnectionClosed:
            log.info("the sound of a caller in a flow broke off")
