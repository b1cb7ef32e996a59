"""Registrations kept on disk: after a restart of control phones are within reach before they register anew.

A phone refreshes its registration after half an hour or so, and nobody could ring it until then. The file is written a
moment after something has changed, beside the loop, and taken up at the start; what has run out since is left out.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from yingda.planes.whole_file import WholeFile
from yingda.sip.endpoint import Endpoint

NAME = "registrations.json"
SAVE_AFTER_S = 1.0


class KnownPhones:
    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self._file, self._endpoint = WholeFile(folder / NAME, "registrations"), endpoint
        self._due: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None

    def take_up(self, now: int) -> None:
        self._endpoint.resume(self._file.load(), now)

    def changed(self) -> None:
        """A device came or went: what comes within a moment is written at once."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(SAVE_AFTER_S, self._save)

    async def close(self) -> None:
        if self._saving is not None:
            await self._saving
        if self._due is not None:
            self._due.cancel()
            self._file.save(self._endpoint.registered())

    def _save(self) -> None:
        self._due = None
        if self._saving is not None and not self._saving.done():  # a slow disk: later, and in order
            self.changed()
            return
        writing = asyncio.to_thread(self._file.save, self._endpoint.registered())
        self._saving = asyncio.get_running_loop().create_task(writing)
