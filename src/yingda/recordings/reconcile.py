"""Reconciliation (REC-05): every answered handling has its file or a word why not, and every file has its handling.

    the books say                          the disk has        finding
    connected, recording due, a while ago   no file            absent
    recording ended                         no file            absent
    recording ended                         another length or checksum   altered
    found whole, or archived, at some time  no file, or of another length   absent, altered
    nothing                                 a file             unknown

A finding stands until what it is about is put right, or for a day: then it has been on the screens long enough, and the
log keeps it. Pure: time and disk are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from yingda.kernel.clock import SECOND
from yingda.recordings.books import Handling, LastWord, Page

PATIENCE = 25 * SECOND
"""With a round every half minute: an answered handling without a file is an alarm within a minute."""
STANDS = 86_400 * SECOND
CHECKS_A_PASS = 200
"""Files whose checksum is taken in one pass: reading them all must not starve the disk that calls are recorded on."""


class Kind(StrEnum):
    ABSENT = "absent"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A file as it was found: as long as it should be, and its checksum right."""

    word: LastWord
    sha256: str
    bytes: int


class Disk(Protocol):
    """The recordings' folder."""

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None if there is none."""

    def inspect(self, word: LastWord) -> Whole | None:
        """The file of a recording if it is what its last word says; None if it is not."""


class Reconciler:
    """What is still to be seen to. `read` takes in the books, `judge` looks at the disk."""

    def __init__(self) -> None:
        self._due: dict[str, Handling] = {}
        self._unseen: dict[str, LastWord] = {}
        self._altered: dict[str, int] = {}  # recording → its file's size when it was found so: not read again and again
        self._findings: dict[Finding, int] = {}  # since when

    def read(self, page: Page, filed: Iterable[str] = ()) -> None:
        """filed: recordings that were found whole before."""
        for handling in page.connected:
            if handling.due:
                self._due[handling.handling_id] = handling
        for handling_id in page.wordless:
            self._due.pop(handling_id, None)
        known = set(filed)
        for word in page.ended:
            self._due.pop(word.handling_id or "", None)
            if word.recording_id not in known:
                self._unseen[word.recording_id] = word

    def judge(self, disk: Disk, others: Iterable[Finding], now: int) -> list[Whole]:
        """Look at what is due. Returns the recordings that were found whole for the first time.

        others: what was found elsewhere: files that belong to nothing, archived files that have changed.
        """
        found = set(others)
        for handling in self._due.values():
            if now - handling.connected > PATIENCE and disk.size(handling.path) is None:
                found.add(Finding(Kind.ABSENT, handling.path))
        whole: list[Whole] = []
        for word in list(self._unseen.values()):
            if len(whole) < CHECKS_A_PASS and (finding := self._look(disk, word, whole)) is not None:
                found.add(finding)
        self._findings = {finding: self._findings.get(finding, now) for finding in found}
        self._give_up(now)
        return whole

    def _look(self, disk: Disk, word: LastWord, whole: list[Whole]) -> Finding | None:
        path, size = word.path, disk.size(word.path)
        if size is None:
            if word.checksum is not None:
                return Finding(Kind.ABSENT, path)
            del self._unseen[word.recording_id]  # missing, as the books say, and the alarm was control's
            return None
        if self._altered.get(word.recording_id) == size:
            return Finding(Kind.ALTERED, path)
        seen = disk.inspect(word)
        if seen is None:
            self._altered[word.recording_id] = size
            return Finding(Kind.ALTERED, path)
        whole.append(seen)
        self._altered.pop(word.recording_id, None)
        del self._unseen[word.recording_id]
        return None

    def _give_up(self, now: int) -> None:
        old = {finding.path for finding, since in self._findings.items() if now - since > STANDS}
        if old:
            self._due = {key: one for key, one in self._due.items() if one.path not in old}
            self._unseen = {key: one for key, one in self._unseen.items() if one.path not in old}

    def findings(self, kind: Kind, now: int) -> list[str]:
        """Paths, oldest finding first."""
        since = {one.path: at for one, at in self._findings.items() if one.kind is kind and now - at <= STANDS}
        return sorted(since, key=lambda path: (since[path], path))

    @property
    def open(self) -> int:
        """Handlings and recordings not yet seen to."""
        return len(self._due) + len(self._unseen)
