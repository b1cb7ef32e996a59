"""A speech engine in a process of its own, one for each engine: asked over its standard streams, ended when it hangs.

A request is a line of JSON; the answer a line of JSON, {"rate": Hz, "bytes": n}, and n bytes of PCM16, or {"error":
code, "sentence": …}. A process that dies or hangs costs the request in hand; the next one starts another, at once
after the first time and then later and later, so that a broken engine takes no more than its share of the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

from yingda.kernel.errors import YingdaError

MOST_BYTES = 256 << 20
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class BackOff:
    """When an engine that failed may be tried again. Times in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def failed(self, now: float) -> None:
        self._until = now + PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1

    def worked(self) -> None:
        self._failures = 0

    def check(self, engine: str, now: float) -> None:
        """Raises YingdaError `speech_resting`."""
        if now < self._until:
            raise YingdaError("speech_resting", f"{engine} failed {self._failures} times and rests for a moment.")


class EngineProcess:
    """engine: its name, for sentences. patience: seconds a request may take. program: what to run."""

    def __init__(self, engine: str, patience: float, program: Sequence[str]) -> None:
        self._engine, self._patience, self._program = engine, patience, program
        self._lock = threading.Lock()
        self._back_off = BackOff()
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process in use, if one runs."""
        return self.running.pid if self.running else None

    def ask(self, request: dict[str, Any]) -> tuple[int, bytes]:
        """(sampling rate, PCM16). A fault on the way ends the process, so that no answer meets the wrong request.

        Raises YingdaError `speech_failed`, `speech_resting`, or what the engine says.
        """
        with self._lock:
            self._back_off.check(self._engine, time.monotonic())
            try:
                answer = self._asked(request)
            except TimeoutError as error:
                self._failed()
                words = f"The speech engine did not answer in {self._patience:g} s."
                raise YingdaError("speech_failed", words) from error
            except (OSError, EOFError, ValueError, KeyError) as error:
                self._failed()
                raise YingdaError("speech_failed", "The speech engine stopped while it was speaking.") from error
            self._back_off.worked()
            return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _asked(self, request: dict[str, Any]) -> tuple[int, bytes]:
        process = self._started()
        deadline = time.monotonic() + self._patience
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        incoming = Incoming(process.stdout.fileno(), deadline)
        header = json.loads(incoming.line())
        if "error" in header:
            raise YingdaError(str(header["error"]), str(header["sentence"]))
        return int(header["rate"]), incoming.exactly(min(int(header["bytes"]), MOST_BYTES))

    def _started(self) -> subprocess.Popen[bytes]:
        if self.running is not None and self.running.poll() is None:
            return self.running
        self._end()
        self.running = subprocess.Popen(
            self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self.running

    def _failed(self) -> None:
        self._end()
        self._back_off.failed(time.monotonic())

    def _end(self) -> None:
        process, self.running = self.running, None
        if process is not None:
            end_process(process)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Kill it, wait for it, close its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was left to write has nobody to read it
                pipe.close()


class Incoming:
    """Reads from a pipe until a deadline (monotonic seconds). Raises EOFError, TimeoutError."""

    def __init__(self, handle: int, deadline: float) -> None:
        self._handle = handle
        self._deadline = deadline
        self._held = bytearray()

    def line(self) -> bytes:
        while b"\n" not in self._held:
            self._more()
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        return line

    def exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            self._more()
        return bytes(self._held[:count])

    def whole(self) -> bytes:
        """Everything until its writer ends."""
        with contextlib.suppress(EOFError):
            while len(self._held) < MOST_BYTES:
                self._more()
        return bytes(self._held)

    def _more(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not select.select([self._handle], [], [], left)[0]:
            raise TimeoutError
        chunk = os.read(self._handle, 1 << 16)
        if not chunk:
            raise EOFError
        self._held += chunk
