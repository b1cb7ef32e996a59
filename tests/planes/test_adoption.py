"""`kill -9` of control alone: who talks hears nothing of it, who waits keeps his place (metrics.md section 9).

Both ends of the talk write down what they hear: what they did not hear is seen there, by the sample.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.call.centre import Person
from bench.peers.baresip import Phone
from bench.sound import RATE, level
from numpy.typing import NDArray

from tests.planes.house import CENTRE, CUSTOMER_HZ, TONES, House, house, needs, run_yingda, until, wait_for_event
from tests.planes.test_parties import LOUD_DB, hears
from yingda.calls.adoption.records import Seat
from yingda.planes.kept_file import KeptFile
from yingda.planes.recovery import run_before

pytestmark = pytest.mark.peer

LOOPBACK = CENTRE.replace("hosts: [127.0.0.2]", "hosts: [127.0.0.1, 127.0.0.2]")
STEP = RATE // 10
MISSED_S = 0.5
"""What a dump may lack that is still in its writer's hands, and the steps at both ends. Control is away for seconds."""


class Talk:
    """A customer talks with agent 1001; another caller waits."""

    def __init__(self, centre: House, folder: Path) -> None:
        self.centre, self.folder = centre, folder

    async def begin(self) -> None:
        centre, folder = self.centre, self.folder
        self.phone = await centre.phone("8101", folder / "8101")
        self.events = self.phone.events()
        self.agent, self.leader = await centre.person("1001"), await centre.person("leader")
        await self.agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        self.customer = await centre.customer(folder / "customer")
        await self.customer.dial(f"sip:4008001000@127.0.0.1:{centre.sip}")
        await self.answers()
        await hears(self.phone, CUSTOMER_HZ)
        await hears(self.customer, TONES["8101"])
        self.waiting = await centre.caller(folder / "waiting", stay_s=60, number="13900002222")
        self.waiting.dial()
        await waits(self.leader, 1)

    async def answers(self) -> dict[str, Any]:
        await wait_for_event(self.events, "CALL_INCOMING")
        await self.phone.answer()
        return await self.centre.state(self.agent, "talking")

    async def written(self, contacts: int) -> None:
        """Wait until so many contacts, and the agent, are written down as they are."""
        await until("the calls to be written down", lambda: all_written(self.centre.data, contacts), 10)


def all_written(data: Path, contacts: int) -> bool:
    """Does what control keeps of so many contacts, and of the one agent, say what the ledger says last?"""
    kept, run = KeptFile(data).read(), run_before(data / "ledger")
    latest = {fact.interaction_id: fact.n for fact in run}
    true = [one for one in kept.records if one.n >= latest.get(one.ident, 0) and one.ident not in kept.loose]
    spans = [fact.n for fact in run if fact.kind == "agent.state_changed"]
    seats = [one for one in true if isinstance(one, Seat) and one.n >= spans[-1]]
    return len(seats) == 1 and len(true) == contacts + 1


async def waits(leader: Person, count: int, seconds: float = 10) -> dict[str, Any]:
    """Wait until so many callers wait; the queue as the floor shows it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        queue: dict[str, Any]
        (queue,) = (await leader.get("/floor"))["queues"]
        if queue["waiting"] == count:
            return queue
        assert asyncio.get_running_loop().time() < deadline, queue
        await asyncio.sleep(0.05)


class Ear:
    """What a phone hears of one voice from now on: its dump holds every packet that came, and nothing else."""

    def __init__(self, phone: Phone, hz: int) -> None:
        self._phone, self._hz = phone, hz
        self._begin, self._since = len(self._samples()), asyncio.get_running_loop().time()

    def _samples(self) -> NDArray[np.int16]:
        raw = self._phone.dumps()[0].read_bytes()[44:]  # of its header, still being written, no more counts
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2")

    def missed_s(self) -> float:
        """Seconds in which nothing came, or not that voice."""
        sound, passed = self._samples()[self._begin :], asyncio.get_running_loop().time() - self._since
        steps = range(0, len(sound) - STEP, STEP)
        heard = sum(level(sound[at : at + STEP], self._hz) > LOUD_DB for at in steps)
        return passed - heard * STEP / RATE


def test_a_talk_and_a_wait_go_on_when_control_is_killed(tmp_path: Path) -> None:
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, centre=LOOPBACK) as centre:
            talk = Talk(centre, tmp_path)
            await talk.begin()
            before, queue = await talk.agent.get("/desk"), await waits(talk.leader, 1)
            await talk.written(2)
            ears = Ear(talk.phone, CUSTOMER_HZ), Ear(talk.customer, TONES["8101"])
            await centre.kill("control")
            await centre.healthy()
            after = await centre.state(talk.agent, "talking")
            assert after["agent"]["since"] == before["agent"]["since"]
            assert after["agent"]["handling"]["id"] == before["agent"]["handling"]["id"]
            assert (await waits(talk.leader, 1))["longest_since"] == queue["longest_since"]
            assert all(ear.missed_s() < MISSED_S for ear in ears)
            await talk.customer.hang_up()
            await talk.answers()  # the other caller, after the wrap-up
            await talk.agent.post("/desk/hold")
            await centre.state(talk.agent, "holding")
            await talk.agent.post("/desk/retrieve")
            await centre.state(talk.agent, "talking")
            await talk.written(1)
            await centre.kill("control")
            await talk.phone.hang_up()  # its BYE waits for the next control
            await centre.healthy()
            assert await talk.waiting.finished(20) == 0
            await nothing_estimated(talk.leader, await centre.records(2))
            assert await centre.stop() == 0
            code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
            assert code == 0, said

    asyncio.run(scene())


@pytest.mark.e2e
def test_a_talk_and_a_wait_go_on_when_everything_is_killed(tmp_path: Path) -> None:
    """Media's successor finds the ports and players of the killed one in shared memory, control its calls on disk."""
    needs("sipp", "baresip")

    async def scene() -> None:
        async with house(tmp_path, centre=LOOPBACK) as centre:
            talk = Talk(centre, tmp_path)
            await talk.begin()
            await talk.written(2)
            await centre.kill("everything")
            await centre.start()
            await centre.state(talk.agent, "talking")
            await waits(talk.leader, 1)
            await hears(talk.phone, CUSTOMER_HZ)
            await hears(talk.customer, TONES["8101"])
            await talk.customer.hang_up()
            await talk.answers()
            await talk.agent.post("/desk/hang-up")
            assert await talk.waiting.finished(20) == 0
            assert [record["outcome"] for record in await centre.records(2)] == ["answered", "answered"]
            assert await centre.stop() == 0
            code, said = await run_yingda("verify", "--data", str(centre.data), data=centre.data)
            assert code == 0, said

    asyncio.run(scene())


async def nothing_estimated(leader: Person, records: list[dict[str, Any]]) -> None:
    """Two whole calls, recorded from beginning to end."""
    for record in records:
        assert record["outcome"] == "answered"
        (recording,) = record["recordings"]
        assert abs(recording["duration_ms"] - record["talking_us"] / 1_000) < 1_000, record
        whole = await leader.get(f"/calls/{record['interaction_id']}")
        assert not any(event["data"].get("estimated") for event in whole["timeline"])
