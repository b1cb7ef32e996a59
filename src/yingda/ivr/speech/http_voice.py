"""Speech by an HTTP service: the text goes there as JSON, sound comes back (docs/speech.md has the contract).

    POST url   {"text", "language", "voice", "rate"}   Authorization: Bearer KEY
    200        audio/wav, audio/mpeg, audio/flac, audio/L16;rate=16000 or audio/basic

What comes as audio/L16, audio/basic or WAV of PCM16 is heard as it comes (`stream`). There is no second try: a caller
waits, and another voice can speak.
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPException, HTTPResponse, IncompleteRead
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import miniaudio
import numpy as np

from yingda.ivr.speech.engine_process import BackOff
from yingda.ivr.speech.files import decoded_file
from yingda.ivr.speech.sound import Portions, spoken_wav
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, Samples, check_request
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import DECODE, Law

MOST_BYTES = 16 << 20
BASIC_HZ, L16_HZ = 8_000, 16_000
MOST_HEADER = 4_096
LONGEST_STREAM_S = 300.0
"""Of speech that is heard while it comes; between two chunks of it lies no more than `patience`."""


class Stay(HTTPRedirectHandler):
    """A key is never carried to another address."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # urllib's own form
        return None


class HttpVoice:
    """A Synthesiser. key: what the service wants as its bearer token, "" for none."""

    def __init__(self, url: str, key: str = "", patience: float = 10) -> None:
        self._url, self._key, self._patience = url, key, patience
        self._opener = build_opener(Stay)
        self._back_off = BackOff()

    @property
    def name(self) -> str:
        return f"http {hashlib.sha256(self._url.encode()).hexdigest()[:8]}"

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        check_request(text, rate)
        self._back_off.check("The speech service", time.monotonic())
        try:
            wav = spoken_wav(*self._ask({"text": text, "language": language, "voice": voice or "", "rate": rate}))
        except (URLError, OSError, HTTPException, ValueError, miniaudio.MiniaudioError, YingdaError) as error:
            self._back_off.failed(time.monotonic())
            raise YingdaError("speech_failed", f"The speech service {_why(error, self._patience)}.") from error
        self._back_off.worked()
        return wav

    def stream(
        self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE
    ) -> Iterator[Samples]:
        check_request(text, rate)
        self._back_off.check("The speech service", time.monotonic())
        body: dict[str, str | int] = {"text": text, "language": language, "voice": voice or "", "rate": rate}
        try:
            with self._open(body) as answer:
                yield from _portions(self._chunks(answer, LONGEST_STREAM_S), answer.headers)
        except (URLError, OSError, HTTPException, ValueError, miniaudio.MiniaudioError, YingdaError) as error:
            self._back_off.failed(time.monotonic())
            raise YingdaError("speech_failed", f"The speech service {_why(error, self._patience)}.") from error
        self._back_off.worked()

    def close(self) -> None:
        """Nothing is kept between requests."""

    def _ask(self, body: dict[str, str | int]) -> tuple[bytes, int]:
        """(PCM16, sampling rate)"""
        with self._open(body) as answer:
            return decoded(b"".join(self._chunks(answer, self._patience)), answer.headers)

    def _open(self, body: dict[str, str | int]) -> HTTPResponse:
        headers = {"Content-Type": "application/json", "Accept": "audio/wav, audio/mpeg, audio/L16, audio/basic"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = Request(self._url, json.dumps(body, ensure_ascii=False).encode(), headers, method="POST")
        answer: HTTPResponse = self._opener.open(request, timeout=self._patience)
        return answer

    @staticmethod
    def _chunks(answer: HTTPResponse, within_s: float) -> Iterator[bytes]:
        deadline, size = time.monotonic() + within_s, 0
        while chunk := answer.read1(1 << 16):
            size += len(chunk)
            if time.monotonic() > deadline:
                raise TimeoutError
            if size > MOST_BYTES:
                raise ValueError("too much sound")
            yield chunk
        if answer.length:
            raise IncompleteRead(b"", answer.length)


def _portions(chunks: Iterator[bytes], headers: Message) -> Iterator[Samples]:
    """What can be heard before it is whole, as it comes; of other kinds all in the end."""
    held = bytearray()
    portions: Portions | None = None
    kind, width = headers.get_content_type(), 1 if headers.get_content_type() == "audio/basic" else 2
    for chunk in chunks:
        held += chunk
        if portions is None:
            begun = _beginning(bytes(held), headers)
            if begun is None:
                continue
            portions = Portions(begun[0])
            del held[: begun[1]]
        even = len(held) // width * width
        portion = portions.more(_linear(bytes(held[:even]), kind))
        del held[:even]
        if portion is not None:
            yield portion
    if portions is None:
        raw, rate = decoded(bytes(held), headers)
        portions, kind, held = Portions(rate), "", bytearray(raw)
    rest = portions.more(_linear(bytes(held[: len(held) // width * width]), kind), last=True)
    if rest is not None and rest.size:
        yield rest


def _beginning(data: bytes, headers: Message) -> tuple[int, int] | None:
    """(sampling rate, bytes before the first sample); None while that cannot be said, or if it is no such kind."""
    kind, rate = headers.get_content_type(), headers.get_param("rate")
    if kind in ("audio/l16", "audio/basic"):
        return int(str(rate or (L16_HZ if kind == "audio/l16" else BASIC_HZ))), 0
    at = data.find(b"data", 12, MOST_HEADER)
    if data[:4] != b"RIFF" or data[12:16] != b"fmt " or at < 0 or len(data) < at + 8:
        return None
    form, channels, hertz, _, _, bits = struct.unpack_from("<HHIIHH", data, 20)
    return (hertz, at + 8) if (form, channels, bits) == (1, 1, 16) and hertz else None


def _linear(data: bytes, kind: str) -> bytes:
    """As PCM16, little-endian."""
    if kind == "audio/l16":  # RFC 3190, 4.1: network byte order
        return np.frombuffer(data, ">i2").astype("<i2").tobytes()
    if kind == "audio/basic":  # RFC 2046, 4.2: µ-law
        samples: Samples = DECODE[Law.MU][np.frombuffer(data, np.uint8)].astype("<i2")
        return samples.tobytes()
    return data


def decoded(data: bytes, headers: Message) -> tuple[bytes, int]:
    """(PCM16 of one channel, sampling rate) of a body as its Content-Type says. Raises ValueError, MiniaudioError."""
    kind = headers.get_content_type()
    rate = headers.get_param("rate")
    if kind == "audio/l16":
        return _linear(data[: len(data) // 2 * 2], kind), int(str(rate or L16_HZ))
    if kind == "audio/basic":
        return _linear(data, kind), int(str(rate or BASIC_HZ))
    if not kind.startswith("audio/") and kind != "application/octet-stream":
        raise ValueError(f"{kind} is no sound")
    return decoded_file(data)


def _why(error: Exception, patience: float) -> str:
    if isinstance(error, HTTPError):
        return f"answered {error.code}"
    if isinstance(error, TimeoutError) or (isinstance(error, URLError) and isinstance(error.reason, TimeoutError)):
        return f"did not answer in {patience:g} s"
    if isinstance(error, URLError):
        return "cannot be reached"
    if isinstance(error, OSError | HTTPException):
        return "broke off"
    return "sent nothing that can be played"
