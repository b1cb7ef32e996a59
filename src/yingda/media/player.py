"""A player: a source that one leg hears. Files, tones and silence one after the other, once or for ever.

LOADING  files are read by a helper thread; nothing is heard yet
PLAYING  from the first frame the leg can hear; may be paused, and moved to another place
ENDED    reported once: finished, stopped, replaced, barge_in, failed
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Protocol

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media.g711 import FRAME, SILENCE, SILENT_FRAME, Law
from yingda.media.protocol import MorePlay, Play
from yingda.media.sound import Sound, SoundCache, Stretch
from yingda.media.tones import tone

MAX_ITEMS = 1_000
MAX_SILENCE_MS = 3_600_000
SAMPLES_A_MS = 8

Item = Sound | Stretch


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

    __slots__ = (
        "_index", "_items", "_position", "_sound", "_wanted", "command", "finished", "paused", "promised", "source_id",
        "state", "why",
    )  # fmt: skip

    def __init__(self, command: Play) -> None:
        self.command = command
        self.source_id = f"play:{command.play_id}"
        self.state = PlayerState.LOADING
        self.why = ""
        self.finished = False  # the last byte was pulled
        self.promised = len(command.items)  # items of it that are here, or being read
        self.paused = False
        self._items: Sequence[Item] = ()
        self._sound: Sound | None = None  # the item that sounds
        self._index = self._position = 0
        self._wanted = command.from_ms  # where to begin once the items are there

    def start(self, items: Sequence[Item]) -> None:
        """The items are there. Raises `nothing_to_play` for a loop without a sound in it."""
        if not any(map(len, items)) and self.command.loop:
            raise YingdaError("nothing_to_play", "A loop needs at least one sound that is not empty.")
        self._items = items
        self.state = PlayerState.PLAYING
        self.seek(self._wanted)

    def extend(self, more: MorePlay, items: Sequence[Item]) -> None:
        """What follows is there. Nothing any more once it has ended."""
        if self.state is not PlayerState.PLAYING:
            return
        self._items = [*self._items, *items]
        self.command = msgspec.structs.replace(
            self.command, items=[*self.command.items, *more.items], more=not more.last
        )
        if self._sound is None:
            self._enter(self._index)

    def end(self, why: str) -> None:
        self.state, self.why = PlayerState.ENDED, why
        self._wanted = self.position_ms
        self._items, self._sound = (), None

    # ---- where it is -----------------------------------------------------------------------------------------------

    @property
    def position_ms(self) -> int:
        """From the beginning of the list; of a loop, of this turn."""
        if not self._items:
            return self._wanted
        return (sum(map(len, self._items[: self._index])) + self._position) // SAMPLES_A_MS

    def seek(self, to_ms: int) -> None:
        """Go on from there; before the beginning is the beginning, behind the end is the end."""
        self._wanted = max(0, to_ms)
        if self.state is not PlayerState.PLAYING or self.finished:
            return
        left = self._wanted * SAMPLES_A_MS
        for index, item in enumerate(self._items):
            if left < len(item):
                self._enter(index)
                self._position = left
                return
            left -= len(item)
        self._enter(len(self._items))

    def _enter(self, index: int) -> None:
        """The item with that number sounds from its beginning; behind the last one nothing does."""
        self._index, self._position = index, 0
        item = self._items[index] if index < len(self._items) else None
        self._sound = item.next() if isinstance(item, Stretch) else item

    # ---- what is heard ---------------------------------------------------------------------------------------------

    def pull(self, law: Law) -> bytes:
        """The next frame; silence while loading, paused, and after the end."""
        if self.paused or self.state is not PlayerState.PLAYING or self.finished:
            return SILENT_FRAME[law]
        sound, start = self._sound, self._position
        if sound is not None and start + FRAME < len(sound):
            self._position = start + FRAME
            return sound.laws[law][start : start + FRAME]
        return self._across(law)

    def _across(self, law: Law) -> bytes:
        """A frame in which an item ends: the next ones fill it."""
        frame = b""
        while len(frame) < FRAME and not self.finished:
            sound = self._sound
            if sound is None and self.command.more:
                break  # what follows is being made
            if sound is None:
                self.finished = not self.command.loop
                self._enter(0)
                continue
            piece = sound.laws[law][self._position : self._position + FRAME - len(frame)]
            frame += piece
            self._position += len(piece)
            if self._position >= len(sound):
                self._enter(self._index + 1)
        if self._sound is None and not self.command.loop and not self.command.more:
            self.finished = True
        return frame + SILENCE[law] * (FRAME - len(frame))

    def as_dict(self) -> dict[str, object]:
        command = self.command
        return {
            "play_id": command.play_id, "leg_id": command.leg_id, "items": command.items, "loop": command.loop,
            "barge_in": command.barge_in, "gain": command.gain, "state": self.state.value, "paused": self.paused,
        }  # fmt: skip


class Shelf:
    """Turns a play's items into sounds. Called by the loading thread only."""

    def __init__(self, root: Path, country: str) -> None:
        self._root = root
        self.country = country  # of the tones; may be changed at any time
        self._cache = SoundCache()

    def sounds(self, items: list[str]) -> list[Item]:
        """Raises YingdaError: `sound_unreadable`, `tone_unknown`, `play_item_unknown`."""
        files: dict[str, list[int]] = {}
        return [self._item(item, files) for item in items]

    def _item(self, item: str, cursors: dict[str, list[int]]) -> Item:
        """cursors: how far each file of this play has been heard, shared by its stretches."""
        kind, _, rest = item.partition(":")
        makers: dict[str, Callable[[str], Sound]] = {"file": self._file, "tone": self._tone, "silence": self._silence}
        if kind == "part" and rest:
            ms, _, path = rest.partition(":")
            return Stretch(self._file(path), _milliseconds(item, ms) * SAMPLES_A_MS, cursors.setdefault(path, [0]))
        maker = makers.get(kind)
        if maker is None or not rest:
            raise YingdaError(
                "play_item_unknown",
                f"{item!r} cannot be played.",
                todo="Write file:PATH, part:MILLISECONDS:PATH, tone:NAME or silence:MILLISECONDS.",
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
        return Sound.silence(_milliseconds(f"silence:{rest}", rest))


def _milliseconds(item: str, words: str) -> int:
    if not words.isdecimal() or int(words) > MAX_SILENCE_MS:
        raise YingdaError("play_item_unknown", f"{item} needs a length in ms up to {MAX_SILENCE_MS}.")
    return int(words)


class Recent:
    """Sounds that were loaded a moment ago, for the loop's own thread: callers of one queue hear one music.

    A file that is replaced is heard anew after a second.
    """

    FRESH = 1 * SECOND
    MOST = 16

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[str, ...], tuple[int, list[Item]]] = OrderedDict()

    def find(self, items: list[str], now: int) -> list[Item] | None:
        found = self._lists.get(tuple(items))
        return found[1] if found is not None and now - found[0] < self.FRESH else None

    def keep(self, items: list[str], sounds: list[Item], now: int) -> None:
        if any(isinstance(sound, Stretch) for sound in sounds):
            return  # how far it was heard is each play's own
        self._lists.pop(tuple(items), None)
        self._lists[tuple(items)] = (now, sounds)
        if len(self._lists) > self.MOST:
            self._lists.popitem(last=False)
