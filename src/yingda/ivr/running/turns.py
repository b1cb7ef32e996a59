"""An interpreter's turns: one input after the other, and what a session with heavy scripts may cost the others.

A session's inputs are worked off on the plane's loop. One whose scripts took long once is taken aside: from then on its
turns run in a thread beside the loop (the engine lets go of the interpreter lock while a script runs), and after each
heavy turn it rests for a multiple of what it took, each time twice as long; in the end it is broken off, and its caller
goes to a person. So a flow that runs wild is felt by nobody else: ten of them are at work for less than a hundredth of
the time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.voicexml.effects import Effect, Exit
from yingda.ivr.voicexml.inputs import Input
from yingda.ivr.voicexml.interpreter import Interpreter

log = logging.getLogger("yingda.flow")

HEAVY_S, REST, MOST_DOUBLED = 0.008, 100, 4
"""Scripts that took so long at one input are taken for a fault: the session then rests so many times as long, which
doubles so often. One heavy turn costs its caller a second; who goes on so leaves the processor to the others."""
RELENT_S = 120.0
"""After so long without a heavy turn they are forgotten."""
MOST_HEAVY = 12
ENDLESS = "error.com.yingda.endless"
"""What a session that has had so many heavy turns ends by."""

Turn = Callable[[int], list[Effect]]
"""What is done with the interpreter at a time (µs); its effects."""


class Turns:
    """take gets the effects of each turn, in order. aside: where heavy sessions go; None: they stay on the loop."""

    def __init__(
        self,
        document: str,
        interpreter: Interpreter,
        engine: QuickJs,
        take: Callable[[list[Effect]], None],
        aside: Executor | None,
    ) -> None:
        self._document, self._interpreter, self._engine = document, interpreter, engine
        self._take, self._aside = take, aside
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Turn] = deque()
        self._running, self._closed = False, False
        self._heavy, self._heavy_at = 0, 0.0  # turns, and when the last one was
        self._timer: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.elsewhere = False
        """A thread is at work with the engine just now: nobody else may touch it."""

    def begin(self, uri: str) -> None:
        self._do(lambda now: self._interpreter.start(uri, now))

    def give(self, event: Input) -> None:
        """Something for the interpreter, after whatever it is working on now."""
        self._do(lambda now: self._interpreter.receive(event, now))

    def close(self) -> None:
        self._closed = True
        for handle in (self._timer, self._resting, self._task):
            if handle is not None:
                handle.cancel()

    def _do(self, turn: Turn) -> None:
        self._queue.append(turn)
        self._work()

    def _now(self) -> int:
        return round(self._loop.time() * 1_000_000)

    def _may(self) -> bool:
        return bool(self._queue) and not self._closed and self._resting is None

    def _work(self) -> None:
        """What waits, in order, unless it is being worked on already or the session rests."""
        if self._running or not self._may():
            return
        self._running = True
        if self._heavy and self._aside is not None:
            self._task = self._loop.create_task(self._work_aside(self._aside))
            return
        try:
            while self._may():
                self._take(self._queue.popleft()(self._now()))
                self._judge()
        finally:
            self._running = False
        self._settle()

    async def _work_aside(self, aside: Executor) -> None:
        try:
            while self._may():
                turn, self.elsewhere = self._queue.popleft(), True
                try:
                    found = await self._loop.run_in_executor(aside, turn, self._now())
                finally:
                    self.elsewhere = False
                self._take(found)
                self._judge()
        finally:
            self._running = False
        self._settle()

    def _judge(self) -> None:
        """A session whose scripts ran wild waits its turn, and everybody else's."""
        spent = self._engine.spent_s
        self._engine.begin()  # what is counted here once is not counted again
        if spent > HEAVY_S and not self._closed:
            now = self._loop.time()
            self._heavy = 1 if now - self._heavy_at > RELENT_S else self._heavy + 1
            self._heavy_at = now
            log.warning("the scripts of %s took %.0f ms; it rests", self._document, spent * 1_000)
            if self._heavy > MOST_HEAVY:
                self._take([Exit((), ENDLESS, "The scripts of the flow run wild.")])
                return
            rest = spent * REST * 2 ** min(self._heavy - 1, MOST_DOUBLED)
            self._resting = self._loop.call_later(rest, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self._queue.appendleft(self._interpreter.handle_timer)
        self._work()

    def _settle(self) -> None:
        """Set the timer that the interpreter wants now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._interpreter.next_timer()
        if due is not None and not self._closed and self._resting is None:
            self._timer = self._loop.call_at(due / 1_000_000, self._rings)

    def _rings(self) -> None:
        self._timer = None
        self._do(self._interpreter.handle_timer)
