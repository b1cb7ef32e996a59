"""A conference room with real phones: PIN by keys, the host, who hears whom, and what leaders do from the floor."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bench.sound import level

from tests.planes.house import CUSTOMER_HZ, TONES, House, house, needs, wait_for_event
from tests.planes.test_parties import LOUD_DB, ONE, STAFF, TWO, hears
from yingda.media.g711 import Law, decode
from yingda.media.recording_file import HEADER_SIZE

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

ROOM = "8800"
CENTRE = (
    STAFF.replace(
        '  - {number: "4008001000", flow: main}\n',
        f'  - {{number: "4008001000", flow: main}}\n  - {{number: "{ROOM}", room: weekly}}\n',
    )
    + 'rooms:\n  - {name: weekly, pin: "2468", hosts: ["1001"], waits_for_host: true, tones: false, recording: true}\n'
)


async def room(centre: House, person: Any, members: int) -> dict[str, Any]:
    """The room's document once so many are in it."""
    async with asyncio.timeout(10):
        while True:
            (found,) = (await person.get("/floor"))["rooms"]
            if sum(member["stage"] == "in" for member in found["members"]) == members:
                return dict(found)
            await asyncio.sleep(0.05)


def test_a_caller_an_agent_and_a_leader_meet(tmp_path: Path) -> None:
    needs("baresip")

    async def scene() -> None:
        async with house(tmp_path, centre=CENTRE) as centre:
            phones = {one: await centre.phone(one, tmp_path / one) for one in ("8101", "8102")}
            one, two = phones.values()
            agent, leader = await centre.person("1001"), await centre.person("leader")
            await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
            caller = await centre.customer(tmp_path / "customer")
            await caller.dial(f"sip:{ROOM}@127.0.0.1:{centre.sip}")
            await wait_for_event(caller.events(), "CALL_ESTABLISHED")
            await caller.press("2468")
            await two.dial(f"sip:{ROOM}@127.0.0.1:{centre.sip}")
            await wait_for_event(two.events(), "CALL_ESTABLISHED")
            await two.press("2468")
            await hears(caller)  # music: the host is not there
            await one.dial(f"sip:{ROOM}@127.0.0.1:{centre.sip}")
            found = await room(centre, leader, 3)
            await hears(one, TWO, CUSTOMER_HZ)
            await hears(two, ONE, CUSTOMER_HZ)
            await hears(caller, ONE, TWO)
            await centre.state(agent, "internal")
            member = next(one for one in found["members"] if one["agent_id"] is None and len(one["number"]) > 4)
            await leader.post(f"/floor/rooms/{found['id']}/members/{member['leg_id']}/mute", {"on": True})
            await hears(one, TWO)
            await one.press("*5")  # all but the host
            await hears(caller, ONE)
            await leader.post(f"/floor/rooms/{found['id']}/quiet", {"on": False})
            await hears(one, TWO, CUSTOMER_HZ)
            await leader.post(f"/floor/rooms/{found['id']}/members/{member['leg_id']}/remove")
            await room(centre, leader, 2)
            await one.press("*8")
            await room(centre, leader, 0)
            (record,) = [one for one in await centre.records(3) if one["direction"] == "inbound"]
            assert record["outcome"] == "self_served"
            (file,) = (centre.data / "recordings").rglob("*.wav")
            raw = file.read_bytes()[HEADER_SIZE:]
            said, heard = (decode(raw[side::2], Law.MU)[-8_000:] for side in (0, 1))
            assert level(said, ONE) > LOUD_DB and level(heard, TWO) > LOUD_DB

    assert TONES["8101"] == ONE
    asyncio.run(scene())
