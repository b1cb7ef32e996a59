"""The horizon: below it nothing is ever written again (docs/architecture.md, "Ledger").

One small file that all writers of a data folder share. A writer holds the shared lock from choosing its stamp, above
the horizon, to the end of its write; the importer takes the exclusive lock for the moment in which it raises the
horizon. So once raised, everything at or below it is on file.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

_WIDTH = 20


class Horizon:
    """One holder's own handle on `ledger/horizon`. Times are µs UTC. As a context manager: the shared lock."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(root / "horizon", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Horizon:
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def read(self) -> int:
        """The horizon; 0 as long as nobody has raised it. Ask under a lock."""
        return int(os.pread(self._descriptor, _WIDTH, 0) or b"0")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """While this is held no append is under way."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def raise_to(self, stamp: int) -> int:
        """Raise the horizon to `stamp` if that is higher; the horizon now in force."""
        with self.exclusive():
            held = self.read()
            if stamp > held:
                os.pwrite(self._descriptor, b"%0*d" % (_WIDTH, stamp), 0)
            return max(held, stamp)

    def close(self) -> None:
        os.close(self._descriptor)
