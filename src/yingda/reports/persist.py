"""The importer's projector: the books kept in tables, in the importer's own transactions (design.md, M3).

Between batches the tables hold everything; memory holds what is open and the figures of the last hour. Whatever else an
event names is read back. So books that restart, or take other batches, come to the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, and_, func, select

from yingda.kernel.event import Envelope
from yingda.kernel.store import reading
from yingda.reports.archive import StoredArchive
from yingda.reports.books import Books, callbacks, contacts, entries, handlings, offers, runs, surveys
from yingda.reports.books.shelf import Recent, Shelf
from yingda.reports.customer_rows import Callback, LeftMessage, Missed, Survey
from yingda.reports.models import TABLES
from yingda.reports.quarters import QUARTER, GaugeLine, QueueLine, quarter_of
from yingda.reports.rows import (
    Contact,
    Entry,
    Handling,
    Key,
    Leg,
    Offer,
    Plane,
    Recording,
    Row,
    Run,
    Session,
    Setting,
    StateSpan,
)
from yingda.reports.upsert import Upserts

R = TypeVar("R", bound=Row)

KEPT_QUARTERS = 4
"""Rows of figures stay in memory for this many quarter hours; older ones are read back when something counts there."""

_HANGING: tuple[type[Row], ...] = (Leg, Entry, Offer, Handling, Run, Recording, LeftMessage, Survey)
"""What hangs on a contact and is put away with it."""
_QUARTERLY = tuple(table for table in TABLES if "quarter" in table.KEY)
_PLACE_OF_QUARTER = {table: table.KEY.index("quarter") for table in _QUARTERLY}


class Projector:
    """Folds events into tables. `load` at first and after a failed transaction; `flush` ends every transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._upserts = Upserts(engine.dialect.name)
        self._begin_empty()

    def _begin_empty(self) -> None:
        self._archive = StoredArchive(self._engine)
        self.books = Books(strict=False, fetch=self._fetch, archive=self._archive)
        self._archive.books = self.books
        self._shelf_of: Mapping[type[Row], Shelf[Any]] = {shelf.table: shelf for shelf in self.books.shelves}
        self._families: dict[str, set[tuple[type[Row], Key]]] = {}
        self._recalled: set[str] = set()  # contacts of which something was read back
        self._latest = 0
        self._oldest_kept = 0  # quarter from which on every row of figures is in memory

    def load(self, connection: Connection) -> None:
        """Open the books where they were left: what is open, the lines, the figures of the last hour."""
        self._begin_empty()
        open_contacts = select(TABLES[Contact]).where(TABLES[Contact].c.open > 0)
        for contact in self._bring(connection, Contact, open_contacts):
            if contact.outcome is None and not contact.test:
                self.books.live.enter(contacts.cohort_key(contact), contact.interaction_id, contact)
        for table in _HANGING:
            parent, child = TABLES[Contact], TABLES[table]
            of_open = select(child).join(parent, parent.c.interaction_id == child.c.interaction_id)
            for row in self._bring(connection, table, of_open.where(parent.c.open > 0)):
                self._watch(row)
        self._load_sessions(connection)
        for whole in (Plane, QueueLine, GaugeLine, Setting):
            self._bring(connection, whole, select(TABLES[whole]))
        self._load_customers(connection)
        self._load_figures(connection)

    def _load_customers(self, connection: Connection) -> None:
        """Call-backs that are owed, numbers that are missed, and who called within the longest repeat window."""
        owed, missed = TABLES[Callback], TABLES[Missed]
        for row in self._bring(connection, Callback, select(owed).where(owed.c.closed.is_(None))):
            callbacks.watch(self.books, row)
        self._bring(connection, Missed, select(missed).where(missed.c.cleared.is_(None)))
        columns = TABLES[Contact].c
        newest = connection.scalar(select(func.max(columns.started))) or 0
        query = select(columns.tenant_id, columns.party_ref, columns.started, columns.interaction_id)
        query = query.where(columns.started >= newest - Recent.LONGEST, columns.direction == "inbound")
        query = query.where(columns.test.is_(False), columns.withheld.is_(False), columns.party_ref != "")
        for tenant, party, started, interaction_id in connection.execute(query.order_by(columns.started)):
            self.books.recent.note((tenant, party), started, interaction_id)

    def _load_sessions(self, connection: Connection) -> None:
        table, spans = TABLES[Session], TABLES[StateSpan]
        for session in self._bring(connection, Session, select(table).where(table.c.signed_out.is_(None))):
            self.books.session_of[(session.tenant_id, session.agent_id)] = session
        present = and_(
            spans.c.tenant_id == table.c.tenant_id,
            spans.c.session_id == table.c.session_id,
            spans.c.number == table.c.spans,
        )
        self._bring(connection, StateSpan, select(spans).join(table, present).where(table.c.signed_out.is_(None)))

    def _load_figures(self, connection: Connection) -> None:
        newest = max(connection.scalar(select(func.max(TABLES[table].c.quarter))) or 0 for table in _QUARTERLY)
        self._oldest_kept = newest - KEPT_QUARTERS * QUARTER
        for table in _QUARTERLY:
            self._bring(connection, table, select(TABLES[table]).where(TABLES[table].c.quarter >= self._oldest_kept))

    def _watch(self, row: Row) -> None:
        """What is open counts as open again."""
        if isinstance(row, Entry) and row.left is None and not row.test:
            entries.watch(self.books, row)
        elif isinstance(row, Offer) and row.ended is None:
            offers.watch(self.books, row)
        elif isinstance(row, Handling) and row.over is None:
            handlings.watch(self.books, row)
        elif isinstance(row, Run) and row.left is None:
            runs.watch(self.books, row)
        elif isinstance(row, Survey) and row.ended is None:
            surveys.watch(self.books, row)

    def _bring(self, connection: Connection, table: type[R], query: Select[Any]) -> list[R]:
        shelf: Shelf[R] = self._shelf_of[table]
        rows = [table(**found._mapping) for found in connection.execute(query)]
        for row in rows:
            key = shelf.key_of(row)
            shelf.rows[key] = row
            self._register(table, key, row)
        return rows

    def _fetch(self, table: type[Row], key: Key) -> Row | None:
        """Read one row back. What is not in memory is not in the tables either, for the figures of the last hour."""
        place = _PLACE_OF_QUARTER.get(table)
        values = key if isinstance(key, tuple) else (key,)
        if None in values or (place is not None and values[place] >= self._oldest_kept):
            return None
        stored = TABLES[table]
        same = (stored.c[name] == value for name, value in zip(table.KEY, values, strict=True))
        with reading(self._engine) as connection:
            found = connection.execute(select(stored).where(*same)).one_or_none()
        if found is None:
            return None
        row = table(**found._mapping)
        self._register(table, key, row)
        if table in _HANGING or table is Contact:
            self._recalled.add(found.interaction_id)
        return row

    def _register(self, table: type[Row], key: Key, row: Row) -> None:
        if table in _HANGING:
            self._families.setdefault(row.interaction_id, set()).add((table, key))  # type: ignore[attr-defined]  # all of _HANGING have it

    def apply(self, envelope: Envelope) -> None:
        """Fold one event; it reaches the tables with the next `flush`."""
        self._latest = max(self._latest, envelope.at)
        self._archive.note(envelope)
        self.books.apply(envelope)

    def flush(self, connection: Connection) -> None:
        """Write what has changed, then let go of what is over."""
        touched = self._recalled
        for table, rows in self.books.take_dirty().items():
            self._upserts.write(connection, table, rows.values())
            if table in _HANGING:
                for key, row in rows.items():
                    self._register(table, key, row)
                    touched.add(row.interaction_id)  # type: ignore[attr-defined]  # all of _HANGING have it
            elif table is Contact:
                touched.update(row.interaction_id for row in rows.values() if isinstance(row, Contact))
        self._recalled = set()
        self._archive.forget()
        self._put_away(touched)
        self._put_away_figures()

    def _put_away(self, touched: set[str]) -> None:
        books = self.books
        for interaction_id in touched:
            contact = books.contacts.rows.get(interaction_id)
            if contact is not None and contact.open > 0:
                continue
            books.contacts.rows.pop(interaction_id, None)
            for table, key in self._families.pop(interaction_id, ()):
                self._shelf_of[table].rows.pop(key, None)
        for shelf, over in ((books.callbacks, "closed"), (books.missed, "cleared")):
            for key in [key for key, row in shelf.rows.items() if getattr(row, over) is not None]:
                del shelf.rows[key]
        for spans_key in [key for key, span in books.spans.rows.items() if span.ended is not None]:
            del books.spans.rows[spans_key]
        for session_key in [key for key, session in books.sessions.rows.items() if session.signed_out is not None]:
            del books.sessions.rows[session_key]
        books.anomalies.rows.clear()

    def _put_away_figures(self) -> None:
        oldest = quarter_of(self._latest) - KEPT_QUARTERS * QUARTER
        for table, place in _PLACE_OF_QUARTER.items():
            rows = self._shelf_of[table].rows
            late = [key for key in rows if isinstance(key, tuple) and key[place] < oldest]
            for key in late:
                del rows[key]
        self._oldest_kept = max(self._oldest_kept, oldest)
