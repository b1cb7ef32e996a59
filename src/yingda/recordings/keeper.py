"""The worker's job for recordings: every half minute a round, then the archive; what needs a person is an alarm."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from yingda.kernel.clock import SECOND, Clock
from yingda.kernel.config import versions
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, reading
from yingda.recordings.archive import Archive, Audit
from yingda.recordings.disk import Folder, free_share
from yingda.recordings.rounds import Rounds

log = logging.getLogger(__name__)

EVERY_S = 30.0
ARCHIVE_FOR = 20 * SECOND
"""The archive works so long at most before the next round is due: an alarm within a minute comes first."""
LEAST_FREE = 0.05
SPACE = "The recordings' disk has only {percent} % left. Make room, or let recordings expire sooner."
UNARCHIVED = "{count} recordings could not be archived; {recording_id}: {why}"
Alarms = Callable[[dict[str, str | None]], None]


class Keeper:
    """`run` in a thread of its own. tell: gets all alarms each time, None for those that do not stand.

    ring: the keys' file. audit: see `archive.Audit`.
    """

    def __init__(self, store: Store, folder: Path, ring: Path, clock: Clock, tell: Alarms, audit: Audit) -> None:
        self._store, self._clock, self._tell = store, clock, tell
        self._folder = Folder(folder)
        self._archive = Archive(store, self._folder, ring, DEFAULT_TENANT, audit)
        self._rounds = Rounds(store, self._folder, DEFAULT_TENANT, clock.now())
        self._rounds_made = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. What goes wrong is logged, and tried again at the next turn."""
        begun = time.monotonic()
        while not stop.wait(max(0.0, begun + EVERY_S - time.monotonic())):
            begun = time.monotonic()
            try:
                self.step(stop.is_set)
            except Exception:
                log.exception("the recordings could not be looked after; trying again")

    def step(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """A round, what it found told at once, then the archive."""
        self._rounds.round(self._clock.now())
        self._rounds_made += 1
        self._tell({**self._rounds.alarms(), "recordings_space": self._space()})
        with reading(self._store.business) as connection:
            version = versions.current(connection, DEFAULT_TENANT)
        if version is not None:
            deadline = self._clock.now() + ARCHIVE_FOR
            enough = lambda: stopping() or self._clock.now() >= deadline  # noqa: E731 (a name for one condition)
            self._archive.step(version.centre.centre.recordings, self._clock.now(), enough)
        self._tell({"recordings_archive": self._unarchived()})

    def _unarchived(self) -> str | None:
        failures = self._archive.failures
        if not failures:
            return None
        recording_id, why = next(iter(failures.items()))
        return UNARCHIVED.format(count=len(failures), recording_id=recording_id, why=why)

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
            "# HELP yingda_recordings_archived_total Recordings turned into their archived form.",
            "# TYPE yingda_recordings_archived_total counter",
            f"yingda_recordings_archived_total {self._archive.archived}",
            "# HELP yingda_recordings_expired_total Recordings removed because their time was over.",
            "# TYPE yingda_recordings_expired_total counter",
            f"yingda_recordings_expired_total {self._archive.expired}",
            "# HELP yingda_recordings_unarchived Recordings that could not be archived at the last try.",
            "# TYPE yingda_recordings_unarchived gauge",
            f"yingda_recordings_unarchived {len(self._archive.failures)}",
        ]
        return "\n".join(lines) + "\n"
