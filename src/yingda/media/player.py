"""A player: a source that one leg hears. Files, tones and silence one after the other, once or for ever.

LOADING  files are read by a helper thread; nothing is heard yet
PLAYING  from the first frame the leg can hear
ENDED    reported once: finished, stopped, replaced, barge_in, failed
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Protocol

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, SILENCE, SILENT_FRAME, Law
from yingda.media.protocol import Play
from yingda.media.sound import Sound, SoundCache
from yingda.media.tones import tone

MAX_ITEMS = 1_000
MAX_SILENCE_MS = 3_600_000


class Source(Protocol):
    """What can be heard without being a leg. finished: its last frame was pulled."""

    finished: bool

    def pull(self, law: Law) -> bytes:
        """The next 160 bytes."""
        ...


class PlayerState(Enum):
    LOADING = "loading"
    PLAYING = "playing"
    ENDED = "ended"


class Player:
    """`pull` gives 160 bytes a tick. `source_id` names it in the matrix."""

    __slots__ = ("_index", "_position", "_sounds", "command", "finished", "source_id", "state", "why")

    def __init__(self, command: Play) -> None:
        self.command = command
        self.source_id = f"play:{command.play_id}"
        self.state = PlayerState.LOADING
        self.why = ""
        self.finished = False  # the last byte was pulled
        self._sounds: list[Sound] = []
        self._index = self._position = 0

    def start(self, sounds: list[Sound]) -> None:
        """The items are there. Raises `nothing_to_play` for a loop without a sound in it."""
        if not any(map(len, sounds)) and self.command.loop:
            raise YingdaError("nothing_to_play", "A loop needs at least one sound that is not empty.")
        self._sounds = sounds
        self.state = PlayerState.PLAYING

    def end(self, why: str) -> None:
        self.state, self.why = PlayerState.ENDED, why
        self._sounds = []

    def pull(self, law: Law) -> bytes:
        """The next frame; silence while loading and after the end."""
        if self.state is not PlayerState.PLAYING or self.finished:
            return SILENT_FRAME[law]
        sound = self._sounds[self._index] if self._index < len(self._sounds) else None
        if sound is not None and self._position + FRAME < len(sound):
            start = self._position
            self._position = start + FRAME
            return sound.laws[law][start : start + FRAME]
        return self._across(law)

    def _across(self, law: Law) -> bytes:
        """A frame in which an item ends: the next ones fill it."""
        frame = b""
        while len(frame) < FRAME and not self.finished:
            if self._index >= len(self._sounds):
                self.finished = not self.command.loop
                self._index = 0
                continue
            sound = self._sounds[self._index]
            piece = sound.laws[law][self._position : self._position + FRAME - len(frame)]
            frame += piece
            self._position += len(piece)
            if self._position >= len(sound):
                self._index, self._position = self._index + 1, 0
        if self._index >= len(self._sounds) and not self.command.loop:
            self.finished = True
        return frame + SILENCE[law] * (FRAME - len(frame))

    def as_dict(self) -> dict[str, object]:
        command = self.command
        return {
            "play_id": command.play_id, "leg_id": command.leg_id, "items": command.items, "loop": command.loop,
            "barge_in": command.barge_in, "gain": command.gain, "state": self.state.value,
        }  # fmt: skip


class Shelf:
    """Turns a play's items into sounds. Called by the loading thread only."""

    def __init__(self, root: Path, country: str) -> None:
        self._root = root
        self.country = country  # of the tones; may be changed at any time
        self._cache = SoundCache()

    def sounds(self, items: list[str]) -> list[Sound]:
        """Raises YingdaError: `sound_unreadable`, `tone_unknown`, `play_item_unknown`."""
        return [self._sound(item) for item in items]

    def _sound(self, item: str) -> Sound:
        kind, _, rest = item.partition(":")
        makers: dict[str, Callable[[str], Sound]] = {"file": self._file, "tone": self._tone, "silence": self._silence}
        maker = makers.get(kind)
        if maker is None or not rest:
            raise YingdaError(
                "play_item_unknown",
                f"{item!r} cannot be played.",
                todo="Write file:PATH, tone:NAME or silence:MILLISECONDS.",
            )
        return maker(rest)

    def _file(self, rest: str) -> Sound:
        """An absolute path is control's own business; a relative one stays below the prompts' folder."""
        path = Path(rest)
        if not path.is_absolute():
            if ".." in path.parts:
                raise YingdaError(
                    "path_refused", "A sound's path must not lead out of the prompts' folder.", where=rest
                )
            path = self._root / path
        return self._cache.load(path)

    def _tone(self, rest: str) -> Sound:
        return tone(rest, self.country)

    def _silence(self, rest: str) -> Sound:
        if not rest.isdecimal() or int(rest) > MAX_SILENCE_MS:
            raise YingdaError("play_item_unknown", f"silence:{rest} is not a length in ms up to {MAX_SILENCE_MS}.")
        return Sound.silence(int(rest))


class Recent:
    """Sounds that were loaded a moment ago, for the loop's own thread: callers of one queue hear one music.

    A file that is replaced is heard anew after a second.
    """

    FRESH = 1 * SECOND
    MOST = 16

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[str, ...], tuple[int, list[Sound]]] = OrderedDict()

    def find(self, items: list[str], now: int) -> list[Sound] | None:
        found = self._lists.get(tuple(items))
        return found[1] if found is not None and now - found[0] < self.FRESH else None

    def keep(self, items: list[str], sounds: list[Sound], now: int) -> None:
        self._lists.pop(tuple(items), None)
        self._lists[tuple(items)] = (now, sounds)
        if len(self._lists) > self.MOST:
            self._lists.popitem(last=False)
