"""One round over everything that lies in the recordings' folder, and what it found, in words for the screens (REC-05).

The reconciler judges; here books, table and folder are read for it, and what was found whole is filed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from yingda.kernel.clock import SECOND
from yingda.kernel.store import Store, reading, writing
from yingda.recordings import catalogue
from yingda.recordings.books import Books, Page
from yingda.recordings.catalogue import Filed, Form
from yingda.recordings.disk import PART, YOUNG, Folder, stem
from yingda.recordings.paths import MESSAGES, day_folder
from yingda.recordings.reconcile import Finding, Kind, Reconciler, Whole

log = logging.getLogger(__name__)

DAY = 86_400 * SECOND
LOOK_BACK = 2 * DAY
"""At its start the worker reads the books of so long again: a weekend's worth of nobody looking is not lost."""
PAGE = 2_000
SWEEP = 500
"""Archived files looked at in one round; each is seen once a day."""
ALARMS = {
    Kind.ABSENT: "{count} recordings that are due have no file: {paths}. Check the recordings folder and its disk.",
    Kind.ALTERED: "{count} recordings are not what was recorded: {paths}. Restore them from a backup.",
    Kind.UNKNOWN: "{count} files in the recordings folder belong to no call: {paths}. Move them elsewhere.",
}
SHOWN = 3
THROWN_AWAY = 7_200 * SECOND
"""A message that nobody has kept by then was thrown away: no flow keeps its caller for so long."""


class Rounds:
    """Blocks (SQL, disk)."""

    def __init__(self, store: Store, folder: Folder, tenant: str, now: int) -> None:
        self._store, self._folder, self._tenant = store, folder, tenant
        self._books = Books(store)
        self._reconciler = Reconciler()
        self._seq = self._books.place_at(now - LOOK_BACK)
        self._known: dict[str, set[str]] = {}  # day → stems of paths that belong to a recording
        self._elsewhere = 0  # which of the older days is walked next
        self._kept: set[str] = set()  # messages of today and yesterday that the books name
        self._unknown: dict[str, list[str]] = {}  # day → what was found there last
        self._told: dict[Kind, list[str]] = {kind: [] for kind in Kind}

    def round(self, now: int) -> None:
        self._read()
        self._clear_up(now)
        others = [*self._walk(now), *self._sweep(now)]
        whole = self._reconciler.judge(self._folder, others, now)
        if whole:
            with writing(self._store.business) as connection:
                for one in whole:
                    catalogue.add(connection, _first(one, now))
        self._told = {kind: self._reconciler.findings(kind, now) for kind in Kind}

    @property
    def counts(self) -> dict[Kind, int]:
        return {kind: len(paths) for kind, paths in self._told.items()}

    def alarms(self) -> dict[str, str | None]:
        """By key, what stands; None for what does not."""
        return {f"recordings_{kind}": _sentence(kind, paths) for kind, paths in self._told.items()}

    def _read(self) -> None:
        done = False
        while not done:
            page = self._books.page(self._seq, PAGE)
            self._reconciler.read(page, self._filed(page))
            self._seq, done = page.seq, page.done

    def _filed(self, page: Page) -> Iterable[str]:
        with reading(self._store.business) as connection:
            return catalogue.forms(connection, self._tenant, [word.recording_id for word in page.ended])

    # ---- files that nobody knows ------------------------------------------------------------------------------------

    def _walk(self, now: int) -> Iterator[Finding]:
        """Today, yesterday, and one of the other days in turn."""
        fresh = [day_folder(self._tenant, now), day_folder(self._tenant, now - DAY)]
        others = [day for day in self._folder.days() if day not in fresh]
        self._unknown = {day: paths for day, paths in self._unknown.items() if day in others}
        if others:
            self._elsewhere = (self._elsewhere + 1) % len(others)
            fresh.append(others[self._elsewhere])
        for day in fresh:
            self._unknown[day] = self._strangers(day, now)
        self._known = {day: known for day, known in self._known.items() if day in fresh}
        for paths in self._unknown.values():
            yield from (Finding(Kind.UNKNOWN, path) for path in paths)

    def _strangers(self, day: str, now: int) -> list[str]:
        known = self._known.setdefault(day, set())
        new: list[str] = []
        for path in self._folder.files(day, now - YOUNG):
            if path.endswith(PART):
                self._folder.remove(path)  # what an archiving that broke off has left
            elif _place(path) not in known:
                new.append(path)
        known |= {_place(path) for path in self._books.paths({path.split("/")[-2] for path in new})}
        return [path for path in new if _place(path) not in known]

    def _clear_up(self, now: int) -> None:
        """What callers said into flows and threw away, or nobody kept, goes: it is nobody's any more."""
        for since in (now, now - DAY):
            day = f"{MESSAGES}/{day_folder(self._tenant, since)}"
            old = [path for path in self._folder.files(day, now - THROWN_AWAY) if not path.endswith(PART)]
            new = [path for path in old if path not in self._kept]
            left = self._books.messages({path.split("/")[-2] for path in new})
            for path in new:
                if stem(path) in left:
                    self._kept.add(path)
                else:
                    self._folder.remove(path)
        recent = tuple(f"{MESSAGES}/{day_folder(self._tenant, since)}/" for since in (now, now - DAY))
        self._kept = {path for path in self._kept if path.startswith(recent)}

    # ---- files that were found whole once ---------------------------------------------------------------------------

    def _sweep(self, now: int) -> list[Finding]:
        """Those that are not there any more, or not as long. They stay the first to be looked at."""
        with reading(self._store.business) as connection:
            rows = catalogue.longest_unchecked(connection, self._tenant, now - DAY, SWEEP)
        found = [finding for row in rows if (finding := self._look(row)) is not None]
        bad = {finding.path for finding in found}
        fine = [row.recording_id for row in rows if row.path not in bad]
        if fine:
            with writing(self._store.business) as connection:
                catalogue.checked(connection, self._tenant, fine, now)
        return found

    def _look(self, row: Filed) -> Finding | None:
        assert row.path is not None  # only what has expired has none
        size = self._folder.size(row.path)
        if size == row.bytes:
            return None
        return Finding(Kind.ABSENT if size is None else Kind.ALTERED, row.path)


def _first(whole: Whole, now: int) -> Filed:
    word = whole.word
    place = (word.tenant, word.recording_id)
    return Filed(*place, Form.WAV, word.path, None, whole.sha256, whole.bytes, None, word.at, now)


def _place(path: str) -> str:
    """A path without what its form adds to it."""
    return f"{path.rpartition('/')[0]}/{stem(path)}"


def _sentence(kind: Kind, paths: list[str]) -> str | None:
    if not paths:
        return None
    shown = ", ".join(paths[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
    return ALARMS[kind].format(count=len(paths), paths=shown)
