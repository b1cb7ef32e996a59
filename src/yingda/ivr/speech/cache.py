"""Where prompts come from: files of the centre, spoken text kept by its hash, music on hold. All below `prompts/`.

prompts/<file>                what the configuration names
prompts/spoken/<hash>.wav     text, voice, language, rate and engine, hashed
prompts/music/<hash>.wav      rendered once
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from yingda.ivr.speech import music
from yingda.ivr.speech.tts import ORDINARY_RATE, Language, Synthesiser, from_wav, to_wav
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError

MUSIC = "yingda-1"


class PromptCache:
    """Finds or makes the WAV file of a prompt. Safe to share between threads and processes."""

    def __init__(self, folder: Path, synthesiser: Synthesiser) -> None:
        self._folder = folder
        self._synthesiser = synthesiser

    def prompt(self, prompt: Prompt) -> Path:
        """The file to play (8 kHz mono PCM16 WAV).

        Raises YingdaError `prompt_missing`, `prompt_format`, `prompt_not_kept` or one of the engine's `speech_…`.
        """
        if prompt.say:
            return self.spoken(prompt.say, prompt.language)
        return self._own_file(prompt.file or "")

    def spoken(self, text: str, language: Language, voice: str | None = None, rate: int = ORDINARY_RATE) -> Path:
        """Spoken text, made at the first request and found afterwards, even when the engine is gone."""
        key = json.dumps([self._synthesiser.name, text, language, voice, rate], ensure_ascii=False)
        path = self._path("spoken", key)
        if not path.exists():
            _write(path, self._synthesiser.synthesise(text, language, voice, rate))
        return path

    def music(self) -> Path:
        """Music on hold, for queues that name none."""
        path = self._path("music", MUSIC)
        if not path.exists():
            _write(path, to_wav(music.render()))
        return path

    def _path(self, shelf: str, key: str) -> Path:
        return self._folder / shelf / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"

    def _own_file(self, name: str) -> Path:
        root = self._folder.resolve()
        path = (root / name).resolve()
        if not name or not path.is_relative_to(root) or not path.is_file():
            raise YingdaError("prompt_missing", f"There is no prompt {name} below the prompts' folder.")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise YingdaError("prompt_missing", f"The prompt {name} cannot be read: {error.strerror}.") from error
        from_wav(raw)
        return path


def _write(path: Path, data: bytes) -> None:
    """All of the file or nothing of it: readers never meet half a prompt. Raises YingdaError `prompt_not_kept`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise _not_kept(error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise _not_kept(error) from error


def _not_kept(error: OSError) -> YingdaError:
    return YingdaError("prompt_not_kept", f"The prompt cannot be written: {error.strerror}.")
