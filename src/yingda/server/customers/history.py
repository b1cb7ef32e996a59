"""The contacts of a customer, by the references of his numbers: what everybody who serves him may know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from yingda.customers import service as customers
from yingda.kernel.store import reading
from yingda.reports import service as books
from yingda.reports.models import TABLES
from yingda.reports.rows import Handling
from yingda.server.deps import House
from yingda.server.directory import Directory
from yingda.server.models import HandlingNote
from yingda.server.sessions.viewer import Viewer

Row = dict[str, Any]
_handlings = TABLES[Handling].c


def filters_of(house: House, tenant: str, numbers: Iterable[str], since: int | None = None) -> books.CallFilters | None:
    """All contacts of these numbers (canonical); None if there has been none."""
    with reading(house.deps.store.business) as connection:
        refs = customers.references(connection, tenant, numbers)
    return books.CallFilters(tenant_id=tenant, party_refs=refs, since=since) if refs else None


def past(
    house: House, viewer: Viewer, numbers: Iterable[str], cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of contacts, newest first, and the cursor of the next. Raises bad_cursor."""
    filters = filters_of(house, viewer.tenant, numbers)
    if filters is None:
        return [], None
    page = books.calls(house.deps.store, filters, cursor, limit)
    return _told(house, viewer, page.calls), page.cursor


def _told(house: House, viewer: Viewer, contacts: Sequence[Row]) -> list[Row]:
    directory = house.directory()
    handled = _first_handlings(house, [row["interaction_id"] for row in contacts])
    notes = _notes(house, viewer.tenant, [row["handling_id"] for row in handled.values()])
    return [_line(directory, viewer, row, handled.get(row["interaction_id"]), notes) for row in contacts]


def _line(directory: Directory, viewer: Viewer, contact: Row, handling: Row | None, notes: dict[str, str]) -> Row:
    queue_id, agent_id = contact["first_queue_id"], contact["first_agent_id"]
    codes = handling["codes"] if handling is not None else None
    kept = ("interaction_id", "medium", "direction", "started", "outcome", "talking_us")
    return {
        **{name: contact[name] for name in kept},
        "queue_name": directory.queue_name(queue_id) if queue_id is not None else None,
        "agent_number": directory.agent_number(agent_id) if agent_id is not None else None,
        "agent_name": directory.agent_name(agent_id) if agent_id is not None else None,
        "codes": codes.split("|") if codes else [],
        "resolved": handling["resolved"] if handling is not None else None,
        "note": notes.get(handling["handling_id"]) if handling is not None else None,
        "opens": agent_id is not None and viewer.reach.has_agent(agent_id),
    }


def _first_handlings(house: House, interaction_ids: Sequence[str]) -> dict[str, Row]:
    """The first handling of each contact that was connected."""
    query = sa.select(_handlings.interaction_id, _handlings.handling_id, _handlings.codes, _handlings.resolved)
    query = query.where(_handlings.interaction_id.in_(interaction_ids), _handlings.connected.is_not(None))
    found: dict[str, Row] = {}
    with reading(house.deps.store.books) as connection:
        for row in connection.execute(query.order_by(_handlings.connected)).mappings():
            found.setdefault(row["interaction_id"], dict(row))
    return found


def _notes(house: House, tenant: str, handling_ids: Sequence[str]) -> dict[str, str]:
    query = sa.select(HandlingNote.handling_id, HandlingNote.note).where(
        HandlingNote.tenant_id == tenant, HandlingNote.handling_id.in_(handling_ids)
    )
    with reading(house.deps.store.business) as connection:
        return {row.handling_id: row.note for row in connection.execute(query)}
