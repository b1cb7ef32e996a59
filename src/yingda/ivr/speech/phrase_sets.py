"""Recorded phrase sets: made by an engine, taken from a speaker's recordings, and checked.

prompts/phrases/<language>/<word>.wav    8 kHz mono PCM16, level and silence alike in all of them

A set is used as soon as it is there (`ivr/running/sounds.py`); a word that it lacks is spoken by the engine.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import miniaudio
import numpy as np

from yingda.ivr.speech.files import decoded_file
from yingda.ivr.speech.phrase_words import spoken_form, words_of
from yingda.ivr.speech.shelf import write_whole
from yingda.ivr.speech.sound import SPEECH_DBFS, active_level, spoken_wav, trimmed
from yingda.ivr.speech.tts import SAMPLE_RATE, Language, Samples, from_wav, to_wav
from yingda.kernel.errors import YingdaError

KEPT_MS: Final[dict[Language, int]] = {"zh": 15, "en": 35}
"""Silence kept at each end: syllables of a Chinese number follow one another closely, English words do not."""
RATE: Final = 170
"""Words a minute at which an engine says single words: a little faster than speech, for they stand alone."""
LONGEST_S: Final = 3.0
SILENT_DBFS: Final = -45.0
OFF_DB: Final = 6.0
QUIET_END_MS: Final = 200
CLIPPED, CLIPPED_RUN = 32_700, 4


def folder_of(prompts: Path, language: Language) -> Path:
    return prompts / "phrases" / language


def listing(language: Language) -> str:
    """The set as a list for whoever records it: CSV of word, file and what to say."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["word", "file", "say"])
    writer.writerows([word, f"{word}.wav", spoken_form(word)] for word in words_of(language))
    return out.getvalue()


def make(prompts: Path, language: Language, speak: Callable[[str], bytes], *, again: bool = False) -> int:
    """Have an engine say every word that is not there yet, or all of them `again`. Returns how many it said.

    speak: the WAV file of a text. Raises YingdaError `speech_…`, `prompt_not_kept`.
    """
    folder, made = folder_of(prompts, language), 0
    for word in words_of(language):
        path = folder / f"{word}.wav"
        if again or not path.is_file():
            _keep(path, _trimmed(from_wav(speak(spoken_form(word))), language))
            made += 1
    return made


def take(prompts: Path, language: Language, recordings: Path) -> int:
    """Take a speaker's recordings (<word>.wav, also .mp3 or .flac, at any rate) into the set. Returns how many.

    Raises YingdaError `phrases_none`, `prompt_format`, `prompt_not_kept`.
    """
    taken = 0
    for word in words_of(language):
        source = next(
            (path for end in ("wav", "flac", "mp3") if (path := recordings / f"{word}.{end}").is_file()), None
        )
        if source is not None:
            _keep(folder_of(prompts, language) / f"{word}.wav", _trimmed(_recorded(source), language))
            taken += 1
    if not taken:
        raise YingdaError(
            "phrases_none", f"No file in {recordings} is named as a word of the set.", todo="See: yingda phrases list"
        )
    return taken


def _recorded(source: Path) -> Samples:
    try:
        return from_wav(spoken_wav(*decoded_file(source.read_bytes())))
    except (OSError, ValueError, miniaudio.MiniaudioError, YingdaError) as error:
        raise YingdaError("prompt_format", f"The recording cannot be read: {error}.", where=str(source)) from error


def _trimmed(samples: Samples, language: Language) -> Samples:
    return trimmed(samples, KEPT_MS[language])


def _keep(path: Path, samples: Samples) -> None:
    try:
        write_whole(path, to_wav(samples))
    except OSError as error:
        raise YingdaError(
            "prompt_not_kept", f"The word cannot be written: {error.strerror}.", where=str(path)
        ) from error


# ---- checking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a word of a set. code: missing, format, silent, clipped, level, long or slow."""

    word: str
    code: str
    sentence: str


def check(prompts: Path, language: Language) -> list[Fault]:
    """Every fault of a set, in the order of its words."""
    folder = folder_of(prompts, language)
    return [fault for word in words_of(language) for fault in _faults(word, folder / f"{word}.wav")]


def _faults(word: str, path: Path) -> Iterable[Fault]:
    if not path.is_file():
        yield Fault(word, "missing", f"{word}: there is no {path.name}.")
        return
    try:
        samples = from_wav(path.read_bytes())
    except (OSError, YingdaError) as error:
        yield Fault(word, "format", f"{word}: {error}")
        return
    level = _dbfs(active_level(samples / 32_768))
    if level < SILENT_DBFS:
        yield Fault(word, "silent", f"{word}: nothing can be heard.")
        return
    if _longest_run(np.abs(samples.astype(np.int32)) >= CLIPPED) >= CLIPPED_RUN:
        yield Fault(word, "clipped", f"{word}: it was recorded too loud and is clipped.")
    if abs(level - SPEECH_DBFS) > OFF_DB:
        yield Fault(word, "level", f"{word}: its level is {level:.0f} dBFS; {SPEECH_DBFS:.0f} is wanted.")
    if samples.size > LONGEST_S * SAMPLE_RATE:
        yield Fault(word, "long", f"{word}: it is longer than {LONGEST_S:g} s.")
    quiet = (samples.size - trimmed(samples, 0).size) * 1_000 // SAMPLE_RATE
    if quiet > QUIET_END_MS:
        yield Fault(word, "slow", f"{word}: there are {quiet} ms of silence at its ends.")


def _dbfs(level: float) -> float:
    return 20 * float(np.log10(max(level, 1e-6)))


def _longest_run(loud: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))
