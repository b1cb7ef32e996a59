"""Control's hand on the ledger: written before it is visible, and never the reason why a call is cut.

When the disk is full beyond the writer's reserve, events wait in memory, in order, and are tried again every second;
until they are on file no new call is taken in, those under way go on, and an alarm stands.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ledger.kinds import validate
from yingda.kernel.ledger.writer import LedgerWriter

log = logging.getLogger(__name__)

RETRY = 1 * SECOND
LONGEST_BACKLOG = 200_000
"""Appends kept in memory at most: about an hour of a busy centre, some 200 MB."""

FULL = ("ledger_full", "ledger_failed")


class Journal:
    """`alarm(kind, sentence or None)` raises an alarm or takes it back."""

    def __init__(self, writer: LedgerWriter, alarm: Callable[[str, str | None], None]) -> None:
        self._writer = writer
        self._alarm = alarm
        self._backlog: deque[Sequence[Event]] = deque()
        self._retry_at: int | None = None

    @property
    def keeps_up(self) -> bool:
        """False while events wait: no new calls then."""
        return not self._backlog

    def append(self, events: Sequence[Event], now: int) -> None:
        if self._backlog:
            self._wait(events)
        elif not self._write(events):
            self._wait(events)
            self._retry_at = now + RETRY
            self._alarm(
                "ledger_full",
                "The ledger cannot be written: the disk is full. Calls go on, new ones are refused. Free some space.",
            )

    def next_timer(self) -> int | None:
        return self._retry_at

    def handle_timer(self, now: int) -> None:
        """Try again what waits."""
        if self._retry_at is None or now < self._retry_at:
            return
        while self._backlog:
            if not self._write(self._backlog[0]):
                self._retry_at = now + RETRY
                return
            self._backlog.popleft()
        self._retry_at = None
        self._alarm("ledger_full", None)

    def _write(self, events: Sequence[Event]) -> bool:
        """False if there is no room. An event that the registry refuses is a fault of ours: said, and left out."""
        try:
            self._writer.append(events)
        except YingdaError as error:
            if error.code in FULL:
                return False
            log.error("an append was refused: %s (%s)", error, ", ".join(event.kind for event in events))
            self._alarm("event_refused", f"The ledger refused an event: {error.sentence} Tell the maker.")
            known = [event for event in events if _known(event)]
            return not known or len(known) == len(events) or self._write(known)
        return True

    def _wait(self, events: Sequence[Event]) -> None:
        if len(self._backlog) >= LONGEST_BACKLOG:
            self._alarm("ledger_lost", "The disk has been full for too long: events are being lost. Free some space.")
            return
        self._backlog.append(events)


def _known(event: Event) -> bool:
    try:
        validate(event)
    except YingdaError:
        return False
    return True
