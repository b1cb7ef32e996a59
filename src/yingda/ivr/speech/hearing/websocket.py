"""A recogniser behind a WebSocket, in the manner of vosk-server (docs/speech.md has the protocol).

One connection an utterance: {"config": …}, its sound in binary messages, {"eof": 1}. The server says {"partial": text}
as it understands, and readings when it is sure; the last ones after the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from yingda.ivr.speech.engine_process import BackOff
from yingda.ivr.speech.hearing.jsgf import vocabulary
from yingda.ivr.speech.hearing.recogniser import Partial, Task, readings
from yingda.ivr.voicexml.inputs import Hypothesis
from yingda.kernel.errors import YingdaError

MOST_MESSAGE = 1 << 20


class WebSocketRecogniser:
    """A Recogniser. key: sent as a bearer token, "" for none. patience: seconds for its last result."""

    def __init__(self, name: str, url: str, key: str, rate: int, patience: float) -> None:
        self.name, self.rate = name, rate
        self.url, self.patience = url, patience
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.back_off = BackOff()

    def prepare(self) -> None:
        """Nothing is loaded here."""

    def begin(self, task: Task, partial: Partial) -> _Utterance:
        self.back_off.check(self.name, time.monotonic())
        return _Utterance(self, task, partial)

    async def close(self) -> None:
        """Nothing is kept between utterances."""


class _Utterance:
    def __init__(self, recogniser: WebSocketRecogniser, task: Task, partial: Partial) -> None:
        self._recogniser, self._task, self._partial = recogniser, task, partial
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._found: list[tuple[Hypothesis, ...]] = []
        self._run = asyncio.get_running_loop().create_task(self._talk())

    def feed(self, samples: bytes) -> None:
        self._out.put_nowait(samples)

    async def finish(self) -> tuple[Hypothesis, ...]:
        recogniser = self._recogniser
        self._out.put_nowait(None)
        try:
            async with asyncio.timeout(recogniser.patience):
                await self._run
        except (OSError, TimeoutError, WebSocketException, ValueError, KeyError, TypeError) as error:
            recogniser.back_off.failed(time.monotonic())
            raise YingdaError("recogniser_failed", f"The recogniser {_why(error, recogniser.patience)}.") from error
        recogniser.back_off.worked()
        return together(self._found)

    def close(self) -> None:
        if not self._run.cancel() and not self._run.cancelled():
            self._run.exception()  # seen: nobody asks for it any more

    async def _talk(self) -> None:
        recogniser = self._recogniser
        async with connect(
            recogniser.url, additional_headers=recogniser.headers, open_timeout=recogniser.patience,
            compression=None, max_size=MOST_MESSAGE, close_timeout=1,
        ) as connection:  # fmt: skip
            await connection.send(json.dumps({"config": self._config()}, ensure_ascii=False))
            sending = asyncio.create_task(self._send(connection))
            try:
                async for message in connection:
                    self._read(json.loads(message))
            finally:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketException):
                    await sending

    async def _send(self, connection: ClientConnection) -> None:
        while (samples := await self._out.get()) is not None:
            await connection.send(samples)
        await connection.send(json.dumps({"eof": 1}))

    def _config(self) -> dict[str, Any]:
        task = self._task
        config = {"sample_rate": self._recogniser.rate, "language": task.language, "words": True}
        phrases = vocabulary(task.grammars)
        more = {"max_alternatives": task.nbest} if task.nbest > 1 else {}
        return config | more | ({"phrase_list": phrases} if phrases else {})

    def _read(self, message: Any) -> None:
        if isinstance(message, dict) and "partial" in message:
            before = [found[0].text for found in self._found]
            self._partial(" ".join([*before, str(message["partial"])]).strip())
        elif isinstance(message, dict) and "error" in message:
            raise ValueError(str(message["error"])[:200])
        elif found := readings(message, self._task.nbest):
            self._found.append(found)


def together(found: list[tuple[Hypothesis, ...]]) -> tuple[Hypothesis, ...]:
    """The readings of an utterance that the server cut in pieces: the best of each, as sure as the least sure."""
    if len(found) == 1:
        return found[0]
    bests = [readings_of_piece[0] for readings_of_piece in found]
    if not bests:
        return ()
    return (Hypothesis(" ".join(best.text for best in bests), min(best.confidence for best in bests)),)


def _why(error: Exception, patience: float) -> str:
    if isinstance(error, TimeoutError):
        return f"did not answer in {patience:g} s"
    if isinstance(error, InvalidHandshake):
        return "refused the connection"
    if isinstance(error, OSError):
        return "cannot be reached"
    if isinstance(error, WebSocketException):
        return "broke off"
    return "sent what cannot be read"
