"""The headless client in Node, at the real centre: signing in, following a call, refusals, signing out."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.stage import Stage
from tests.node import node_test
from tests.planes.house import PASSWORD

pytestmark = pytest.mark.peer

NUMBER = "13712340700"


def test_the_client_signs_in_follows_a_call_and_is_refused_in_words(stage: Stage) -> None:
    async def scene() -> str:
        caller = await stage.caller(NUMBER)
        caller.dial()
        environment = {
            "YINGDA_URL": stage.house.url, "YINGDA_PASSWORD": PASSWORD, "YINGDA_AGENT": "1004",
            "YINGDA_LEADER": "leader", "YINGDA_CALLER": NUMBER[-8:],
        }  # fmt: skip
        said = await asyncio.to_thread(node_test, "desk.test.ts", environment)
        leader = await stage.house.person("leader")
        for queue in (await leader.get("/floor"))["queues"]:
            await leader.post(f"/floor/queues/{queue['id']}/flush")
        assert await caller.finished(20) == 0  # he has been let go: nobody waits when the next test begins
        return said

    said = stage.run(scene())
    assert f"call +86{NUMBER} waiting since" in said
    assert "hold: agent_not_signed_in" in said
