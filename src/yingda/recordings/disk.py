"""The recordings' folder: looking at files, walking the days, replacing and removing without ever losing the only copy.

Paths are relative, with `/`, as in the books.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from yingda.kernel.clock import SECOND
from yingda.recordings.books import LastWord
from yingda.recordings.reconcile import Whole

TOLERANCE_MS = 20
PART = ".part"
SEALED = ".sealed"
YOUNG = 120 * SECOND
"""A file touched so recently is not judged: its events may be on their way into the books."""
HEADER = 58
_DATA_SIZE_AT, _BYTES_A_MS = 54, 16
"""A recording's header (docs/recordings.md): 58 bytes, the last four the length of the data, 16 bytes a ms."""


class Folder:
    """The recordings' folder of a centre."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def size(self, path: str) -> int | None:
        try:
            return (self.root / path).stat().st_size
        except FileNotFoundError:
            return None

    def inspect(self, word: LastWord) -> Whole | None:
        file = self.root / word.path
        try:
            if word.duration_ms is not None and abs(wav_ms(file) - word.duration_ms) > TOLERANCE_MS:
                return None
            digest = sha256(file)
        except FileNotFoundError:
            return None
        if word.checksum is not None and digest != word.checksum:
            return None
        return Whole(word, digest, file.stat().st_size)

    def days(self) -> list[str]:
        """tenant/YYYY/MM/DD, oldest first."""
        found = [day.relative_to(self.root).as_posix() for day in self.root.glob("*/[0-9]*/[0-9]*/[0-9]*")]
        return sorted(found, key=lambda day: day.split("/")[1:])

    def files(self, day: str, older_than: int) -> Iterator[str]:
        """The files of a day that nobody has touched since (µs), as paths."""
        for interaction in _entries(self.root / day):
            for entry in _entries(Path(interaction.path)) if interaction.is_dir(follow_symlinks=False) else ():
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime_ns // 1_000 < older_than:
                    yield f"{day}/{interaction.name}/{entry.name}"

    def remove(self, path: str) -> None:
        """Remove a file, if it is there, and its contact's folder, if that is empty then."""
        file = self.root / path
        file.unlink(missing_ok=True)
        try:
            file.parent.rmdir()
        except OSError:
            return  # another recording of the contact lies there, or the folder is gone already


def stem(path: str) -> str:
    """A file's name without what its form adds to it: the handling, or message, it is of."""
    return path.rpartition("/")[2].partition(".")[0]


def wav_ms(file: Path) -> int:
    """The length of a recording as its header says it. Raises OSError."""
    with file.open("rb") as opened:
        header = opened.read(HEADER)
    if len(header) < HEADER:
        return 0
    (size,) = struct.unpack_from("<I", header, _DATA_SIZE_AT)
    return min(int(size), file.stat().st_size - HEADER) // _BYTES_A_MS


def sha256(file: Path) -> str:
    """Hexadecimal. Raises OSError."""
    with file.open("rb", buffering=0) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def free_share(root: Path) -> float:
    """How much of the disk is free for us, 0 to 1."""
    usage = os.statvfs(root)
    return usage.f_bavail / max(1, usage.f_blocks)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
