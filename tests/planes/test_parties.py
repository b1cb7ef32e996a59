"""Calls of more than two, with real phones: who hears whom is measured by the tones they speak with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.peers.baresip import Phone, PhoneEvent
from bench.sound import level

from tests.planes.house import CENTRE, CUSTOMER_HZ, TONES, House, house, needs, wait_for_event

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

ONE, TWO, LEADER = TONES["8101"], TONES["8102"], TONES["8103"]
VOICES = (ONE, TWO, LEADER, CUSTOMER_HZ)
WINDOW = 3_200  # samples of 8 kHz
LOUD_DB = -40.0
"""Against a full scale; a voice is at about −10, what is not heard below −70."""

STAFF = (
    CENTRE.replace("hosts: [127.0.0.2]", "hosts: [127.0.0.1]")
    + """\
  - number: "1003"
    user: leader
    queues: []
    devices:
      - {kind: sip, extension: "8103", password_env: TEST_PASSWORD}
"""
)


def heard_now(phone: Phone) -> frozenset[int]:
    """The voices in the last moments of what the phone heard in its newest call."""
    dumps = phone.dumps()
    if not dumps:
        return frozenset()
    sound = dumps[-1].read_bytes()[44:]  # it is still being written: no more of its header counts yet
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2")[-WINDOW:]
    if len(samples) < WINDOW:
        return frozenset()
    return frozenset(hz for hz in VOICES if level(samples, hz) > LOUD_DB)


async def hears(phone: Phone, *voices: int, seconds: float = 6) -> None:
    """Wait until the phone hears exactly these."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (heard := heard_now(phone)) != frozenset(voices):
        assert asyncio.get_running_loop().time() < deadline, f"{phone.settings.extension} hears {sorted(heard)}"
        await asyncio.sleep(0.05)


class Staff:
    """Two agents and a leader at their phones, and a customer who talks with the first of them."""

    def __init__(self, centre: House, folder: Path) -> None:
        self.centre, self.folder = centre, folder
        self.phones: dict[str, Phone] = {}
        self.events: dict[str, AsyncIterator[PhoneEvent]] = {}

    async def begin(self) -> None:
        """All sign in, the first one ready."""
        for extension in TONES:
            phone = self.phones[extension] = await self.centre.phone(extension, self.folder / extension)
            self.events[extension] = phone.events()
        self.one = await self.centre.person("1001")
        self.two = await self.centre.person("1002")
        self.leader = await self.centre.person("leader")
        await self.one.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await self.two.post("/desk/sign-in", {"extension": "8102", "ready": False})
        await self.leader.post("/desk/sign-in", {"extension": "8103", "ready": False})
        self.customer = await self.centre.customer(self.folder / "customer")

    async def talk(self) -> None:
        """The customer calls, and has the first one."""
        await self.centre.state(self.one, "idle")
        await self.centre.state(self.two, "busy")
        await self.customer.dial(f"sip:4008001000@127.0.0.1:{self.centre.sip}")
        await self.answers("8101")
        await self.centre.state(self.one, "talking")
        await hears(self.phones["8101"], CUSTOMER_HZ)
        await hears(self.customer, ONE)

    async def answers(self, extension: str) -> None:
        await wait_for_event(self.events[extension], "CALL_INCOMING")
        await self.phones[extension].answer()

    async def record(self, count: int) -> dict[str, Any]:
        """The newest of so many calls in full, once it is over."""
        record = max(await self.centre.records(count), key=lambda one: one["started"])
        whole: dict[str, Any] = await self.leader.get(f"/calls/{record['interaction_id']}")
        return whole

    async def agent_id(self, number: str) -> str:
        floor = await self.leader.get("/floor")
        return str(next(agent["id"] for agent in floor["agents"] if agent["number"] == number))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def staff(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Staff]:
    needs("baresip")
    folder = tmp_path_factory.mktemp("staff")
    async with house(folder, centre=STAFF) as centre:
        staff = Staff(centre, folder)
        await staff.begin()
        yield staff


async def test_consult_conference_whisper_and_leaving(staff: Staff) -> None:
    centre = staff.centre
    await staff.talk()
    one, two, leader = (staff.phones[extension] for extension in TONES)
    two_id, one_id = await staff.agent_id("1002"), await staff.agent_id("1001")
    await staff.one.post("/desk/consult", {"to": {"kind": "agent", "id": two_id}})
    await staff.answers("8102")
    await centre.state(staff.two, "assisting")
    await hears(one, TWO)
    await hears(two, ONE)
    await hears(staff.customer)  # music
    await staff.one.post("/desk/conference")
    await hears(one, TWO, CUSTOMER_HZ)
    await hears(two, ONE, CUSTOMER_HZ)
    await hears(staff.customer, ONE, TWO)
    await staff.leader.post(f"/floor/agents/{one_id}/supervise", {"mode": "whisper"})
    await staff.answers("8103")
    await centre.state(staff.leader, "supervising")
    await hears(one, TWO, CUSTOMER_HZ, LEADER)
    await hears(leader, ONE, TWO, CUSTOMER_HZ)
    await hears(staff.customer, ONE, TWO)
    await hears(two, ONE, CUSTOMER_HZ)
    await staff.one.post("/desk/hang-up")
    await centre.state(staff.two, "talking")
    await centre.state(staff.leader, "busy")
    await hears(two, CUSTOMER_HZ)
    await hears(staff.customer, TWO)
    await staff.customer.hang_up()
    record = await staff.record(1)
    assert [part["origin"] for part in record["handlings"]] == ["offer", "consult", "transfer"]
    assert len(record["recordings"]) == 2  # one for each who had the customer


async def test_a_phone_holds_transfers_and_dials_by_itself(staff: Staff) -> None:
    centre = staff.centre
    await staff.talk()
    one, two = staff.phones["8101"], staff.phones["8102"]
    await one.hold()
    await centre.state(staff.one, "holding")
    await hears(staff.customer)
    await one.resume()
    await centre.state(staff.one, "talking")
    await hears(staff.customer, ONE)
    await one.transfer(f"sip:8102@127.0.0.1:{centre.sip}")
    await staff.answers("8102")
    await centre.state(staff.two, "talking")
    await centre.state(staff.one, "wrapup")
    await hears(staff.customer, TWO)
    await hears(two, CUSTOMER_HZ)
    await staff.customer.hang_up()
    record = await staff.record(2)
    assert [part["origin"] for part in record["handlings"]] == ["offer", "transfer"]
    await two.dial(f"sip:1003@127.0.0.1:{centre.sip}")  # a colleague, by his agent ID
    await staff.answers("8103")
    await centre.state(staff.two, "internal")
    await hears(two, LEADER)
    await hears(staff.phones["8103"], TWO)
    await two.hang_up()
    await centre.state(staff.leader, "busy")
