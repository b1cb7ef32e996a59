"""Proving the books (`yingda verify`): the chain holds, the order is the ledger's, every row equals a rebuild from the
first event on (M3), and the identities hold (metrics.md section 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from yingda.kernel.event import Envelope
from yingda.kernel.ledger import reader
from yingda.kernel.ledger.kinds import lift
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, reading
from yingda.reports.archive import LedgerArchive
from yingda.reports.books import Books
from yingda.reports.identities import check
from yingda.reports.models import TABLES
from yingda.reports.rows import Key, Row

SHOWN = 5
"""How many faults of one kind are told; the rest is counted."""


@dataclass
class Report:
    """What was looked at and what was found. faults: one sentence each; empty when everything holds."""

    events: int = 0
    imported: int = 0
    rows: int = 0
    anomalies: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults

    def lines(self) -> list[str]:
        """The report in sentences, for the command line."""
        seen = f"{self.imported} events imported, {self.rows} rows derived from them, {self.anomalies} anomalies."
        if self.sound:
            return [seen, "The chain, the order, every row and every identity hold."]
        return [seen, *self.faults]

    def add(self, what: str, found: list[str]) -> None:
        self.faults += [f"{what}: {fault}" for fault in found[:SHOWN]]
        if len(found) > SHOWN:
            self.faults.append(f"{what}: and {len(found) - SHOWN} more")


def verify(store: Store, ledger_root: Path) -> Report:
    """Check everything that has been imported against the segments. Reads only; one moment of the store is looked at.

    Raises SQLAlchemyError when the store cannot be read.
    """
    report = Report()
    report.add("chain", [f"{name}: {fault}" for name, fault in _chain_faults(ledger_root)])
    if report.faults:
        return report
    with reading(store.books) as connection:
        report.imported = connection.scalar(select(func.max(StoredEvent.seq))) or 0
        report.add("order", _order_faults(connection, ledger_root))
        books, last_at, report.events = refold(ledger_root, report.imported)
        report.add("rows", _row_faults(connection, books))
    report.rows = sum(len(shelf.rows) for shelf in books.shelves)
    report.anomalies = len(books.anomalies.rows)
    report.add("identity", [str(broken) for broken in check(books, last_at)])
    return report


def refold(ledger_root: Path, upto: int) -> tuple[Books, int, int]:
    """(books of the first `upto` events, time of the latest, number of events), everything kept in memory."""
    archive = LedgerArchive(ledger_root)
    books, last_at, events = Books(strict=False, archive=archive), 0, 0
    archive.books = books
    for envelope in islice(reader.merged(ledger_root), upto):
        books.apply(lift(envelope))
        last_at = max(last_at, envelope.at)
        events += 1
    return books, last_at, events


def _chain_faults(ledger_root: Path) -> Iterator[tuple[str, str]]:
    for writer in reader.writers(ledger_root):
        fault = reader.verify(ledger_root / writer).fault
        if fault is not None:
            yield writer, fault


def _order_faults(connection: Connection, ledger_root: Path) -> list[str]:
    """Where the imported events are not those of the segments, in their order."""
    table = StoredEvent.__table__
    columns = (table.c.seq, table.c.writer, table.c.n, table.c.kind, table.c.at)
    stored = connection.execute(select(*columns).order_by(table.c.seq)).yield_per(5_000)
    written: Iterator[Envelope] = reader.merged(ledger_root)
    faults: list[str] = []
    for row in stored:
        envelope = next(written, None)
        if envelope is None:
            return [*faults, f"event {row.seq} stands in no segment"]
        if (envelope.seq, envelope.writer, envelope.n, envelope.kind, envelope.at) != tuple(row):
            faults.append(
                f"event {row.seq} is {row.writer} {row.n} {row.kind}, in the segments "
                f"{envelope.seq} is {envelope.writer} {envelope.n} {envelope.kind}"
            )
            if len(faults) > SHOWN:
                return faults
    return faults


def _row_faults(connection: Connection, books: Books) -> list[str]:
    """Where a table is not what a rebuild gives, byte for byte."""
    faults: list[str] = []
    for shelf in books.shelves:
        faults += _table_faults(connection, shelf.table, shelf.rows)
    return faults


def _table_faults(connection: Connection, table: type[Row], rebuilt: Mapping[Key, Any]) -> list[str]:
    faults: list[str] = []
    key_of, seen = table.key_getter(), 0
    for found in connection.execute(select(TABLES[table])).yield_per(5_000):
        stored: dict[str, Any] = dict(found._mapping)
        row = table(**stored)
        key = key_of(row)
        expected = rebuilt.get(key)
        if expected is None:
            faults.append(f"{table.TABLE} has {key}, which no event accounts for")
        else:
            seen += 1
            if row != expected:
                faults.append(f"{table.TABLE} {key}: {_first_difference(stored, expected)}")
    if seen < len(rebuilt):
        faults.append(f"{table.TABLE} lacks {len(rebuilt) - seen} of {len(rebuilt)} rows")
    return faults


def _first_difference(stored: Mapping[str, Any], expected: Row) -> str:
    for name, value in stored.items():
        rebuilt = getattr(expected, name)
        if value != rebuilt:
            return f"{name} is {value}, rebuilt {rebuilt}"
    return "the same by value, but not by type"
