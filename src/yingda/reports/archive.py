"""Looking a contact up again, for corrections (`books.core.Archive`): its events, the spans it took."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Engine, or_, select

from yingda.kernel.event import Envelope
from yingda.kernel.ledger import reader
from yingda.kernel.ledger.kinds import lift
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import reading
from yingda.reports.models import TABLES
from yingda.reports.rows import Key, StateSpan

if TYPE_CHECKING:
    from yingda.reports.books import Books


class LedgerArchive:
    """For books that keep every row: events are looked for in the segments, which takes as long as reading them all."""

    books: Books

    def __init__(self, root: Path) -> None:
        self._root = root

    def events(self, interaction_id: str, before_seq: int) -> Iterator[Envelope]:
        for envelope in islice(reader.merged(self._root), before_seq - 1):
            if envelope.interaction_id == interaction_id:
                yield lift(envelope)

    def spans(self, tenant: str, work: Collection[Key]) -> Iterator[Key]:
        yield from _spans_here(self.books, work)


def _spans_here(books: Books, work: Collection[Key]) -> list[Key]:
    return [key for key, span in books.spans.rows.items() if span.handling_id in work or span.offer_id in work]


class StoredArchive:
    """The past of books kept in the store: committed events and spans, and those of the transaction under way.

    What this transaction has imported is not in the store for others yet, so the projector notes it until it flushes.
    """

    books: Books

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._fresh: list[Envelope] = []

    def note(self, envelope: Envelope) -> None:
        """An event of the transaction under way."""
        self._fresh.append(envelope)

    def forget(self) -> None:
        """The transaction has everything."""
        self._fresh.clear()

    def events(self, interaction_id: str, before_seq: int) -> Iterator[Envelope]:
        first_fresh = self._fresh[0].seq if self._fresh else before_seq
        table = StoredEvent.__table__.c
        query = select(StoredEvent.__table__).where(
            table.interaction_id == interaction_id, table.seq < min(before_seq, first_fresh)
        )
        with reading(self._engine) as connection:
            stored = connection.execute(query.order_by(table.seq)).all()
        for row in stored:
            yield lift(_envelope(dict(row._mapping)))
        for envelope in self._fresh:
            if envelope.interaction_id == interaction_id and envelope.seq < before_seq:
                yield envelope

    def spans(self, tenant: str, work: Collection[Key]) -> Iterator[Key]:
        """In memory or put away; the books bring each back by its key."""
        here = set(_spans_here(self.books, work))
        columns = TABLES[StateSpan].c
        named = or_(columns.handling_id.in_(list(work)), columns.offer_id.in_(list(work)))
        query = select(columns.tenant_id, columns.session_id, columns.number).where(columns.tenant_id == tenant, named)
        with reading(self._engine) as connection:
            there = {tuple(row) for row in connection.execute(query)}
        yield from sorted(here | there, key=repr)


def _envelope(row: Mapping[str, Any]) -> Envelope:
    cause = None if row["cause_writer"] is None else (row["cause_writer"], row["cause_n"])
    return Envelope(
        writer=row["writer"],
        n=row["n"],
        seq=row["seq"],
        stamp=row["stamp"],
        kind=row["kind"],
        v=row["v"],
        at=row["at"],
        by=row["by_"],
        node=row["node"],
        tenant=row["tenant_id"],
        mono=0,
        config=row["config"],
        data=msgspec.json.decode(row["data"]),
        interaction_id=row["interaction_id"],
        cause=cause,
    )
