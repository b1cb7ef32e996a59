"""`yingda phrases`: recorded phrase sets from the command line, with the voices of the configuration in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yingda.ivr.speech import phrase_sets
from yingda.ivr.speech.phrase_sets import Fault
from yingda.ivr.speech.speakers import Speakers, speakers_of
from yingda.ivr.speech.tts import Language
from yingda.kernel.config import credentials, versions
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.personal import load_key
from yingda.kernel.store import migrate, open_store, reading
from yingda.planes.options import Options, prepare_folders


def make(folder: Path, database: str | None, language: Language, voice: str | None, *, again: bool) -> int:
    """Have a voice say the words of a set. voice: its name, None for the language's usual one. Returns how many.

    Raises YingdaError `speech_…` of that voice: a set is one voice's, so no other speaks for it.
    """
    options = _options(folder, database)
    with _speakers(options) as speakers:
        speaker, own = speakers.of(language, voice)[0]

        def speak(text: str) -> bytes:
            return speaker.engine.synthesise(text, language, own, speaker.pace(phrase_sets.RATE))

        return phrase_sets.make(options.prompts, language, speak, again=again)


def take(folder: Path, language: Language, recordings: Path) -> int:
    """Take a speaker's recordings."""
    return phrase_sets.take(_options(folder, None).prompts, language, recordings)


def check(folder: Path, language: Language) -> list[Fault]:
    return phrase_sets.check(_options(folder, None).prompts, language)


def _options(folder: Path, database: str | None) -> Options:
    options = Options(data=str(folder.resolve()), database=database)
    prepare_folders(options)
    return options


@contextmanager
def _speakers(options: Options) -> Iterator[Speakers]:
    store = open_store(options.database or options.folder)
    try:
        migrate(store)
        with reading(store.business) as connection:
            version = versions.current(connection)
            keys, _ = credentials.speech_keys(connection, Sealer(load_key(options.folder)))
    finally:
        store.close()
    speakers = speakers_of(version.centre.voices if version else (), keys, options.models)
    try:
        yield speakers
    finally:
        speakers.close()
