"""What each recording is by now: reading and changing the table `recording_file`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from yingda.recordings.models import RecordingFile
from yingda.recordings.paths import MESSAGES

COLUMNS = RecordingFile.__table__.c
AT_ONCE = 500
"""Ids in one question: SQLite takes 32 766 parameters at most, and nobody waits for that many rows."""

EMPTY = 58
"""Bytes of a WAV without a sound: its header."""


class Form(StrEnum):
    """expired: the file was removed when its time was over."""

    WAV = "wav"
    OPUS = "opus"
    MP3 = "mp3"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Filed:
    """A row. See `models.RecordingFile`."""

    tenant_id: str
    recording_id: str
    form: Form
    path: str | None
    key_id: str | None
    sha256: str
    bytes: int
    superseded: str | None
    ended: int
    checked: int


def add(connection: sa.Connection, filed: Filed) -> None:
    """A recording's first row; one that is there already stays."""
    if find(connection, filed.tenant_id, filed.recording_id) is None:
        connection.execute(sa.insert(RecordingFile), asdict(filed))


def put(connection: sa.Connection, filed: Filed) -> None:
    """The row becomes this."""
    values = asdict(filed)
    where = (COLUMNS.tenant_id == values.pop("tenant_id"), COLUMNS.recording_id == values.pop("recording_id"))
    connection.execute(sa.update(RecordingFile).where(*where).values(values))


def find(connection: sa.Connection, tenant: str, recording_id: str) -> Filed | None:
    rows = _rows(connection, COLUMNS.tenant_id == tenant, COLUMNS.recording_id == recording_id)
    return rows[0] if rows else None


def forms(connection: sa.Connection, tenant: str, recording_ids: Sequence[str]) -> dict[str, Form]:
    """The forms of those recordings that have a row."""
    found: dict[str, Form] = {}
    for begin in range(0, len(recording_ids), AT_ONCE):
        asked = COLUMNS.recording_id.in_(recording_ids[begin : begin + AT_ONCE])
        query = sa.select(COLUMNS.recording_id, COLUMNS.form).where(COLUMNS.tenant_id == tenant, asked)
        found |= {row.recording_id: Form(row.form) for row in connection.execute(query)}
    return found


def longest_unchecked(connection: sa.Connection, tenant: str, before: int, limit: int) -> list[Filed]:
    """Files not looked at since `before` (µs), longest first."""
    there = (COLUMNS.form != Form.EXPIRED, COLUMNS.checked < before)
    return _rows(connection, COLUMNS.tenant_id == tenant, *there, order=COLUMNS.checked, limit=limit)


def checked(connection: sa.Connection, tenant: str, recording_ids: Sequence[str], at: int) -> None:
    for begin in range(0, len(recording_ids), AT_ONCE):
        asked = COLUMNS.recording_id.in_(recording_ids[begin : begin + AT_ONCE])
        connection.execute(sa.update(RecordingFile).where(COLUMNS.tenant_id == tenant, asked).values(checked=at))


def to_archive(
    connection: sa.Connection, tenant: str, before: int, limit: int, *, convert: bool, seal: bool
) -> list[Filed]:
    """Open files that ended before then (µs) and are not yet what they shall be, oldest first. convert, seal: what
    is wanted; a recording without a sound stays WAV, and what was converted once stays so."""
    wanted = [sa.and_(COLUMNS.form == Form.WAV, COLUMNS.bytes > EMPTY)] if convert else []
    wanted += [COLUMNS.form != Form.EXPIRED] if seal else []
    if not wanted:
        return []
    plain = (COLUMNS.key_id.is_(None), COLUMNS.superseded.is_(None), COLUMNS.ended < before)
    return _rows(connection, COLUMNS.tenant_id == tenant, sa.or_(*wanted), *plain, order=COLUMNS.ended, limit=limit)


def to_expire(connection: sa.Connection, tenant: str, before: int, limit: int, *, messages: bool) -> list[Filed]:
    """Files that ended before then (µs), oldest first: messages that callers have left, or all others."""
    left = COLUMNS.path.startswith(f"{MESSAGES}/")
    there = (COLUMNS.form != Form.EXPIRED, COLUMNS.ended < before, left if messages else sa.not_(left))
    return _rows(connection, COLUMNS.tenant_id == tenant, *there, order=COLUMNS.ended, limit=limit)


def replaced(connection: sa.Connection, limit: int) -> list[Filed]:
    """Rows whose old file may still lie there."""
    return _rows(connection, COLUMNS.superseded.is_not(None), limit=limit)


def _rows(
    connection: sa.Connection,
    *where: sa.ColumnElement[bool],
    order: sa.ColumnElement[Any] | None = None,
    limit: int | None = None,
) -> list[Filed]:
    query = sa.select(RecordingFile.__table__).where(*where).order_by(order).limit(limit)
    found = [dict(row) for row in connection.execute(query).mappings()]
    return [Filed(**{**row, "form": Form(row["form"])}) for row in found]
