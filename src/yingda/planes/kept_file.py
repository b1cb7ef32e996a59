"""The file of what another control plane would need: lines that are only ever added to, and gathered up now and then.

A line is `<id> <record>`; the last one of an id counts. It is written beside no lock and without fsync: what a killed
process has written is there, and after a loss of power there is nothing left to adopt. Nobody else may read it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from yingda.calls.adoption.judge import Kept
from yingda.calls.adoption.keeper import GONE, LOOSE
from yingda.calls.adoption.records import Record, decode
from yingda.kernel.errors import YingdaError

log = logging.getLogger(__name__)

NAME = "standing"
FEW = 256
"""Lines that may be out of date before the file is gathered up; and at most as many as three quarters of them."""


class KeptFile:
    """`load` what the run before left, then `begin` one's own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._handle: int | None = None
        self._latest: dict[str, bytes] = {}  # by id, the line of its record and whether it is loose
        self._lines = 0

    def load(self) -> Kept:
        """Once: should its records be why a plane cannot start, the next one starts without them."""
        kept = self.read()
        self._path.unlink(missing_ok=True)
        return kept

    def read(self) -> Kept:
        """A line that is damaged, or of another version, is one record less: its contact is closed as usual."""
        records: dict[str, Record] = {}
        loose: set[str] = set()
        for line in self._content().split(b"\n")[:-1]:
            name, _, content = line.partition(b" ")
            ident = name.decode(errors="replace")
            if content == LOOSE:
                loose.add(ident)
                continue
            records.pop(ident, None)
            loose.discard(ident)
            if content != GONE:
                try:
                    records[ident] = decode(content)
                except YingdaError as error:
                    log.warning("%s", error)
        return Kept(list(records.values()), frozenset(loose))

    def write(self, lines: Mapping[str, bytes]) -> None:
        """Nothing of a call may rest on this: a full disk is told in the log, and what is missing is not adopted."""
        text = []
        for ident, content in lines.items():
            line = b"%s %s\n" % (ident.encode(), content)
            text.append(line)
            if content == GONE:
                self._latest.pop(ident, None)
            else:
                self._latest[ident] = self._latest.get(ident, b"") + line if content == LOOSE else line
        self._lines += len(lines)
        if self._handle is None or self._lines > FEW + 4 * len(self._latest):
            self._gather()
        else:
            self._add(b"".join(text))

    def close(self) -> None:
        """All is over in order: there is nothing to adopt."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._path.unlink(missing_ok=True)

    def _content(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            log.error("what the last run kept of its calls cannot be read: %s", error)
            return b""

    def _add(self, text: bytes) -> None:
        assert self._handle is not None
        try:
            os.write(self._handle, text)
        except OSError as error:
            log.error("what another run would need of the calls cannot be kept: %s", error)

    def _gather(self) -> None:
        """The file anew, with what is true now."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        part = self._path.with_suffix(".part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            self._handle, self._lines = handle, len(self._latest)
            os.write(handle, b"".join(self._latest.values()))
            part.replace(self._path)
        except OSError as error:
            log.error("what another run would need of the calls cannot be kept: %s", error)
