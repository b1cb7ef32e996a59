"""Where phrases are kept, one after another, and a text is spoken beforehand with a voice of the centre."""

from __future__ import annotations

import threading

from yingda.ivr.speech import recorded
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.recorded import Origin, Phrase
from yingda.ivr.speech.speakers import Speakers, speakers_of
from yingda.ivr.speech.tts import Language, from_wav
from yingda.kernel.config import credentials
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.personal import load_key
from yingda.kernel.store import Store, reading
from yingda.server.deps import Site
from yingda.server.directory import Directory
from yingda.server.refusals import not_found


class Booth:
    """Engines start with the first text, and anew when another configuration is in force."""

    def __init__(self, options: Site) -> None:
        self._options, self._turn = options, threading.Lock()
        self._cache: PromptCache | None = None
        self._version = 0

    def say(self, text: str, language: Language, voice: str, directory: Directory, store: Store) -> bytes:
        """A WAV file. voice: by its name; "": the usual one of the language. Raises YingdaError `speech_…`."""
        with self._turn:
            if self._cache is None:
                self._cache = PromptCache(self._options.prompts, self._speakers(directory, store))
            elif self._version != directory.version:
                self._cache.use(self._speakers(directory, store))
            self._version, cache = directory.version, self._cache
        return cache.spoken(text, language, voice or None).read_bytes()

    def _speakers(self, directory: Directory, store: Store) -> Speakers:
        with reading(store.business) as connection:
            keys, _ = credentials.speech_keys(connection, Sealer(load_key(self._options.folder)))
        return speakers_of(directory.centre.voices, keys, self._options.models)

    def keep(self, name: str, language: Language, raw: bytes, origin: Origin) -> Phrase:
        """Put a sound file in force. Raises YingdaError `phrase_…`, `prompt_not_kept`."""
        samples = recorded.converted(raw)
        with self._turn:  # versions are numbered without gaps
            return recorded.keep(self._options.prompts, name, language, samples, origin)

    def put_back(self, name: str, language: Language, origin: Origin) -> Phrase:
        """The recording `origin.of` is in force again, as a version of its own. Raises not_found, `prompt_not_kept`."""
        with self._turn:
            sound = recorded.sound(self._options.prompts, name, language, origin.of)
            if sound is None:
                raise not_found("phrase")
            return recorded.keep(self._options.prompts, name, language, from_wav(sound), origin)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()
