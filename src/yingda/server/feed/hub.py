"""Follows control's live documents and serves them to the browsers of this web plane.

One task stays in step with control: it asks for what was missed, listens to the topic "live", and asks again after a
gap or when control is another process than before. While control is away every browser keeps its documents and learns,
by the document planes/control, that they are old.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from yingda.kernel.clock import Clock
from yingda.kernel.errors import YingdaError
from yingda.server.control import Bus, call
from yingda.server.feed.browser import Browser, Farewell, own_epoch
from yingda.server.feed.documents import Doc, Documents, GapError, Key
from yingda.server.feed.live import LivePatch, LiveState, read_patch, read_state
from yingda.server.sessions.viewer import Viewer

log = logging.getLogger("yingda.web.feed")

CONTROL: Key = ("planes", "control")
LOOK_AFTER_S = 1.0
"""How often control is asked whether it is still there, and the same one."""
RETRY_S = 0.25
FIRST_RETRY_S = 0.01
"""Twice as long after each failure, up to RETRY_S: at the start the bus is connected within milliseconds."""
TIMEOUT_S = 2.0


class Hub:
    """All browsers of this web plane, and the documents they follow."""

    def __init__(self, bus: Bus, clock: Clock, *, look_after_s: float = LOOK_AFTER_S, retry_s: float = RETRY_S) -> None:
        self._bus, self._clock = bus, clock
        self._look_after_s, self._retry_s = look_after_s, retry_s
        self.documents = Documents()
        self.browsers: set[Browser] = set()
        self._early: list[LivePatch] | None = []  # patches that arrive while we catch up; None when in step
        self._missed = asyncio.Event()
        self._before_away: Doc | None = None
        self._task: asyncio.Task[None] | None = None
        self.away = False

    async def start(self) -> None:
        self._go_away()
        self._bus.subscribe("live", self._on_live)
        self._task = asyncio.create_task(self._follow(), name="follow control")

    async def stop(self) -> None:
        for browser in self.browsers:
            browser.say_farewell(Farewell.STOPS)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    # browsers

    def join(self, viewer: Viewer, since: tuple[str, int] | None) -> tuple[Browser, bool]:
        """A browser begins to follow; whether it could resume after (epoch, seq). Its first `take` says the rest."""
        browser = Browser(viewer)
        epoch = own_epoch(viewer, since[0]) if since is not None else None
        past = self.documents.at(epoch, since[1]) if since is not None and epoch is not None else None
        if past is not None:
            browser.resume(past, self.documents.now)
        self.browsers.add(browser)
        return browser, past is not None

    def leave(self, browser: Browser) -> None:
        self.browsers.discard(browser)

    def end_session(self, session_id: str) -> None:
        """Somebody signed out: his feeds end."""
        for browser in self.browsers:
            if browser.viewer.session_id == session_id:
                browser.say_farewell(Farewell.SIGNED_OUT)

    # control

    async def _follow(self) -> None:
        pause_s = FIRST_RETRY_S
        while True:
            try:
                process = await self._catch_up()
                pause_s = FIRST_RETRY_S
                await self._stay(process)
            except YingdaError as error:
                if not self.away:
                    log.warning("control does not answer: %s", error)
                self._go_away()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._retry_s)

    async def _catch_up(self) -> int:
        """Ask control for what we do not have; when its process began (µs)."""
        self._early = []
        self._missed.clear()
        process = await self._control_since()
        documents = self.documents
        since = {"epoch": documents.epoch, "seq": documents.seq} if documents.epoch else None
        state = read_state(await call(self._bus, "live.snapshot", {"since": since}, TIMEOUT_S))
        early, self._early = self._early, None
        self._come_back()
        self._take_over(state)
        if CONTROL not in self.documents.now:
            self.documents.put_aside(CONTROL, {"up": True, "since": process})
        for patch in early:
            self._take(patch)
        return process

    async def _stay(self, process: int) -> None:
        """Return when something was missed or control is another process; raise when it does not answer."""
        while not self._missed.is_set():
            try:
                async with asyncio.timeout(self._look_after_s):
                    await self._missed.wait()
            except TimeoutError:
                if await self._control_since() != process:
                    return

    async def _control_since(self) -> int:
        pong = await call(self._bus, "ping", {}, TIMEOUT_S)
        return int(pong["since"])

    def _take_over(self, state: LiveState) -> None:
        if state.docs is not None or state.epoch != self.documents.epoch:
            self.documents.reset(state.epoch, state.seq, state.documents())
            for browser in self.browsers:
                browser.start_over()
            return
        for patch in state.patches or ():
            self._take(patch)

    def _on_live(self, message: Mapping[str, Any]) -> None:
        try:
            patch = read_patch(message)
        except YingdaError:
            log.exception("a live message cannot be read")
            self._missed.set()
            return
        if self._early is not None:
            self._early.append(patch)
        else:
            self._take(patch)

    def _take(self, patch: LivePatch) -> None:
        if patch.epoch and patch.epoch != self.documents.epoch:
            self._missed.set()
            return
        try:
            touched = self.documents.apply(patch.patch())
        except GapError:
            self._missed.set()
            return
        self._tell(touched)

    # control away: the one document that the web plane knows better

    def _go_away(self) -> None:
        if not self.away:
            self.away = True
            self._early = []
            down = {"up": False, "since": self._clock.now()}
            self._before_away = self.documents.put_aside(CONTROL, down)
            self._tell((CONTROL,))

    def _come_back(self) -> None:
        """Put control's own document back, before what it says itself is taken over."""
        if self.away:
            self.away = False
            self.documents.put_aside(CONTROL, self._before_away)
            self._tell((CONTROL,))

    def _tell(self, keys: frozenset[Key] | tuple[Key, ...]) -> None:
        for browser in self.browsers:
            browser.note(keys)
