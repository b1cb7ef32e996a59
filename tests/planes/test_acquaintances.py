"""A caller looked up in real stores: fields, own agent, last agent, region."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from yingda.customers import service
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.personal import PersonalValue
from yingda.kernel.store import migrate, open_store, writing
from yingda.planes.acquaintances import Acquaintances
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact

NUMBER = "+8613800001111"
CENTRE = Centre.model_validate({"centre": {"name": "x"}, "agents": [{"id": "ann", "number": "1001", "user": "ann"}]})


def test_what_is_known_of_a_caller(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    migrate(store)
    with writing(store.business) as connection:
        draft = service.Draft(name="李", grade="VIP", fields={"agent": "1001", "city": "北京"})
        service.create(connection, service.Desk(DEFAULT_TENANT, "user:x", 1), draft, [(NUMBER, "")])
        value = {"tenant_id": DEFAULT_TENANT, "kind": "number", "ref": "r", "value": NUMBER}
        connection.execute(sa.insert(PersonalValue).values(value))
    with writing(store.books) as connection:
        for number, agent in ((1, "bob"), (2, "ann"), (3, None)):
            contact = Contact(
                interaction_id=f"c{number}", tenant_id=DEFAULT_TENANT, medium="voice", direction="inbound",
                started=number, last_at=number, party_ref="r", withheld=False, dialled="1", first_agent_id=agent,
            )  # fmt: skip
            values = {column.name: getattr(contact, column.name) for column in TABLES[Contact].columns}
            connection.execute(sa.insert(TABLES[Contact]).values(values))
    known = Acquaintances(store, CENTRE, regions=True).look_up(NUMBER)
    assert (known.own_agent, known.last_agent) == ("ann", "ann")
    assert {name: known.data[name] for name in ("grade", "city", "region")} == {
        "grade": "VIP", "city": "北京", "region": "北京市",
    }  # fmt: skip
    stranger = Acquaintances(store, CENTRE, regions=False).look_up("+8613900000000")
    assert (stranger.data, stranger.own_agent, stranger.last_agent) == ({}, None, None)
    store.close()
