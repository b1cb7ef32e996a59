"""The archive (REC-06, REC-08, REC-09, REC-16): what is old enough becomes Opus or MP3, or sealed, or both; later it
goes.

    step                                             broken off here, the next turn …
    1  the new file is written as NAME.part, synced  … begins again; a round removes the rest
    2  it is read back: length, contents             … begins again
    3  it gets its name                              … begins again over it
    4  the row names it, and the old as superseded   … goes on with 5
    5  it is read back, the old one is removed       … goes on with 5, or 6
    6  the row forgets the old one

So at every moment the row names a file that is whole, and the last copy is never touched.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Recordings
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import Store, reading, writing
from yingda.recordings import catalogue, keyring, linear, mp3, noise, opus
from yingda.recordings.catalogue import Filed, Form
from yingda.recordings.disk import PART, SEALED, TOLERANCE_MS, Folder, sha256, wav_ms
from yingda.recordings.frames import FRAME, Key, SealedFile, seal

log = logging.getLogger(__name__)

HOUR = 3_600 * SECOND
AT_ONCE = 100
"""Recordings of one question; between two, the job looks whether it shall stop."""
MP3_LONGER_MS = 4 * 72
MOST_FAILURES = 20
"""After so many the step ends: the cause is most likely one, and a person must see to it."""
Audit = Callable[[sa.Connection, str, int, str], None]
"""(connection, tenant, µs, recording): writes that a recording was removed because its time was over."""


class Archive:
    """Blocks (SQL, disk, processor). Failures of single recordings are logged and counted, and tried again later."""

    def __init__(self, store: Store, folder: Folder, ring: Path, tenant: str, audit: Audit) -> None:
        self._store, self._folder, self._ring, self._tenant = store, folder, ring, tenant
        self._audit = audit
        self.archived = self.expired = 0
        self.failures: dict[str, str] = {}  # recording → what went wrong at its last try

    def step(self, rules: Recordings, now: int, stopping: Callable[[], bool]) -> None:
        """Everything that is due now, until told to stop."""
        self.failures = {}
        self._finish(stopping)
        for days, messages in ((rules.keep_days, False), (rules.messages_kept, True)):
            if days:
                self._expire(now - days * 24 * HOUR, now, stopping, messages=messages)
        self._convert(rules, now - rules.archive_after_h * HOUR, now, stopping)

    # ---- turning into what it shall be ------------------------------------------------------------------------------

    def _convert(self, rules: Recordings, before: int, now: int, stopping: Callable[[], bool]) -> None:
        target = None if rules.format == "wav" else Form(rules.format)
        wanted = {"convert": target is not None, "seal": rules.encrypt}
        while not stopping():
            with reading(self._store.business) as connection:
                rows = catalogue.to_archive(connection, self._tenant, before, AT_ONCE + len(self.failures), **wanted)
            rows = [row for row in rows if row.recording_id not in self.failures]
            if not rows:
                return
            try:
                key = self._key(now) if rules.encrypt else None
            except YingdaError as error:
                self.failures["keys"] = str(error)
                return
            for row in rows:
                if stopping() or len(self.failures) >= MOST_FAILURES:
                    return
                self._try(row, partial(self._one, row, target, key, now, quieter=rules.reduce_noise))

    def _try(self, row: Filed, work: Callable[[], None]) -> None:
        try:
            work()
        except (YingdaError, OSError) as error:
            log.warning("recording %s was not archived: %s", row.recording_id, error)
            self.failures[row.recording_id] = str(error)

    def _key(self, now: int) -> Key:
        """The key that seals; the first one is made when it is needed."""
        return keyring.load(self._ring).current or keyring.rotate(self._ring, now)

    def _one(self, row: Filed, target: Form | None, key: Key | None, now: int, *, quieter: bool) -> None:
        assert row.path is not None  # only what has expired has none
        source = self._folder.root / row.path
        if sha256(source) != row.sha256:
            raise YingdaError("recording_altered", "The recording is not what was recorded.", where=row.path)
        form, path = row.form, row.path
        sound: BinaryIO
        if target is not None and form is Form.WAV and row.bytes > catalogue.EMPTY:
            form, path = target, f"{path.removesuffix('.wav')}.{target.value}"
            read = noise.read if quieter else linear.read
            sound = io.BytesIO(_as_opus(source, read) if target is Form.OPUS else _as_mp3(source, read))
        else:
            sound = source.open("rb")
        with sound:
            path += SEALED if key is not None else ""
            digest, size = self._write(sound, path, key)
        new = replace(row, form=form, path=path, key_id=key.key_id if key else None, sha256=digest, bytes=size)
        with writing(self._store.business) as connection:
            catalogue.put(connection, replace(new, superseded=row.path, checked=now))
        self.archived += 1
        self._drop_old(replace(new, superseded=row.path, checked=now))

    def _write(self, sound: BinaryIO, path: str, key: Key | None) -> tuple[str, int]:
        """Steps 1 to 3. Returns SHA-256 and bytes of the new file."""
        target = self._folder.root / path
        part = target.with_name(target.name + PART)
        with part.open("wb") as file:
            if key is None:
                file.write(sound.read())
            else:
                seal(sound, file, key)
            file.flush()
            os.fsync(file.fileno())
        sound.seek(0)
        plain = hashlib.file_digest(sound, "sha256").hexdigest()  # type: ignore[arg-type]  # a file or bytes: both read
        if (sha256(part) if key is None else _opened_sha256(part, key)) != plain:
            part.unlink()
            raise YingdaError("archive_unreadable", "What was archived reads back as something else.", where=path)
        digest, size = sha256(part), part.stat().st_size
        part.replace(target)
        _sync(target.parent)
        return digest, size

    def _finish(self, stopping: Callable[[], bool]) -> None:
        """Old files that were to be removed when the last turn was broken off."""
        with reading(self._store.business) as connection:
            rows = catalogue.replaced(connection, AT_ONCE)
        for row in rows:
            if stopping():
                return
            self._try(row, partial(self._drop_old, row))

    def _drop_old(self, row: Filed) -> None:
        """Steps 5 and 6. The new file must be whole, or the old one stays; what has expired needs none."""
        assert row.superseded is not None
        if row.path is not None and sha256(self._folder.root / row.path) != row.sha256:
            raise YingdaError(
                "recording_altered", "The archived recording has changed; the older stays.", where=row.path
            )
        self._folder.remove(row.superseded)
        with writing(self._store.business) as connection:
            catalogue.put(connection, replace(row, superseded=None))

    # ---- when the time is over --------------------------------------------------------------------------------------

    def _expire(self, before: int, now: int, stopping: Callable[[], bool], *, messages: bool) -> None:
        """First row and audit line, then the file: if that is left, the next turn removes it as superseded."""
        while not stopping():
            with reading(self._store.business) as connection:
                rows = catalogue.to_expire(connection, self._tenant, before, AT_ONCE, messages=messages)
            if not rows:
                return
            for row in rows:
                if stopping():
                    return
                self._remove(row, now)

    def _remove(self, row: Filed, now: int) -> None:
        if row.superseded is not None:
            self._folder.remove(row.superseded)
        gone = replace(row, form=Form.EXPIRED, path=None, key_id=None, superseded=row.path)
        with writing(self._store.business) as connection:
            self._audit(connection, self._tenant, now, row.recording_id)
            catalogue.put(connection, gone)
        self._drop_old(gone)
        self.expired += 1


def _as_opus(source: Path, read: Callable[[Path], linear.Stereo]) -> bytes:
    made = opus.encode(source, read)
    length, wanted = opus.decoded_ms(made), wav_ms(source)
    if abs(length - wanted) > TOLERANCE_MS:
        words = f"The recording lasts {wanted} ms, but {length:.0f} ms as Opus."
        raise YingdaError("opus_length", words, where=str(source))
    return made


def _as_mp3(source: Path, read: Callable[[Path], linear.Stereo]) -> bytes:
    """Its frames are 72 ms; the coder's own delay and the filling of the last one make it up to four longer."""
    made = mp3.encode(source, read)
    length, wanted = mp3.frames_ms(made), wav_ms(source)
    if not 0 <= length - wanted <= MP3_LONGER_MS:
        raise YingdaError(
            "mp3_length", f"The recording lasts {wanted} ms, but {length:.0f} ms as MP3.", where=str(source)
        )
    return made


def _opened_sha256(file: Path, key: Key) -> str:
    """Of what a sealed file holds."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        opened = SealedFile(handle.fileno(), {key.key_id: key})
        for at in range(0, opened.size, FRAME):
            digest.update(opened.read(at, FRAME))
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
