"""Who a caller is, asked of the stores while he is greeted (ACD-09, ACD-19, ACD-23, ACD-25, ACD-26, ACD-61).

A call never waits for it: what comes too late is not known. The centre's own fields of the customer become what
conditions may ask (`data.grade`, `data.<field>`); the field `agent` (an agent's number) makes that agent his own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from yingda.calls.model import Known
from yingda.customers.models import Customer, CustomerNumber
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.numbers import region
from yingda.kernel.personal import PersonalValue
from yingda.kernel.store import Store, reading

OWN_AGENT = "agent"
_contacts = sa.table("contacts", *map(sa.column, ("tenant_id", "party_ref", "first_agent_id", "started")))
"""Of the books' call records as much as is asked here: what makes all their tables need not be loaded for it."""
_customers, _numbers = Customer.__table__, CustomerNumber.__table__


class Acquaintances:
    """Of one version of the configuration. regions: whether conditions ask where a number is at home."""

    def __init__(self, store: Store, centre: Centre, *, regions: bool) -> None:
        self._store, self._regions = store, regions
        self._agents: Mapping[str, str] = {agent.number: agent.id for agent in centre.agents}
        self._country, self._language = centre.centre.country, centre.centre.language[:2]

    def look_up(self, number: str) -> Known:
        """number: canonical. Blocks for some ms. Raises SQLAlchemyError when a store cannot be read."""
        with reading(self._store.business) as connection:
            customer = _customer_of(connection, number)
            numbers = _numbers_of(connection, customer["customer_id"]) if customer else [number]
            references = _references(connection, numbers)
        data: dict[str, str | float] = {}
        if self._regions:
            data["region"] = region(number, self._country, self._language)
        own = None
        if customer is not None:
            fields = json.loads(customer["fields"])
            data |= {key: value for key, value in fields.items() if isinstance(value, str | int | float)}
            data |= {"customer": customer["customer_id"], "grade": customer["grade"]}
            own = self._agents.get(str(fields.get(OWN_AGENT, "")))
        return Known(data=data, own_agent=own, last_agent=self._last_agent(references))

    def _last_agent(self, references: frozenset[str]) -> str | None:
        """Who served him last."""
        if not references:
            return None
        columns = _contacts.c
        theirs = columns.tenant_id == DEFAULT_TENANT, columns.party_ref.in_(sorted(references))
        served = columns.first_agent_id.is_not(None)
        query = sa.select(columns.first_agent_id).where(*theirs, served).order_by(columns.started.desc()).limit(1)
        with reading(self._store.books) as connection:
            found = connection.execute(query).scalar()
        return str(found) if found is not None else None


def _customer_of(connection: sa.Connection, number: str) -> sa.RowMapping | None:
    owner = sa.select(_numbers.c.customer_id).where(_numbers.c.tenant_id == DEFAULT_TENANT, _numbers.c.number == number)
    columns = _customers.c.customer_id, _customers.c.grade, _customers.c.fields
    query = sa.select(*columns).where(_customers.c.customer_id.in_(owner))
    return connection.execute(query).mappings().first()


def _numbers_of(connection: sa.Connection, customer_id: str) -> list[str]:
    query = sa.select(_numbers.c.number).where(_numbers.c.customer_id == customer_id)
    return [str(number) for number in connection.execute(query).scalars()]


def _references(connection: sa.Connection, numbers: list[str]) -> frozenset[str]:
    """What the books call these numbers."""
    known = PersonalValue.tenant_id == DEFAULT_TENANT, PersonalValue.kind == "number"
    query = sa.select(PersonalValue.ref).where(*known, PersonalValue.value.in_(numbers))
    return frozenset(connection.execute(query).scalars())
