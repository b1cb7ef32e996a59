"""Look-ups: granted, named, parameterised, read-only, in time."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from yingda.ivr.running.lookups import Lookups
from yingda.kernel.config.centre import Lookup
from yingda.kernel.errors import YingdaError

FLOW = "zh/greeting.vxml"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"


@pytest.fixture
def lookups(tmp_path: Path) -> Lookups:
    file = tmp_path / "orders.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE orders (number TEXT, status TEXT, price REAL)")
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", [("8802", "已发货", 99.5), ("8803", "已签收", 5)])
    part: dict[str, object] = {"database_env": "ORDERS", "documents": [FLOW]}
    parts: list[dict[str, object]] = [
        {"name": "order", "sql": "SELECT status, price FROM orders WHERE number = :number"},
        {"name": "all", "sql": "SELECT number FROM orders", "most_rows": 1},
        {"name": "slow", "sql": ENDLESS, "timeout_s": 0.2},
        {"name": "sneaky", "sql": "DELETE FROM orders WHERE number = :number"},
        {"name": "lose", "sql": "UPDATE orders SET status = '挂失' WHERE number = :number", "writes": True},
        {"name": "secret", "sql": "SELECT 1", "documents": []},
        {"name": "nowhere", "sql": "SELECT 1", "database_env": "NOT_SET"},
        {"name": "wrong", "sql": "SELECT nothing FROM orders"},
    ]
    given = (Lookup.model_validate({**part, **one}) for one in parts)
    return Lookups(given, {"ORDERS": f"sqlite:///{file}"})


def test_rows_come_as_maps(lookups: Lookups) -> None:
    assert lookups.run("lookup", "order", FLOW, {"number": "8802"}) == [{"status": "已发货", "price": 99.5}]
    assert lookups.run("lookup", "order", FLOW, {"number": "1", "more": "is passed over"}) == []
    assert lookups.run("lookup", "all", FLOW, {}) == [{"number": "8802"}]


def test_a_value_is_never_part_of_the_statement(lookups: Lookups) -> None:
    assert lookups.run("lookup", "order", FLOW, {"number": "' OR 1=1 --"}) == []


def test_a_change_says_how_much_it_changed(lookups: Lookups) -> None:
    assert lookups.run("change", "lose", FLOW, {"number": "8802"}) == {"changed": 1}
    assert lookups.run("lookup", "order", FLOW, {"number": "8802"}) == [{"status": "挂失", "price": 99.5}]


@pytest.mark.parametrize(
    ("scheme", "name", "document", "parameters", "code"),
    [
        ("lookup", "unknown", FLOW, {}, "lookup_unknown"),
        ("lookup", "lose", FLOW, {"number": "8802"}, "lookup_unknown"),
        ("change", "order", FLOW, {"number": "8802"}, "lookup_unknown"),
        ("lookup", "secret", FLOW, {}, "lookup_not_granted"),
        ("lookup", "order", "other.vxml", {"number": "8802"}, "lookup_not_granted"),
        ("lookup", "order", FLOW, {}, "lookup_parameters"),
        ("lookup", "order", FLOW, {"number": ["8802"]}, "lookup_parameters"),
        ("lookup", "sneaky", FLOW, {"number": "8802"}, "lookup_failed"),
        ("lookup", "nowhere", FLOW, {}, "lookup_failed"),
        ("lookup", "wrong", FLOW, {}, "lookup_failed"),
    ],
)
def test_what_may_not_be(
    lookups: Lookups, scheme: str, name: str, document: str, parameters: dict[str, object], code: str
) -> None:
    with pytest.raises(YingdaError) as refused:
        lookups.run(scheme, name, document, parameters)  # type: ignore[arg-type]  # a list, on purpose
    assert refused.value.code == code
    assert lookups.run("lookup", "order", FLOW, {"number": "8802"})  # it is still there


def test_a_slow_statement_is_stopped(lookups: Lookups) -> None:
    began = time.monotonic()
    with pytest.raises(YingdaError, match="slow"):
        lookups.run("lookup", "slow", FLOW, {})
    assert time.monotonic() - began < 3
