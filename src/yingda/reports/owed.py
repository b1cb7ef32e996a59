"""Who is owed a call: numbers that were missed (漏话) and not served since, and call-backs that are open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from yingda.kernel.store import Store, reading
from yingda.reports.customer_rows import Callback, Missed
from yingda.reports.models import TABLES

_missed, _callbacks = TABLES[Missed], TABLES[Callback]
Facts = dict[str, Any]


def missed(
    store: Store, tenant: str, queues: Collection[str] | None, offset: int, limit: int
) -> tuple[Sequence[Facts], int]:
    """(rows that stand, latest first; how many there are). queues: only of these (None: all)."""
    return _page(store, _missed, _standing(tenant, queues), _missed.c.last_at.desc(), offset, limit)


def missed_one(store: Store, tenant: str, queues: Collection[str] | None, contact_id: str) -> Facts | None:
    """The standing row whose last contact this is."""
    query = select(_missed).where(*_standing(tenant, queues), _missed.c.interaction_id == contact_id)
    with reading(store.books) as connection:
        found = connection.execute(query).mappings().first()
    return dict(found) if found is not None else None


def _standing(tenant: str, queues: Collection[str] | None) -> list[ColumnElement[bool]]:
    conditions = [_missed.c.tenant_id == tenant, _missed.c.cleared.is_(None)]
    return conditions if queues is None else [*conditions, _missed.c.queue_id.in_(sorted(queues))]


def callbacks(
    store: Store, tenant: str, queues: Collection[str] | None, offset: int, limit: int
) -> tuple[Sequence[Facts], int]:
    """(call-backs that are open, the earliest promise first; how many there are)."""
    return _page(store, _callbacks, _open(tenant, queues), _callbacks.c.promised_by, offset, limit)


def callback_open(store: Store, tenant: str, queues: Collection[str] | None, callback_id: str) -> bool:
    """Whether it is owed, as far as these queues reach."""
    query = select(_callbacks.c.callback_id).where(*_open(tenant, queues), _callbacks.c.callback_id == callback_id)
    with reading(store.books) as connection:
        return connection.execute(query).first() is not None


def _open(tenant: str, queues: Collection[str] | None) -> list[ColumnElement[bool]]:
    columns = _callbacks.c
    conditions = [columns.tenant_id == tenant, columns.closed.is_(None), columns.test.is_(False)]
    return conditions if queues is None else [*conditions, columns.queue_id.in_(sorted(queues))]


def _page(
    store: Store, table: Any, conditions: list[ColumnElement[bool]], order: Any, offset: int, limit: int
) -> tuple[Sequence[Facts], int]:
    with reading(store.books) as connection:
        count: int = connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        query = select(table).where(*conditions).order_by(order, *table.primary_key.columns)
        rows = [dict(row._mapping) for row in connection.execute(query.offset(offset).limit(limit))]
    return rows, count
