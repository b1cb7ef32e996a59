"""A segment that is being written: one pwrite(2) an append, into blocks that are reserved ahead.

The reserve keeps the ledger going for a while on a full disk: long enough to warn, and to finish the calls that are up.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from pathlib import Path

from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.segment import segment_path

log = logging.getLogger(__name__)

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NO_RESERVE = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
"""The file system cannot reserve blocks: the ledger works, but notices a full disk only when it writes."""


class SegmentFile:
    """The open segment. end: the bytes written; what lies behind them is reserve and reads as NULs.

    `write` belongs to one thread, `reserve_ahead` and `sync` may be called from another.
    """

    def __init__(self, path: Path, descriptor: int, end: int, reserve: int) -> None:
        self.path = path
        self.end = end
        self._descriptor = descriptor
        self._reserve = reserve
        self._reserved = end
        self._lock = threading.Lock()
        self._short = False
        self._listed = False

    @classmethod
    def create(cls, folder: Path, number: int, header: bytes, reserve: int) -> SegmentFile:
        """A new segment that begins with the line `header`; YingdaError("ledger_full") leaves nothing behind."""
        path = segment_path(folder, number)
        segment = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), 0, reserve)
        try:
            segment.write(header)
            if not segment.reserve_ahead():
                raise _full(path)
        except BaseException:
            os.close(segment._descriptor)
            path.unlink()
            raise
        return segment

    @classmethod
    def resume(cls, path: Path, end: int, torn: int, reserve: int) -> SegmentFile:
        """Go on behind `end`. The `torn` bytes there are wiped out; the reserve is kept, for the disk may be full."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        segment = cls(path, descriptor, end, reserve)
        segment._reserved = os.fstat(descriptor).st_size
        if torn:
            os.pwrite(descriptor, bytes(torn), end)
            segment.sync()
        segment.reserve_ahead()
        return segment

    def write(self, line: bytes) -> None:
        """Append `line` whole or not at all; YingdaError: ledger_full, or ledger_failed with the system's words."""
        behind = self.end + len(line)
        if behind > self._reserved and not self._grow(behind):
            raise _full(self.path)
        try:
            written = os.pwrite(self._descriptor, line, self.end)
        except OSError as error:
            self._cut()
            if error.errno in _NO_SPACE:  # a file system that copies on write needs room even for reserved blocks
                raise _full(self.path) from error
            raise _failed(self.path, error) from error
        if written != len(line):
            self._cut()
            raise _full(self.path)
        self.end = behind

    def reserve_ahead(self) -> bool:
        """Keep between one and two reserves of blocks in hand; False, with one warning, while the disk is full."""
        if self._reserved - self.end >= self._reserve:
            return True
        done = self._grow(self.end + 2 * self._reserve)
        if not done and not self._short:
            log.warning("the disk is full: %d bytes of the ledger's reserve are left", self._reserved - self.end)
        self._short = not done
        return done

    def sync(self) -> None:
        """Make what is written safe against a loss of power."""
        os.fdatasync(self._descriptor)
        if not self._listed:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._listed = True

    def close(self) -> None:
        """Give the reserve back, sync and close."""
        self._cut()
        self.sync()
        os.close(self._descriptor)

    def _grow(self, size: int) -> bool:
        with self._lock:
            if size <= self._reserved:
                return True
            try:
                os.posix_fallocate(self._descriptor, self._reserved, size - self._reserved)
            except OSError as error:
                if error.errno in _NO_SPACE:
                    return False
                if error.errno not in _NO_RESERVE:
                    raise _failed(self.path, error) from error
            self._reserved = size
            return True

    def _cut(self) -> None:
        with self._lock:
            os.ftruncate(self._descriptor, self.end)
            self._reserved = self.end


def _failed(path: Path, error: OSError) -> YingdaError:
    return YingdaError("ledger_failed", f"The ledger cannot be written: {error.strerror}.", where=str(path))


def _full(path: Path) -> YingdaError:
    return YingdaError(
        "ledger_full",
        "The disk is full and the ledger's reserve is used up.",
        where=str(path),
        todo="Free some space; writing goes on at once.",
    )
