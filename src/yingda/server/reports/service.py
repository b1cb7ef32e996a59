"""Sheets as far as the viewer's reach goes, with names of today, in the zone that metrics.md section 4 gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingda.kernel.config.centre import Flow, Queue, Trunk
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger import metric_words
from yingda.kernel.ledger.metric import Metric, Thing
from yingda.kernel.ledger.metrics import FIRST_FIELDS, METRICS, values
from yingda.kernel.store import Store
from yingda.reports.sheets.adding import Line, Sums, Wanted
from yingda.reports.sheets.agents import agent_sheet
from yingda.reports.sheets.others import callback_sheet, contact_sheet, flow_sheet, trunk_sheet
from yingda.reports.sheets.periods import intervals
from yingda.reports.sheets.queues import queue_sheet
from yingda.server.deps import House
from yingda.server.directory import Directory
from yingda.server.reports.schemas import SheetName, SheetQuery
from yingda.server.sessions.viewer import Viewer

Row = dict[str, Any]
Make = Callable[[Store, Wanted], tuple[list[Line], Sums]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sheet: who makes it, what its columns are told of, which are shown if nobody chooses."""

    make: Make
    things: tuple[Thing, ...]
    shown: tuple[str, ...]


KINDS: Mapping[SheetName, Kind] = {
    "queues": Kind(
        queue_sheet,
        ("queue", "agent", "survey"),
        (
            *("offered", "answered", "abandoned", "short", "answer_rate", "abandon_rate", "service_level"),
            *("asa", "ada", "longest_wait", "most_waiting", "att", "acw", "aht"),
        ),
    ),
    "agents": Kind(
        agent_sheet,
        ("agent", "survey"),
        (
            *("handled", "att", "hold_time", "acw", "aht", "ring_time", "no_answer_rate", "transfer_rate"),
            *("signed_in", "calls_per_hour", "occupancy", "utilisation", "presence_rate"),
        ),
    ),
    "contacts": Kind(
        contact_sheet,
        ("contact",),
        (
            *("contacts", "contact_answered", "contact_abandoned", "contact_left_in_flow", "contact_self_served"),
            *("capture_rate", "contact_service_level", "total_delay", "repeat_call", "short_call", "work_per_contact"),
        ),
    ),
    "trunks": Kind(
        trunk_sheet,
        ("trunk",),
        ("attempts", "seized", "blocked_rate", "erlangs", "ccs", "channel_occupancy", "atht", "peak_channels"),
    ),
    "callbacks": Kind(callback_sheet, ("callback",), ("requested", "callback_success", "callback_on_time")),
    "flows": Kind(flow_sheet, ("flow",), ("runs", "exit_done", "exit_queue", "exit_hangup", "exit_error")),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was made, with its columns."""

    name: SheetName
    wanted: Wanted
    columns: Sequence[Metric]
    available: Sequence[Metric]
    lines: Sequence[Line]
    total: Sums
    directory: Directory


def make(house: House, viewer: Viewer, name: SheetName, query: SheetQuery) -> Sheet:
    """Raises YingdaError: bad_period, unknown_column, not_allowed (sheets of the whole centre)."""
    kind, directory = KINDS[name], house.directory()
    available = [one for one in METRICS if one.thing in kind.things]
    if name == "queues":  # an agent's time belongs to no queue
        available = [one for one in available if one.thing == "queue" or one.grain == "C"]
    columns = _chosen(available, query.column or kind.shown)
    zone, hours = _zone(directory, name, query.key), directory.centre.centre.reports.day_begins
    day_begins = int(hours[:2]) * 60 + int(hours[3:])
    wanted = Wanted(
        tenant=viewer.tenant,
        zone=zone,
        intervals=intervals(zone, query.from_, query.to, query.grain, day_begins),
        now=house.deps.clock.now(),
        keys=_keys(directory, viewer, name, query),
        media=frozenset(query.medium),
        by_key=query.by == "key",
        firsts=any(one.fields & FIRST_FIELDS for one in columns),
    )
    lines, total = kind.make(house.deps.store, wanted)
    if name == "agents" and wanted.by_key:
        lines.sort(key=lambda line: (directory.agent_number(line.key), line.key))
    return Sheet(name, wanted, columns, available, lines, total, directory)


def _chosen(available: Sequence[Metric], names: Sequence[str]) -> list[Metric]:
    known = {one.name: one for one in available}
    for name in names:
        if name not in known:
            raise YingdaError("unknown_column", f"This sheet has no column {name}.", where="column")
    return [known[name] for name in dict.fromkeys(names)]


def _zone(directory: Directory, name: SheetName, keys: Sequence[str]) -> str:
    """The queues' own zone if they have one in common, else the centre's."""
    own = directory.centre.centre.time_zone
    if name != "queues" or not keys:
        return own
    zones = {queue.time_zone or own for key in keys if (queue := directory.queues.get(key)) is not None}
    return zones.pop() if len(zones) == 1 else own


def _keys(directory: Directory, viewer: Viewer, name: SheetName, query: SheetQuery) -> frozenset[str] | None:
    """What is asked for within reach; None: everything. Raises not_allowed."""
    asked = frozenset(query.key) or None
    if name == "agents":
        if query.team is not None:
            of_team = frozenset(agent.id for agent in directory.centre.agents if agent.team == query.team)
            asked = of_team if asked is None else asked & of_team
        return _within(asked, viewer.reach.agents)
    if name == "queues":
        return _within(asked, None if viewer.reach.everywhere else viewer.reach.queues)
    if not viewer.reach.everywhere:
        raise YingdaError("not_allowed", "This sheet tells of the whole centre.", todo="Ask for queues or agents.")
    return asked or (frozenset({"inbound"}) if name == "contacts" and query.by == "time" else None)


def _within(asked: frozenset[str] | None, reach: frozenset[str] | None) -> frozenset[str] | None:
    if reach is None or asked is None:
        return asked if reach is None else reach
    return asked & reach


def column(metric: Metric) -> Row:
    return {
        "name": metric.name,
        "zh": metric.zh,
        "en": metric.en,
        "unit": metric.unit,
        "grain": metric.grain,
        "formula": metric.formula,
        "formula_zh": metric.said(metric_words.ZH),
        "formula_en": metric.said(metric_words.EN),
    }


def figures(sheet: Sheet, sums: Sums) -> dict[str, float | None]:
    """The values of the sheet's columns; None where there is nothing to divide by, or nothing was counted."""
    found: dict[str, float | None] = {}
    for thing in KINDS[sheet.name].things:
        found |= values(thing, sums)
    return {one.name: found.get(one.name) for one in sheet.columns}


def named(sheet: Sheet, key: str) -> tuple[str, str]:
    """(name, number) of what a line tells of, as it is called today."""
    directory = sheet.directory
    if sheet.name == "agents":
        return directory.agent_name(key), directory.agent_number(key)
    centre = directory.centre
    parts: Mapping[str, Sequence[Queue | Trunk | Flow]] = {
        "queues": centre.queues,
        "trunks": centre.trunks,
        "flows": centre.flows,
    }
    return next((part.name for part in parts.get(sheet.name, ()) if part.id == key), key), ""


def as_json(sheet: Sheet) -> Row:
    """As `schemas.SheetOut` has it."""
    return {
        "sheet": sheet.name,
        "zone": sheet.wanted.zone,
        "begin": sheet.wanted.begin,
        "end": sheet.wanted.end,
        "now": sheet.wanted.now,
        "columns": [column(one) for one in sheet.columns],
        "available": [one.name for one in sheet.available],
        "lines": [_line(sheet, line) for line in sheet.lines],
        "total": figures(sheet, sheet.total),
    }


def _line(sheet: Sheet, line: Line) -> Row:
    name, number = named(sheet, line.key) if line.key else ("", "")
    interval = line.interval
    return {
        "key": line.key,
        "name": name,
        "number": number,
        "start": interval.start,
        "end": interval.end,
        "day": interval.day,
        "label": interval.label,
        "open": line.open,
        "values": figures(sheet, line.sums),
        "facts": line.facts,
    }
