"""What a speech engine is to the rest of the house, and the sound format all prompts share: 8 kHz mono PCM16 WAV."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from yingda.kernel.errors import YingdaError

SAMPLE_RATE = 8_000
LONGEST_TEXT = 5_000
SLOWEST, FASTEST = 80, 400
ORDINARY_RATE = 160

Language = Literal["zh", "en"]
Samples = npt.NDArray[np.int16]


class Synthesiser(Protocol):
    """Turns text into speech. May be called from any thread; blocks for as long as it takes."""

    @property
    def name(self) -> str:
        """Engine and version: part of the cache's key, so that a better engine speaks the prompts anew."""
        ...

    def synthesise(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> bytes:
        """`text` spoken, as a WAV file (8 kHz, mono, PCM16). rate: words a minute. voice: None is the language's own.

        Raises YingdaError `speech_text` (nothing to say, or too much of it), `speech_voice`, `speech_failed`,
        `speech_resting`.
        """
        ...

    def close(self) -> None:
        """Let go of its process; it is started again when something is to be said."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """A Synthesiser whose speech can be heard before all of it is there."""

    def stream(
        self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE
    ) -> Iterator[Samples]:
        """As `synthesise`, in portions (N samples at 8 kHz each) as they come. Blocks between them; raises the same,
        also in the middle."""
        ...


def check_request(text: str, rate: int) -> None:
    """Refuse what no engine should be asked."""
    if not text.strip():
        raise YingdaError("speech_text", "There is no text to speak.")
    if len(text) > LONGEST_TEXT:
        raise YingdaError("speech_text", f"The text to speak is longer than {LONGEST_TEXT} characters.")
    if not SLOWEST <= rate <= FASTEST:
        raise YingdaError(
            "speech_text", f"The speaking rate must be {SLOWEST} to {FASTEST} words a minute, not {rate}."
        )


def model_mark(model: Path) -> str:
    """A model's name with a mark of its size and time: another one under the same name speaks the prompts anew."""
    try:
        status = model.stat()
    except OSError:
        return model.name
    return f"{model.name} {hashlib.sha256(f'{status.st_size} {status.st_mtime_ns}'.encode()).hexdigest()[:8]}"


def to_wav(samples: Samples) -> bytes:
    """A WAV file of samples (N) at 8 kHz."""
    return wav_of(samples.astype("<i2").tobytes(), SAMPLE_RATE)


def wav_of(pcm: bytes, rate: int) -> bytes:
    """PCM16 of one channel as a WAV file."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return body.getvalue()


def from_wav(raw: bytes) -> Samples:
    """The samples (N) of an 8 kHz mono PCM16 WAV file. Raises YingdaError `prompt_format` for any other."""
    try:
        with wave.open(io.BytesIO(raw), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise YingdaError("prompt_format", f"This is not a WAV file: {error or 'it ends too early'}.") from error
    if shape != (1, 2, SAMPLE_RATE):
        raise YingdaError("prompt_format", "A prompt must be a WAV file of 8 kHz, mono, 16 bit.")
    return np.frombuffer(frames[: len(frames) // 2 * 2], dtype="<i2").astype(np.int16)
