"""Many rows put into a table at once, each in place of the one with its key: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from yingda.kernel.store.bulk import positional
from yingda.reports.models import TABLES
from yingda.reports.rows import Row


class Upserts:
    """The statements of one database, made once."""

    def __init__(self, dialect: str) -> None:
        self._as_json = dialect == "postgresql"
        self._json = {row: _from_json(table) for row, table in TABLES.items()} if self._as_json else {}
        self._plain = {row: _from_rows(table) for row, table in TABLES.items()}

    def write(self, connection: Connection, table: type[Row], rows: Iterable[Row]) -> None:
        """Insert or replace `rows`. PostgreSQL gets them as one JSON parameter: its driver sends one by one."""
        statement, names, values = self._plain[table]
        plain = [values(row) for row in rows]
        if not plain:
            return
        if self._as_json:
            given = [dict(zip(names, row, strict=True)) for row in plain]
            connection.execute(self._json[table], {"given_rows": msgspec.json.encode(given).decode()})
        else:
            connection.exec_driver_sql(statement, plain)


def _from_rows(table: Table) -> tuple[str, tuple[str, ...], Callable[[Row], tuple[Any, ...]]]:
    """SQLite's statement, the columns it takes, and their values of a row."""
    statement = sqlite.insert(table)
    others = {name: statement.excluded[name] for name in _changing(table)}
    replacing = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)
    text, names = positional(replacing)
    return text, names, attrgetter(*names)


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
