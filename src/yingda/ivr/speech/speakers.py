"""Which engine speaks: the voices of the configuration in their order, espeak-ng behind them all.

A flow may name a voice. Otherwise the first of the language speaks; one that fails is followed by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.http_voice import HttpVoice
from yingda.ivr.speech.piper import Piper
from yingda.ivr.speech.sherpa import Sherpa
from yingda.ivr.speech.tts import FASTEST, ORDINARY_RATE, SLOWEST, Language, Synthesiser
from yingda.kernel.config.speech import Voice


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice at work. languages: those it speaks; rate: words a minute that are ordinary for it."""

    name: str
    languages: tuple[Language, ...]
    engine: Synthesiser
    speaker: str | None = None
    rate: int = ORDINARY_RATE

    def pace(self, rate: int) -> int:
        """What the engine is asked for where a prompt asks for `rate`."""
        return round(min(FASTEST, max(SLOWEST, rate * self.rate / ORDINARY_RATE)))


class Speakers:
    """All voices of a centre, in the order of preference."""

    def __init__(self, speakers: Iterable[Speaker]) -> None:
        self._speakers = tuple(speakers)

    @classmethod
    def only(cls, engine: Synthesiser) -> Speakers:
        """One engine for everything; it may be asked for its own voices by their names."""
        return cls([Speaker("", ("zh", "en"), engine)])

    def of(self, language: Language, voice: str | None) -> list[tuple[Speaker, str | None]]:
        """Who could speak, best first, with what the engine is to be asked for. A name nobody has means the language's
        usual voice, but for an engine's own names."""
        able = [one for one in self._speakers if language in one.languages]
        named = [one for one in able if voice and one.name == voice]
        others = [one for one in able if one not in named]
        own = None if named else voice
        return [(one, one.speaker) for one in named] + [
            (one, one.speaker or (own if not one.name else None)) for one in others
        ]

    def close(self) -> None:
        for one in self._speakers:
            one.engine.close()


def speakers_of(voices: Iterable[Voice], keys: Mapping[str, str], models: Path) -> Speakers:
    """The voices of a configuration. keys: by voice id. models: where relative model paths begin."""
    found = [
        Speaker(voice.name, (voice.language,), _engine(voice, keys, models), voice.speaker or None, voice.rate)
        for voice in voices
    ]
    return Speakers([*found, Speaker("", ("zh", "en"), Espeak())])


def _engine(voice: Voice, keys: Mapping[str, str], models: Path) -> Synthesiser:
    match voice.engine:
        case "piper":
            return Piper(voice.program, models / voice.model, voice.timeout_s)
        case "sherpa":
            return Sherpa(models / voice.model, voice.timeout_s)
        case "http":
            return HttpVoice(voice.url, keys.get(voice.id, ""), voice.timeout_s)
        case "espeak":
            return Espeak(voice.timeout_s)
