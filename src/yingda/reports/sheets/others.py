"""The sheets of contacts, trunks, call-backs and flows: rows of figures, and what is open or comes from gauges."""

from __future__ import annotations

from sqlalchemy import Connection, select

from yingda.kernel.store import Store, reading
from yingda.reports.books.gauges import CAPACITY, CHANNELS
from yingda.reports.customer_rows import Callback
from yingda.reports.flow_quarters import FlowQuarter
from yingda.reports.models import TABLES
from yingda.reports.quarters import (
    CallbackQuarter,
    ContactQuarter,
    GaugeLine,
    GaugeQuarter,
    TrunkQuarter,
    parts,
)
from yingda.reports.rows import Contact
from yingda.reports.sheets.adding import Grid, Line, Sums, Wanted, fields_of, rows_of, total
from yingda.reports.sheets.first_contacts import FIELDS, first_contacts

CONTACT_FIELDS = (*fields_of(ContactQuarter), "live")
TRUNK_FIELDS = (*fields_of(TrunkQuarter), "channel_us", "capacity_us", "channels_high")


def contact_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    """By direction. Contacts that are not settled are live."""
    grid, columns, contacts = Grid(wanted), TABLES[ContactQuarter].c, TABLES[Contact].c
    with reading(store.books) as connection:
        of_media = columns.medium.in_(wanted.media)
        for direction, quarter, sums in rows_of(connection, ContactQuarter, "direction", wanted, of_media):
            grid.add(direction, quarter, sums)
        query = select(contacts.direction, contacts.started).where(contacts.open > 0, contacts.outcome.is_(None))
        query = query.where(contacts.tenant_id == wanted.tenant, contacts.test.is_(False))
        query = query.where(contacts.medium.in_(wanted.media))
        query = query.where(contacts.started >= wanted.begin, contacts.started < wanted.end)
        for direction, started in connection.execute(query):
            if wanted.has(direction):
                grid.line(direction, started).open = True
                grid.add(direction, started, {"live": 1})
        if wanted.firsts and wanted.has("inbound"):
            for started, sums in first_contacts(connection, wanted):
                grid.add("inbound", started, sums)
    lines = grid.lines((*CONTACT_FIELDS, *FIELDS) if wanted.firsts else CONTACT_FIELDS)
    return lines, total(lines, wanted)


def flow_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    grid = Grid(wanted)
    with reading(store.books) as connection:
        for flow_id, quarter, sums in rows_of(connection, FlowQuarter, "flow_id", wanted):
            grid.add(flow_id, quarter, sums)
    lines = grid.lines(fields_of(FlowQuarter))
    return lines, total(lines, wanted)


def trunk_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    """Facts of a line that tells of one trunk: busy_hour, the µs at which its four busiest quarter hours begin."""
    grid, gauges = Grid(wanted), TABLES[GaugeQuarter].c
    areas: dict[str, dict[int, int]] = {}
    with reading(store.books) as connection:
        for trunk_id, quarter, sums in rows_of(connection, TrunkQuarter, "trunk_id", wanted):
            grid.add(trunk_id, quarter, sums)
        for gauge, field in ((CHANNELS, "channel_us"), (CAPACITY, "capacity_us")):
            for trunk_id, quarter, sums in rows_of(connection, GaugeQuarter, "thing", wanted, gauges.gauge == gauge):
                more = {field: sums["area_us"]}
                if gauge == CHANNELS:
                    more["channels_high"] = sums["high"]
                    areas.setdefault(trunk_id, {})[quarter] = sums["area_us"]
                grid.add(trunk_id, quarter, more)
            _add_present(connection, grid, gauge, field)
    lines = grid.lines(TRUNK_FIELDS)
    for line in lines:
        if line.key in areas:
            line.facts["busy_hour"] = busy_hour(areas[line.key])
    return lines, total(lines, wanted)


def _add_present(connection: Connection, grid: Grid, gauge: str, field: str) -> None:
    """What the gauge has stood at since it moved last."""
    wanted, columns = grid.wanted, TABLES[GaugeLine].c
    query = select(columns.thing, columns.value, columns.at)
    query = query.where(columns.tenant_id == wanted.tenant, columns.gauge == gauge, columns.value > 0)
    for thing, value, at in connection.execute(query):
        if wanted.has(thing):
            for quarter, part in parts(max(at, wanted.begin), min(wanted.now, wanted.end)):
                more = {field: value * part}
                if gauge == CHANNELS:
                    more["channels_high"] = value
                grid.add(thing, quarter, more)


def busy_hour(areas: dict[int, int]) -> int:
    """忙时: the beginning of the four consecutive quarter hours with most erlangs. areas: quarter → µs of channels."""
    quarter = 900_000_000

    def load(start: int) -> int:
        return sum(areas.get(start + number * quarter, 0) for number in range(4))

    return max(sorted(areas), key=load)


def callback_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    """By source. What is open without an attempt and past its promise is late."""
    grid, columns = Grid(wanted), TABLES[Callback].c
    with reading(store.books) as connection:
        for source, quarter, sums in rows_of(connection, CallbackQuarter, "source", wanted):
            grid.add(source, quarter, sums)
        query = select(columns.source, columns.requested, columns.promised_by, columns.first_attempt)
        query = query.where(columns.tenant_id == wanted.tenant, columns.closed.is_(None), columns.test.is_(False))
        query = query.where(columns.requested >= wanted.begin, columns.requested < wanted.end)
        for source, requested, promised_by, tried in connection.execute(query):
            if wanted.has(source):
                grid.line(source, requested).open = True
                grid.add(source, requested, {"late": int(tried is None and promised_by < wanted.now)})
    lines = grid.lines(fields_of(CallbackQuarter))
    return lines, total(lines, wanted)
