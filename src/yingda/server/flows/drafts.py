"""Drafts of flow documents: one a document, saved as somebody writes, and never over somebody else's save unseen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from yingda.kernel.config.models import FlowDraft
from yingda.kernel.errors import YingdaError

_table = FlowDraft.__table__
NONE_YET = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it is kept. base: the number of the version it was made from. at: µs UTC."""

    document_id: str
    name: str
    text: str
    tests: str
    owner: str
    revision: int
    base: int
    at: int


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves, when (µs UTC)."""

    tenant: str
    user_id: str
    now: int


def every(connection: sa.Connection, tenant: str) -> dict[str, Draft]:
    """All drafts by document."""
    query = sa.select(_table).where(_table.c.tenant_id == tenant)
    return {row.document_id: _draft(row) for row in connection.execute(query)}


def read(connection: sa.Connection, tenant: str, document_id: str) -> Draft | None:
    """The draft of a document, if there is one."""
    row = connection.execute(sa.select(_table).where(*_mine(tenant, document_id))).one_or_none()
    return _draft(row) if row is not None else None


def save(connection: sa.Connection, author: Author, draft: Draft) -> Draft:
    """Save over the revision that `draft` names (NONE_YET: there is none). Raises flow_draft_moved, flow_name_taken."""
    saved = replace(draft, owner=author.user_id, at=author.now, revision=draft.revision + 1)
    if draft.revision == NONE_YET:
        _insert(connection, author.tenant, saved)
    else:
        same = (*_mine(author.tenant, draft.document_id), _table.c.revision == draft.revision)
        if not connection.execute(sa.update(FlowDraft).where(*same).values(asdict(saved))).rowcount:
            raise moved()
    return saved


def discard(connection: sa.Connection, tenant: str, document_id: str, revision: int) -> None:
    """Let a draft go, if nobody has saved it since. Raises flow_draft_moved."""
    same = (*_mine(tenant, document_id), _table.c.revision == revision)
    if not connection.execute(sa.delete(FlowDraft).where(*same)).rowcount:
        raise moved()


def forget(connection: sa.Connection, tenant: str, document_id: str, revision: int) -> None:
    """The same for a draft that has been published; one that was saved meanwhile stays."""
    connection.execute(sa.delete(FlowDraft).where(*_mine(tenant, document_id), _table.c.revision == revision))


def rename(connection: sa.Connection, tenant: str, document_id: str, name: str, base: int) -> None:
    """The draft of a document goes by another name, upon the version that says so. Raises flow_name_taken."""
    draft = sa.update(FlowDraft).where(*_mine(tenant, document_id))
    try:
        connection.execute(draft.values(name=name, base=base, revision=_table.c.revision + 1))
    except IntegrityError as error:
        raise name_taken(name) from error


def _insert(connection: sa.Connection, tenant: str, draft: Draft) -> None:
    if read(connection, tenant, draft.document_id) is not None:
        raise moved()
    try:
        connection.execute(sa.insert(FlowDraft), {"tenant_id": tenant, **asdict(draft)})
    except IntegrityError as error:
        raise name_taken(draft.name) from error


def name_taken(name: str) -> YingdaError:
    """For a document whose name another one has."""
    return YingdaError("flow_name_taken", f"There is a document {name} already.", where="name")


def moved() -> YingdaError:
    """For a draft that is not the one that somebody looked at."""
    return YingdaError(
        "flow_draft_moved",
        "The draft has been saved elsewhere since you opened it.",
        todo="Look at the difference, then take over the other text or save yours upon it.",
    )


def _mine(tenant: str, document_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _table.c.tenant_id == tenant, _table.c.document_id == document_id


def _draft(row: sa.Row[Any]) -> Draft:
    fields = dict(row._mapping)
    del fields["tenant_id"]
    return Draft(**fields)
