"""The store on SQLite and PostgreSQL: migrations, the tables' habits, transactions."""

from __future__ import annotations

import importlib
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)

import yingda
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.models import ImportPosition, StoredEvent
from yingda.kernel.store import Store, migrate, open_store, reading, writing
from yingda.kernel.store.base import BooksBase, BusinessBase
from yingda.kernel.store.bulk import insert_rows
from yingda.kernel.store.migrating import newest
from yingda.kernel.store.migrations import FOLDER


def import_all_tables() -> None:
    root = Path(yingda.__file__).parent
    for path in root.rglob("*.py"):
        if "versions" not in path.parts and re.search(r"\((OfTenant, )?(Books|Business)Base\)", path.read_text()):
            importlib.import_module(".".join(("yingda", *path.relative_to(root).with_suffix("").parts)))


import_all_tables()
METADATA: dict[str, MetaData] = {"books": BooksBase.metadata, "business": BusinessBase.metadata}
TABLES = [(name, table) for name, metadata in METADATA.items() for table in metadata.tables.values()]


def position(writer: str, n: int = 0) -> dict[str, Any]:
    return {"writer": writer, "segment": 1, "offset": 0, "n": n, "stamp": 0, "hash": "h"}


def differences(store: Store, database: str) -> list[Any]:
    """What the declared tables have that the migrated ones have not, and the reverse."""
    with getattr(store, database).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA[database]))


@pytest.mark.parametrize("database", METADATA)
def test_the_migrations_make_the_declared_tables(store_url: str, database: str) -> None:
    store = open_store(store_url)
    assert bool(differences(store, database)) == bool(METADATA[database].tables), "before, there is something to do"
    migrate(store)
    assert differences(store, database) == []
    store.close()


def test_a_second_migration_does_nothing_and_is_quick(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    with writing(store.books) as connection:
        connection.execute(insert(ImportPosition).values(position("control")))
    began = time.perf_counter()
    migrate(store)
    assert time.perf_counter() - began < 1
    with reading(store.books) as connection:
        assert connection.execute(select(ImportPosition.writer)).scalars().all() == ["control"]
    store.close()


def test_two_starts_at_once_migrate_once(store_url: str) -> None:
    stores = [open_store(store_url) for _ in range(3)]
    faults: list[Exception] = []

    def start(store: Store) -> None:
        try:
            migrate(store)
        except YingdaError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and differences(stores[0], "books") == []
    for store in stores:
        store.close()


def test_a_database_from_the_future_is_refused(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    with writing(store.books) as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('ledger_9999')"))
    with pytest.raises(YingdaError, match="newer Yingda") as caught:
        migrate(store)
    assert caught.value.code == "store_newer"
    store.close()


def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    store = open_store("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(YingdaError) as caught:
        migrate(store)
    assert caught.value.code == "store_unreachable"
    (tmp_path / "books.sqlite").write_bytes(b"this is no database, " * 100)
    with pytest.raises(YingdaError, match="books cannot be used"):
        migrate(open_store(tmp_path))


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql+psycopg2://x/y", "://"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(YingdaError) as caught:
        open_store(url)
    assert caught.value.code == "store_url"


@pytest.mark.parametrize(("database", "table"), TABLES, ids=[f"{name}.{table.name}" for name, table in TABLES])
def test_every_table_keeps_the_habits(database: str, table: Table) -> None:
    if "no_tenant" in table.info:
        assert table.info["no_tenant"]
        return
    assert "tenant_id" in table.columns and not table.columns["tenant_id"].nullable
    if database == "books":
        assert table.autoincrement_column is None, "the books number nothing themselves"
    if table is StoredEvent.__table__:
        return  # (writer, n) and seq are unique over all tenants: that is the ledger's law 1
    rules = [one for one in table.constraints if isinstance(one, (UniqueConstraint, PrimaryKeyConstraint))]
    for columns in [one.columns.keys() for one in (*rules, *(index for index in table.indexes if index.unique))]:
        unique_by_itself = len(columns) == 1 and columns[0].endswith(("_id", "_hash"))
        assert "tenant_id" in columns or unique_by_itself, f"tenants would collide in {columns}"


def test_every_migration_has_a_way_back(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    for engine, database in ((store.books, "books"), (store.business, "business")):
        scripts = ScriptDirectory(str(FOLDER / database))

        def all_down(present: Any, _: MigrationContext, scripts: ScriptDirectory = scripts) -> Any:
            return scripts._downgrade_revs("base", present)

        with writing(engine) as connection:
            context = MigrationContext.configure(connection, opts={"fn": all_down})
            with Operations.context(context):
                context.run_migrations()
        assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    store.close()


def rows_of(connection: Connection) -> list[tuple[str, int]]:
    query = select(ImportPosition.writer, ImportPosition.n).order_by(ImportPosition.writer)
    return [(row.writer, row.n) for row in connection.execute(query)]


def test_a_transaction_is_all_or_nothing(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    with pytest.raises(ZeroDivisionError), writing(store.books) as connection:
        connection.execute(insert(ImportPosition).values(position("control")))
        raise ZeroDivisionError
    with reading(store.books) as connection:
        assert rows_of(connection) == []
    store.close()


def test_writers_that_read_first_take_turns(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    with writing(store.books) as connection:
        connection.execute(insert(ImportPosition).values(position("control")))

    def count_up() -> None:
        for _ in range(20):
            with writing(store.books) as connection:
                n = connection.execute(select(ImportPosition.n).with_for_update()).scalar_one()
                connection.execute(update(ImportPosition).values(n=n + 1))

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(store.books) as connection:
        assert rows_of(connection) == [("control", 60)]
    store.close()


def test_many_rows_go_in_at_once(store_url: str) -> None:
    store = open_store(store_url)
    migrate(store)
    table = ImportPosition.__table__
    assert isinstance(table, Table)
    names = [f"w{number:04}" for number in range(1500)] + ["'; quoted \\ \" \\u0000", "座席"]
    with writing(store.books) as connection:
        insert_rows(connection, table, [])
        insert_rows(connection, table, [position(name, n=(1 << 62) + 1) for name in names])
        assert {writer for writer, _ in rows_of(connection)} == set(names)
        assert {n for _, n in rows_of(connection)} == {(1 << 62) + 1}
        connection.execute(delete(ImportPosition))
    store.close()


@pytest.mark.parametrize("database", ["books", "business"])
def test_the_newest_revisions_are_read_from_the_files_as_alembic_sees_them(database: str) -> None:
    assert newest(database) == set(ScriptDirectory(str(FOLDER / database)).get_heads())
