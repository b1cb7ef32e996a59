"""The worker's job for recordings: every half minute a round, then the archive; what needs a person is an alarm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from yingda.kernel.clock import Clock
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store
from yingda.recordings.disk import Folder, free_share
from yingda.recordings.rounds import Rounds

log = logging.getLogger(__name__)

EVERY_S = 30.0
LEAST_FREE = 0.05
SPACE = "The recordings' disk has only {percent} % left. Make room, or let recordings expire sooner."
Alarms = Callable[[dict[str, str | None]], None]


class Keeper:
    """`run` in a thread of its own. tell: gets all alarms each time, None for those that do not stand."""

    def __init__(self, store: Store, folder: Path, clock: Clock, tell: Alarms) -> None:
        self._clock, self._tell = clock, tell
        self._folder = Folder(folder)
        self._rounds = Rounds(store, self._folder, DEFAULT_TENANT, clock.now())
        self._rounds_made = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. What goes wrong is logged, and tried again at the next turn."""
        while not stop.wait(EVERY_S):
            try:
                self.step()
            except Exception:
                log.exception("the recordings could not be looked after; trying again")

    def step(self) -> None:
        self._rounds.round(self._clock.now())
        self._rounds_made += 1
        self._tell({**self._rounds.alarms(), "recordings_space": self._space()})

    def _space(self) -> str | None:
        free = free_share(self._folder.root)
        return SPACE.format(percent=round(100 * free)) if free < LEAST_FREE else None

    def metrics(self) -> str:
        """Prometheus text."""
        lines = [
            "# HELP yingda_recordings_findings Recordings absent or altered, files unknown.",
            "# TYPE yingda_recordings_findings gauge",
            *(f'yingda_recordings_findings{{kind="{kind}"}} {count}' for kind, count in self._rounds.counts.items()),
            "# HELP yingda_recordings_rounds_total Reconciliations of books and disk.",
            "# TYPE yingda_recordings_rounds_total counter",
            f"yingda_recordings_rounds_total {self._rounds_made}",
        ]
        return "\n".join(lines) + "\n"
