"""The format of a segment (docs/architecture.md, "Ledger"): pure, no files but for reading lines.

A line is `<64 hex digits> <body>\\n`; the digits are the SHA-256 of the previous line's digits and this body, so that
a change anywhere breaks every line after it. The first line of a segment holds a `Header`, all others a JSON list of
envelopes: one append. JSON escapes NUL and newline, so a line ends at its newline, and a NUL ends the data: the blocks
a writer keeps in reserve read as NULs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope

FORMAT = 1
GENESIS = b"0" * 64
"""What the first line of a writer follows."""

_FIRST_CHUNK = 1 << 16
_LARGEST_CHUNK = 1 << 20


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a segment. first: the number of its first event. stamp: of the last append before it."""

    format: int
    writer: str
    node: str
    first: int
    stamp: int
    previous: str


class RawLine(NamedTuple):
    """digits and body as they stand; end: the offset in the file behind the newline."""

    digits: bytes
    body: bytes
    end: int


_header_decoder = msgspec.json.Decoder(Header)
_batch_decoder = msgspec.json.Decoder(list[Envelope])


def digits_of(previous: bytes, body: bytes) -> bytes:
    """The hex digits that chain `body` to the line before it."""
    return sha256(previous + body).hexdigest().encode()


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:08}.seg"


def segment_numbers(folder: Path) -> list[int]:
    """The numbers of the segments in a writer's folder, ascending."""
    return sorted(int(path.stem) for path in folder.glob("*.seg") if path.stem.isdigit())


def raw_lines(descriptor: int, offset: int = 0) -> Iterator[RawLine]:
    """The complete lines from `offset` to the end of the data. What comes after the last newline is left alone."""
    rest, start, chunk = b"", offset, _FIRST_CHUNK
    while True:
        data = os.pread(descriptor, chunk, start + len(rest))
        stop = data.find(b"\0")
        rest += data if stop < 0 else data[:stop]
        begin = 0
        while (newline := rest.find(b"\n", begin)) >= 0:
            digits, _, body = rest[begin:newline].partition(b" ")
            begin = newline + 1
            yield RawLine(digits, body, start + begin)
        rest, start = rest[begin:], start + begin
        if stop >= 0 or not data:
            return
        chunk = min(2 * chunk, _LARGEST_CHUNK)


def has_data(descriptor: int, offset: int) -> bool:
    """Whether a line has begun at `offset`: one byte is read."""
    return os.pread(descriptor, 1, offset) not in (b"", b"\0")


def broken(path: Path, offset: int, why: str) -> YingdaError:
    return YingdaError("ledger_broken", f"The ledger is broken: {why}.", where=f"{path}, byte {offset}")


def read_header(path: Path, line: RawLine) -> Header:
    """The header in a segment's first line. Raises YingdaError("ledger_broken")."""
    try:
        header = _header_decoder.decode(line.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise broken(path, 0, "the first line is no header") from None
    if digits_of(header.previous.encode(), line.body) != line.digits:
        raise broken(path, 0, "the header's hash is wrong")
    if header.format != FORMAT:
        raise broken(path, 0, f"format {header.format} is unknown to this program")
    return header


def read_batch(path: Path, offset: int, body: bytes) -> list[Envelope]:
    """The events of a line, at least one. Raises YingdaError("ledger_broken")."""
    try:
        envelopes = _batch_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise broken(path, offset, f"a line is no list of events ({error})") from None
    if not envelopes:
        raise broken(path, offset, "a line without events")
    return envelopes
