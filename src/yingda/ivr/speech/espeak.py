"""Speech by espeak-ng, which runs in a process of its own (see `espeak_process`) that is started when first needed.

When that process dies or hangs, the request in hand is refused with `speech_failed` and the next one starts a new one.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from yingda.ivr.speech.sound import resample, to_speech_level
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, check_request, to_wav
from yingda.kernel.errors import YingdaError

VOICES: dict[Language, str] = {"zh": "cmn", "en": "en-us"}
PROGRAM = (sys.executable, "-m", "yingda.ivr.speech.espeak_process")
MOST_BYTES = 256 << 20


class Espeak:
    """A Synthesiser. patience: seconds a request may take. program: what to run (tests put another in its place)."""

    def __init__(self, patience: float = 60, program: Sequence[str] = PROGRAM) -> None:
        self._patience = patience
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return f"espeak-ng {importlib.metadata.version('espeakng-loader')}"

    @property
    def pid(self) -> int | None:
        """The process in use, if one runs."""
        return self._process.pid if self._process else None

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        check_request(text, rate)
        request = {"text": text, "voice": voice or VOICES[language], "rate": rate}
        with self._lock:
            sample_rate, raw = self._ask(request)
        if not raw:
            raise YingdaError("speech_text", "There is nothing in this text that can be spoken.")
        samples = np.frombuffer(raw, "<i2").astype(np.float64) / 32_768
        return to_wav(to_speech_level(resample(samples, sample_rate)))

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, Any]) -> tuple[int, bytes]:
        """(sampling rate, PCM16). A fault on the way ends the process, so that no answer meets the wrong request."""
        try:
            process = self._running()
            deadline = time.monotonic() + self._patience
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            incoming = _Incoming(process.stdout.fileno(), deadline)
            header = json.loads(incoming.line())
            if "error" in header:
                raise YingdaError(str(header["error"]), str(header["sentence"]))
            return int(header["rate"]), incoming.exactly(min(int(header["bytes"]), MOST_BYTES))
        except TimeoutError as error:
            self._end()
            raise YingdaError("speech_failed", f"The speech engine did not answer in {self._patience:g} s.") from error
        except (OSError, EOFError, ValueError, KeyError) as error:
            self._end()
            raise YingdaError("speech_failed", "The speech engine stopped while it was speaking.") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was left to write has nobody to read it
                    pipe.close()


class _Incoming:
    """Reads from a pipe until a deadline (monotonic seconds). Raises EOFError, TimeoutError."""

    def __init__(self, handle: int, deadline: float) -> None:
        self._handle = handle
        self._deadline = deadline
        self._held = bytearray()

    def line(self) -> bytes:
        while b"\n" not in self._held:
            self._more()
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        return line

    def exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            self._more()
        return bytes(self._held[:count])

    def _more(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not select.select([self._handle], [], [], left)[0]:
            raise TimeoutError
        chunk = os.read(self._handle, 1 << 16)
        if not chunk:
            raise EOFError
        self._held += chunk
