"""Work that may block (files), kept off the media loop: a helper thread for each kind, results handed back in the loop.

The core sees only `submit(work, done)`; tests give it one that works at once.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Offload(Protocol):
    def submit(self, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        """Run `work` elsewhere, then `done(result)` in the loop's thread, in order. `work` must not raise."""
        ...


class InlineOffload:
    """Works at once, in the caller's thread: for tests and virtual time."""

    def submit(self, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        done(work())


class ThreadOffload:
    """One daemon thread. `wake` is called from it when a result waits; the loop then calls `collect`."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._done: deque[Callable[[], None]] = deque()
        self._wake = wake
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        def job() -> None:
            result = work()
            self._done.append(lambda: done(result))

        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            if len(self._done) == 1:  # else the wake for the one before it brings this one in too
                self._wake()

    def collect(self) -> None:
        """Hand finished work back; in the loop's thread."""
        while self._done:
            self._done.popleft()()

    def close(self, timeout_s: float = 5.0) -> None:
        """Finish what was submitted, then stop."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        self.collect()
