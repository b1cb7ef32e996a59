"""The books are proved every night (metrics.md section 8), by `yingda verify` in a process of its own that gives way.

What does not hold becomes an alarm; it stands until a night in which everything holds.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from yingda.kernel.clock import SECOND, Clock

log = logging.getLogger(__name__)

AT = (3, 30)
"""Local time of the centre."""
LOOK_EVERY_S = 60.0
LONGEST_S = 6 * 3_600
POLL_S = 0.2
ALARM = "books"
BROKEN = "The books do not hold: {fault} Run yingda verify and tell support what it says."

Prove = Callable[[], str | None]
"""The first fault in a sentence; None when everything holds."""
Alarms = Callable[[Mapping[str, str | None]], None]


def next_night(now: int, zone: str) -> int:
    """The next half past three on the centre's clocks after `now` (µs UTC)."""
    here = datetime.fromtimestamp(now // SECOND, UTC).astimezone(ZoneInfo(zone))
    at = here.replace(hour=AT[0], minute=AT[1], second=0, microsecond=0, fold=0)
    if at <= here:
        at = (at + timedelta(days=1)).replace(fold=0)
    return int(at.timestamp()) * SECOND


class Nightly:
    """`run` in a thread of its own. zone: asks for the centre's, which may change. tell: gets the alarm, or None."""

    def __init__(self, clock: Clock, zone: Callable[[], str], prove: Prove, tell: Alarms) -> None:
        self._clock, self._zone, self._prove, self._tell = clock, zone, prove, tell
        self._due = next_night(clock.now(), zone())
        self._fault: str | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_EVERY_S):
            try:
                self.step()
            except Exception:
                log.exception("the books could not be proved; trying again")

    def step(self) -> None:
        """Prove them if the hour has come; say again what stands, for control may have been restarted."""
        if self._clock.now() >= self._due:
            self._due = next_night(self._clock.now(), self._zone())
            self._fault = self._prove()
            if self._fault is None:
                log.info("the books hold")
                self._tell({ALARM: None})
        if self._fault is not None:
            self._tell({ALARM: BROKEN.format(fault=self._fault)})


def verify_apart(data: str, database: str | None, stop: threading.Event) -> str | None:
    """`yingda verify` as a child that gives way to everybody, ended with `stop`.

    The first fault, or why it could not be looked; None when everything holds, or when it was stopped.
    """
    command = ["nice", "-n", "19", sys.executable, "-m", "yingda.cli", "verify", "--data", data]
    command += ["--database", database] if database is not None else []
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            ended = _wait(child, stop)
        finally:
            child.kill()
            child.wait()
        if not ended:
            return None if stop.is_set() else "they could not be proved within six hours."
        said.seek(0)
        lines = said.read().splitlines()
    if child.returncode == 0:
        return None
    # The first line says how much was looked at, when that much could be done.
    return next(iter(lines[child.returncode == 1 :]), f"yingda verify ended with {child.returncode}.")


def _wait(child: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    """Whether it ended by itself and in time."""
    deadline = time.monotonic() + LONGEST_S
    while not stop.is_set() and time.monotonic() < deadline:
        if child.poll() is not None:
            return True
        stop.wait(POLL_S)
    return child.poll() is not None
