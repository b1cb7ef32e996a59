"""The parent of the media processes: everything is imported once, so that a dead one's successor is up in milliseconds.

It forks a worker for each configuration, tells when all of them are ready, and forks again whoever dies. It has no
threads and no sockets of its own. Its end, however it comes, is the end of its workers (prctl(2), PR_SET_PDEATHSIG).

    state     by                               next
    STARTING  the worker's word                READY
    STARTING  its end                          the nursery ends too: something is wrong with the configuration
    READY     its death                        WAITING (50 ms, twice as long each time, at most 5 s; 10 s of life: anew)
    WAITING   the time is up                   STARTING again; from now on an end means WAITING
"""

from __future__ import annotations

import ctypes
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum

from yingda.kernel.errors import StartError, YingdaError
from yingda.kernel.memory import settle
from yingda.media.process import MediaConfig, run

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S = 0.05, 5.0, 10.0
STOP_LIMIT_S = 8.0
PR_SET_PDEATHSIG = 1
READY = b"ready"


class WorkerState(Enum):
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"


class Worker:
    """One place for a media process and the process that holds it."""

    def __init__(self, config: MediaConfig) -> None:
        self.config = config
        self.state = WorkerState.WAITING
        self.pid = 0
        self.word = -1
        self.born_at = self.due = 0.0
        self.pause = FIRST_PAUSE_S
        self.lives = 0


class Nursery:
    """leash: a pipe whose end means that nobody wants us any more; or None."""

    def __init__(self, configs: Sequence[MediaConfig], leash: int | None = None) -> None:
        self._workers = [Worker(config) for config in configs]
        self._leash = leash
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._told = False

    def run(self, ready: Callable[[], None]) -> None:
        """Until SIGTERM, SIGINT or the end of the leash. Raises StartError with what a worker said at its start."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        settle()
        try:
            while not self._stopping:
                self._turn()
                if not self._told and all(worker.state is WorkerState.READY for worker in self._workers):
                    self._told = True
                    ready()
        finally:
            signal.set_wakeup_fd(-1)
            self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    # ---- one turn --------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.state is WorkerState.WAITING and now >= worker.due:
                self._fork(worker)
        waits = [worker.due - now for worker in self._workers if worker.state is WorkerState.WAITING]
        heard = [self._wake_read] + [worker.word for worker in self._workers if worker.word >= 0]
        if self._leash is not None:
            heard.append(self._leash)
        readable, _, _ = select.select(heard, [], [], max(0.0, min(waits)) if waits else None)
        if self._leash in readable:
            self._stopping = True
        if self._wake_read in readable:
            with suppress(BlockingIOError):
                os.read(self._wake_read, 512)
        for worker in self._workers:
            if worker.word in readable:
                self._listen(worker)
        self._bury()

    def _listen(self, worker: Worker) -> None:
        """A worker's word: ready, or the sentence for which it cannot start."""
        word = os.read(worker.word, 4_096)
        os.close(worker.word)
        worker.word = -1
        if word == READY:
            worker.state = WorkerState.READY
        elif not self._told:
            raise StartError("media_refused", word.decode() or "A media process ended at its start.")

    def _bury(self) -> None:
        """See who died, and let each be born again after a pause."""
        for worker in self._workers:
            if worker.pid and os.waitpid(worker.pid, os.WNOHANG)[0]:
                now = time.monotonic()
                if worker.word >= 0:
                    self._listen(worker)
                if now - worker.born_at >= STEADY_AFTER_S:
                    worker.pause = FIRST_PAUSE_S
                worker.state, worker.pid, worker.due = WorkerState.WAITING, 0, now + worker.pause
                log.error("media process %s ended; again in %g s", worker.config.socket.name, worker.pause)
                worker.pause = min(2 * worker.pause, LONGEST_PAUSE_S)

    # ---- births and ends -------------------------------------------------------------------------------------------

    def _fork(self, worker: Worker) -> None:
        read, write = os.pipe2(os.O_CLOEXEC)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            os._exit(_live(worker.config, write, parent))
        os.close(write)
        worker.pid, worker.word, worker.state = pid, read, WorkerState.STARTING
        worker.born_at, worker.lives = time.monotonic(), worker.lives + 1

    def _end_all(self) -> None:
        """Each cleanly, none for ever."""
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, signal.SIGTERM)
        limit = time.monotonic() + STOP_LIMIT_S
        for worker in self._workers:
            while worker.pid and not os.waitpid(worker.pid, os.WNOHANG)[0]:
                if time.monotonic() >= limit:
                    os.kill(worker.pid, signal.SIGKILL)
                    os.waitpid(worker.pid, 0)
                    break
                select.select([self._wake_read], [], [], 0.02)
            worker.pid = 0


def _live(config: MediaConfig, word: int, parent: int) -> int:
    """A worker's whole life, in the forked process; its exit code. What it says at its start goes through `word`."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    try:
        run(config, lambda: _say(word, READY))
    except YingdaError as error:
        _say(word, str(error).encode())
        return 2
    except BaseException:
        log.exception("the media process fails")
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _say(word: int, text: bytes) -> None:
    os.write(word, text)
    os.close(word)
