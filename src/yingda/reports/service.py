"""What the web plane reads from the books: the call list, one call, and today's figures of queues and agents.

Figures of today are the sum of the quarter-hour rows of the local day (M2), and of what is open, by `now`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger.metrics import values
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, reading
from yingda.reports.books.corrections import GAUGE_FIELDS
from yingda.reports.books.sessions import CLASSES
from yingda.reports.drill import Cell, behind
from yingda.reports.models import TABLES
from yingda.reports.quarters import QueueQuarter
from yingda.reports.rows import Contact, Entry, Handling, Leg, Offer, Recording, Row, Run
from yingda.reports.sheets.adding import Wanted
from yingda.reports.sheets.agents import agent_sheet
from yingda.reports.sheets.periods import Interval

LARGEST_PAGE = 200

Facts = dict[str, Any]

_contacts, _entries, _handlings = TABLES[Contact], TABLES[Entry], TABLES[Handling]
_PARTS: Mapping[str, tuple[type[Row], str]] = {
    "legs": (Leg, "created"),
    "runs": (Run, "entered"),
    "entries": (Entry, "entered"),
    "offers": (Offer, "made"),
    "handlings": (Handling, "started"),
    "recordings": (Recording, "started"),
}


class CallFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: begun in [since, until) (µs UTC); of a queue, an agent, an outcome ("live": none yet), a party.

    party_refs: of any of these parties. seen_by: within the scope of somebody who
    sees what these agents handled, and what nobody did of those that came to `seen_in`, his queues. cell: only those
    that a figure of a sheet counts.
    """

    tenant_id: str = DEFAULT_TENANT
    since: int | None = None
    until: int | None = None
    queue_id: str | None = None
    agent_id: str | None = None
    outcome: str | None = None
    direction: str | None = None
    party_ref: str | None = None
    party_refs: frozenset[str] | None = None
    seen_by: frozenset[str] | None = None
    seen_in: frozenset[str] = frozenset()
    cell: Cell | None = None
    test: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Call records, latest first. cursor: give it to get what follows; None at the end."""

    calls: Sequence[Facts]
    cursor: str | None


def calls(store: Store, filters: CallFilters, cursor: str | None = None, limit: int = 50) -> Page:
    """A page of call records. limit: 1 to 200. Raises YingdaError("bad_cursor") or ("bad_limit")."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise YingdaError("bad_limit", f"A page holds 1 to {LARGEST_PAGE} calls.")
    query = select(_contacts).where(*_conditions(filters))
    if cursor is not None:
        started, interaction_id = _read_cursor(cursor)
        same_time = and_(_contacts.c.started == started, _contacts.c.interaction_id < interaction_id)
        query = query.where(or_(_contacts.c.started < started, same_time))
    query = query.order_by(_contacts.c.started.desc(), _contacts.c.interaction_id.desc()).limit(limit + 1)
    with reading(store.books) as connection:
        found = _rows(connection, query)
    page = found[:limit]
    more = len(found) > limit
    return Page(page, f"{page[-1]['started']}.{page[-1]['interaction_id']}" if more else None)


def count_calls(store: Store, filters: CallFilters, up_to: int) -> int | None:
    """How many calls there are, or None above `up_to`: counting on would be slow and tell nobody anything."""
    some = select(_contacts.c.interaction_id).where(*_conditions(filters)).limit(up_to + 1).subquery()
    with reading(store.books) as connection:
        count: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return count if count <= up_to else None


def _conditions(filters: CallFilters) -> list[ColumnElement[bool]]:
    columns = _contacts.c
    conditions = [columns.tenant_id == filters.tenant_id, columns.test.is_(filters.test)]
    if filters.since is not None:
        conditions.append(columns.started >= filters.since)
    if filters.until is not None:
        conditions.append(columns.started < filters.until)
    if filters.outcome is not None:
        wanted = None if filters.outcome == "live" else filters.outcome
        conditions.append(columns.outcome.is_(None) if wanted is None else columns.outcome == wanted)
    if filters.direction is not None:
        conditions.append(columns.direction == filters.direction)
    if filters.party_ref is not None:
        conditions.append(columns.party_ref == filters.party_ref)
    if filters.party_refs is not None:
        conditions.append(columns.party_ref.in_(sorted(filters.party_refs)))
    if filters.queue_id is not None:
        of_contact = _entries.c.interaction_id == columns.interaction_id
        conditions.append(exists().where(of_contact, _entries.c.queue_id == filters.queue_id))
    of_contact = _handlings.c.interaction_id == columns.interaction_id
    if filters.agent_id is not None:
        conditions.append(exists().where(of_contact, _handlings.c.agent_id == filters.agent_id))
    if filters.seen_by is not None:
        theirs = exists().where(of_contact, _handlings.c.agent_id.in_(sorted(filters.seen_by)))
        in_queue = columns.first_queue_id.in_(sorted(filters.seen_in))
        conditions.append(or_(theirs, and_(columns.first_agent_id.is_(None), in_queue)))
    if filters.cell is not None:
        conditions.append(behind(filters.cell))
    return conditions


def _read_cursor(cursor: str) -> tuple[int, str]:
    started, _, interaction_id = cursor.partition(".")
    if not (started.isascii() and started.isdigit() and len(started) < 19 and interaction_id):
        raise YingdaError("bad_cursor", "The cursor is not one that a page gave.")
    return int(started), interaction_id


