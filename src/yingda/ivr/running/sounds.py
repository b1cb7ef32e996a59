"""From what a prompt says to what media plays: recorded phrases, speech of the engine, files, pauses.

prompts/phrases/<language>/<word>.wav    a recorded phrase set; a run of words it lacks is spoken by the engine
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from yingda.ivr.running.documents import named
from yingda.ivr.running.web import Web
from yingda.ivr.running.web_sounds import WebSounds
from yingda.ivr.speech import recorded
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.sentences import sentences
from yingda.ivr.speech.tts import FASTEST, ORDINARY_RATE, SLOWEST, Language
from yingda.ivr.ssml.pieces import Manner, Pause, Phrases, Piece, Say, Sound
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError

log = logging.getLogger(__name__)

LONGEST_PAUSE_MS = 60_000
WEB = ("http://", "https://")
GAP, GAP_MS = ",", 150
"""Between groups of digits; where the engine speaks it is a comma of the text."""

SPEAKING = ThreadPoolExecutor(32, thread_name_prefix="speech")
"""Where speech is made, apart from what fetches documents and data: a slow voice keeps nothing else waiting."""

TAKES_A_WHILE = ""
"""In place of an item: what follows is still to be made."""

UNSPOKEN = ("speech_failed", "speech_resting")
"""Errors by which nobody can speak; every other one is the prompt's own."""

_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.4, "x-fast": 1.9}
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?)%")
_SPEECH = re.compile(r"[\w\u3400-\u9fff]")


class Prompts:
    """Turns pieces into player items. Blocks while speech is made for the first time: call it in a thread."""

    def __init__(self, folder: Path, cache: PromptCache, recordings: Path | None = None) -> None:
        """recordings: the folder of what callers record."""
        self._folder, self._cache, self._recordings = folder, cache, recordings or folder
        self._web_sounds = WebSounds(cache)

    def items(
        self, pieces: Iterable[Piece], wanted: Callable[[], bool] = lambda: True, web: Web | None = None
    ) -> list[str]:
        """What cannot be had is left out with a line in the log: a caller hears the rest rather than nothing.

        wanted: asked before each piece; nothing more is made for a caller who has gone on meanwhile. web: the servers
        whose sounds may be played.
        Raises YingdaError `speech_…` where nothing is left because nobody can speak.
        """
        found = [item for items, _ in self.parts(pieces, wanted, web) for item in items]
        return found if wanted() else []

    def parts(
        self, pieces: Iterable[Piece], wanted: Callable[[], bool] = lambda: True, web: Web | None = None
    ) -> Iterator[tuple[list[str], bool]]:
        """The same for a caller who hears the first of it while the rest is made: (items, whether they are the last).
        What need not be made comes in one."""
        there, refused, told = list[str](), None, False
        for piece in pieces:
            try:
                for item in self._of(piece, web or Web()):
                    if not wanted():
                        return
                    if item is not TAKES_A_WHILE:
                        there.append(item)
                    elif there:
                        yield there, False
                        there, told = [], True
            except YingdaError as error:
                log.warning("a part of a prompt cannot be played: %s", error.sentence)
                refused = error if error.code in UNSPOKEN else refused
        if refused is not None and not there and not told:
            raise refused
        yield there, True

    def file(self, path: str) -> Path:
        """What a caller has recorded, by its path below the recordings' folder."""
        return (self._recordings / path).resolve()

    def keep_utterance(self, wav: bytes) -> Path:
        """What a caller has said, for as long as his session lasts; who keeps it takes it away."""
        return self._cache.keep_utterance(wav)

    def _of(self, piece: Piece, web: Web) -> Iterator[str]:
        match piece:
            case Say(text, manner, private) if _SPEECH.search(text):
                for sentence in sentences(text):
                    yield from self._spoken(sentence, manner, private)
            case Phrases():
                yield from self._phrases(piece)
            case Sound(uri, otherwise, _, language) if uri.startswith(recorded.SCHEME):
                yield from self._recorded_phrase(uri, language, otherwise, web)
            case Sound(uri, otherwise, timeout_ms):
                yield from self._sound(uri, otherwise, timeout_ms, web)
            case Pause(ms) if ms > 0:
                yield f"silence:{min(ms, LONGEST_PAUSE_MS)}"

    def _spoken(self, text: str, manner: Manner, private: bool) -> Iterator[str]:
        voice, rate = manner.voice or None, _rate(manner)
        for path in self._cache.spoken_in_parts(text.strip(), _language(manner), voice, rate, private=private):
            yield TAKES_A_WHILE if path is None else f"file:{path.resolve()}"

    def _phrases(self, phrases: Phrases) -> Iterator[str]:
        """Recorded words one by one; each run of words without a recording as one piece of speech."""
        manner, private = phrases.manner, phrases.private
        language, missing = _language(manner), list[str]()
        for word in phrases.words:
            if word == GAP and not missing:
                yield f"silence:{GAP_MS}"
                continue
            file = self._folder / "phrases" / language / f"{word}.wav"
            if "/" in word or not file.is_file():
                missing.append(word)
                continue
            if missing:
                yield from self._spoken(_joined(missing, language), manner, private)
                missing = []
            yield f"file:{file.resolve()}"
        if missing:
            yield from self._spoken(_joined(missing, language), manner, private)

    def _recorded_phrase(self, uri: str, language: str, otherwise: tuple[Piece, ...], web: Web) -> Iterator[str]:
        """What somebody recorded under a name, in this language or another; else what stands in for it."""
        name = unquote(uri.removeprefix(recorded.SCHEME))
        file = recorded.find(self._folder, name, _language(Manner(language)))
        if file is not None:
            yield f"file:{file.resolve()}"
        elif otherwise:
            yield from self.items(otherwise, web=web)
        else:
            raise YingdaError("prompt_missing", f"There is no phrase {name}.")

    def _sound(self, uri: str, otherwise: tuple[Piece, ...], timeout_ms: int | None, web: Web) -> Iterator[str]:
        """A file of the centre, by its path below the prompts' folder, or of a server; else what stands in for it."""
        try:
            if uri.startswith(WEB) and named(uri) is None:
                yield f"file:{self._web_sounds.path(web, uri, timeout_ms).resolve()}"
                return
            name = unquote(urlsplit(uri).path).lstrip("/")
            yield f"file:{self._cache.prompt(Prompt(file=name)).resolve()}"
        except YingdaError as error:
            if not otherwise:
                raise
            log.info("%s is replaced: %s", uri, error.sentence)
            yield from self.items(otherwise, web=web)


def _language(manner: Manner) -> Language:
    return "zh" if manner.language.lower().startswith("zh") else "en"


def _joined(words: list[str], language: Language) -> str:
    return "".join(words) if language == "zh" else " ".join(words)


def _rate(manner: Manner) -> int:
    """Words a minute of an SSML rate (section 3.2.4): a word, or a share of the ordinary one."""
    percent = _PERCENT.fullmatch(manner.rate)
    factor = _RATES.get(manner.rate, 1.0)
    if percent is not None:
        share = float(percent[1]) / 100
        factor = 1.0 + share if manner.rate[0] in "+-" else share
    return round(min(FASTEST, max(SLOWEST, ORDINARY_RATE * factor)))
