"""Calls for help over the API: in the agent's own name, by leaders within reach only, and who has a screen open."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.server.centre import Place
from tests.server.test_reach import split
from yingda.kernel.store import reading
from yingda.server.models import AuditLine
from yingda.server.reach import EVERYWHERE, Reach
from yingda.server.sessions.viewer import Viewer

pytestmark = pytest.mark.anyio
HELP = "/api/v1/desk/help"
ORDER = {"reason": "upset", "text": "客户要求升级"}


async def test_an_agent_asks_and_hears_how_many_leaders_look(place: Place) -> None:
    agent_id, hub = place.agent("lilei").id, place.app.state.house.hub

    def looks(user: str, role: str, reach: Reach) -> None:
        hub.join(Viewer("default", user, user, role, None, user, 0, reach), None)  # type: ignore[arg-type]  # a role

    async with place.signed_in("lilei") as browser:
        assert (await browser.post(HELP, json=ORDER)).json() == {"watching": 0}
        looks("leader", "leader", Reach(frozenset((agent_id,))))
        looks("leader", "leader", EVERYWHERE)  # a second window
        looks("another's leader", "leader", Reach(frozenset(("somebody else",))))
        looks("colleague", "agent", EVERYWHERE)
        assert (await browser.post(HELP, json=ORDER)).json() == {"watching": 1}
        assert (await browser.post(HELP, json={"reason": "bored"})).status_code == 422
    assert place.control.asked[0] == ("desk.help", {"agent_id": agent_id, "by": f"agent:{agent_id}", **ORDER})


async def test_leaders_see_and_answer_within_their_reach(place: Place) -> None:
    split(place)
    mine, theirs = place.agent("lilei").id, place.agent("hanmei").id
    async with place.signed_in("wang") as browser:
        for agent_id, status in ((mine, 204), (theirs, 404), ("nobody", 404)):
            path = f"/api/v1/floor/agents/{agent_id}/help"
            assert (await browser.post(f"{path}/seen")).status_code == status
            answer = await browser.post(f"{path}/answer", json={"how": "message", "said": "可退"})
            assert answer.status_code == status
    async with place.signed_in("hanmei") as browser:
        assert (await browser.post(f"/api/v1/floor/agents/{mine}/help/seen")).status_code == 403
    leader = f"user:{place.user('wang').id}"
    assert place.control.asked == [
        ("floor.see_help", {"agent_id": mine, "by": leader}),
        ("floor.answer_help", {"agent_id": mine, "by": leader, "how": "message", "said": "可退"}),
    ]
    with reading(place.store.business) as connection:
        lines = connection.execute(sa.select(AuditLine.object).where(AuditLine.action == "floor.help")).scalars().all()
    assert lines == [f"agent:{mine}"]
