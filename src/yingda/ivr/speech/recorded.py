"""Phrases that somebody has recorded, by name and language: what `<audio src="phrase:NAME">` plays (docs/flows.md).

prompts/recorded/<language>/<name>.wav                   what callers hear: 8 kHz mono PCM16, at speech level, trimmed
prompts/recorded/<language>/.versions/<name>/<n>.wav     every recording of it that there was
prompts/recorded/<language>/.versions/<name>/<n>.json    where that one came from (`Origin`)
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import miniaudio
import numpy as np

from yingda.ivr.speech.files import decoded_file
from yingda.ivr.speech.shelf import write_whole
from yingda.ivr.speech.sound import active_level, spoken_wav, trimmed
from yingda.ivr.speech.tts import SAMPLE_RATE, Language, Samples, from_wav, to_wav
from yingda.kernel.errors import YingdaError

SCHEME: Final = "phrase:"
NAME: Final = r"[\w\u3400-\u9fff][\w\u3400-\u9fff-]{0,63}"
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
SHORTEST_S: Final = 0.2
LONGEST_S: Final = 60.0
QUIETEST: Final = 10 ** (-50 / 20)  # of full scale, in the parts that are speech
CLIPPED: Final = 0.01  # share of samples at full scale
KEPT_MS: Final = 60
_VOICES = re.compile(
    rf"<!--.*?-->|(?P<begin><voice\b[^>]*(?<!/)>)|(?P<end></voice\s*>)|(?<=[\"'])(?P<phrase>{SCHEME}{NAME})(?=[\"'])",
    re.S,
)
_VOICE_NAME = re.compile(r"\bname\s*=\s*([\"'])(?P<name>.*?)\1")
_WANTED = re.compile(rf"(?<=[\"']){SCHEME}({NAME})(?=[\"'])")


How = Literal["recorded", "uploaded", "spoken", "returned", ""]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a recording came from. by: a user's id; at: µs UTC, 0: unknown.

    text, voice: of what an engine said; of: the version that was put back.
    """

    how: How = ""
    by: str = ""
    at: int = 0
    text: str = ""
    voice: str = ""
    of: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """One recording that there was."""

    number: int
    duration_ms: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase in one language. versions: their numbers, the newest last."""

    name: str
    language: Language
    duration_ms: int
    versions: tuple[int, ...]


def find(prompts: Path, name: str, language: Language) -> Path | None:
    """The file of a phrase: in this language, or else in the other; None where there is neither."""
    if re.fullmatch(NAME, name) is None:
        return None
    others = [one for one in LANGUAGES if one != language]
    files = (_file(prompts, name, one) for one in (language, *others))
    return next((file for file in files if file.is_file()), None)


def every(prompts: Path) -> Iterator[Phrase]:
    """All phrases, by language and name."""
    for language in LANGUAGES:
        for file in sorted(_folder(prompts, language).glob("*.wav")):
            yield Phrase(file.stem, language, _length_ms(file), tuple(_numbers(prompts, file.stem, language)))


def history(prompts: Path, name: str, language: Language) -> list[Version]:
    """Every recording of a phrase, the newest first."""
    folder = _versions(prompts, name, language)
    numbers = reversed(_numbers(prompts, name, language))
    return [Version(one, _length_ms(folder / f"{one}.wav"), _origin(folder / f"{one}.json")) for one in numbers]


def named_in(text: str) -> frozenset[str]:
    """The phrases that a document's text names."""
    return frozenset(_WANTED.findall(text))


def voice_around(text: str, name: str) -> str:
    """The voice that a document speaks with where it names a phrase: of the nearest <voice> around it, else of its
    first one; "" where it chooses none."""
    inside, first, wanted = list[str](), "", f"{SCHEME}{name}"
    for tag in _VOICES.finditer(text):
        if tag["phrase"] == wanted and any(inside):
            return next(one for one in reversed(inside) if one)
        if tag["begin"]:
            named = _VOICE_NAME.search(tag["begin"])
            inside.append(named["name"] if named else "")
            first = first or inside[-1]
        elif tag["end"] and inside:
            inside.pop()
    return first


