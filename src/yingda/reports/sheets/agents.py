"""The agent sheet: handlings by the interval of their connection (C), state time cut at its boundaries (S).

What is not over yet counts until now. Time with test contacts stands in no figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from yingda.kernel.store import Store, reading
from yingda.reports.books.gauges import IDLE, ITEMS
from yingda.reports.books.handlings import SOLO_MEDIA, TIMED
from yingda.reports.books.sessions import CLASSES
from yingda.reports.models import TABLES
from yingda.reports.quarters import GaugeQuarter, StateQuarter, SurveyQuarter, WorkQuarter, parts
from yingda.reports.rows import Contact, Handling, Session, StateSpan
from yingda.reports.sheets.adding import Grid, Line, Sums, Wanted, fields_of, rows_of, total

TIME_FIELDS = (
    *("signed_in_us", "occupied_us", "available_us", "off_contact_us", "break_us", "unreachable_us"),
    *("items_us", "serving_us"),
)
STATE_FIELDS = tuple(f"state_{state}_us" for state in CLASSES)
FIELDS = (*fields_of(WorkQuarter), *fields_of(SurveyQuarter), *TIME_FIELDS, *STATE_FIELDS)


def agent_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    """(lines, total). Facts of a line that tells of one agent: first_in, last_out (µs), state."""
    grid = Grid(wanted)
    work, gauges = TABLES[WorkQuarter].c, TABLES[GaugeQuarter].c
    with reading(store.books) as connection:
        served = (work.queue_id != "internal", work.medium.in_(SOLO_MEDIA))
        for agent_id, quarter, sums in rows_of(connection, WorkQuarter, "agent_id", wanted, *served):
            grid.add(agent_id, quarter, sums)
        for agent_id, quarter, sums in rows_of(connection, SurveyQuarter, "agent_id", wanted):
            grid.add(agent_id, quarter, sums)
        for agent_id, quarter, sums in rows_of(connection, GaugeQuarter, "thing", wanted, gauges.gauge == ITEMS):
            grid.add(agent_id, quarter, {"items_us": sums["area_us"]})
        _add_states(connection, grid)
        _add_open_work(connection, grid)
        if wanted.by_key:
            _add_sessions(connection, grid)
        elif wanted.keys is None:  # how many were idle at once is told of the whole centre
            for _, quarter, sums in rows_of(connection, GaugeQuarter, "thing", wanted, gauges.gauge == IDLE):
                grid.add("", quarter, {"idle_high": sums["high"]})
    whole = () if wanted.by_key or wanted.keys is not None else ("idle_high",)
    lines = grid.lines((*FIELDS, *whole))
    return lines, total(lines, wanted)


def _add_states(connection: Connection, grid: Grid) -> None:
    wanted, columns = grid.wanted, TABLES[StateQuarter].c
    names = (columns.agent_id, columns.quarter, columns.state, columns.state_class, columns.reason_class)
    query = select(*names, func.sum(columns.time_us).label("time_us")).group_by(*names)
    query = query.where(columns.tenant_id == wanted.tenant, columns.test.is_(False))
    query = query.where(columns.quarter >= wanted.begin, columns.quarter < wanted.end)
    for row in connection.execute(query).mappings():
        if wanted.has(row["agent_id"]):
            grid.add(row["agent_id"], row["quarter"], _time(dict(row), int(row["time_us"])))
    for span in _present(connection, wanted):
        grid.line(span["agent_id"], max(span["started"], wanted.begin)).open = True
        cut = parts(max(span["started"], wanted.begin), min(wanted.now, wanted.end))
        for quarter, part in cut:
            grid.add(span["agent_id"], quarter, _time({**span, "state_class": CLASSES[span["state"]]}, part))


def _time(span: dict[str, Any], part: int) -> Sums:
    sums = {"signed_in_us": part, f"{span['state_class']}_us": part, f"state_{span['state']}_us": part}
    if span["state"] == "busy" and span["reason_class"] == "break":
        sums["break_us"] = part
    if span["state"] in ("unreachable", "serving"):
        sums[f"{span['state']}_us"] = part
    return sums


def _present(connection: Connection, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The spans that are on, but those of test contacts."""
    spans, sessions, handlings = TABLES[StateSpan], TABLES[Session], TABLES[Handling]
    present = and_(spans.c.session_id == sessions.c.session_id, spans.c.number == sessions.c.spans)
    query = select(spans).join(sessions, and_(present, spans.c.tenant_id == sessions.c.tenant_id))
    query = query.where(sessions.c.tenant_id == wanted.tenant, sessions.c.signed_out.is_(None))
    query = query.where(sessions.c.state.is_not(None), spans.c.started < wanted.end)
    of_test = and_(handlings.c.handling_id == spans.c.handling_id, handlings.c.test.is_(True))
    for row in connection.execute(query.where(~exists().where(of_test))).mappings():
        if wanted.has(row["agent_id"]):
            yield dict(row)


def _add_open_work(connection: Connection, grid: Grid) -> None:
    """Times so far of handlings that are not over; that they were handled stands in the rows already."""
    wanted, columns, contacts = grid.wanted, TABLES[Handling].c, TABLES[Contact]
    query = select(TABLES[Handling]).join(contacts, contacts.c.interaction_id == columns.interaction_id)
    query = query.where(contacts.c.open > 0, columns.tenant_id == wanted.tenant, columns.over.is_(None))
    query = query.where(columns.test.is_(False), columns.queue_id != "internal", columns.medium.in_(SOLO_MEDIA))
    for row in connection.execute(query).mappings():
        at = row["started"] if row["connected"] is None else row["connected"]
        if wanted.has(row["agent_id"]) and wanted.begin <= at < wanted.end:
            grid.line(row["agent_id"], at).open = True
            grid.add(row["agent_id"], at, _so_far(dict(row), wanted.now))


def _so_far(row: dict[str, Any], now: int) -> Sums:
    sums = {f"{phase}_us": row[f"{phase}_us"] for phase in TIMED}
    if row["phase"] in TIMED:
        sums[f"{row['phase']}_us"] += max(0, now - row["since"])
    sums["transferred"], sums["consults"] = int(row["transfers"] > 0), int(row["consults"] > 0)
    if row["connected"] is not None and row["role"] == "primary":
        sums["call_us"] = (now if row["released"] is None else row["released"]) - row["connected"]
    return sums


def _add_sessions(connection: Connection, grid: Grid) -> None:
    """First sign-in and last sign-out of the span, and where he is now."""
    wanted, columns = grid.wanted, TABLES[Session].c
    query = select(TABLES[Session]).where(columns.tenant_id == wanted.tenant, columns.signed_in < wanted.end)
    query = query.where(func.coalesce(columns.signed_out, wanted.now) > wanted.begin).order_by(columns.signed_in)
    for row in connection.execute(query).mappings():
        if not wanted.has(row["agent_id"]):
            continue
        facts = grid.line(row["agent_id"], wanted.begin).facts
        facts.setdefault("first_in", row["signed_in"])
        facts["last_out"] = row["signed_out"]
        facts["sessions"] = facts.get("sessions", 0) + 1
        facts["state"] = None if row["signed_out"] is not None else row["state"]
