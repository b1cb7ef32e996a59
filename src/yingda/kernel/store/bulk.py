"""Many rows in one statement, as fast as each database allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, TextClause, insert, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert


def positional(statement: Insert) -> tuple[str, tuple[str, ...]]:
    """An INSERT of all columns as SQLite's driver takes it, and the columns its question marks stand for, in order.

    Given to the driver with plain tuples: SQLAlchemy's own way takes longer for a row than SQLite does.
    """
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
    return str(compiled), tuple(compiled.positiontup or ())


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`; each gives every column of the table, in plain values (numbers, texts, None).

    PostgreSQL gets them as one JSON parameter: its driver would send row by row otherwise.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_from_json(connection, table), {"rows": msgspec.json.encode(rows).decode()})
    else:
        statement, values = _from_tuples(table)
        connection.exec_driver_sql(statement, [values(row) for row in rows])


@cache
def _from_tuples(table: Table) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    statement, names = positional(insert(table))
    return statement, itemgetter(*names)


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
