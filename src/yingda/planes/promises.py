"""Call-backs kept on disk, so that what was promised to a customer outlives whatever happens to the plane.

One small file, replaced as a whole. It holds numbers, so nobody else may read it; the ledger has them by reference.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)

NAME = "callbacks.json"


class PromiseFile:
    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def load(self) -> list[dict[str, Any]]:
        """Nothing if there is no file; a damaged one is put aside and told in the log."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[dict[str, Any]])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            log.error("the open call-backs cannot be read and are lost: %s", error)
            self._path.replace(self._path.with_suffix(".damaged"))
            return []

    def save(self, callbacks: Sequence[Mapping[str, Any]]) -> None:
        """All of it or nothing of it. A full disk must not cut a call: the log says that promises are at risk."""
        part = self._path.with_suffix(".part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(callbacks))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            log.error("the open call-backs cannot be kept: %s", error)
