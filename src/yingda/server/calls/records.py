"""Call records out of the books, as far as the viewer's scope reaches: agents their own, leaders and admins all.

Whoever asks for what lies outside his scope gets what he would get for what does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.personal import PersonalValue, lookup
from yingda.kernel.store import Store, reading
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact, Entry, Handling, Leg, Offer, Recording
from yingda.server.calls.schemas import CallFilters
from yingda.server.directory import Directory
from yingda.server.models import HandlingNote
from yingda.server.refusals import not_found
from yingda.server.sessions.viewer import Viewer

COUNTED_UP_TO = 10_000
NUMBERS_UP_TO = 1_000
"""A few last digits may fit many numbers; so many are looked for."""

CONTACTS, HANDLINGS, RECORDINGS = TABLES[Contact].c, TABLES[Handling].c, TABLES[Recording].c
Row = dict[str, Any]


class Records:
    """The call list of one viewer. Blocks (SQL)."""

    def __init__(self, store: Store, directory: Directory, viewer: Viewer) -> None:
        self._store, self._directory, self._viewer = store, directory, viewer
        self._sees_all = viewer.role != "agent"
        self._own_id = viewer.agent_id or ""  # nobody's id: a user who is no agent has no calls of his own

    def page(self, filters: CallFilters, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """(records, newest first; cursor of the next page or None)."""
        query = self._query(filters)
        if cursor is not None:
            query = query.where(sa.tuple_(CONTACTS.started, CONTACTS.interaction_id) < sa.tuple_(*_read_cursor(cursor)))
        query = query.order_by(CONTACTS.started.desc(), CONTACTS.interaction_id.desc()).limit(limit + 1)
        with reading(self._store.books) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
            records = self._records(connection, rows[:limit])
        more = rows[limit - 1] if len(rows) > limit else None
        return records, f"{more['started']}_{more['interaction_id']}" if more is not None else None

    def total(self, filters: CallFilters) -> int | None:
        """How many there are, or None above COUNTED_UP_TO: counting on would be slow, and tells nobody anything."""
        some = self._query(filters).with_only_columns(CONTACTS.interaction_id).limit(COUNTED_UP_TO + 1).subquery()
        with reading(self._store.books) as connection:
            count: int = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        return count if count <= COUNTED_UP_TO else None

    def detail(self, interaction_id: str) -> Row:
        """Everything about one contact. Raises not_found."""
        query = self._query(CallFilters()).where(CONTACTS.interaction_id == interaction_id)
        with reading(self._store.books) as connection:
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                raise not_found("call")
            (record,) = self._records(connection, [dict(row)])
            parts: dict[str, list[Row]] = {
                "legs": _rows(connection, TABLES[Leg], interaction_id, "created"),
                "entries": _rows(connection, TABLES[Entry], interaction_id, "entered"),
                "offers": _rows(connection, TABLES[Offer], interaction_id, "made"),
                "handlings": _rows(connection, TABLES[Handling], interaction_id, "started"),
                "timeline": _timeline(connection, self._viewer.tenant, interaction_id),
            }
        self._name(parts)
        return {**record, **parts}

    def recording(self, recording_id: str) -> Row:
        """The recording with its handling's `connected` and `contact`, if the viewer may hear it. Raises not_found."""
        query = sa.select(TABLES[Recording], HANDLINGS.connected, HANDLINGS.interaction_id.label("contact")).where(
            RECORDINGS.handling_id == HANDLINGS.handling_id,
            RECORDINGS.recording_id == recording_id,
            RECORDINGS.tenant_id == self._viewer.tenant,
        )
        if not self._sees_all:
            query = query.where(HANDLINGS.agent_id == self._own_id)
        with reading(self._store.books) as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise not_found("recording")
        return dict(row)

    def _query(self, filters: CallFilters) -> sa.Select[Any]:
        query = sa.select(TABLES[Contact]).where(CONTACTS.tenant_id == self._viewer.tenant)
        if not self._sees_all:
            query = query.where(_handled_by(self._own_id))
        if filters.from_ is not None:
            query = query.where(CONTACTS.started >= filters.from_)
        if filters.to is not None:
            query = query.where(CONTACTS.started < filters.to)
        if filters.queue is not None:
            query = query.where(_waited_in(filters.queue))
        if filters.agent is not None:
            query = query.where(_handled_by(filters.agent))
        if filters.outcome is not None:
            query = query.where(CONTACTS.outcome == filters.outcome)
        if filters.number is not None:
            query = query.where(CONTACTS.party_ref.in_(self._references(filters.number)))
        return query

    def _references(self, number: str) -> list[str]:
        """The references of numbers that end so. They stand in the other database, apart from the books."""
        query = sa.select(PersonalValue.ref).where(
            PersonalValue.tenant_id == self._viewer.tenant,
            PersonalValue.kind == "number",
            PersonalValue.value.endswith(number, autoescape=True),
        )
        with reading(self._store.business) as connection:
            return list(connection.execute(query.limit(NUMBERS_UP_TO)).scalars())

    def _records(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Row]:
        """The rows as records, with names, numbers and recordings."""
        numbers = lookup(
            self._store.business, [row["party_ref"] for row in rows if row["party_ref"]], self._viewer.tenant
        )
        recordings = self._recordings(connection, [row["interaction_id"] for row in rows])
        directory = self._directory
        return [
            {
                **row,
                "caller": numbers.get(row["party_ref"] or ""),
                "called": row["dialled"],
                "queue_id": row["first_queue_id"],
                "queue_name": directory.queue_name(row["first_queue_id"]) if row["first_queue_id"] else None,
                "agent_id": row["first_agent_id"],
                "agent_number": directory.agent_number(row["first_agent_id"]) if row["first_agent_id"] else None,
                "agent_name": directory.agent_name(row["first_agent_id"]) if row["first_agent_id"] else None,
                "recordings": recordings.get(row["interaction_id"], []),
            }
            for row in rows
        ]

    def _recordings(self, connection: sa.Connection, interaction_ids: Sequence[str]) -> dict[str, list[Row]]:
        """Recordings by contact: those that the viewer may hear."""
        query = sa.select(TABLES[Recording], HANDLINGS.interaction_id.label("contact")).where(
            RECORDINGS.handling_id == HANDLINGS.handling_id, HANDLINGS.interaction_id.in_(interaction_ids)
        )
        if not self._sees_all:
            query = query.where(HANDLINGS.agent_id == self._own_id)
        found: dict[str, list[Row]] = {}
        for row in connection.execute(query.order_by(RECORDINGS.started)).mappings():
            found.setdefault(row["contact"], []).append(dict(row))
        return found

    def _name(self, parts: Mapping[str, list[Row]]) -> None:
        """Names of today for the ids in the parts, and the notes of the agents."""
        notes = self._notes(row["handling_id"] for row in parts["handlings"])
        for row in parts["entries"]:
            row["queue_name"] = self._directory.queue_name(row["queue_id"])
        for row in (*parts["offers"], *parts["handlings"]):
            row["agent_number"] = self._directory.agent_number(row["agent_id"])
            row["agent_name"] = self._directory.agent_name(row["agent_id"])
        for row in parts["handlings"]:
            row["codes"] = row["codes"].split("|") if row["codes"] else []
            row["note"] = notes.get(row["handling_id"])

    def _notes(self, handling_ids: Iterable[str]) -> dict[str, str]:
        query = sa.select(HandlingNote.handling_id, HandlingNote.note).where(
            HandlingNote.tenant_id == self._viewer.tenant, HandlingNote.handling_id.in_(list(handling_ids))
        )
        with reading(self._store.business) as connection:
            return {row.handling_id: row.note for row in connection.execute(query)}


