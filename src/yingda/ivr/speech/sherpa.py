"""Speech by sherpa-onnx with the user's model, in a process of its own: `pip install yingda[speech]`.

The package is loaded there alone, so that a model that takes the process down costs one prompt.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from yingda.ivr.speech.engine_process import EngineProcess
from yingda.ivr.speech.sound import spoken_wav
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, check_request, model_mark

PROGRAM = (sys.executable, "-m", "yingda.ivr.speech.sherpa_process")


class Sherpa:
    """A Synthesiser. model: the folder of a VITS, Matcha or Kokoro model as sherpa-onnx publishes them."""

    def __init__(self, model: Path, patience: float = 10, program: Sequence[str] = PROGRAM) -> None:
        self._model = model
        self.process = EngineProcess("sherpa-onnx", patience, (*program, str(model)))

    @property
    def name(self) -> str:
        return f"sherpa-onnx {model_mark(self._model)}"

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        check_request(text, rate)
        speaker = int(voice) if voice and voice.isdecimal() else 0
        sample_rate, raw = self.process.ask({"text": text, "speaker": speaker, "speed": rate / ORDINARY_RATE})
        return spoken_wav(raw, sample_rate)

    def close(self) -> None:
        self.process.close()
