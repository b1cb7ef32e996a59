"""Alembic's migrations, run from the package, without a file of settings."""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.schema import CreateSchema

from yingda.kernel.errors import YingdaError
from yingda.kernel.store.engines import writing
from yingda.kernel.store.migrations import FOLDER, VERSION_TABLE

_LOCK = 0x79696E67  # any number: two starts at once on one PostgreSQL take turns


def upgrade(engine: Engine, database: str) -> None:
    """What is missing, in one transaction. Raises YingdaError store_newer."""
    scripts = ScriptDirectory(str(FOLDER / database))
    wanted = set(scripts.get_heads())
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if database not in inspect(connection).get_schema_names():
                connection.execute(CreateSchema(database))

        def missing(present: Any, context: MigrationContext) -> Any:
            return scripts._upgrade_revs("heads", present)

        context = MigrationContext.configure(connection, opts={"fn": missing, "version_table": VERSION_TABLE})
        present = set(context.get_current_heads())
        if present == wanted:
            return
        _refuse_newer(scripts, present)
        with Operations.context(context):
            context.run_migrations()


def _refuse_newer(scripts: ScriptDirectory, present: set[str]) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := sorted(present - known):
        raise YingdaError(
            "store_newer",
            f"The database was written by a newer Yingda (it has {', '.join(unknown)}).",
            todo="Start that version, or restore a backup from before the upgrade.",
        )
