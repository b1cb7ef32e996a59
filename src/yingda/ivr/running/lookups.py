"""Look-ups in other systems' databases: statements that the configuration names, with parameters, granted to flows.

    lookups:
      - {name: order, database_env: ORDERS_DATABASE, sql: "SELECT status, arrives FROM orders WHERE number = :number",
         documents: [zh/greeting.vxml]}

`<object classid="lookup:order">` gives the rows as a list of maps; `change:` the same for one that may write, as
{changed: rows}. Values only ever go as parameters; a statement that may not write runs in a read-only transaction; a
slow one is stopped.
"""

from __future__ import annotations

import datetime
import decimal
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from yingda.ivr.script.engine import Value
from yingda.kernel.config.centre import Lookup
from yingda.kernel.errors import YingdaError

READ, CHANGE = "lookup", "change"


class Lookups:
    """environment: where the databases' URLs stand. Safe to call from several threads."""

    def __init__(self, lookups: Iterable[Lookup], environment: Mapping[str, str]) -> None:
        self._known = {lookup.name: lookup for lookup in lookups}
        self._environment = environment
        self._engines: dict[str, sa.Engine] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        for engine in self._engines.values():
            engine.dispose()

    def run(self, scheme: str, name: str, document: str, parameters: Mapping[str, Value], flow: str = "") -> Value:
        """The rows, or how many were changed; for a flow, or what began with a document. Blocks for as long as the
        look-up may take.

        Raises YingdaError lookup_unknown, lookup_not_granted, lookup_parameters, lookup_failed.
        """
        lookup = self._known.get(name)
        if lookup is None or lookup.writes is not (scheme == CHANGE):
            raise YingdaError("lookup_unknown", f"There is no {scheme} {name}.")
        if document not in lookup.documents and flow not in lookup.flows:
            raise YingdaError(
                "lookup_not_granted",
                f"The flow {flow or document} may not use the {scheme} {name}.",
                todo=f"Name it in the flows of the look-up {name}.",
            )
        statement = sa.text(lookup.sql)
        missing = sorted(set(statement.compile().params) - parameters.keys())
        if missing:
            raise YingdaError("lookup_parameters", f"The {scheme} {name} needs {', '.join(missing)}.")
        return self._execute(lookup, statement, {key: _parameter(value) for key, value in parameters.items()})

    def _execute(self, lookup: Lookup, statement: sa.TextClause, parameters: dict[str, Any]) -> Value:
        wanted = {key: parameters[key] for key in statement.compile().params}
        try:
            engine = self._engine(lookup)
            with engine.connect() as connection, connection.begin(), _Guarded(connection, lookup):
                result = connection.execute(statement, wanted)
                if lookup.writes:
                    return {"changed": result.rowcount}
                rows = result.mappings().fetchmany(lookup.most_rows)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise YingdaError("lookup_failed", f"The look-up {lookup.name} failed: {cause}.") from error
        return [{str(key): _value(value) for key, value in row.items()} for row in rows]

    def _engine(self, lookup: Lookup) -> sa.Engine:
        url = self._environment.get(lookup.database_env)
        if not url:
            sentence = f"The environment variable {lookup.database_env} of the look-up {lookup.name} is not set."
            raise YingdaError("lookup_failed", sentence)
        with self._lock:
            engine = self._engines.get(url)
            if engine is None:
                try:
                    engine = self._engines[url] = sa.create_engine(url, pool_pre_ping=True)
                except (ArgumentError, ModuleNotFoundError) as error:
                    sentence = f"The database of the look-up {lookup.name} cannot be used: {error}."
                    raise YingdaError("lookup_failed", sentence) from error
            return engine


class _Guarded:
    """Within: no writing unless granted, and an end after the look-up's time."""

    def __init__(self, connection: sa.Connection, lookup: Lookup) -> None:
        self._connection, self._lookup = connection, lookup
        self._timer: threading.Timer | None = None

    def __enter__(self) -> None:
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(self._lookup.timeout_s * 1000)}")
            if not self._lookup.writes:
                self._connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            return
        self._sqlite(f"PRAGMA query_only = {0 if self._lookup.writes else 1}")
        raw = self._connection.connection.driver_connection
        assert raw is not None
        self._timer = threading.Timer(self._lookup.timeout_s, raw.interrupt)
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._sqlite("PRAGMA query_only = 0")

    def _sqlite(self, pragma: str) -> None:
        self._connection.exec_driver_sql(pragma)


def _parameter(value: Value) -> Any:
    """What a script says as a parameter: plain values only."""
    if isinstance(value, list | dict):
        raise YingdaError("lookup_parameters", "A parameter of a look-up is a number, a text or a truth value.")
    return value


def _value(value: Any) -> Value:
    """What a database says as a value of a script."""
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
