"""Trial calls (试拨) by real phones: an author's draft is heard, answers his keys, and is in no figure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.planes.flow_documents import OPENING, centre_with_flows, write_prompts
from tests.planes.house import House, house, run_yingda, wait_for_event
from yingda.kernel.ledger.reader import merged

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

DRAFT = f"""{OPENING}
  <form id="tried">
    <field name="number" type="digits?length=4">
      <prompt><audio src="one.wav"/></prompt>
      <filled><log label="goal">tried</log><prompt><audio src="bye.wav"/></prompt><exit/></filled>
    </field>
  </form>
</vxml>
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, centre=centre_with_flows(), start=False) as built:
        write_prompts(built.data / "prompts")
        await built.start()
        yield built
        assert await built.stop() == 0
    code, said = await run_yingda("verify", "--data", str(built.data), data=built.data)
    assert code == 0, said


def events(centre: House, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    return [(one.kind, dict(one.data)) for one in merged(centre.data / "ledger") if one.kind in kinds]


async def until_events(centre: House, count: int, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    async with asyncio.timeout(20):
        while True:
            found = events(centre, *kinds)
            if len(found) >= count:
                return found
            await asyncio.sleep(0.1)


async def test_a_draft_is_heard_by_the_authors_phone(centre: House, tmp_path: Path) -> None:
    author, agent = await centre.person("leader"), await centre.person("1001")
    (document,) = [one for one in await author.get("/flows") if one["name"] == "menu"]
    path = f"/flows/{document['document_id']}"
    trial = await author.post(f"{path}/trial", {"text": DRAFT})
    phone = await centre.phone("8101", tmp_path / "8101")
    heard = phone.events()
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})

    await agent.post("/desk/dial", {"to": {"kind": "number", "id": trial["code"]}})
    await wait_for_event(heard, "CALL_INCOMING")
    await phone.answer()
    await until_events(centre, 1, "flow.node_entered")
    assert (await centre.state(agent, "internal"))["agent"]["state"] == "internal"
    await phone.press("1234")
    await wait_for_event(heard, "CALL_CLOSED", 15)

    await phone.dial(f"sip:{trial['code']}@127.0.0.1:{centre.sip}")
    await wait_for_event(heard, "CALL_ESTABLISHED")
    await until_events(centre, 2, "flow.node_entered")
    await phone.hang_up()

    left = await until_events(centre, 2, "flow.left")
    assert [one["exit"] for _, one in left] == ["done", "hangup"]
    assert {one["node_id"] for _, one in left} == {"menu#tried/number"}
    assert [one["goal"] for _, one in events(centre, "flow.goal_reached")] == ["tried"]
    assert [one["test"] for _, one in events(centre, "interaction.started")] == [True, True]
    records = await centre.records(0)
    assert records == [], "no list of contacts has them"
    today = await author.get(f"{path}/today")
    assert (today["runs"], today["inside"], today["nodes"]) == (0, 0, [])
    (after,) = [one for one in await author.get("/flows") if one["name"] == "menu"]
    assert after["published"]["number"] == document["published"]["number"]
