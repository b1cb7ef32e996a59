"""The queue sheet: entries by the interval in which they entered, with the handle times of the queue's handlings.

Medians and ninetieth percentiles are counted from the entries themselves, for they cannot be added up from rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from yingda.kernel.store import Store, reading
from yingda.reports.models import TABLES
from yingda.reports.quarters import QueueQuarter, SurveyQuarter, WorkQuarter
from yingda.reports.rows import Contact, Entry, Handling
from yingda.reports.sheets.adding import Grid, Line, Sums, Wanted, fields_of, rows_of, total

FIELDS = (*fields_of(QueueQuarter), *fields_of(WorkQuarter), *fields_of(SurveyQuarter), "waiting", "undecided")
_ENTRIES, _HANDLINGS, _CONTACTS = TABLES[Entry], TABLES[Handling], TABLES[Contact]
Waits = dict[str, list[int]]


def queue_sheet(store: Store, wanted: Wanted) -> tuple[list[Line], Sums]:
    """(lines, total)."""
    grid = Grid(wanted)
    queue, work = TABLES[QueueQuarter].c, TABLES[WorkQuarter].c
    with reading(store.books) as connection:
        for key, quarter, sums in rows_of(connection, QueueQuarter, "queue_id", wanted, queue.medium.in_(wanted.media)):
            grid.add(key, quarter, sums)
        for key, quarter, sums in rows_of(connection, WorkQuarter, "queue_id", wanted, work.medium.in_(wanted.media)):
            # What was offered to agents has names of its own there; "answered" and the like are the entries'.
            grid.add(key, quarter, {name: value for name, value in sums.items() if name not in _QUEUE_NAMES})
        rated = TABLES[SurveyQuarter].c.medium.in_(wanted.media)
        for key, quarter, sums in rows_of(connection, SurveyQuarter, "queue_id", wanted, rated):
            grid.add(key, quarter, sums)
        _add_waiting(connection, grid)
        _mark_open_work(connection, grid)
        spread = _spreads(connection, grid)
    lines = grid.lines(FIELDS)
    whole = total(lines, wanted)
    everything: Waits = {"answered": [], "abandoned": []}
    for line in lines:
        waits = spread.get(id(line), {})
        line.sums |= _percentiles(waits)
        for name in everything:
            everything[name] += waits.get(name, ())
    return lines, whole | _percentiles(everything)


_QUEUE_NAMES = frozenset(fields_of(QueueQuarter))


def _add_waiting(connection: Connection, grid: Grid) -> None:
    """Who still waits: a miss since his target passed, else undecided; and the longest wait goes on."""
    wanted = grid.wanted
    query = select(_ENTRIES).join(_CONTACTS, _CONTACTS.c.interaction_id == _ENTRIES.c.interaction_id)
    query = query.where(_CONTACTS.c.open > 0, _ENTRIES.c.left.is_(None), _ENTRIES.c.test.is_(False), *_mine(wanted))
    for entry in connection.execute(query).mappings():
        wait = wanted.now - entry["entered"]
        late = wait > entry["target_us"]
        line = grid.line(entry["queue_id"], entry["entered"])
        line.open = True
        more = {"waiting": 1, "undecided": int(not late), "miss": int(late), "longest_wait_us": wait}
        grid.add(entry["queue_id"], entry["entered"], more)


def _mine(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = _ENTRIES.c
    conditions = [columns.tenant_id == wanted.tenant, columns.medium.in_(wanted.media)]
    if wanted.keys is not None:
        conditions.append(columns.queue_id.in_(sorted(wanted.keys)))
    return [*conditions, columns.entered >= wanted.begin, columns.entered < wanted.end]


def _mark_open_work(connection: Connection, grid: Grid) -> None:
    """Handlings of the span that are not over: their times are not in the rows yet."""
    columns = _HANDLINGS.c
    query = select(columns.queue_id, columns.started, columns.connected)
    query = query.join(_CONTACTS, _CONTACTS.c.interaction_id == columns.interaction_id)
    query = query.where(_CONTACTS.c.open > 0, columns.over.is_(None), columns.test.is_(False))
    query = query.where(columns.tenant_id == grid.wanted.tenant)
    for queue_id, started, connected in connection.execute(query):
        at = started if connected is None else connected
        if grid.wanted.has(queue_id) and grid.wanted.begin <= at < grid.wanted.end:
            grid.line(queue_id, at).open = True


def _spreads(connection: Connection, grid: Grid) -> dict[int, Waits]:
    """Line (its id()) → the waits of its answered and of its abandoned, short ones left out."""
    columns = _ENTRIES.c
    query = select(columns.queue_id, columns.entered, columns.left, columns.outcome)
    query = query.where(*_mine(grid.wanted), columns.test.is_(False), columns.short.is_(False))
    query = query.where(columns.outcome.in_(("answered", "abandoned")))
    found: dict[int, Waits] = defaultdict(lambda: defaultdict(list))
    for queue_id, entered, left, outcome in connection.execute(query):
        found[id(grid.line(queue_id, entered))][outcome].append(left - entered)
    return found


def _percentiles(waits: Waits) -> Sums:
    sums: Sums = {}
    for name, values in waits.items():
        if values:
            values.sort()
            sums[f"median_{name}_us"] = percentile(values, 50)
            sums[f"p90_{name}_us"] = percentile(values, 90)
            sums[f"max_{name}_us"] = values[-1]
    return sums


def percentile(ordered: Sequence[int], share: int) -> int:
    """The least value that `share` per cent of them do not exceed (nearest rank). ordered: ascending, not empty."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
