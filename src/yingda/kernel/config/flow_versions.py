"""Versions of each flow document: numbered, immutable, kept for ever (WEB and IVR: versions with diff and return).

The text that callers hear is that of the centre in force (`versions.py`); whatever publishes a centre records here what
it changed, so that a file that is applied and a page on which somebody writes share one history, and neither can
overwrite the other unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from yingda.kernel.config.centre import FlowDocument
from yingda.kernel.config.models import FlowVersion

NEVER: Final = 0
"""The number of a document that was never published."""
PERSON: Final = "user:"
"""How `by_` begins where a person published on a page."""

_table = FlowVersion.__table__


@dataclass(frozen=True, slots=True)
class Mark:
    """What a publication says of itself. config_version: of the centre; by: as in an event; at: µs UTC."""

    tenant: str
    config_version: int
    by: str
    at: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One version without its text."""

    document_id: str
    number: int
    name: str
    checksum: str
    at: int
    by: str
    note: str
    config_version: int


@dataclass(frozen=True, slots=True)
class Text:
    """What a document says: the flow and its tests."""

    text: str
    tests: str = ""


def checksum(text: str, tests: str) -> str:
    """SHA-256 of the flow, a zero byte and its tests."""
    return hashlib.sha256(f"{text}\0{tests}".encode()).hexdigest()


def record(connection: sa.Connection, published: Iterable[FlowDocument], mark: Mark) -> None:
    """A new version for each document whose text, tests or name differ from its latest version."""
    known = newest(connection, mark.tenant)
    said = {"tenant_id": mark.tenant, "at": mark.at, "by_": mark.by, "note": mark.note}
    rows = []
    for document in published:
        latest, present = known.get(document.id), checksum(document.text, document.tests)
        if latest is not None and (latest.checksum, latest.name) == (present, document.name):
            continue
        number = (latest.number if latest is not None else NEVER) + 1
        own = {"document_id": document.id, "name": document.name, "text": document.text, "tests": document.tests}
        rows.append({**said, **own, "number": number, "checksum": present, "config_version": mark.config_version})
    if rows:
        connection.execute(sa.insert(FlowVersion), rows)


def newest(connection: sa.Connection, tenant: str) -> Mapping[str, Written]:
    """The latest version of every document that there ever was, by its id."""
    last = (
        sa.select(_table.c.document_id, sa.func.max(_table.c.number).label("number"))
        .where(_table.c.tenant_id == tenant)
        .group_by(_table.c.document_id)
        .subquery()
    )
    same = sa.and_(_table.c.document_id == last.c.document_id, _table.c.number == last.c.number)
    query = _heads().join(last, same).where(_table.c.tenant_id == tenant)
    return {row.document_id: _written(row) for row in connection.execute(query)}


def history(connection: sa.Connection, tenant: str, document_id: str) -> Sequence[Written]:
    """All versions of a document, newest first."""
    mine = (_table.c.tenant_id == tenant, _table.c.document_id == document_id)
    return [_written(row) for row in connection.execute(_heads().where(*mine).order_by(_table.c.number.desc()))]


def text_of(connection: sa.Connection, tenant: str, document_id: str, number: int) -> Text | None:
    """What one version says, or None if there is no such one."""
    mine = (_table.c.tenant_id == tenant, _table.c.document_id == document_id, _table.c.number == number)
    row = connection.execute(sa.select(_table.c.text, _table.c.tests).where(*mine)).one_or_none()
    return None if row is None else Text(row.text, row.tests)


def of_people(
    connection: sa.Connection, tenant: str, present: Iterable[FlowDocument], coming: Iterable[FlowDocument]
) -> list[Written]:
    """The documents in force that a person published on a page and that `coming` would change or remove."""
    known = newest(connection, tenant)
    after = {document.name: checksum(document.text, document.tests) for document in coming}
    latest = (known.get(document.id) for document in present)
    return [
        one for one in latest if one is not None and one.by.startswith(PERSON) and after.get(one.name) != one.checksum
    ]


def _heads() -> sa.Select[Any]:
    """The fields of `Written`."""
    table = _table.c
    columns = (table.document_id, table.number, table.name, table.checksum, table.at, table.by_.label("by"), table.note)
    return sa.select(*columns, table.config_version)


def _written(row: sa.Row[Any]) -> Written:
    return Written(**row._mapping)
