"""A stream of sound over HTTP that a leg hears: music of a broadcaster, a file elsewhere (MP3, WAV, FLAC, Vorbis).

A thread reads and decodes (miniaudio), two seconds ahead at most. What breaks is tried again as a tap is.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import miniaudio
import numpy as np

from yingda.media.g711 import Law, encode
from yingda.media.taps import wire
from yingda.media.taps.ahead import Ahead

RATE = 8_000
AHEAD_BYTES = 2 * RATE
READ_FRAMES = RATE // 10
TIMEOUT_S, GIVE_UP_S, PAUSE_S = 5.0, 10.0, 0.5
FORMATS = {
    "audio/mpeg": miniaudio.FileFormat.MP3, "audio/mp3": miniaudio.FileFormat.MP3,
    "audio/wav": miniaudio.FileFormat.WAV, "audio/x-wav": miniaudio.FileFormat.WAV,
    "audio/flac": miniaudio.FileFormat.FLAC, "audio/ogg": miniaudio.FileFormat.VORBIS,
}  # fmt: skip


class _Body(miniaudio.StreamableSource):  # type: ignore[misc]  # the package has no types
    """A response's body for the decoder."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response

    def read(self, num_bytes: int) -> bytes:
        return self._response.read(num_bytes)


class Radio:
    """As `stream.Stream`; what the leg says goes nowhere."""

    def __init__(self, order: wire.Open, tell: Callable[[wire.Message], None]) -> None:
        self._order, self._tell = order, tell
        self._ahead = Ahead()
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._over = False

    def push(self, frame: bytes) -> None:
        """Nobody listens."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def take(self) -> list[bytes]:
        with self._lock:
            frames, _ = self._ahead.take()
            if len(self._ahead) < AHEAD_BYTES:
                self._room.set()
        return frames

    def flush(self) -> None:
        with self._lock:
            self._ahead.flush()
        self._room.set()
        self._tell(wire.Flush(self._order.number))

    async def run(self) -> None:
        """Until the sound has ended, or cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            state, reason = await asyncio.to_thread(self._play, lambda: loop.call_soon_threadsafe(self._opened))
            await self._ahead.heard()
        finally:
            self._over = True
            self._room.set()
        self._tell(wire.State(self._order.number, state, reason))

    def _opened(self) -> None:
        self._tell(wire.State(self._order.number, "open", ""))

    # ---- in the thread ---------------------------------------------------------------------------------------------

    def _play(self, opened: Callable[[], object]) -> tuple[str, str]:
        """The last state and its reason."""
        due, reason = time.monotonic() + GIVE_UP_S, ""
        while not self._over and time.monotonic() < due:
            try:
                with self._get() as body:
                    kind = FORMATS.get(body.headers.get_content_type())
                    if kind is None:
                        return "failed", f"{body.headers.get_content_type()} cannot be played"
                    opened()
                    self._decode(body, kind)
                return "closed", "the sound has ended"
            except HTTPError as error:
                if error.code < 500:
                    return "failed", f"the server refused with {error.code}"
                reason = f"the server answered {error.code}"
            except miniaudio.DecodeError:
                return "failed", "the sound cannot be decoded"
            except (OSError, HTTPException, ValueError) as error:
                reason = str(error)
            time.sleep(PAUSE_S)
        return "failed", reason

    def _get(self) -> HTTPResponse:
        request = Request(self._order.url, headers=self._order.headers)
        return cast(HTTPResponse, urlopen(request, timeout=TIMEOUT_S))

    def _decode(self, body: HTTPResponse, kind: miniaudio.FileFormat) -> None:
        pieces = miniaudio.stream_any(
            _Body(body), kind, output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE,
            frames_to_read=READ_FRAMES,
        )  # fmt: skip
        for piece in pieces:
            law = encode(np.frombuffer(piece, np.int16), Law.MU)
            with self._lock:
                self._ahead.feed(law)
                full = len(self._ahead) >= AHEAD_BYTES
                if full:
                    self._room.clear()
            if full:
                self._room.wait()
            if self._over:
                return
