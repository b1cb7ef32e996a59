"""Speech by piper with the user's model, over its command line: piper is GPL software and runs as a program of its own.

Loading a model takes longer than speaking with it. So one piper waits with its model loaded for the next text: it gets
the text as a line, says it as raw PCM16 and ends, while its successor loads. Speaker and rate are given at the start:
the one that waits is like the last one. Both piper 1.2 and its successor understand these options.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path

from yingda.ivr.speech.engine_process import BackOff, Incoming, end_process
from yingda.ivr.speech.sound import spoken_wav
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, check_request, model_mark
from yingda.kernel.errors import YingdaError

ORDINARY_HZ = 22_050


class Piper:
    """A Synthesiser. program: piper's executable; model: its .onnx file, with the .onnx.json beside it."""

    def __init__(self, program: str, model: Path, patience: float = 10) -> None:
        self._program, self._model, self._patience = program, model, patience
        self._lock = threading.Lock()
        self._back_off = BackOff()
        self._ready: subprocess.Popen[bytes] | None = None
        self._ready_for = ("", ORDINARY_RATE)

    @property
    def name(self) -> str:
        return f"piper {model_mark(self._model)}"

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        check_request(text, rate)
        with self._lock:
            self._back_off.check("piper", time.monotonic())
            try:
                raw = self._said(" ".join(text.split()), voice or "", rate)
            except (OSError, TimeoutError, EOFError) as error:
                self._end()
                self._back_off.failed(time.monotonic())
                words = f"did not answer in {self._patience:g} s" if isinstance(error, TimeoutError) else "broke"
                raise YingdaError("speech_failed", f"piper {words}.") from error
            self._back_off.worked()
        return spoken_wav(raw, self._sample_rate())

    def close(self) -> None:
        with self._lock:
            self._end()

    def _said(self, text: str, speaker: str, rate: int) -> bytes:
        deadline = time.monotonic() + self._patience
        process = self._take(speaker, rate)
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(text.encode() + b"\n")
            process.stdin.close()
            raw = Incoming(process.stdout.fileno(), deadline).whole()
            if process.wait(max(0.1, deadline - time.monotonic())) != 0:
                raise EOFError
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        finally:
            end_process(process)
        self._ready, self._ready_for = self._start(speaker, rate), (speaker, rate)
        return raw

    def _take(self, speaker: str, rate: int) -> subprocess.Popen[bytes]:
        """The piper that waits, if it is like this and still there."""
        process, self._ready = self._ready, None
        if process is not None:
            if self._ready_for == (speaker, rate) and process.poll() is None:
                return process
            end_process(process)
        return self._start(speaker, rate)

    def _start(self, speaker: str, rate: int) -> subprocess.Popen[bytes]:
        command = [self._program, "--model", str(self._model), "--output-raw"]
        command += ["--length-scale", f"{ORDINARY_RATE / rate:.3f}"] if rate != ORDINARY_RATE else []
        command += ["--speaker", speaker] if speaker else []
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    def _end(self) -> None:
        process, self._ready = self._ready, None
        if process is not None:
            end_process(process)

    def _sample_rate(self) -> int:
        """As the model's own description says."""
        try:
            description = json.loads(self._model.with_name(f"{self._model.name}.json").read_bytes())
            return int(description["audio"]["sample_rate"])
        except (OSError, ValueError, KeyError, TypeError):
            return ORDINARY_HZ
