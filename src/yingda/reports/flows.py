"""Today's figures of flows and of the nodes of one document (metrics.md section 7, flows; sections 4 and 8, F1 and F2).

A node is `document#dialog/item`: what stands before the # tells whose it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, and_, case, exists, func, select

from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, reading
from yingda.reports.books.customers import SELF_SERVICE_STAY
from yingda.reports.flow_quarters import EXIT, EdgeQuarter, FlowQuarter, NodeQuarter
from yingda.reports.models import TABLES
from yingda.reports.quarters import EXITS
from yingda.reports.rows import Contact, Run
from yingda.reports.service import local_day

Facts = dict[str, Any]
NODE_FIELDS: Final = ("visits", "passed", "left", "hangups", "errors", "time_us")
FLOW_FIELDS: Final = ("runs", "goals", "persons", *(f"exit_{name}" for name in EXITS))

_runs, _contacts = TABLES[Run], TABLES[Contact]


def flows_today(
    store: Store,
    zone: str,
    now: int,
    flow_ids: Collection[str],
    names: Collection[str],
    tenant_id: str = DEFAULT_TENANT,
) -> Facts:
    """Of these flows together: FLOW_FIELDS, `inside`, and the contacts of which self_service_rate is made
    (`self_helped` ÷ `self_service`). `nodes`: of the document of these names (it may have
    been renamed), by `dialog/item`, NODE_FIELDS, `inside`, and `exits`:
    how many went to which node (of another document: with its name), or out of the flow by which `exit:`.

    Those inside count whenever they came in; zone: whose day it is.
    """
    begin, end = local_day(zone, now)
    with reading(store.books) as connection:
        inside = _inside(connection, tenant_id, flow_ids)
        flows = _flows(connection, tenant_id, flow_ids, begin, end)
        served = _served(connection, tenant_id, flow_ids, begin, end)
        rows = Counter[tuple[str, str]]()
        ways: dict[str, Counter[str]] = {}
        for name in names:
            prefix = f"{name}#"
            for node, facts in _nodes(connection, tenant_id, flow_ids, prefix, begin, end).items():
                rows.update({(node.removeprefix(prefix), field): count for field, count in facts.items()})
            for node, exits in _edges(connection, tenant_id, flow_ids, prefix, begin, end).items():
                ways.setdefault(node.removeprefix(prefix), Counter()).update(exits)
            here = ((node.removeprefix(prefix), count) for node, count in inside.items() if node.startswith(prefix))
            rows.update({(node, "inside"): count for node, count in here})
    nodes: list[Facts] = [
        {"node": node, **{field: rows[node, field] for field in (*NODE_FIELDS, "inside")}, "exits": ways.get(node, {})}
        for node in sorted({node for node, _ in rows})
    ]
    return {"begin": begin, **flows, "inside": sum(inside.values()), **served, "nodes": nodes}


def _flows(connection: Connection, tenant: str, flow_ids: Collection[str], begin: int, end: int) -> Facts:
    table = TABLES[FlowQuarter].c
    query = select(*(func.sum(table[name]).label(name) for name in FLOW_FIELDS))
    query = query.where(table.tenant_id == tenant, table.flow_id.in_(flow_ids))
    row = connection.execute(query.where(table.quarter >= begin, table.quarter < end)).one()
    return {name: int(value or 0) for name, value in row._mapping.items()}


def _nodes(
    connection: Connection, tenant: str, flow_ids: Collection[str], prefix: str, begin: int, end: int
) -> Mapping[str, Facts]:
    table = TABLES[NodeQuarter].c
    query = select(table.node_id, *(func.sum(table[name]).label(name) for name in NODE_FIELDS)).group_by(table.node_id)
    query = query.where(table.tenant_id == tenant, table.flow_id.in_(flow_ids))
    query = query.where(table.node_id.startswith(prefix, autoescape=True))
    query = query.where(table.quarter >= begin, table.quarter < end)
    found = (dict(row._mapping) for row in connection.execute(query))
    return {row.pop("node_id"): {name: int(value) for name, value in row.items()} for row in found}


def _edges(
    connection: Connection, tenant: str, flow_ids: Collection[str], prefix: str, begin: int, end: int
) -> dict[str, dict[str, int]]:
    """By node, the ways out of it."""
    table = TABLES[EdgeQuarter].c
    query = select(table.node_id, table.edge, func.sum(table.passed)).group_by(table.node_id, table.edge)
    query = query.where(table.tenant_id == tenant, table.flow_id.in_(flow_ids))
    query = query.where(table.node_id.startswith(prefix, autoescape=True))
    query = query.where(table.quarter >= begin, table.quarter < end).order_by(table.node_id, table.edge)
    found: dict[str, dict[str, int]] = {}
    for node_id, edge, passed in connection.execute(query):
        to = edge if edge.startswith(EXIT) else edge.removeprefix(prefix)
        found.setdefault(node_id, {})[to] = int(passed)
    return found


def _inside(connection: Connection, tenant: str, flow_ids: Collection[str]) -> Mapping[str, int]:
    """How many are at which node, "" before the first."""
    node = func.coalesce(_runs.c.node_id, "")
    query = select(node, func.count()).group_by(node)
    query = query.where(_runs.c.tenant_id == tenant, _runs.c.left.is_(None), _runs.c.test.is_(False))
    found = connection.execute(query.where(_runs.c.flow_id.in_(flow_ids)))
    return {str(name): int(count) for name, count in found}


def _served(connection: Connection, tenant: str, flow_ids: Collection[str], begin: int, end: int) -> Facts:
    """Contacts begun that day that are settled, and came through one of the flows."""
    columns = _contacts.c
    stayed = columns.self_service_us >= SELF_SERVICE_STAY
    helped = and_(stayed, columns.goal_at.is_not(None), columns.person_at.is_(None))
    came = exists().where(_runs.c.interaction_id == columns.interaction_id, _runs.c.flow_id.in_(flow_ids))
    query = select(func.sum(case((stayed, 1), else_=0)), func.sum(case((helped, 1), else_=0)))
    query = query.where(columns.tenant_id == tenant, columns.test.is_(False), columns.outcome.is_not(None), came)
    stayed_in, served = connection.execute(query.where(columns.started >= begin, columns.started < end)).one()
    return {"self_service": int(stayed_in or 0), "self_helped": int(served or 0)}
