"""Where prompts come from: files of the centre, spoken text kept by its hash, music on hold. All below `prompts/`.

prompts/<file>                what the configuration names
prompts/spoken/<hash>.wav     the configuration's own texts: kept
prompts/passing/<hash>.wav    what flows have said: bounded, the one used longest ago goes first
(memory)/private/<hash>.wav   what holds a value of a call: in shared memory, forgotten after ten minutes
(memory)/utterances/<n>.wav   what a caller has said (`recordutterance`), until his session ends
prompts/music/<hash>.wav      rendered once
prompts/taken/<hash>.wav      sound files of other kinds, the centre's own and those of servers, as media plays them

The hash is of engine and model, text, language, voice and rate.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from yingda.ivr.speech import music
from yingda.ivr.speech.files import playable
from yingda.ivr.speech.shelf import MEMORY, Counters, Shelf, private_folder
from yingda.ivr.speech.speakers import Speakers
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, Samples, Streaming, Synthesiser, to_wav
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError

log = logging.getLogger(__name__)

MUSIC = "yingda-1"
PRIVATE_S = 600.0
PRIVATE_BYTES = 64 << 20
MOST_BYTES = 512 << 20
"""Nine hours of speech."""


class PromptCache:
    """Finds or makes the WAV file of a prompt. Safe to share between threads and processes."""

    def __init__(
        self, folder: Path, speakers: Synthesiser | Speakers, most_bytes: int = MOST_BYTES, memory: Path | None = MEMORY
    ) -> None:
        self._folder = folder
        self._speakers = speakers if isinstance(speakers, Speakers) else Speakers.only(speakers)
        self._spoken = Shelf(folder / "spoken", None, memory)
        self._passing = Shelf(folder / "passing", most_bytes, memory)
        self._music = Shelf(folder / "music", None, memory)
        self._private = Shelf(private_folder(memory, folder), PRIVATE_BYTES, None)
        self._utterances = Shelf(private_folder(memory, folder).with_name("utterances"), None, None)
        self._taken = Shelf(folder / "taken", most_bytes, memory)

    @property
    def counters(self) -> Counters:
        """Of what flows have said."""
        return self._passing.counters

    def use(self, speakers: Speakers) -> None:
        """Another configuration's voices from now on."""
        old, self._speakers = self._speakers, speakers
        old.close()

    def close(self) -> None:
        """End the engines' processes."""
        self._speakers.close()

    def forget_private(self) -> None:
        """Keep nothing that held a value of a call."""
        self._private.forget(0)
        self._utterances.forget(0)

    def keep_utterance(self, wav: bytes) -> Path:
        """What a caller has said, until its session takes it away. Raises YingdaError `prompt_not_kept`."""
        return self._utterances.put(f"{uuid.uuid4().hex}.wav", playable(wav))

    def prompt(self, prompt: Prompt) -> Path:
        """The file to play (8 kHz mono PCM16 WAV, made of what it is once).

        Raises YingdaError `prompt_missing`, `prompt_format`, `prompt_not_kept` or one of the engine's `speech_…`.
        """
        if prompt.say:
            return self._speech(self._spoken, prompt.say, prompt.language, None, ORDINARY_RATE)
        return self._own_file(prompt.file or "")

    def spoken(
        self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE, *,
        private: bool = False,
    ) -> Path:  # fmt: skip
        """Spoken text, made at the first request and found afterwards, even when the engine is gone.

        private: it may hold a card number or a name that somebody has typed or a look-up told: nothing of it is kept.
        """
        if private:
            self._private.forget(PRIVATE_S)
        return self._speech(self._private if private else self._passing, text, language, voice, rate)

    def spoken_in_parts(
        self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE, *,
        private: bool = False,
    ) -> Iterator[Path | None]:  # fmt: skip
        """The same for somebody who listens already: one file, or one after the other as they are made. None: what
        follows takes a while."""
        if private:
            self._private.forget(PRIVATE_S)
        return self._parts(self._private if private else self._passing, text, language, voice, rate)

    def music(self) -> Path:
        """Music on hold, for queues that name none."""
        name = _name(MUSIC)
        return self._music.find(name) or self._music.put(name, to_wav(music.render()))

    def _speech(self, shelf: Shelf, text: str, language: Language, voice: str | None, rate: int) -> Path:
        made = [path for path in self._parts(shelf, text, language, voice, rate, whole=True) if path is not None]
        return made[-1]

    def _parts(
        self, shelf: Shelf, text: str, language: Language, voice: str | None, rate: int, *, whole: bool = False
    ) -> Iterator[Path | None]:
        """By the first voice that can; what one of them has said before is not tried with another, nor what one has
        begun."""
        refused: YingdaError | None = None
        for speaker, own in self._speakers.of(language, voice):
            pace = speaker.pace(rate)
            name = _name(json.dumps([speaker.engine.name, text, language, own, pace], ensure_ascii=False))
            found = shelf.find(name)
            if found is not None:
                yield found
                return
            yield None
            said = 0
            try:
                if whole or not isinstance(speaker.engine, Streaming):
                    yield shelf.put(name, speaker.engine.synthesise(text, language, own, pace))
                    return
                portions = list[Samples]()
                for portion in speaker.engine.stream(text, language, own, pace):
                    portions.append(portion)
                    said += portion.size
                    yield self._private.put(f"{uuid.uuid4().hex}.wav", to_wav(portion))
                    yield None
                shelf.put(name, to_wav(np.concatenate(portions)))
                return
            except YingdaError as error:
                if said or error.code in ("speech_text", "prompt_not_kept"):
                    raise
                log.warning("the voice %s cannot speak: %s", speaker.name or speaker.engine.name, error.sentence)
                refused = refused or error
        raise refused or YingdaError("speech_failed", f"No voice speaks {language}.")

    def _own_file(self, name: str) -> Path:
        root = self._folder.resolve()
        path = (root / name).resolve()
        if not name or not path.is_relative_to(root) or not path.is_file():
            raise YingdaError("prompt_missing", f"There is no prompt {name} below the prompts' folder.")
        try:
            status, raw = path.stat(), path.read_bytes()
        except OSError as error:
            raise YingdaError("prompt_missing", f"The prompt {name} cannot be read: {error.strerror}.") from error
        key = f"{path} {status.st_size} {status.st_mtime_ns}"
        return self.found(key) or self._kept(key, raw, path)

    def found(self, key: str) -> Path | None:
        """A sound file of another kind that was taken before."""
        return self._taken.find(_name(key))

    def take(self, key: str, raw: bytes, name: str = "", media_type: str = "") -> Path:
        """Keep a sound file of any kind (`files.playable`). Raises YingdaError `prompt_format`, `prompt_not_kept`."""
        return self._taken.put(_name(key), playable(raw, name, media_type))

    def _kept(self, key: str, raw: bytes, path: Path) -> Path:
        made = playable(raw, path.name)
        return path if made is raw else self._taken.put(_name(key), made)


def _name(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"
