"""What to say: the flow's script before the queue's before the centre's, with values of a contact in hand only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.centre import NOON, Place
from tests.server.live import NUMBER, busy_day
from tests.server.test_desk import follow
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Centre, CentreInfo, Flow, Queue
from yingda.kernel.config.desk import DeskRules
from yingda.kernel.store import writing
from yingda.server.desk.scripts import chosen

pytestmark = pytest.mark.anyio
TEXT = "# 开场\n1. {customer.name}您好，工号 {agent.number}，{queue}\n- {caller} {data.order}"


@pytest.mark.parametrize(
    ("flow_id", "queue_id", "text"), [("f1", "q1", "flow"), ("f2", "q1", "queue"), ("", "", "all")]
)
def test_whose_script_it_is(flow_id: str, queue_id: str, text: str) -> None:
    centre = Centre(
        centre=CentreInfo(name="c", desk=DeskRules(script="all")),
        queues=[Queue(id="q1", name="q", script="queue"), Queue(id="q2", name="p")],
        flows=[Flow(id="f1", name="f", queue="q", script="flow"), Flow(id="f2", name="g", queue="q")],
    )
    assert chosen(centre, flow_id, queue_id) == text


def publish(place: Place) -> None:
    queues = [one.model_copy(update={"script": TEXT}) if one.name == "售后" else one for one in place.centre.queues]
    with writing(place.store.business) as connection:
        versions.publish(connection, place.centre.model_copy(update={"queues": queues}), 1, "system", NOON)


async def test_the_script_of_the_contact_in_hand_and_of_no_other(place: Place) -> None:
    publish(place)
    docs: dict[tuple[str, str], Any] = busy_day(place)
    docs["calls", "c1"]["data"] = {"order": "8802"}
    await follow(place, docs)
    async with place.signed_in("lilei") as browser:
        answer = await browser.get("/api/v1/desk/script/c1")
        assert (await browser.get("/api/v1/desk/script/c3")).status_code == 404
    script = answer.json()
    assert script["text"] == TEXT
    values = script["values"]
    assert (values["queue"], values["data.order"], values["caller"]) == ("售后", "8802", NUMBER)
    assert (values["agent.number"], values["customer.name"]) == (place.agent("lilei").number, "")


async def test_where_nobody_wrote_one_there_is_none(place: Place) -> None:
    await follow(place, busy_day(place))
    async with place.signed_in("lilei") as browser:
        assert (await browser.get("/api/v1/desk/script/c1")).json()["text"] == ""
