"""Many rows put into a table at once, each in place of the one with its key: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from yingda.reports.models import TABLES
from yingda.reports.rows import Row


class Upserts:
    """The statements of one database, made once."""

    def __init__(self, dialect: str) -> None:
        self._as_json = dialect == "postgresql"
        make = _from_json if self._as_json else _from_rows
        self._statements = {row: make(table) for row, table in TABLES.items()}
        self._names = {row: tuple(column.name for column in table.columns) for row, table in TABLES.items()}
        self._values = {row: attrgetter(*names) for row, names in self._names.items()}

    def write(self, connection: Connection, table: type[Row], rows: Iterable[Row]) -> None:
        """Insert or replace `rows`. PostgreSQL gets them as one JSON parameter: its driver sends one by one."""
        names, values = self._names[table], self._values[table]
        plain: list[dict[str, Any]] = [dict(zip(names, values(row), strict=True)) for row in rows]
        if not plain:
            return
        if self._as_json:
            connection.execute(self._statements[table], {"given_rows": msgspec.json.encode(plain).decode()})
        else:
            connection.execute(self._statements[table], plain)


def _from_rows(table: Table) -> Insert:
    statement = sqlite.insert(table)
    others = {name: statement.excluded[name] for name in _changing(table)}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)


def _from_json(table: Table) -> Insert:
    names = [column.name for column in table.columns]
    given = (
        func.json_to_recordset(cast(bindparam("given_rows", type_=Text), JSON))
        .table_valued(*(column(one.name, one.type) for one in table.columns), name="given")
        .render_derived(with_types=True)
    )
    statement = postgresql.insert(table).from_select(names, select(*(given.c[name] for name in names)))
    others = {name: statement.excluded[name] for name in _changing(table)}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)


def _changing(table: Table) -> list[str]:
    """The columns beside the key; all of them if there is nothing beside it."""
    names = [column.name for column in table.columns]
    keys = {column.name for column in table.primary_key.columns}
    return [name for name in names if name not in keys] or names
