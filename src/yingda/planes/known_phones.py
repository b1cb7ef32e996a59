"""Registrations and browsers' accounts kept on disk: after a restart of control phones are within reach before they
register anew, and those in a browser can.

A phone refreshes its registration after half an hour or so, and nobody could ring it until then. The file is written a
moment after something has changed, beside the loop, and taken up at the start; what has run out since is left out.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from yingda.agents.phones import Phones
from yingda.planes.whole_file import WholeFile
from yingda.sip.endpoint import Endpoint

NAME, ACCOUNTS = "registrations.json", "browser-phones.json"
SAVE_AFTER_S = 1.0


class KnownPhones:
    def __init__(self, folder: Path, endpoint: Endpoint, phones: Phones) -> None:
        self._file, self._endpoint = WholeFile(folder / NAME, "registrations"), endpoint
        self._accounts, self._phones = WholeFile(folder / ACCOUNTS, "browsers' accounts"), phones
        self._due: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None

    def take_up(self, now: int) -> None:
        self._phones.resume(self._accounts.load(), now)
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
            self._write(self._endpoint.registered(), self._phones.passing())

    def _save(self) -> None:
        self._due = None
        if self._saving is not None and not self._saving.done():  # a slow disk: later, and in order
            self.changed()
            return
        writing = asyncio.to_thread(self._write, self._endpoint.registered(), self._phones.passing())
        self._saving = asyncio.get_running_loop().create_task(writing)

    def _write(self, registered: list[Any], passing: list[dict[str, Any]]) -> None:
        self._accounts.save(passing)
        self._file.save(registered)
