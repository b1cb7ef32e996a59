"""Many rows in one statement, as fast as each database allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, TextClause, insert, text


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`; each gives every column of the table, in plain values (numbers, texts, None).

    PostgreSQL gets them as one JSON parameter: its driver would send row by row otherwise.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_from_json(connection, table), {"rows": msgspec.json.encode(rows).decode()})
    else:
        connection.execute(insert(table), rows)


def _from_json(connection: Connection, table: Table) -> TextClause:
    prepare = connection.dialect.identifier_preparer
    names = [prepare.quote(column.name) for column in table.columns]
    typed = [
        f"{name} {column.type.compile(connection.dialect)}" for name, column in zip(names, table.columns, strict=True)
    ]
    return text(
        f"INSERT INTO {prepare.format_table(table)} ({', '.join(names)}) "
        f"SELECT {', '.join(names)} FROM json_to_recordset(CAST(:rows AS json)) AS given({', '.join(typed)})"
    )
