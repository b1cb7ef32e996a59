"""Engines for the books and the business data: two SQLite files by default, two PostgreSQL schemas by URL.

Two files, because an import into a shared one would stall everybody else who writes (design.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from yingda.kernel.errors import YingdaError

_BUSY_TIMEOUT_MS = 10_000
_SQLITE_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
)
_WRITES = "yingda_writes"

# For a value that is neither int, float nor text the driver looks for a way to adapt it, and where it finds none it
# raises and forgets an exception for each (CPython 3.11: 3 % of an import). These two need none.
sqlite3.register_adapter(type(None), lambda none: none)
sqlite3.register_adapter(bool, int)


@dataclass(frozen=True, slots=True)
class Store:
    """The engines of a centre."""

    books: Engine
    business: Engine

    def close(self) -> None:
        self.books.dispose()
        self.business.dispose()


def open_store(where: Path | str) -> Store:
    """The store in a data folder (SQLite), or at `postgresql+pg8000://user@host/database` (or just `postgresql://…`).

    Nothing is connected or created yet, except the folder. Raises YingdaError("store_url") for any other URL.
    """
    if isinstance(where, Path) or "://" not in where:
        folder = Path(where)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Store(_sqlite(folder / "books.sqlite"), _sqlite(folder / "business.sqlite"))
    try:
        url = make_url(where)
    except ArgumentError:
        raise _unknown_url() from None
    if url.drivername not in ("postgresql", "postgresql+pg8000"):
        raise _unknown_url()
    url = url.set(drivername="postgresql+pg8000")
    return Store(_postgresql(url, "books"), _postgresql(url, "business"))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write; committed at the end, rolled back on an error.

    SQLite takes the write lock at the beginning, waiting its turn: a transaction that reads first and writes later
    would be refused if somebody wrote in between.
    """
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: all of it sees the same moment."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _sqlite(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: ConnectionPoolEntry) -> None:
        for setting in _SQLITE_SETTINGS:
            connection.execute(setting)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver would begin by itself, late and not before DDL; so it is told not to, and we begin.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, schema: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "connect", insert=True)
    def _choose_schema(connection: Any, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET SESSION search_path TO {schema}")
        cursor.close()
        connection.commit()

    return engine


def _unknown_url() -> YingdaError:
    return YingdaError(
        "store_url",
        "The store's URL is not understood.",
        todo="Give a data folder, or postgresql+pg8000://user:password@host/database.",
    )
