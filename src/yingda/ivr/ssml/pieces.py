"""What a prompt is made of once its markup has been read: the pieces a player strings together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Manner:
    """How speech is to sound. rate, pitch, volume: as SSML writes them, "" for the ordinary one."""

    language: str
    voice: str = ""
    gender: str = ""
    rate: str = ""
    pitch: str = ""
    volume: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Text for the synthesiser. private: a value of this call is in it, so its sound is not kept on disk."""

    text: str
    manner: Manner
    private: bool = False


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words of a recorded phrase set, in order; read by the synthesiser where the set lacks one. private: as in Say."""

    words: tuple[str, ...]
    manner: Manner
    private: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """An audio file, and what stands in for it where it cannot be had. language: in force there, for phrases."""

    uri: str
    otherwise: tuple[Piece, ...] = ()
    timeout_ms: int | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place; the last one reached is reported when the prompt ends or is interrupted."""

    name: str


Piece: TypeAlias = Say | Phrases | Sound | Pause | Mark


def transcript(pieces: tuple[Piece, ...]) -> str:
    """Pieces as a line of text: what tests, logs and previews show."""
    words: list[str] = []
    for piece in pieces:
        match piece:
            case Say(text, _, _):
                words.append(text)
            case Phrases(spoken, _, _):
                words.append("[" + " ".join(spoken) + "]")
            case Sound(uri, _, _):
                words.append(f"<{uri}>")
            case Pause(ms):
                words.append(f"({ms}ms)")
            case Mark(name):
                words.append(f"^{name}")
    return " ".join(words)
