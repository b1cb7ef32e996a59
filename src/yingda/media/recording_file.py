"""A recording on disk: stereo µ-law WAV, written as it happens, playable at every moment (the header follows the data).

Runs in the writing thread. Paths are relative to the recordings' folder and cannot leave it.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from yingda.kernel.errors import YingdaError
from yingda.media.sound import MU_LAW

HEADER_SIZE = 58
CHANNELS, RATE = 2, 8_000
READ_BLOCK = 1 << 20


def checked_path(root: Path, path: str) -> Path:
    """Raises `path_refused` for an absolute path, one with `..`, an empty one, or one whose folders link elsewhere."""
    pure = PurePosixPath(path)
    bad = not path or "\0" in path or pure.is_absolute() or ".." in pure.parts or not pure.name
    if bad or not (root / pure).resolve().is_relative_to(root.resolve()):
        raise YingdaError("path_refused", "A recording's path must stay below the recordings' folder.", where=path)
    return root / pure


def header(data_bytes: int, tail: int = 0) -> bytes:
    """RIFF with format 7 (µ-law), two channels; lengths for so many bytes of data. tail: bytes of chunks behind it."""
    layout = struct.pack("<HHIIHHH", MU_LAW, CHANNELS, RATE, RATE * CHANNELS, CHANNELS, 8, 0)
    return (
        b"RIFF" + struct.pack("<I", HEADER_SIZE - 8 + data_bytes + tail) + b"WAVE"
        + b"fmt " + struct.pack("<I", len(layout)) + layout
        + b"fact" + struct.pack("<II", 4, data_bytes // CHANNELS)
        + b"data" + struct.pack("<I", data_bytes)
    )  # fmt: skip


def seams(positions: Sequence[int]) -> bytes:
    """A `cue ` chunk and its labels: at each position (stereo samples) a new part begins. Empty for none."""
    if not positions:
        return b""
    points = [struct.pack("<II4sIII", n, at, b"data", 0, 0, at) for n, at in enumerate(positions, 1)]
    labels = [struct.pack("<I", n) + b"part %d\0" % (n + 1) for n in range(1, len(positions) + 1)]
    listed = b"adtl" + b"".join(_chunk(b"labl", label) for label in labels)
    return _chunk(b"cue ", struct.pack("<I", len(points)) + b"".join(points)) + _chunk(b"LIST", listed)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def samples_on_file(path: Path) -> int:
    """Stereo samples that a recording without an end holds. Raises OSError."""
    return max(0, path.stat().st_size - HEADER_SIZE) // CHANNELS


class RecordingFile:
    """Opens at once, `append`s, and tells its checksum at the end. Methods raise OSError; the first one is final.

    parts: where (in stereo samples) each part after the first begins; with any, the file is there already and goes on.
    """

    def __init__(self, path: Path, parts: Sequence[int] = ()) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._parts = path, tuple(parts)
        new = 0 if parts else os.O_CREAT | os.O_EXCL
        self._fd = os.open(path, os.O_RDWR | new | os.O_CLOEXEC, 0o640)
        self._data = CHANNELS * samples_on_file(path)
        self._write(header(self._data), 0)

    @property
    def duration_ms(self) -> int:
        """What the header says is on file."""
        return self._data // CHANNELS * 1_000 // RATE

    def append(self, chunk: bytes) -> None:
        """Data first, then the header that admits it: a torn write leaves a shorter, playable file."""
        if chunk:
            self._write(chunk, HEADER_SIZE + self._data)
            self._write(header(self._data + len(chunk)), 0)
            self._data += len(chunk)

    def _write(self, block: bytes, at: int) -> None:
        view = memoryview(block)
        while view:
            count = os.pwrite(self._fd, view, at)
            view, at = view[count:], at + count

    def finish(self) -> str:
        """sha256 of the whole file, hex. Closes it."""
        if self._parts:
            tail = seams(self._parts)
            self._write(tail, HEADER_SIZE + self._data)
            self._write(header(self._data, len(tail)), 0)
        digest = hashlib.sha256()
        at = 0
        while block := os.pread(self._fd, READ_BLOCK, at):
            digest.update(block)
            at += len(block)
        self.close()
        return digest.hexdigest()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
