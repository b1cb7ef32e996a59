"""Overflow to another site by SIP: two whole centres on loopback, a caller of the first answered at the second.

What the books of both say is compared: the first let him go to the other site and carried his call to its end, the
second answered him as its own contact. Where nobody answers there, he is back at his place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.planes.house import CENTRE, House, house, needs, run_yingda, wait_for_event

OTHER_SITE, NOWHERE = "02161234567", "02161239999"
QUEUE = "  - {name: sales, ring_limit_s: 10, wrapup_s: 1}\n"
OVERFLOW = """\
  - name: sales
    ring_limit_s: 10
    wrapup_s: 1
    waiting: {language: en}
    escalations:
      - {name: site, after_s: 2, overflow: {then: number, number: "NUMBER", announce: {say: One moment, language: en}}}
"""


def first_site(port: int, number: str) -> str:
    """Whoever waits for two seconds goes to the other site, which is a trunk."""
    trunk = f"  - {{name: site, hosts: [127.0.0.1], port: {port}}}\nroutes:\n  - {{name: all, via: [site]}}\n"
    given = CENTRE.replace(QUEUE, OVERFLOW.replace("NUMBER", number))
    return given.replace("queues:\n", f"{trunk}queues:\n", 1)


def second_site() -> str:
    """Calls of the first come in over a trunk, for a number of its own."""
    given = CENTRE.replace("hosts: [127.0.0.2]", "hosts: [127.0.0.1]")
    return given.replace('"4008001000"', f'"{OTHER_SITE}"')


async def proved(centre: House) -> None:
    """Its books hold, and every decision comes out the same again."""
    assert await centre.stop() == 0
    for command in ("verify", "replay"):
        code, said = await run_yingda(command, "--data", str(centre.data), data=centre.data, seconds=60)
        assert code == 0, said


async def detail(centre: House, record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await (await centre.person("leader")).get(f"/calls/{record['interaction_id']}")
    return found


def told(call: dict[str, Any], kind: str) -> Sequence[dict[str, Any]]:
    return [event["data"] for event in call["timeline"] if event["kind"] == kind]


@pytest.mark.e2e
def test_a_caller_overflows_to_another_centre_and_is_answered_there(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        second = house(tmp_path / "second", centre=second_site())
        async with second as there, house(tmp_path / "first", start=False) as here:
            await _apply(here, first_site(there.sip, OTHER_SITE), tmp_path)
            await here.start()
            phone = await there.phone("8101", tmp_path / "8101")
            agent, events = await there.person("1001"), phone.events()
            await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
            caller = await here.caller(tmp_path / "caller", stay_s=60)
            caller.dial()
            await wait_for_event(events, "CALL_INCOMING", 30)
            await phone.answer()
            await there.state(agent, "talking")
            await agent.post("/desk/hang-up", {})
            sent, answered = (await here.records(1, 30))[0], (await there.records(1, 30))[0]
            assert (sent["outcome"], answered["outcome"]) == ("overflowed", "answered")
            home, away = await detail(here, sent), await detail(there, answered)
            left = told(home, "queue.left")[0]
            assert (left["outcome"], left["to"]) == ("overflowed", f"number:{OTHER_SITE}")
            assert told(home, "queue.left")[0].get("handling_id") is None and not told(home, "handling.started")
            onward = [leg for leg in told(home, "leg.created") if leg["role"] == "outside"]
            assert len(onward) == 1 and onward[0]["trunk_id"], "the way there is a trunk's call, in its figures"
            ended = {leg["leg_id"]: leg for leg in told(home, "leg.ended")}
            assert ended[onward[0]["leg_id"]]["received"] > 0, "sound came back from the other site"
            assert told(away, "handling.connected") and away["talking_us"] > 0
            assert answered["started"] >= sent["started"] and sent["ended"] >= answered["started"]
            for centre in (here, there):
                await proved(centre)

    asyncio.run(scene())


@pytest.mark.e2e
def test_whom_the_other_site_does_not_take_is_back_at_his_place(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        second = house(tmp_path / "second", centre=second_site())
        async with second as there, house(tmp_path / "first", start=False) as here:
            await _apply(here, first_site(there.sip, NOWHERE), tmp_path)
            await here.start()
            phone = await here.phone("8101", tmp_path / "8101")
            agent, events = await here.person("1001"), phone.events()
            caller = await here.caller(tmp_path / "caller", stay_s=90)
            caller.dial()
            await _returned(here)
            await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
            await wait_for_event(events, "CALL_INCOMING", 20)
            await phone.answer()
            await here.state(agent, "talking")
            await agent.post("/desk/hang-up", {})
            home = await detail(here, (await here.records(1, 30))[0])
            first, again = told(home, "queue.entered")
            assert (first["cause"], again["cause"]) == ("first", "returned")
            assert again["arrived_at"] == first["arrived_at"], "his place was kept"
            assert [one["outcome"] for one in told(home, "queue.left")] == ["overflowed", "answered"]
            for centre in (here, there):
                await proved(centre)

    asyncio.run(scene())


async def _apply(centre: House, text: str, folder: Path) -> None:
    file = folder / "first.yaml"
    file.write_text(text)
    code, said = await run_yingda("apply", str(file), "--data", str(centre.data), data=centre.data)
    assert code == 0, said


async def _returned(centre: House) -> None:
    """He was sent, nobody took him, and he waits again."""
    leader = await centre.person("leader")
    async with asyncio.timeout(40):
        while True:
            for call in (await leader.get("/calls"))["items"]:
                whole = await leader.get(f"/calls/{call['interaction_id']}")
                if len(told(whole, "queue.entered")) == 2:
                    return
            await asyncio.sleep(0.2)
