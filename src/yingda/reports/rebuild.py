"""Deriving all rows anew from the ledger, a batch at a time: after a change of the fold, or to mend what is broken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select

from yingda.kernel.event import Envelope
from yingda.kernel.ledger import reader
from yingda.kernel.ledger.kinds import lift
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, reading, writing
from yingda.reports.models import PROJECTIONS, TABLES
from yingda.reports.persist import Projector

log = logging.getLogger(__name__)

FOLD_VERSION = 5
"""Raise it when the same events come to other rows than before."""
NAME = "reports"
BATCH = 5_000


def rebuild(store: Store, ledger_root: Path) -> int:
    """Replace all rows by those folded anew from the segments; how many events that took.

    The importer must not run meanwhile: it holds what is open in memory. While it lasts the tables are incomplete, and
    no version stands for them: cut short, it is done again at the next start. Raises YingdaError("ledger_broken").
    """
    with writing(store.books) as connection:
        imported = connection.scalar(select(func.max(StoredEvent.seq))) or 0
        connection.execute(delete(PROJECTIONS).where(PROJECTIONS.c.name == NAME))
        for table in TABLES.values():
            connection.execute(delete(table))
    projector = Projector(store.books)
    with reading(store.books) as connection:
        projector.load(connection)
    events = 0
    for batch in _batches(islice(reader.merged(ledger_root), imported)):
        with writing(store.books) as connection:
            for envelope in batch:
                projector.apply(lift(envelope))
            projector.flush(connection)
        events += len(batch)
    with writing(store.books) as connection:
        _note(connection)
    return events


def _batches(envelopes: Iterator[Envelope]) -> Iterator[list[Envelope]]:
    while batch := list(islice(envelopes, BATCH)):
        yield batch


def _note(connection: Connection) -> None:
    connection.execute(insert(PROJECTIONS), {"name": NAME, "version": FOLD_VERSION})


def refresh(store: Store, ledger_root: Path) -> bool:
    """Rebuild if the rows were derived by another version of the fold; whether that was so. Before the import."""
    with reading(store.books) as connection:
        version = connection.scalar(select(PROJECTIONS.c.version).where(PROJECTIONS.c.name == NAME))
        imported = connection.scalar(select(func.max(StoredEvent.seq))) or 0
    if version == FOLD_VERSION:
        return False
    if imported == 0:
        with writing(store.books) as connection:
            connection.execute(delete(PROJECTIONS).where(PROJECTIONS.c.name == NAME))
            _note(connection)
        return False
    log.info("the figures are derived anew from %d events", imported)
    rebuild(store, ledger_root)
    return True
