"""A secret key in a file of its own: made once, of random bytes, readable by the server's user alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

KEY_BYTES = 32


def key_at(path: Path) -> bytes:
    """The key, made at its first use. Of several who make it at the same moment, the first one's is everybody's."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        _make(path)
        return path.read_bytes()


def _make(path: Path) -> None:
    """It appears under its name with all its bytes: nobody ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        Path(new).unlink()
