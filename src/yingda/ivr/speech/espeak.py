"""Speech by espeak-ng, which runs in a process of its own (`espeak_process`) that is started when first needed."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence

from yingda.ivr.speech.engine_process import EngineProcess
from yingda.ivr.speech.sound import spoken_wav
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, check_request

VOICES: dict[Language, str] = {"zh": "cmn", "en": "en-us"}
PROGRAM = (sys.executable, "-m", "yingda.ivr.speech.espeak_process")


class Espeak:
    """A Synthesiser. patience: seconds a request may take. program: what to run (tests put another in its place)."""

    def __init__(self, patience: float = 60, program: Sequence[str] = PROGRAM) -> None:
        self.process = EngineProcess("espeak-ng", patience, program)

    @property
    def name(self) -> str:
        return f"espeak-ng {importlib.metadata.version('espeakng-loader')}"

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        check_request(text, rate)
        sample_rate, raw = self.process.ask({"text": text, "voice": voice or VOICES[language], "rate": rate})
        return spoken_wav(raw, sample_rate)

    def close(self) -> None:
        """End the process."""
        self.process.close()
