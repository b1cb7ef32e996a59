"""The rules of customer records: one owner a number, nothing saved over what somebody else saved meanwhile.

Every function works within the caller's transaction. A customer is given out as a plain map; his numbers as they are:
who may see them is the web plane's to decide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from yingda.customers.models import Customer, CustomerNumber
from yingda.customers.search import keys_of, plain
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.kernel.personal import PersonalValue

Record = dict[str, Any]
_customers, _numbers = Customer.__table__, CustomerNumber.__table__


@dataclass(frozen=True, slots=True)
class Draft:
    """What people write of a customer. fields: the centre's own, by key."""

    name: str
    grade: str = ""
    tags: Sequence[str] = ()
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes, for which tenant, when (µs UTC)."""

    tenant: str
    who: str
    now: int


def page(
    connection: sa.Connection, tenant: str, query: str, cursor: str | None, limit: int
) -> tuple[list[Record], str | None]:
    """Customers whose name, pinyin, initials, tag or number fits, lately changed first; the cursor of what follows."""
    chosen = sa.select(_customers).where(_customers.c.tenant_id == tenant)
    if query.strip():
        chosen = chosen.where(_fitting(tenant, query))
    if cursor is not None:
        chosen = chosen.where(_after(cursor))
    chosen = chosen.order_by(_customers.c.changed.desc(), _customers.c.customer_id.desc()).limit(limit + 1)
    rows = connection.execute(chosen).mappings().all()
    found = _records(connection, rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    return found, f"{last['changed']}.{last['customer_id']}" if last is not None else None


def read(connection: sa.Connection, tenant: str, customer_id: str) -> Record:
    """Raises unknown_customer."""
    mine = (_customers.c.tenant_id == tenant, _customers.c.customer_id == customer_id)
    rows = connection.execute(sa.select(_customers).where(*mine)).mappings().all()
    if not rows:
        raise YingdaError("unknown_customer", "There is no such customer.", where=f"customer {customer_id}")
    return _records(connection, rows)[0]


def of_number(connection: sa.Connection, tenant: str, number: str) -> Record | None:
    """The customer whose number this is (canonical)."""
    owner = sa.select(_numbers.c.customer_id).where(_numbers.c.tenant_id == tenant, _numbers.c.number == number)
    customer_id = connection.execute(owner).scalar()
    return read(connection, tenant, customer_id) if customer_id is not None else None


def create(connection: sa.Connection, desk: Desk, draft: Draft, numbers: Iterable[tuple[str, str]]) -> Record:
    """numbers: (canonical number, label). Raises number_taken."""
    customer_id = new_id()
    born = {"customer_id": customer_id, "tenant_id": desk.tenant, "version": 1}
    made = {"created": desk.now, "created_by": desk.who}
    connection.execute(sa.insert(Customer), {**born, **made, **_written(draft, desk)})
    for number, label in dict(numbers).items():
        _give(connection, desk, customer_id, number, label)
    return read(connection, desk.tenant, customer_id)


def change(connection: sa.Connection, desk: Desk, customer_id: str, version: int, draft: Draft) -> Record:
    """Save over `version`. Raises unknown_customer, customer_changed."""
    present = read(connection, desk.tenant, customer_id)
    if present["version"] != version:
        raise YingdaError(
            "customer_changed",
            "Somebody saved this customer after you opened it.",
            where=f"customer {customer_id}",
            todo="Look at what is there now and save again.",
        )
    mine = _customers.c.customer_id == customer_id
    connection.execute(sa.update(Customer).where(mine).values(version=version + 1, **_written(draft, desk)))
    return read(connection, desk.tenant, customer_id)


def add_number(connection: sa.Connection, desk: Desk, customer_id: str, number: str, label: str) -> Record:
    """Raises unknown_customer, number_taken."""
    read(connection, desk.tenant, customer_id)
    _give(connection, desk, customer_id, number, label)
    return _touched(connection, desk, customer_id)


def remove_number(connection: sa.Connection, desk: Desk, customer_id: str, number_id: str) -> Record:
    """Raises unknown_customer, unknown_number."""
    read(connection, desk.tenant, customer_id)
    mine = (_numbers.c.customer_id == customer_id, _numbers.c.number_id == number_id)
    if connection.execute(sa.delete(CustomerNumber).where(*mine)).rowcount == 0:
        raise YingdaError("unknown_number", "This customer has no such number.", where=f"number {number_id}")
    return _touched(connection, desk, customer_id)


def erase(connection: sa.Connection, tenant: str, customer_id: str) -> None:
    """Remove the record and what is known of his numbers, calls' included: figures stand, the person is gone.

    Raises unknown_customer.
    """
    known = read(connection, tenant, customer_id)
    values = [number["number"] for number in known["numbers"]]
    of_person = (PersonalValue.tenant_id == tenant, PersonalValue.kind == "number", PersonalValue.value.in_(values))
    connection.execute(sa.delete(PersonalValue).where(*of_person))
    connection.execute(sa.delete(CustomerNumber).where(_numbers.c.customer_id == customer_id))
    connection.execute(sa.delete(Customer).where(_customers.c.customer_id == customer_id))


def references(connection: sa.Connection, tenant: str, numbers: Iterable[str]) -> frozenset[str]:
    """What the books call these numbers (canonical), so far as any of them has been in contact."""
    query = sa.select(PersonalValue.ref).where(
        PersonalValue.tenant_id == tenant, PersonalValue.kind == "number", PersonalValue.value.in_(list(numbers))
    )
    return frozenset(connection.execute(query).scalars())


# ---- within --------------------------------------------------------------------------------------------------------


def _fitting(tenant: str, query: str) -> sa.ColumnElement[bool]:
    text = plain(query)
    by_name = _customers.c.search.contains(text, autoescape=True)
    digits = text.replace(" ", "").replace("-", "")
    if not digits.lstrip("+").isdigit():
        return by_name
    owners = sa.select(_numbers.c.customer_id).where(
        _numbers.c.tenant_id == tenant, _numbers.c.number.endswith(digits.lstrip("+0"), autoescape=True)
    )
    return sa.or_(by_name, _customers.c.customer_id.in_(owners))


def _after(cursor: str) -> sa.ColumnElement[bool]:
    changed, _, customer_id = cursor.partition(".")
    if not (changed.isascii() and changed.isdigit() and len(changed) < 19 and customer_id):
        raise YingdaError("bad_cursor", "The cursor is not one that a page gave.")
    same = sa.and_(_customers.c.changed == int(changed), _customers.c.customer_id < customer_id)
    return sa.or_(_customers.c.changed < int(changed), same)


def _written(draft: Draft, desk: Desk) -> Record:
    return {
        "name": draft.name,
        "search": keys_of(draft.name, *draft.tags),
        "grade": draft.grade,
        "tags": json.dumps(list(draft.tags), ensure_ascii=False),
        "note": draft.note,
        "fields": json.dumps(dict(draft.fields), ensure_ascii=False, sort_keys=True),
        "changed": desk.now,
        "changed_by": desk.who,
    }


def _give(connection: sa.Connection, desk: Desk, customer_id: str, number: str, label: str) -> None:
    owner = of_number(connection, desk.tenant, number)
    if owner is not None:
        raise YingdaError(
            "number_taken",
            f"This number is that of {owner['name']} already.",
            where=f"customer {owner['customer_id']}",
            todo="Open that customer, or take the number from him first.",
        )
    row = {"number_id": new_id(), "tenant_id": desk.tenant, "number": number, "label": label}
    connection.execute(sa.insert(CustomerNumber), {**row, "customer_id": customer_id})


def _touched(connection: sa.Connection, desk: Desk, customer_id: str) -> Record:
    mine = _customers.c.customer_id == customer_id
    now = {"version": _customers.c.version + 1, "changed": desk.now, "changed_by": desk.who}
    connection.execute(sa.update(Customer).where(mine).values(now))
    return read(connection, desk.tenant, customer_id)


def _records(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[Record]:
    ids = [row["customer_id"] for row in rows]
    query = sa.select(_numbers).where(_numbers.c.customer_id.in_(ids)).order_by(_numbers.c.number_id)
    numbers: dict[str, list[Record]] = {ident: [] for ident in ids}
    for row in connection.execute(query).mappings():
        numbers[row["customer_id"]].append({name: row[name] for name in ("number_id", "number", "label")})
    return [
        {
            **{name: value for name, value in row.items() if name not in ("tenant_id", "search")},
            "tags": json.loads(row["tags"]),
            "fields": json.loads(row["fields"]),
            "numbers": numbers[row["customer_id"]],
        }
        for row in rows
    ]
