"""The centre's books: its tables by plain SQL, and what its API answered about them."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.call.plan import plan_number

Row = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """contacts, entries, handlings, recordings, queue_quarters: rows as they stand. calls: the API's call list."""

    contacts: list[Row]
    entries: list[Row]
    handlings: list[Row]
    recordings: list[Row]
    queue_quarters: list[Row]
    calls: list[Row]

    def contacts_of(self, number: str) -> list[str]:
        """The ids of the contacts that the call list gives for a caller's number."""
        return [call["interaction_id"] for call in self.calls if plan_number(call["caller"] or "") == number]

    def row(self, table: str, interaction_id: str) -> list[Row]:
        rows: list[Row] = getattr(self, table)
        return [row for row in rows if row["interaction_id"] == interaction_id]

    def total(self, column: str) -> int:
        """A column of the queues' quarter hours, summed."""
        return sum(row[column] for row in self.queue_quarters)


TABLES = ("contacts", "entries", "handlings", "recordings", "queue_quarters")


def read(database: Path, api: Path) -> Books:
    """Raises OSError or sqlite3.Error when they cannot be read."""
    tables: dict[str, list[Row]] = defaultdict(list)
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        for table in TABLES:
            tables[table] = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    calls = json.loads((api / "calls.json").read_text(encoding="utf-8"))
    return Books(**tables, calls=calls)
