"""Customer records in flows: found and written as far as the configuration grants it to the flow, and no further."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from yingda.calls.flow_protocol import Start
from yingda.customers import service
from yingda.ivr.running.lookups import Lookups
from yingda.ivr.running.objects import Objects
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded
from yingda.kernel.clock import SystemClock
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, open_store, reading, writing
from yingda.planes.flow_customers import FlowCustomers

NUMBER = "+8613800001111"
CENTRE = Centre.model_validate(
    {
        "centre": {"name": "Test"},
        "queues": [{"name": "sales"}],
        "flows": [
            {"name": "reader", "queue": "sales", "customers": "read"},
            {"name": "writer", "queue": "sales", "customers": "write", "customer_fields": ["language"]},
            {"name": "stranger", "queue": "sales"},
        ],
    }
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(ready_folder: Path) -> Iterator[Store]:
    opened = open_store(ready_folder)
    with writing(opened.business) as connection:
        draft = service.Draft("王芳", grade="VIP", tags=["long"], fields={"language": "zh", "card": "7894"})
        service.create(connection, service.Desk(DEFAULT_TENANT, "user:u", 1), draft, [(NUMBER, "mobile")])
    yield opened
    opened.close()


async def ask(
    store: Store, verb: str, flow: str, caller: str | None = NUMBER, **given: str | float | None
) -> ObjectEnded:
    objects = Objects(Lookups((), {}), FlowCustomers(store, SystemClock(0), CENTRE))
    effect = Invoke(1, f"customer:{verb}", "", "", tuple(given.items()))
    return await objects.invoke(
        effect, Start(session_id="s", document="d", language="en", flow=flow, session={"caller": caller})
    )


async def test_the_caller_is_found_by_his_number_or_another(store: Store) -> None:
    found = await ask(store, "find", "reader")
    assert found.value == {
        "known": True, "name": "王芳", "grade": "VIP", "tags": ["long"], "fields": {"language": "zh", "card": "7894"}
    }  # fmt: skip
    assert (await ask(store, "find", "reader", None, number="138 0000 1111")).value == found.value
    assert (await ask(store, "find", "writer", number="13800002222")).value == {"known": False}


async def test_a_flow_writes_its_own_fields_and_leaves_the_rest(store: Store) -> None:
    written = await ask(store, "write", "writer", language="en")
    assert written.error == ""
    with reading(store.business) as connection:
        record = service.of_number(connection, DEFAULT_TENANT, NUMBER)
    assert record is not None
    assert record["fields"] == {"language": "en", "card": "7894"} and record["name"] == "王芳"
    assert (record["changed_by"], record["version"]) == ("flow:writer", 2)


@pytest.mark.parametrize(
    ("verb", "flow", "given", "error"),
    [
        ("find", "stranger", {}, "customer_not_granted"),
        ("find", "nobody", {}, "customer_not_granted"),
        ("write", "reader", {"language": "en"}, "customer_not_granted"),
        ("write", "writer", {"card": "1"}, "customer_not_granted"),
        ("write", "writer", {"name": "x"}, "customer_not_granted"),
        ("write", "writer", {"number": "13800002222", "language": "en"}, "unknown_customer"),
        ("erase", "writer", {}, "customer_unsupported"),
    ],
)
async def test_what_was_not_granted_is_an_event_of_the_flow(
    store: Store, verb: str, flow: str, given: dict[str, str], error: str
) -> None:
    assert (await ask(store, verb, flow, **given)).error == f"error.object.{error}"


async def test_who_withholds_his_number_cannot_be_found_by_it(store: Store) -> None:
    assert (await ask(store, "find", "reader", None)).error == "error.object.customer_number"