def converted(raw: bytes) -> Samples:
    """A WAV, MP3 or FLAC file as it is kept.

    Raises YingdaError: phrase_format, phrase_silent, phrase_clipped, phrase_length.
    """
    try:
        sound, rate = decoded_file(raw)
    except (ValueError, miniaudio.MiniaudioError) as error:
        words = "The file is no sound that can be read; WAV, MP3 and FLAC can."
        raise YingdaError("phrase_format", words) from error
    samples = np.frombuffer(sound, "<i2")
    _check_length(samples.size / rate if rate else 0.0)
    if active_level(samples / 32_768) < QUIETEST:
        raise YingdaError("phrase_silent", "Nothing can be heard in this recording.", todo="Check the microphone.")
    if np.mean(np.abs(samples.astype(np.int32)) >= 32_700) > CLIPPED:
        words = "The recording is too loud and distorted."
        raise YingdaError("phrase_clipped", words, todo="Record it again from farther away.")
    kept = trimmed(from_wav(spoken_wav(sound, rate)), KEPT_MS)
    _check_length(kept.size / SAMPLE_RATE)
    return kept


def keep(prompts: Path, name: str, language: Language, samples: Samples, origin: Origin | None = None) -> Phrase:
    """Put a recording in force as the next version. Raises YingdaError `phrase_name`, `prompt_not_kept`."""
    if re.fullmatch(NAME, name) is None:
        raise YingdaError("phrase_name", "A phrase is named with letters, digits, - and _.", where="name")
    number = max(_numbers(prompts, name, language), default=0) + 1
    wav = to_wav(samples)
    try:
        versions = _versions(prompts, name, language)
        write_whole(versions / f"{number}.json", json.dumps(asdict(origin or Origin()), ensure_ascii=False).encode())
        write_whole(versions / f"{number}.wav", wav)
        write_whole(_file(prompts, name, language), wav)
    except OSError as error:
        raise YingdaError("prompt_not_kept", f"The phrase cannot be written: {error.strerror}.") from error
    return next(one for one in every(prompts) if (one.name, one.language) == (name, language))


def sound(prompts: Path, name: str, language: Language, number: int = 0) -> bytes | None:
    """The file of a phrase in exactly this language; number: of a version, 0 for the one in force."""
    if re.fullmatch(NAME, name) is None:
        return None
    file = _versions(prompts, name, language) / f"{number}.wav" if number else _file(prompts, name, language)
    return file.read_bytes() if file.is_file() else None


def remove(prompts: Path, name: str, language: Language) -> None:
    """Take a phrase away with its versions. One that is not there is gone already."""
    _file(prompts, name, language).unlink(missing_ok=True)
    shutil.rmtree(_versions(prompts, name, language), ignore_errors=True)


def _length_ms(file: Path) -> int:
    return max(0, file.stat().st_size - 44) // 2 * 1_000 // SAMPLE_RATE


def _origin(file: Path) -> Origin:
    """Unknown for a recording that was put there by hand."""
    try:
        return Origin(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return Origin()


def _check_length(seconds: float) -> None:
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise YingdaError("phrase_length", f"A phrase lasts {SHORTEST_S:g} to {LONGEST_S:g} s, not {seconds:.1f} s.")


def _folder(prompts: Path, language: Language) -> Path:
    return prompts / "recorded" / language


def _file(prompts: Path, name: str, language: Language) -> Path:
    return _folder(prompts, language) / f"{name}.wav"


def _versions(prompts: Path, name: str, language: Language) -> Path:
    return _folder(prompts, language) / ".versions" / name


def _numbers(prompts: Path, name: str, language: Language) -> list[int]:
    files = _versions(prompts, name, language).glob("*.wav")
    return sorted(int(file.stem) for file in files if file.stem.isdigit())
