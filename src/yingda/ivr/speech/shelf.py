"""Files by name in one folder, written whole, bounded in their sum; what was used longest ago goes first.

When the disk is full, older files make room; when that is not enough, a file is kept in shared memory: a caller hears
his prompt whatever the disk says. Safe to share between threads and processes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from yingda.kernel.errors import YingdaError

STAYS_S = 3_600
"""Nothing that was used within this time is removed for the bound's sake: it may be about to be played."""
AFTER = 0.8
"""What is kept of the bound when it was passed."""
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 64 << 20


@dataclass
class Counters:
    """Since the start. bytes: on the shelf now."""

    hits: int = 0
    made: int = 0
    evicted: int = 0
    in_memory: int = 0
    failed: int = 0
    bytes: int = 0

    def text(self) -> str:
        """For Prometheus (text exposition format 0.0.4)."""
        name = "yingda_spoken_prompts"
        counts = {"hit": self.hits, "made": self.made, "evicted": self.evicted, "in_memory": self.in_memory}
        lines = [f"# HELP {name}_total What became of texts that flows say.", f"# TYPE {name}_total counter"]
        lines += [
            f'{name}_total{{what="{what}"}} {count}' for what, count in (counts | {"failed": self.failed}).items()
        ]
        lines += [
            f"# HELP {name}_bytes What is kept of them.",
            f"# TYPE {name}_bytes gauge",
            f"{name}_bytes {self.bytes}",
        ]
        return "\n".join(lines) + "\n"


class Shelf:
    """most_bytes: None keeps everything. memory: where files go that the disk has no room for."""

    def __init__(self, folder: Path, most_bytes: int | None = None, memory: Path | None = MEMORY) -> None:
        self._folder, self._most = folder, most_bytes
        self._memory = _shared(memory, folder)
        self._lock = threading.Lock()
        self._counted = False
        self.counters = Counters()

    def find(self, name: str) -> Path | None:
        """The file, if it is there; it counts as used now."""
        for path in (self._folder / name, *([self._memory / name] if self._memory and self.counters.in_memory else [])):
            try:
                os.utime(path)
            except OSError:
                continue
            self.counters.hits += 1
            return path
        return None

    def put(self, name: str, data: bytes) -> Path:
        """All of the file or nothing of it: readers never meet half of it. Raises YingdaError `prompt_not_kept`."""
        try:
            path = self._written(name, data)
        except OSError as error:
            self.counters.failed += 1
            raise YingdaError("prompt_not_kept", f"The prompt cannot be written: {error.strerror}.") from error
        self.counters.made += 1
        with self._lock:
            self._grown(len(data))
        return path

    def forget(self, unused_s: float) -> None:
        """Remove what has not been used for so long."""
        latest = time.time() - unused_s
        for used, path, _ in _files(self._folder):
            if used <= latest:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _written(self, name: str, data: bytes) -> Path:
        try:
            return write_whole(self._folder / name, data)
        except OSError:
            if self._most is not None and self._make_room(self._sum() // 2, stays_s=STAYS_S):
                with contextlib.suppress(OSError):
                    return write_whole(self._folder / name, data)
            if self._memory is None or not _ours(self._memory):
                raise
        _bound(self._memory, MEMORY_BYTES - len(data), stays_s=0)
        path = write_whole(self._memory / name, data)
        self.counters.in_memory += 1
        return path

    def _sum(self) -> int:
        return sum(size for _, _, size in _files(self._folder))

    def _grown(self, size: int) -> None:
        """Keep count; the folder is looked through only when the bound is passed."""
        if self._counted:
            self.counters.bytes += size
        else:
            self.counters.bytes, self._counted = self._sum(), True
        if self._most is not None and self.counters.bytes > self._most:
            self._make_room(round(self._most * AFTER), stays_s=STAYS_S)

    def _make_room(self, to: int, stays_s: float) -> int:
        removed, self.counters.bytes = _bound(self._folder, to, stays_s)
        self.counters.evicted += removed
        return removed


def _shared(memory: Path | None, folder: Path) -> Path | None:
    """This folder's own place in shared memory."""
    mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return memory / f"yingda-{os.getuid()}-{mark}" if memory is not None and memory.is_dir() else None


def private_folder(memory: Path | None, folder: Path) -> Path:
    """Where sounds lie that must not outlive a call: in shared memory, or (without any) below `folder`."""
    shared = _shared(memory, folder)
    if shared is not None:
        with contextlib.suppress(OSError):
            if _ours(shared):
                return shared / "private"
    return folder / "private"


def _ours(folder: Path) -> bool:
    """A folder that nobody else can have laid there, or look into: prompts may tell what is personal."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _files(folder: Path) -> list[tuple[float, Path, int]]:
    """(last use, path, bytes)"""
    found: list[tuple[float, Path, int]] = []
    with contextlib.suppress(OSError):
        for path in folder.glob("[!.]*"):  # what begins with a dot is being written
            with contextlib.suppress(OSError):  # somebody else has removed it
                status = path.stat()
                found.append((status.st_mtime, path, status.st_size))
    return found


def _bound(folder: Path, to: int, stays_s: float) -> tuple[int, int]:
    """Remove the oldest files until `to` bytes are left. Returns (files removed, bytes left)."""
    files = sorted(_files(folder))
    left = sum(size for _, _, size in files)
    removed, latest = 0, time.time() - stays_s
    for used, path, size in files:
        if left <= to or used > latest:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            left, removed = left - size, removed + 1
    return removed, left


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file so that readers meet all of it or nothing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
