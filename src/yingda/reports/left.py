"""Messages that callers have left (语音留言): which are open, for whom, and whether their caller was served since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from yingda.kernel.store import Store, reading
from yingda.reports.customer_rows import LeftMessage
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact

_messages, _contacts, _later = TABLES[LeftMessage], TABLES[Contact], TABLES[Contact].alias("later")
State = Literal["open", "done", "all"]
Facts = dict[str, Any]

_SERVED = (
    select(func.min(_later.c.first_connected))
    .where(_later.c.tenant_id == _messages.c.tenant_id, _later.c.party_ref == _contacts.c.party_ref)
    .where(_later.c.test.is_(False), _later.c.first_connected > _messages.c.received)
    .where(_contacts.c.withheld.is_(False))
    .scalar_subquery()
)
"""When the caller was answered, or reached, for the first time after his message."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages. state: open until somebody has cleared it or its caller was served. queues, agents: for one of
    these (None: for anybody). queue_id: for this one."""

    tenant: str
    queues: Collection[str] | None = None
    agents: Collection[str] | None = None
    state: State = "open"
    queue_id: str | None = None


def page(store: Store, wanted: Wanted, offset: int, limit: int) -> tuple[Sequence[Facts], int]:
    """(messages with party_ref, dialled and `served` (µs or None), latest first; how many there are)."""
    query = _within(wanted)
    order = (_messages.c.received.desc(), _messages.c.message_id)
    with reading(store.books) as connection:
        count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        rows = [dict(row) for row in connection.execute(query.order_by(*order).offset(offset).limit(limit)).mappings()]
    return rows, int(count)


def one(store: Store, wanted: Wanted, message_id: str) -> Facts | None:
    with reading(store.books) as connection:
        row = connection.execute(_within(wanted).where(_messages.c.message_id == message_id)).mappings().first()
    return dict(row) if row is not None else None


def _within(wanted: Wanted) -> Select[Any]:
    query = select(_messages, _contacts.c.party_ref, _contacts.c.dialled, _SERVED.label("served"))
    query = query.join(_contacts, _contacts.c.interaction_id == _messages.c.interaction_id)
    query = query.where(_messages.c.tenant_id == wanted.tenant, _contacts.c.test.is_(False))
    if wanted.queues is not None and wanted.agents is not None:
        query = query.where(_for_one_of(wanted.queues, wanted.agents))
    if wanted.queue_id is not None:
        query = query.where(_messages.c.queue_id == wanted.queue_id)
    is_open = and_(_messages.c.cleared.is_(None), _SERVED.is_(None))
    if wanted.state == "open":
        return query.where(is_open)
    return query.where(~is_open) if wanted.state == "done" else query


def _for_one_of(queues: Collection[str], agents: Collection[str]) -> ColumnElement[bool]:
    """One for an agent is nobody else's; who leads him hears it too."""
    columns = _messages.c
    of_queue = and_(columns.agent_id.is_(None), columns.queue_id.in_(sorted(queues)))
    return or_(of_queue, columns.agent_id.in_(sorted(agents)))