def _handled_by(agent_id: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(HANDLINGS.interaction_id == CONTACTS.interaction_id, HANDLINGS.agent_id == agent_id)


def _waited_in(queue_id: str) -> sa.ColumnElement[bool]:
    entries = TABLES[Entry].c
    return sa.exists().where(entries.interaction_id == CONTACTS.interaction_id, entries.queue_id == queue_id)


def _rows(connection: sa.Connection, table: sa.Table, interaction_id: str, order: str) -> list[Row]:
    query = sa.select(table).where(table.c.interaction_id == interaction_id).order_by(table.c[order])
    return [dict(row) for row in connection.execute(query).mappings()]


def _timeline(connection: sa.Connection, tenant: str, interaction_id: str) -> list[Row]:
    query = sa.select(StoredEvent.seq, StoredEvent.at, StoredEvent.kind, StoredEvent.by_, StoredEvent.data).where(
        StoredEvent.interaction_id == interaction_id, StoredEvent.tenant_id == tenant
    )
    return [
        {"seq": row.seq, "at": row.at, "kind": row.kind, "by": row.by_, "data": _impersonal(json.loads(row.data))}
        for row in connection.execute(query.order_by(StoredEvent.seq))
    ]


def _impersonal(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if not name.endswith("_ref")}


def _read_cursor(cursor: str) -> tuple[int, str]:
    started, _, interaction_id = cursor.partition("_")
    if not (started.isascii() and started.isdigit() and len(started) < 19 and interaction_id):
        raise YingdaError("bad_cursor", "The cursor is not one of this list.", todo="Ask for the first page again.")
    return int(started), interaction_id
