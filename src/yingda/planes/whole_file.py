"""A small file that is replaced as a whole: all of a list or nothing of it, and nobody else may read it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)


class WholeFile:
    """what: named in the log when it cannot be read or kept."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what = path, what

    def load(self) -> list[dict[str, Any]]:
        """Nothing if there is no file; a damaged one is put aside and told in the log."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[dict[str, Any]])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            log.error("%s cannot be read and are lost: %s", self._what, error)
            self._path.replace(self._path.with_suffix(".damaged"))
            return []

    def save(self, items: Sequence[Mapping[str, Any]]) -> None:
        """A full disk must not cut a call: the log says that they are at risk."""
        part = self._path.with_suffix(".part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(items))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            log.error("%s cannot be kept: %s", self._what, error)
