"""The rules of tasks: whose they are, who may give and see them, what may follow what.

    open ──done──► done
      └──cancel──► cancelled

Only what is open can be changed. A task is seen by its owner, its author, and leaders who reach the owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from yingda.customers.models import Customer
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.server.directory import Directory
from yingda.server.refusals import not_found
from yingda.server.sessions.viewer import Viewer
from yingda.server.tasks.models import DeskTask
from yingda.server.tasks.schemas import NewTask, TaskIn

Row = dict[str, Any]
MOST_OPEN = 500
"""Open tasks of one user: more is a list nobody works through."""
_tasks = DeskTask.__table__


def reaches(directory: Directory, viewer: Viewer, owner: str) -> bool:
    """Whether the viewer may see and give tasks of this user: his own, or as a leader those of people within reach."""
    if owner == viewer.user_id:
        return True
    user = directory.users.get(owner)
    if user is None or viewer.role == "agent":
        return False
    agent = directory.agent_of(user)
    return viewer.reach.everywhere or (agent is not None and viewer.reach.has_agent(agent.id))


def create(connection: sa.Connection, directory: Directory, viewer: Viewer, order: NewTask, now: int) -> str:
    """Refuses unknown_user (also for people out of reach), unknown_customer, too_many_tasks."""
    owner = order.owner or viewer.user_id
    if not reaches(directory, viewer, owner):
        raise YingdaError("unknown_user", "There is no such user.", where="owner")
    _need_customer(connection, viewer.tenant, order.customer_id)
    mine = (_tasks.c.tenant_id == viewer.tenant, _tasks.c.owner == owner, _tasks.c.state == "open")
    count = connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one()
    if count >= MOST_OPEN:
        raise YingdaError("too_many_tasks", f"{MOST_OPEN} tasks are open already.", todo="Finish some first.")
    task_id = new_id()
    row = {"task_id": task_id, "tenant_id": viewer.tenant, "owner": owner, "author": viewer.user_id, "state": "open"}
    connection.execute(sa.insert(DeskTask), {**row, **_written(order), "created": now, "closed": None})
    return task_id


def change(connection: sa.Connection, directory: Directory, viewer: Viewer, task_id: str, order: TaskIn) -> None:
    """Refuses not_found, task_closed, unknown_customer."""
    _open(connection, directory, viewer, task_id)
    _need_customer(connection, viewer.tenant, order.customer_id)
    connection.execute(sa.update(DeskTask).where(_tasks.c.task_id == task_id).values(_written(order)))


def close(connection: sa.Connection, directory: Directory, viewer: Viewer, task_id: str, state: str, now: int) -> None:
    """state: done or cancelled. Refuses not_found, task_closed."""
    _open(connection, directory, viewer, task_id)
    connection.execute(sa.update(DeskTask).where(_tasks.c.task_id == task_id).values(state=state, closed=now))


def page(
    connection: sa.Connection, tenant: str, owner: str, *, is_open: bool, cursor: str | None, limit: int
) -> tuple[list[Row], int, str | None]:
    """Open ones by due time, those without one last; closed ones newest first. With how many there are in all."""
    offset = _offset(cursor)
    which = (_tasks.c.tenant_id == tenant, _tasks.c.owner == owner, (_tasks.c.state == "open") == is_open)
    total = connection.execute(sa.select(sa.func.count()).where(*which)).scalar_one()
    order = (_tasks.c.due.is_(None), _tasks.c.due, _tasks.c.created) if is_open else (_tasks.c.closed.desc(),)
    query = sa.select(_tasks).where(*which).order_by(*order, _tasks.c.task_id).offset(offset).limit(limit)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    names = _customers(connection, tenant, (row["customer_id"] for row in rows))
    shown = [{**row, "customer_name": names.get(row["customer_id"])} for row in rows]
    return shown, total, str(offset + limit) if offset + limit < total else None


# ---- within --------------------------------------------------------------------------------------------------------


def _written(order: TaskIn) -> Row:
    return order.model_dump(include={"title", "note", "due", "customer_id"})


def _open(connection: sa.Connection, directory: Directory, viewer: Viewer, task_id: str) -> None:
    which = (_tasks.c.tenant_id == viewer.tenant, _tasks.c.task_id == task_id)
    row = connection.execute(sa.select(_tasks).where(*which)).one_or_none()
    if row is None or not (row.author == viewer.user_id or reaches(directory, viewer, row.owner)):
        raise not_found("task")
    if row.state != "open":
        raise YingdaError("task_closed", "This task is closed already.", todo="Make a new one.")


def _need_customer(connection: sa.Connection, tenant: str, customer_id: str | None) -> None:
    if customer_id is not None and not _customers(connection, tenant, (customer_id,)):
        raise YingdaError("unknown_customer", "There is no such customer.", where="customer_id")


def _customers(connection: sa.Connection, tenant: str, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = {ident for ident in ids if ident is not None}
    query = sa.select(Customer.customer_id, Customer.name).where(
        Customer.tenant_id == tenant, Customer.customer_id.in_(wanted)
    )
    return {row.customer_id: row.name for row in connection.execute(query)} if wanted else {}


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise YingdaError("bad_cursor", "The cursor is not one that a page gave.")
    return int(cursor)
