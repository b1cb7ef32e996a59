"""Files that take a while: made one after the other in a thread, with progress, kept for an hour for who asked."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from yingda.kernel.clock import SECOND, Clock
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.server.refusals import not_found

log = logging.getLogger(__name__)

KEPT = 3_600 * SECOND
MOST_OF_ONE = 5
"""So many files one user may have at a time; the oldest goes."""

Write = Callable[[Path, Callable[[int], None]], None]
"""(file, progress): makes the file, and tells how many rows there are by now."""


@dataclass(slots=True)
class Export:
    """One file. owner: the user who asked for it. at: when, µs."""

    export_id: str
    owner: str
    name: str
    at: int
    total: int | None
    done: int = 0
    state: Literal["making", "ready", "failed"] = "making"
    sentence: str = ""

    def as_json(self) -> dict[str, Any]:
        shown = ("export_id", "state", "done", "total", "sentence")
        return {**{name: getattr(self, name) for name in shown}, "file": self.name}


class Exports:
    """Every file that is made or kept. One thread makes them: calls come first."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None  # made with the first file
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exports")
        self._all: dict[str, Export] = {}

    def begin(self, owner: str, name: str, total: int | None, write: Write) -> Export:
        """name: the file as the browser saves it."""
        export = Export(new_id(), owner, name, self._clock.now(), total)
        with self._lock:
            self._clear(owner)
            self._all[export.export_id] = export
        self._worker.submit(self._make, export, write)
        return export

    def find(self, owner: str, export_id: str) -> Export:
        """Raises not_found, also for what another user asked for."""
        with self._lock:
            export = self._all.get(export_id)
        if export is None or export.owner != owner:
            raise not_found("export")
        return export

    def file(self, owner: str, export_id: str) -> tuple[Path, str]:
        """(the file, its name). Raises not_found, not_ready."""
        export = self.find(owner, export_id)
        if export.state != "ready":
            raise YingdaError("not_ready", "The file is not ready yet.", todo="Ask again in a moment.")
        return self._path(export), export.name

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()

    def _path(self, export: Export) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="yingda-exports-")
        return Path(self._folder.name) / export.export_id

    def _clear(self, owner: str) -> None:
        mine = sorted((one for one in self._all.values() if one.owner == owner), key=lambda one: one.at)
        old = [one for one in self._all.values() if one.at < self._clock.now() - KEPT]
        for export in {one.export_id: one for one in (*old, *mine[: max(0, len(mine) + 1 - MOST_OF_ONE)])}.values():
            if export.state != "making":
                self._path(export).unlink(missing_ok=True)
                del self._all[export.export_id]

    def _make(self, export: Export, write: Write) -> None:
        def progress(done: int) -> None:
            export.done = done

        try:
            write(self._path(export), progress)
        except YingdaError as error:
            export.sentence, export.state = error.sentence, "failed"
        except Exception:
            log.exception("the export %s could not be made", export.export_id)
            export.sentence, export.state = "The file could not be made; the log says why.", "failed"
        else:
            export.state = "ready"
