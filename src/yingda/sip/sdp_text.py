"""Session descriptions as text: reading leniently, writing exactly (RFC 8866). What they mean is in `sdp`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

MAX_LINES = 1_000
MAX_MEDIA = 32


def _first(attributes: list[tuple[str, str]], name: str) -> str | None:
    for key, value in attributes:  # a plain loop: a generator for each question costs more than the answer
        if key == name:
            return value
    return None


@dataclass(slots=True)
class MediaSection:
    """One m-line with what follows. attributes: (name, value) in order; a property attribute has an empty value."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    host: str | None = None
    ptime: int | None = None
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return _first(self.attributes, name)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def has(self, name: str) -> bool:
        return _first(self.attributes, name) is not None


@dataclass(slots=True)
class Session:
    host: str | None = None
    attributes: list[tuple[str, str]] = field(default_factory=list)
    media: list[MediaSection] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return _first(self.attributes, name)


@lru_cache(maxsize=256)
def parse(text: str) -> Session:
    """Unknown lines are passed over; ValueError when there is no readable m-line.

    A description is looked at several times in its call's set-up: what comes out is shared, and nobody changes it.
    """
    session = Session()
    lines = text.replace("\r", "\n").split("\n")
    for line in lines[:MAX_LINES]:
        kind, equals, value = line.partition("=")
        if not equals:
            continue
        part = session.media[-1] if session.media else session
        value = value.strip()
        if kind == "m":
            session.media.append(_media(value))
        elif kind == "c":
            part.host = _connection(value) or part.host
        elif kind == "a":
            name, _, rest = value.partition(":")
            part.attributes.append((name.strip().lower(), rest.strip()))
    if not session.media or len(session.media) > MAX_MEDIA:
        raise ValueError("the session description names no media, or far too many")
    return session


def _media(value: str) -> MediaSection:
    words = value.split()
    port = words[1].partition("/")[0] if len(words) >= 4 else ""
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError("an m-line cannot be read")
    protocol = words[2].upper() if "RTP/" in words[2].upper() else words[2]  # others are given back as they came
    return MediaSection(words[0].lower(), int(port), protocol, words[3:])


def _connection(value: str) -> str | None:
    """The address of `IN IP4 192.0.2.1/127`."""
    words = value.split()
    return words[2].partition("/")[0] if len(words) >= 3 and words[0].upper() == "IN" else None


def build(session: Session, origin: tuple[int, int, str]) -> str:
    """origin: (session id, version, our address)."""
    number, version, host = origin
    lines = ["v=0", f"o=- {number} {version} IN {_family(host)} {host}", "s=-"]
    lines += [f"c=IN {_family(host)} {session.host or host}", "t=0 0"]
    lines += [_attribute(*pair) for pair in session.attributes]
    for media in session.media:
        lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
        lines += [_attribute(*pair) for pair in media.attributes]
    return "\r\n".join(lines) + "\r\n"


def _attribute(name: str, value: str) -> str:
    return f"a={name}:{value}" if value else f"a={name}"


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"
