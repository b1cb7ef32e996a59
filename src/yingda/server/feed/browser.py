"""What one browser still has to be told.

Changes are noted as keys only; a message is made when the browser can take one, from the documents of that moment.
A slow browser thus skips the states between by itself, document by document, and never costs more memory than one
mark a document. What it holds is kept beside (`_sent`), so a patch is exactly the difference.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from enum import Enum
from operator import itemgetter

from yingda.server.feed.documents import Doc, Documents, Key, nested
from yingda.server.feed.visible import Eyes, changed_by, contacts_of, eyes_now, visible, visible_docs
from yingda.server.sessions.viewer import Viewer

Message = dict[str, object]
_UNKNOWN: Doc = {}
"""Stands for a document of which we do not know what the browser holds: it differs from every real one."""


CENTRE_WIDE: tuple[Key, ...] = (("planes", "control"), ("planes", "media"))
"""What everybody must hear of at once."""


class Farewell(Enum):
    """Why a browser is let go: the WebSocket's close code and reason."""

    STOPS = (1001, "the server stops")
    SIGNED_OUT = (4401, "signed out")
    EXPIRED = (4401, "the session has ended")
    TOO_SLOW = (4408, "the browser was too slow")
    RIGHTS_CHANGED = (4409, "what this user may see has changed")


class Browser:
    """One WebSocket's view. `farewell` is set when it must go."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._wake = asyncio.Event()
        self.farewell: Farewell | None = None
        self._fresh = True
        self._pending: set[Key] = set()
        self._sent: dict[Key, Doc] = {}
        self._always: frozenset[Key] = frozenset(
            {*CENTRE_WIDE, ("agents", viewer.agent_id or ""), ("messages", viewer.user_id)}
        )
        self._own = self._always
        self._eyes = Eyes(viewer.role, viewer.reach, user_id=viewer.user_id, agent_id=viewer.agent_id)

    def resume(self, past: Mapping[Key, Doc], present: Iterable[Key]) -> None:
        """It still holds what it saw in `past`; tell it what has changed since.

        Planes are told again in any case: while control is away their documents live outside the sequence."""
        self._fresh = False
        self._eyes = self._look(past)
        seen = visible_docs(past, self._eyes)
        self._sent = {key: _UNKNOWN if key[0] == "planes" else doc for key, doc in seen.items()}
        self._pending = {*past, *present}
        self._wake.set()

    def note(self, keys: Iterable[Key]) -> None:
        """These changed. What is his own is said at once; the rest with it, or when its time has come (`api`)."""
        self._pending.update(keys)
        if not self._own.isdisjoint(keys):
            self._wake.set()

    def start_over(self) -> None:
        """The documents began anew: the next message is a snapshot."""
        self._fresh = True
        self._wake.set()

    def say_farewell(self, why: Farewell) -> None:
        self.farewell = why
        self._wake.set()

    async def something_to_say(self, within_s: float) -> None:
        """Return when there may be a message, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._wake.wait()

    def take(self, documents: Documents, now: int) -> Message | None:
        """The next message, or None if nothing that it sees has changed."""
        self._wake.clear()
        if self._fresh:
            return self._snapshot(documents, now)
        return self._patch(documents, now) if self._pending else None

    def _look(self, docs: Mapping[Key, Doc]) -> Eyes:
        self._own = self._always | {("calls", contact) for contact in contacts_of(self.viewer.agent_id, docs)}
        viewer = self.viewer
        return eyes_now(viewer.role, viewer.reach, docs, viewer.user_id, viewer.agent_id)

    def _snapshot(self, documents: Documents, now: int) -> Message:
        self._fresh = False
        self._pending.clear()
        self._eyes = self._look(documents.now)
        self._sent = visible_docs(documents.now, self._eyes)
        epoch = epoch_for(self.viewer, documents.epoch)
        return {"type": "snapshot", "epoch": epoch, "seq": documents.seq, "now": now, "docs": nested(self._sent)}

    def _patch(self, documents: Documents, now: int) -> Message | None:
        eyes = self._look(documents.now)
        keys = self._pending | changed_by(self._eyes, eyes, documents.now)
        self._eyes, self._pending = eyes, set()
        put: list[tuple[str, str, Doc]] = []
        gone: list[Key] = []
        for key in keys:
            doc = documents.now.get(key)
            shown = visible(key, doc, eyes) if doc is not None else None
            if shown == self._sent.get(key):
                continue
            if shown is None:
                del self._sent[key]
                gone.append(key)
            else:
                self._sent[key] = shown
                put.append((*key, shown))
        if not put and not gone:
            return None
        put.sort(key=itemgetter(0, 1))
        return {"type": "patch", "seq": documents.seq, "now": now, "set": put, "del": sorted(gone)}


def epoch_for(viewer: Viewer, epoch: str) -> str:
    """The epoch as this viewer is told it: another user, role or reach cannot resume what it was not allowed to see."""
    agents = viewer.reach.agents
    whom = "all" if agents is None else hashlib.sha256("\0".join(sorted(agents)).encode()).hexdigest()[:16]
    return f"{epoch}~{viewer.user_id}~{viewer.role}~{whom}"


def own_epoch(viewer: Viewer, told: str) -> str | None:
    """Control's epoch out of what the browser was told; None if it was told to other eyes."""
    tail = epoch_for(viewer, "")
    return told.removesuffix(tail) if told.endswith(tail) else None
