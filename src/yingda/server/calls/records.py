"""Call records out of the books, with names and numbers, as far as the viewer's scope reaches.

Everybody sees the calls that agents within his reach handled, and hears their part; who leads also sees those that
nobody handled in his queues. Whoever asks for what lies outside gets what he would get for what does not exist. The
numbers of contacts that are not his own are masked for the role of an agent (`masking.sees_numbers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from yingda.kernel.errors import YingdaError
from yingda.kernel.personal import PersonalValue, lookup
from yingda.kernel.store import Store, reading
from yingda.recordings import catalogue
from yingda.recordings.catalogue import Form
from yingda.reports import service as books
from yingda.reports.drill import Cell
from yingda.reports.models import TABLES
from yingda.reports.rows import Handling, Recording
from yingda.server.calls.schemas import CallFilters
from yingda.server.calls.told import references, spelled
from yingda.server.directory import Directory
from yingda.server.masking import masked, masked_target, sees_numbers
from yingda.server.models import HandlingNote
from yingda.server.refusals import not_found
from yingda.server.sessions.viewer import Viewer

COUNTED_UP_TO = 10_000
NUMBERS_UP_TO = 1_000
"""A few last digits may fit many numbers; so many are looked for."""

HANDLINGS, RECORDINGS = TABLES[Handling].c, TABLES[Recording].c
Row = dict[str, Any]


class Records:
    """The call list of one viewer. Blocks (SQL)."""

    def __init__(self, store: Store, directory: Directory, viewer: Viewer) -> None:
        self._store, self._directory, self._viewer = store, directory, viewer
        self._scope = viewer.reach.agents
        self._queues = frozenset[str]() if viewer.role == "agent" else viewer.reach.queues

    def page(self, filters: CallFilters, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """(records, newest first; cursor of the next page or None). Raises bad_cursor."""
        page = books.calls(self._store, self._within_scope(filters), cursor, limit)
        return self._records(page.calls), page.cursor

    def total(self, filters: CallFilters) -> int | None:
        """How many there are, or None above COUNTED_UP_TO."""
        return books.count_calls(self._store, self._within_scope(filters), COUNTED_UP_TO)

    def detail(self, interaction_id: str) -> Row:
        """Everything about one contact. Raises not_found."""
        call = self._within(interaction_id)
        (record,) = self._records([call["record"]])
        self._name(call)
        refs = references(event["data"] for event in call["timeline"])
        numbers = lookup(self._store.business, refs, self._viewer.tenant)
        timeline = [{**event, "data": spelled(_impersonal(event["data"]), numbers)} for event in call["timeline"]]
        if not self._own([interaction_id]):
            timeline = [{**event, "data": _numberless(event["data"])} for event in timeline]
        return {**record, **call, "recordings": record["recordings"], "timeline": timeline}

    def number(self, interaction_id: str) -> tuple[str | None, bool]:
        """(the customer's number, whether the viewer may see it whole). Raises not_found."""
        ref = self._within(interaction_id)["record"]["party_ref"] or ""
        number = lookup(self._store.business, [ref], self._viewer.tenant).get(ref)
        return number, bool(self._own([interaction_id]))

    def recording(self, recording_id: str) -> Row:
        """The recording with its handling's `connected` and `contact`, if the viewer may hear it. Raises not_found."""
        with reading(self._store.books) as connection:
            query = self._audible().where(RECORDINGS.recording_id == recording_id)
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise not_found("recording")
        return dict(row)

    def _within_scope(self, filters: CallFilters) -> books.CallFilters:
        return books.CallFilters(
            tenant_id=self._viewer.tenant,
            since=filters.from_,
            until=filters.to,
            queue_id=filters.queue if filters.figure is None else None,
            agent_id=filters.agent if filters.figure is None else None,
            outcome=filters.outcome,
            party_refs=self._references(filters.number) if filters.number is not None else None,
            seen_by=self._scope,
            seen_in=self._queues,
            cell=_cell(filters),
            test=filters.test,
        )

    def _within(self, interaction_id: str) -> Row:
        """The contact as the books have it. Raises not_found, also for what lies outside."""
        try:
            call = books.call(self._store, interaction_id, self._viewer.tenant)
        except YingdaError as error:
            raise not_found("call") from error
        if not self._within_reach(call):
            raise not_found("call")
        return call

    def _own(self, interaction_ids: Sequence[str]) -> frozenset[str]:
        """Those of these contacts whose numbers the viewer sees: leaders all, an agent those that he handled."""
        agent_id = self._viewer.agent_id or ""
        if sees_numbers(self._viewer.role) or self._scope == frozenset((agent_id,)):
            return frozenset(interaction_ids)
        mine = (HANDLINGS.agent_id == agent_id, HANDLINGS.interaction_id.in_(interaction_ids))
        with reading(self._store.books) as connection:
            return frozenset(connection.execute(sa.select(HANDLINGS.interaction_id).where(*mine)).scalars())

    def _within_reach(self, call: Mapping[str, Any]) -> bool:
        """The same for a single contact."""
        handlings = call["handlings"]
        if self._scope is None or any(row["agent_id"] in self._scope for row in handlings):
            return True
        return not handlings and call["record"]["first_queue_id"] in self._queues

    def _references(self, number: str) -> frozenset[str]:
        """The references of numbers that end so. They stand in the other database, apart from the books."""
        query = sa.select(PersonalValue.ref).where(
            PersonalValue.tenant_id == self._viewer.tenant,
            PersonalValue.kind == "number",
            PersonalValue.value.endswith(number, autoescape=True),
        )
        with reading(self._store.business) as connection:
            return frozenset(connection.execute(query.limit(NUMBERS_UP_TO)).scalars())

    def _records(self, rows: Sequence[Row]) -> list[Row]:
        """The rows as records, with names, numbers and recordings."""
        refs = [ref for row in rows for ref in (row["party_ref"], row["dialled"]) if ref is not None]
        numbers = lookup(self._store.business, refs, self._viewer.tenant)
        idents = [row["interaction_id"] for row in rows]
        recordings, own = self._recordings(idents), self._own(idents)
        return [
            {
                **row,
                **_numbers_of(row, numbers, whole=row["interaction_id"] in own),
                "recordings": recordings.get(row["interaction_id"], []),
                **self._first(row["first_queue_id"], row["first_agent_id"]),
            }
            for row in rows
        ]

    def _first(self, queue_id: str | None, agent_id: str | None) -> Row:
        """The first queue and the first agent of a contact, with their names of today."""
        directory = self._directory
        return {
            "queue_id": queue_id,
            "queue_name": directory.queue_name(queue_id) if queue_id is not None else None,
            "agent_id": agent_id,
            "agent_number": directory.agent_number(agent_id) if agent_id is not None else None,
            "agent_name": directory.agent_name(agent_id) if agent_id is not None else None,
        }

    def _audible(self) -> sa.Select[Any]:
        """The recordings that the viewer may hear, each with its handling's contact and connection. An outside party
        who was consulted is heard by whoever hears the agent who consulted him."""
        aside = sa.or_(RECORDINGS.leg_id.is_not(None), HANDLINGS.role == "assisting").label("consultation")
        query = sa.select(TABLES[Recording], HANDLINGS.connected, HANDLINGS.interaction_id.label("contact"), aside)
        query = query.where(RECORDINGS.handling_id == HANDLINGS.handling_id)
        query = query.where(RECORDINGS.tenant_id == self._viewer.tenant)
        return query if self._scope is None else query.where(HANDLINGS.agent_id.in_(sorted(self._scope)))

    def _recordings(self, interaction_ids: Sequence[str]) -> dict[str, list[Row]]:
        """Recordings by contact."""
        query = self._audible().where(HANDLINGS.interaction_id.in_(interaction_ids)).order_by(RECORDINGS.started)
        found: dict[str, list[Row]] = {}
        with reading(self._store.books) as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["contact"], []).append(dict(row))
        self._mark_expired([row for rows in found.values() for row in rows])
        return found

    def _mark_expired(self, rows: Sequence[Row]) -> None:
        """The books say what was recorded; what has been removed since then stands in the other database."""
        with reading(self._store.business) as connection:
            forms = catalogue.forms(connection, self._viewer.tenant, [row["recording_id"] for row in rows])
        for row in rows:
            if forms.get(row["recording_id"]) is Form.EXPIRED:
                row["state"] = str(Form.EXPIRED)

    def _name(self, call: Mapping[str, list[Row]]) -> None:
        """Names of today for the ids in the parts, and the notes of the agents."""
        notes = self._notes(row["handling_id"] for row in call["handlings"])
        for row in call["entries"]:
            row["queue_name"] = self._directory.queue_name(row["queue_id"])
        for row in (*call["offers"], *call["handlings"]):
            row["agent_number"] = self._directory.agent_number(row["agent_id"])
            row["agent_name"] = self._directory.agent_name(row["agent_id"])
        for row in call["handlings"]:
            row["codes"] = row["codes"].split("|") if row["codes"] else []
            row["note"] = notes.get(row["handling_id"])

    def _notes(self, handling_ids: Iterable[str]) -> dict[str, str]:
        query = sa.select(HandlingNote.handling_id, HandlingNote.note).where(
            HandlingNote.tenant_id == self._viewer.tenant, HandlingNote.handling_id.in_(list(handling_ids))
        )
        with reading(self._store.business) as connection:
            return {row.handling_id: row.note for row in connection.execute(query)}


def _cell(filters: CallFilters) -> Cell | None:
    """The cell of a sheet whose contacts are asked for; its queue and agent are those of the entries and handlings."""
    if filters.figure is None:
        return None
    since, until = filters.figure_from or 0, filters.figure_to or (1 << 62)
    return Cell(figure=filters.figure, since=since, until=until, queue_id=filters.queue, agent_id=filters.agent)


def _numbers_of(row: Row, numbers: Mapping[str, str], *, whole: bool) -> Row:
    """caller: of the customer, whoever called whom. called: what was dialled, his number if we called him."""
    number, called = numbers.get(row["party_ref"] or ""), row["dialled"]
    if row["direction"] == "outbound":
        called = numbers.get(called or "")
    if not whole:
        number = masked(number) if number else number
        called = masked(called) if called and row["direction"] != "inbound" else called
    return {"caller": number, "called": called, "dialled": None}


def _impersonal(data: Mapping[str, Any]) -> Row:
    return {name: value for name, value in data.items() if not name.endswith("_ref")}


def _numberless(data: Row) -> Row:
    """What an event says, without the numbers that were dialled."""
    return {name: masked_target(value) if isinstance(value, str) else value for name, value in data.items()}