def call(store: Store, interaction_id: str, tenant_id: str = DEFAULT_TENANT) -> Facts:
    """One call: `record`, its parts (`legs`, `runs`, `entries`, `offers`, `handlings`, `recordings`), its `timeline`.

    The timeline holds every event of it in order: seq, at, kind, by, data. Raises YingdaError("unknown_call").
    """
    events = StoredEvent.__table__.c
    with reading(store.books) as connection:
        mine = (_contacts.c.interaction_id == interaction_id, _contacts.c.tenant_id == tenant_id)
        found = _rows(connection, select(_contacts).where(*mine))
        if not found:
            raise YingdaError("unknown_call", "There is no such call.", where=f"call {interaction_id}")
        answer: Facts = {"record": found[0]}
        for name, (row, begin) in _PARTS.items():
            table = TABLES[row]
            query = select(table).where(table.c.interaction_id == interaction_id)
            answer[name] = _rows(connection, query.order_by(table.c[begin], *table.primary_key.columns))
        timeline = select(events.seq, events.at, events.kind, events.by_.label("by"), events.data)
        timeline = timeline.where(events.interaction_id == interaction_id, events.tenant_id == tenant_id)
        answer["timeline"] = [
            {**event, "data": msgspec.json.decode(event["data"])}
            for event in _rows(connection, timeline.order_by(events.seq))
        ]
    return answer


def _rows(connection: Connection, query: Select[Any]) -> list[Facts]:
    return [dict(row._mapping) for row in connection.execute(query)]


# -- today ------------------------------------------------------------------------------------------------------------


def local_day(zone: str, now: int) -> tuple[int, int]:
    """[begin, end) in µs UTC of the day that `now` lies in, in a zone such as "Asia/Shanghai"; 23 to 25 hours long."""
    here = datetime.fromtimestamp(now // SECOND, ZoneInfo(zone))
    begin = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = (begin + timedelta(days=1)).replace(fold=0)
    return int(begin.timestamp()) * SECOND, int(end.timestamp()) * SECOND


def queue_today(store: Store, zone: str, now: int, tenant_id: str = DEFAULT_TENANT) -> dict[tuple[str, str], Facts]:
    """(queue, medium) → today's `sums` and `metrics`; `waiting_now` and `longest_wait_us` (whenever they came in)."""
    begin, end = local_day(zone, now)
    table = TABLES[QueueQuarter]
    places = (table.c.queue_id, table.c.medium)
    summed = [
        func.sum(one).label(one.name)
        for one in table.columns
        if one.name not in QueueQuarter.KEY and one.name not in GAUGE_FIELDS
    ]
    query = select(*places, *summed).group_by(*places)
    query = query.where(table.c.tenant_id == tenant_id, table.c.quarter >= begin, table.c.quarter < end)
    waiting = select(_entries).where(_entries.c.tenant_id == tenant_id, _entries.c.left.is_(None))
    waiting = waiting.join(_contacts, _contacts.c.interaction_id == _entries.c.interaction_id)
    waiting = waiting.where(_contacts.c.open > 0, _entries.c.test.is_(False))
    with reading(store.books) as connection:
        figures = {(row.pop("queue_id"), row.pop("medium")): row for row in _rows(connection, query)}
        open_entries = _rows(connection, waiting)
    blank = dict.fromkeys((one.name for one in summed), 0)
    keys = figures.keys() | {(entry["queue_id"], entry["medium"]) for entry in open_entries}
    return {key: _queue_facts(key, _whole(figures.get(key, blank)), open_entries, begin, now) for key in sorted(keys)}


def _whole(sums: Facts) -> Facts:
    """PostgreSQL sums to decimals."""
    return {name: int(value) for name, value in sums.items()}


def _queue_facts(key: tuple[str, str], sums: Facts, open_entries: list[Facts], begin: int, now: int) -> Facts:
    waits = [
        (now - entry["entered"], entry["target_us"], entry["entered"] >= begin)
        for entry in open_entries
        if (entry["queue_id"], entry["medium"]) == key
    ]
    of_today = [(wait, target) for wait, target, today in waits if today]
    undecided = sum(wait <= target for wait, target in of_today)
    sums |= {"waiting": len(of_today), "undecided": undecided}
    sums["miss"] += len(of_today) - undecided
    gauges = {"waiting_now": len(waits), "longest_wait_us": max((wait for wait, _, _ in waits), default=0)}
    return {"sums": sums, "metrics": values("queue", sums), **gauges}


def agent_today(store: Store, zone: str, now: int, tenant_id: str = DEFAULT_TENANT) -> dict[str, Facts]:
    """Agent → today's `sums`, `metrics`, `states` (µs by state) and the present `state` (None: signed out).

    The agent sheet of the day (M2): what is not over counts until `now`; calls without a customer are not among the
    handled; time with test contacts is in no figure, time signed in is the sum of the states.
    """
    begin, end = local_day(zone, now)
    today = Wanted(tenant_id, zone, (Interval(begin, end, "", ""),), now, by_key=True)
    lines, _ = agent_sheet(store, today)
    return {
        line.key: {
            "sums": line.sums,
            "metrics": values("agent", line.sums),
            "states": {state: time for state in CLASSES if (time := line.sums[f"state_{state}_us"])},
            "state": line.facts.get("state"),
        }
        for line in lines
    }
