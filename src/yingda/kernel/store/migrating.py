"""Bringing the tables up to date at every start: nearly always nothing is to do, and that is found out cheaply."""

from __future__ import annotations

import re

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from yingda.kernel.errors import YingdaError
from yingda.kernel.store.engines import Store, reading
from yingda.kernel.store.migrations import FOLDER, VERSION_TABLE

_STEP = re.compile(r'^(down_revision|revision) = "(\w+)"', re.MULTILINE)


def migrate(store: Store) -> None:
    """Run what is missing, each database in one transaction.

    Raises YingdaError: store_unreachable, or store_newer if a newer program has been here.
    """
    for engine, database in ((store.books, "books"), (store.business, "business")):
        try:
            if _present(engine, database) == newest(database):
                continue
            # Alembic and what it needs take a tenth of a second to load: only when there is work for it.
            from yingda.kernel.store.upgrading import upgrade

            upgrade(engine, database)
        except DBAPIError as error:
            raise YingdaError("store_unreachable", f"The {database} cannot be used: {error.orig}.") from error


def newest(database: str) -> set[str]:
    """The revisions that no other follows, as the migrations' own files have it."""
    texts = [path.read_text(encoding="utf-8") for path in (FOLDER / database / "versions").glob("*_[0-9]*.py")]
    steps = [dict(_STEP.findall(text)) for text in texts]
    return {step["revision"] for step in steps} - {step.get("down_revision") for step in steps}


def _present(engine: Engine, database: str) -> set[str]:
    schema = database if engine.dialect.name == "postgresql" else None
    with reading(engine) as connection:
        if not inspect(connection).has_table(VERSION_TABLE, schema=schema):
            return set()
        return set(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars())
