"""/customers, and the pop of a contact in hand. Every change stands in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query

from yingda.customers import service
from yingda.customers.service import Desk, Record
from yingda.kernel.numbers import canonical
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.customers import history, pop
from yingda.server.customers.schemas import (
    CustomerChange,
    CustomerNew,
    CustomerOut,
    CustomerPage,
    CustomerQuery,
    NumberIn,
    PastPage,
    Pop,
)
from yingda.server.customers.views import draft_of, shown
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.refusals import documented
from yingda.server.sessions.viewer import Viewer

router = APIRouter(tags=["customers"], responses=documented(404))
Id = Annotated[str, Path(max_length=64)]


@router.get("/customers", response_model=CustomerPage, responses=documented(400), summary="Find customers")
def list_customers(query: Annotated[CustomerQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    in_hand = pop.numbers_in_hand(house, viewer)
    with reading(house.deps.store.business) as connection:
        found, cursor = service.page(connection, viewer.tenant, query.q, query.cursor, query.limit)
    return {"items": [shown(one, in_hand, viewer) for one in found], "next_cursor": cursor}


@router.post(
    "/customers",
    response_model=CustomerOut,
    status_code=201,
    responses=documented(409),
    summary="A new customer, with the number of a contact in hand if that is named",
)
def create_customer(order: CustomerNew, house: InHouse, viewer: SignedIn, address: Address) -> dict[str, Any]:
    centre = house.directory().centre.centre
    numbers = [(canonical(one.number, centre.country), one.label) for one in order.numbers]
    if order.interaction_id is not None:
        caller, _ = pop.number_of(house, viewer, order.interaction_id)
        numbers = [(caller, ""), *numbers] if caller is not None else numbers
    draft = draft_of(order, centre.customers)
    return _write(house, viewer, address, "created", lambda open_, desk: service.create(open_, desk, draft, numbers))


@router.get("/customers/{customer_id}", response_model=CustomerOut, summary="One customer")
def read_customer(customer_id: Id, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    with reading(house.deps.store.business) as connection:
        record = service.read(connection, viewer.tenant, customer_id)
    return shown(record, pop.numbers_in_hand(house, viewer), viewer)


@router.put(
    "/customers/{customer_id}", response_model=CustomerOut, responses=documented(409), summary="Save over a version"
)
def change_customer(
    customer_id: Id, order: CustomerChange, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    draft = draft_of(order, house.directory().centre.centre.customers)

    def save(connection: sa.Connection, desk: Desk) -> Record:
        return service.change(connection, desk, customer_id, order.version, draft)

    return _write(house, viewer, address, "changed", save)


@router.delete("/customers/{customer_id}", status_code=204, summary="Erase a customer and what is known of his numbers")
def erase_customer(customer_id: Id, house: InHouse, viewer: SignedIn, address: Address) -> None:
    with writing(house.deps.store.business) as connection:
        service.erase(connection, viewer.tenant, customer_id)
        deed = audit.Deed(viewer.who, "customer.erased", f"customer:{customer_id}", address)
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)


@router.post(
    "/customers/{customer_id}/numbers",
    response_model=CustomerOut,
    status_code=201,
    responses=documented(409),
    summary="One more number",
)
def add_customer_number(
    customer_id: Id, order: NumberIn, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    number = canonical(order.number, house.directory().centre.centre.country)

    def add(connection: sa.Connection, desk: Desk) -> Record:
        return service.add_number(connection, desk, customer_id, number, order.label)

    return _write(house, viewer, address, "changed", add)


@router.delete("/customers/{customer_id}/numbers/{number_id}", response_model=CustomerOut, summary="One number less")
def remove_customer_number(
    customer_id: Id, number_id: Id, house: InHouse, viewer: SignedIn, address: Address
) -> dict[str, Any]:
    def remove(connection: sa.Connection, desk: Desk) -> Record:
        return service.remove_number(connection, desk, customer_id, number_id)

    return _write(house, viewer, address, "changed", remove)


@router.get(
    "/customers/{customer_id}/contacts",
    response_model=PastPage,
    responses=documented(400),
    summary="What contacts the customer had, newest first",
)
def list_customer_contacts(
    customer_id: Id,
    house: InHouse,
    viewer: SignedIn,
    cursor: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    with reading(house.deps.store.business) as connection:
        record = service.read(connection, viewer.tenant, customer_id)
    numbers = [one["number"] for one in record["numbers"]]
    items, next_cursor = history.past(house, viewer, numbers, cursor, limit)
    return {"items": items, "next_cursor": next_cursor}


@router.get("/pop/{interaction_id}", response_model=Pop, summary="Who this is: the screen pop of a contact (弹屏)")
def read_pop(interaction_id: Id, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return pop.pop(house, viewer, interaction_id)


def _write(
    house: House, viewer: Viewer, address: str, what: str, act: Callable[[sa.Connection, Desk], Record]
) -> dict[str, Any]:
    now = house.deps.clock.now()
    with writing(house.deps.store.business) as connection:
        record = act(connection, Desk(viewer.tenant, viewer.who, now))
        deed = audit.Deed(viewer.who, f"customer.{what}", f"customer:{record['customer_id']}", address)
        audit.write(connection, viewer.tenant, now, deed)
    return shown(record, pop.numbers_in_hand(house, viewer), viewer)
