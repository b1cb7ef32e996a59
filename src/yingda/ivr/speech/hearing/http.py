"""A recogniser behind HTTP: a whole utterance goes there as WAV, its readings come back (docs/speech.md)."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

from yingda.ivr.speech.engine_process import BackOff
from yingda.ivr.speech.hearing.recogniser import Partial, Task, readings
from yingda.ivr.speech.http_voice import Stay
from yingda.ivr.speech.tts import wav_of
from yingda.ivr.voicexml.inputs import Hypothesis
from yingda.kernel.errors import YingdaError

MOST_BYTES = 1 << 20


class HttpRecogniser:
    """A Recogniser. key: sent as a bearer token, "" for none."""

    def __init__(self, name: str, url: str, key: str, rate: int, patience: float) -> None:
        self.name, self.rate = name, rate
        self._url, self._key, self._patience = url, key, patience
        self._opener = build_opener(Stay)
        self.back_off = BackOff()

    def prepare(self) -> None:
        """Nothing is loaded here."""

    def begin(self, task: Task, partial: Partial) -> _Utterance:
        self.back_off.check(self.name, time.monotonic())
        return _Utterance(self, task)

    async def close(self) -> None:
        """Nothing is kept between utterances."""

    def ask(self, task: Task, sound: bytes) -> tuple[Hypothesis, ...]:
        """Blocks. Raises OSError, ValueError, KeyError, TypeError."""
        joint = "&" if "?" in self._url else "?"
        url = f"{self._url}{joint}{urlencode({'language': task.language, 'nbest': task.nbest})}"
        headers = {"Content-Type": "audio/wav", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = Request(url, wav_of(sound, self.rate), headers, method="POST")
        with self._opener.open(request, timeout=self._patience) as answer:
            return readings(json.loads(answer.read(MOST_BYTES)), task.nbest)


class _Utterance:
    def __init__(self, recogniser: HttpRecogniser, task: Task) -> None:
        self._recogniser, self._task = recogniser, task
        self._sound = bytearray()

    def feed(self, samples: bytes) -> None:
        self._sound += samples

    async def finish(self) -> tuple[Hypothesis, ...]:
        recogniser = self._recogniser
        try:
            found = await asyncio.to_thread(recogniser.ask, self._task, bytes(self._sound))
        except (OSError, ValueError, KeyError, TypeError) as error:
            recogniser.back_off.failed(time.monotonic())
            raise YingdaError("recogniser_failed", f"The recogniser {_why(error)}.") from error
        recogniser.back_off.worked()
        return found

    def close(self) -> None:
        self._sound.clear()


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"answered {error.code}"
    if isinstance(error, TimeoutError) or (isinstance(error, URLError) and isinstance(error.reason, TimeoutError)):
        return "did not answer in time"
    return "cannot be reached" if isinstance(error, OSError) else "sent what cannot be read"
