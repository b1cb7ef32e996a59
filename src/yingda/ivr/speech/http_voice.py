"""Speech by an HTTP service: the text goes there as JSON, sound comes back (docs/speech.md has the contract).

    POST url   {"text", "language", "voice", "rate"}   Authorization: Bearer KEY
    200        audio/wav, audio/mpeg, audio/flac, audio/L16;rate=16000 or audio/basic

There is no second try: a caller waits, and another voice can speak.
"""

from __future__ import annotations

import hashlib
import json
import time
from email.message import Message
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import miniaudio
import numpy as np

from yingda.ivr.speech.engine_process import BackOff
from yingda.ivr.speech.files import decoded_file
from yingda.ivr.speech.sound import spoken_wav
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, check_request
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import DECODE, Law

MOST_BYTES = 16 << 20
BASIC_HZ, L16_HZ = 8_000, 16_000


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
        except (URLError, OSError, ValueError, miniaudio.MiniaudioError, YingdaError) as error:
            self._back_off.failed(time.monotonic())
            raise YingdaError("speech_failed", f"The speech service {_why(error, self._patience)}.") from error
        self._back_off.worked()
        return wav

    def close(self) -> None:
        """Nothing is kept between requests."""

    def _ask(self, body: dict[str, str | int]) -> tuple[bytes, int]:
        """(PCM16, sampling rate)"""
        headers = {"Content-Type": "application/json", "Accept": "audio/wav, audio/mpeg, audio/L16, audio/basic"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = Request(self._url, json.dumps(body, ensure_ascii=False).encode(), headers, method="POST")
        deadline = time.monotonic() + self._patience
        data = bytearray()
        with self._opener.open(request, timeout=self._patience) as answer:
            while chunk := answer.read1(1 << 16):
                data += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError
                if len(data) > MOST_BYTES:
                    raise ValueError("too much sound")
            return decoded(bytes(data), answer.headers)


def decoded(data: bytes, headers: Message) -> tuple[bytes, int]:
    """(PCM16 of one channel, sampling rate) of a body as its Content-Type says. Raises ValueError, MiniaudioError."""
    kind = headers.get_content_type()
    rate = headers.get_param("rate")
    if kind == "audio/l16":  # RFC 3190, 4.1: network byte order
        return np.frombuffer(data[: len(data) // 2 * 2], ">i2").astype("<i2").tobytes(), int(str(rate or L16_HZ))
    if kind == "audio/basic":  # RFC 2046, 4.2: µ-law
        return DECODE[Law.MU][np.frombuffer(data, np.uint8)].astype("<i2").tobytes(), int(str(rate or BASIC_HZ))
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
    if isinstance(error, OSError):
        return "broke off"
    return "sent nothing that can be played"
