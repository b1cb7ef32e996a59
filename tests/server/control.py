"""A small stand-in for control at its process boundary: live documents with history; commands are written down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yingda.kernel.bus import BusServer, Peer
from yingda.kernel.errors import YingdaError
from yingda.server.feed.hub import Hub
from yingda.server.reach import EVERYWHERE
from yingda.server.sessions.viewer import Viewer

Body = Mapping[str, Any]
DEADLINE_S = 5.0


class Control:
    """epoch, seq, docs: what `live.snapshot` tells. asked: every command that came. refusals: by method."""

    def __init__(self, epoch: str = "e1", since: int = 1, remembered: int = 100) -> None:
        self.epoch, self.since, self.seq = epoch, since, 0
        self.docs: dict[str, dict[str, Any]] = {"planes": {"control": {"up": True, "since": since}}}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, YingdaError] = {}
        self.metrics = ""
        self.answers: dict[str, dict[str, Any]] = {}
        self._patches: list[dict[str, Any]] = []
        self._remembered = remembered
        self._server: BusServer | None = None

    def change(self, put: Mapping[tuple[str, str], Any] | None = None, gone: tuple[tuple[str, str], ...] = ()) -> None:
        """One change of the live documents, told to whoever listens."""
        patch = self.change_untold(put, gone)
        if self._server is not None:
            self._server.publish("live", patch)

    def change_untold(
        self, put: Mapping[tuple[str, str], Any] | None = None, gone: tuple[tuple[str, str], ...] = ()
    ) -> dict[str, Any]:
        """The same, but the message is lost on the way."""
        self.seq += 1
        for (kind, ident), doc in (put or {}).items():
            self.docs.setdefault(kind, {})[ident] = doc
        for kind, ident in gone:
            self.docs[kind].pop(ident, None)
        told = [[kind, ident, doc] for (kind, ident), doc in (put or {}).items()]
        patch = {"seq": self.seq, "now": self.seq, "set": told, "del": [list(key) for key in gone]}
        self._patches = [*self._patches, patch][-self._remembered :]
        return patch

    async def start(self, path: Path) -> None:
        self._server = BusServer(path, self._handle)
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None

    async def _handle(self, method: str, body: Body, peer: Peer) -> dict[str, Any] | None:
        if method == "ping":
            return {"plane": "control", "version": "0", "since": self.since, "now": 0}
        if method == "metrics":
            return {"text": self.metrics}
        if method == "live.snapshot":
            return self._live(body["since"])
        self.asked.append((method, dict(body)))
        if method in self.refusals:
            raise self.refusals[method]
        return self.answers.get(method)

    def _live(self, since: Body | None) -> dict[str, Any]:
        head = {"epoch": self.epoch, "seq": self.seq, "now": 0}
        if since is not None and since["epoch"] == self.epoch:
            missed = [patch for patch in self._patches if patch["seq"] > since["seq"]]
            if len(missed) == self.seq - since["seq"]:
                return {**head, "patches": missed}
        return {**head, "docs": {kind: dict(docs) for kind, docs in self.docs.items()}}

    async def followed(self, hub: Hub) -> None:
        """Return when the hub has every change: a browser of our own hears of each."""
        browser, _ = hub.join(Viewer("default", "watcher", "watcher", "admin", None, "watcher", 0, EVERYWHERE), None)
        try:
            async with asyncio.timeout(DEADLINE_S):
                while hub.away or (hub.documents.epoch, hub.documents.seq) != (self.epoch, self.seq):
                    await browser.something_to_say(0.02)  # what is nobody's own wakes nobody
                    browser.take(hub.documents, 0)
        finally:
            hub.leave(browser)
