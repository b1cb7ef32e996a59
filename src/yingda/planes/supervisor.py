"""The supervisor: binds the sockets, starts the planes, starts again what dies, stops all cleanly.

It does nothing else and imports nothing heavy, so there is little in it that could fail. A plane that dies is started
again after 0.2 s, then 0.4 s … at most 10 s; after 30 s of life the back-off begins anew.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec

from yingda.kernel.errors import StartError
from yingda.planes import sockets
from yingda.planes.child import ENVIRONMENT, Setup, Word
from yingda.planes.options import Options, prepare_folders

FIRST_BACKOFF_S = 0.2
LONGEST_BACKOFF_S = 10.0
STEADY_AFTER_S = 30.0
START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
# Stopped in the reverse order, so that calls are closed while media still lives.
ORDER = ("media", "worker", "flows", "control", "web")

Say = Callable[[str], None]


class Plane:
    """One plane's process, with what is known of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.word: int | None = None
        self.leash: int | None = None
        self.ready = False
        self.started_at = 0.0
        self.backoff = FIRST_BACKOFF_S
        self.again_at: float | None = None
        self.starts = 0


class Supervisor:
    """Runs the planes of `options.roles` until stopped. `say` gets one line of progress at a time."""

    def __init__(self, options: Options, say: Say) -> None:
        self._options = options
        self._say = say
        self._planes = {name: Plane(name) for name in ORDER if name in options.roles}
        self._sockets: dict[str, socket.socket] = {}
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()

    def run(self, started: Callable[[], None]) -> int:
        """Start everything, call `started` once all planes are ready, then supervise. Returns the exit code."""
        prepare_folders(self._options)
        self._claim()
        self._sockets = sockets.bind_all(self._options)
        self._listen_to_signals()
        try:
            for plane in self._planes.values():
                self._start(plane)  # side by side: those who need others wait for them by themselves
            self._await_ready(list(self._planes.values()))
            if not self._stopping:
                started()
            while not self._stopping:
                self._turn()
            return 0
        finally:
            self._stop_all()

    def stop(self) -> None:
        self._stopping = True

    # ---- starting -------------------------------------------------------------------------------------------------

    def _claim(self) -> None:
        """One supervisor a plane and data folder: the kernel's lock dies with its holder, so a crash leaves nothing."""
        for name in self._planes:
            path = self._options.run / f"{name}.lock"
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.lockf(handle, os.F_TLOCK, 0)
            except OSError as error:
                raise StartError(
                    "already_running",
                    f"The {name} plane is already running from this folder (process {path.read_text().strip()}).",
                    where=self._options.data,
                    todo="Stop it first, or choose another folder with --data.",
                ) from error
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())

    def _start(self, plane: Plane) -> None:
        word_read, word_write = os.pipe()
        leash_read, leash_write = os.pipe()
        mine = {name: s for name, s in self._sockets.items() if sockets.PLANE_OF[name] == plane.name}
        numbers = {name: s.fileno() for name, s in mine.items()}
        plane.starts += 1
        setup = Setup(
            options=self._options, sockets=numbers, word=word_write, leash=leash_read, epoch=time.time_ns() // 1000
        )
        environment = os.environ | {ENVIRONMENT: msgspec.json.encode(setup).decode()}
        plane.process = subprocess.Popen(
            [sys.executable, "-m", "yingda.planes", plane.name],
            env=environment,
            pass_fds=[*numbers.values(), word_write, leash_read],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(word_write)
        os.close(leash_read)
        plane.word, plane.leash = word_read, leash_write
        plane.ready, plane.again_at, plane.started_at = False, None, time.monotonic()
        self._selector.register(word_read, selectors.EVENT_READ, plane)

    def _await_ready(self, planes: list[Plane]) -> None:
        limit = time.monotonic() + START_LIMIT_S
        while not all(plane.ready for plane in planes) and not self._stopping:
            self._turn()
            if time.monotonic() > limit:
                late = ", ".join(plane.name for plane in planes if not plane.ready)
                raise StartError("slow_start", f"The start of {late} did not finish within {START_LIMIT_S:.0f} s.")

    # ---- supervising ----------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Wait for the next thing to happen: a word, an end, a signal, a plane due to be started again."""
        due = [plane.again_at for plane in self._planes.values() if plane.again_at is not None]
        wait = max(0.0, min(due) - time.monotonic()) if due else 1.0
        for key, _ in self._selector.select(min(wait, 1.0)):
            if key.data is None:
                os.read(self._wake_read, 512)
            else:
                self._hear(key.data)
        for plane in self._planes.values():
            if plane.process is not None and plane.process.poll() is not None:
                self._ended(plane)
            elif plane.again_at is not None and time.monotonic() >= plane.again_at and not self._stopping:
                self._start(plane)

    def _hear(self, plane: Plane) -> None:
        """A plane's word; an empty read means that it died without one."""
        assert plane.word is not None
        line = os.read(plane.word, 65_536)
        self._close_word(plane)
        if not line:
            return
        word = msgspec.json.decode(line, type=Word)
        if not word.ready:
            raise StartError("plane_refused", word.sentence)
        plane.ready = True

    def _ended(self, plane: Plane) -> None:
        assert plane.process is not None
        code = plane.process.returncode
        first = plane.starts == 1 and not plane.ready
        self._release(plane)
        if self._stopping:
            return
        if first:
            raise StartError(
                "plane_died",
                f"The {plane.name} plane ended at its start (exit code {code}).",
                todo="Its last lines above say why.",
            )
        if time.monotonic() - plane.started_at >= STEADY_AFTER_S:
            plane.backoff = FIRST_BACKOFF_S
        plane.again_at = time.monotonic() + plane.backoff
        self._say(json.dumps({"event": "plane ended", "plane": plane.name, "code": code, "again_in_s": plane.backoff}))
        plane.backoff = min(plane.backoff * 2, LONGEST_BACKOFF_S)

    # ---- stopping -------------------------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        """End the planes in the reverse order of their start, each cleanly, none for ever."""
        for name in reversed(ORDER):
            plane = self._planes.get(name)
            if plane is None or plane.process is None:
                continue
            if plane.process.poll() is None:
                plane.process.terminate()
                try:
                    plane.process.wait(STOP_LIMIT_S)
                except subprocess.TimeoutExpired:
                    plane.process.kill()
                    plane.process.wait()
            self._release(plane)
        for held in self._sockets.values():
            held.close()
        self._selector.close()

    def _release(self, plane: Plane) -> None:
        plane.process, plane.ready = None, False
        self._close_word(plane)
        if plane.leash is not None:
            os.close(plane.leash)
            plane.leash = None

    def _close_word(self, plane: Plane) -> None:
        if plane.word is not None:
            self._selector.unregister(plane.word)
            os.close(plane.word)
            plane.word = None

    def _listen_to_signals(self) -> None:
        """A signal wakes the selector; SIGCHLD too, so that a death is seen at once."""
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
