"""Flows that break, with real callers: whatever it is, they go to a person (what works is in `test_flow_keys`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bench.peers.keypad import Keypad

from tests.planes.flow_documents import byte_of, centre_with_flows, write_prompts
from tests.planes.house import House, house, run_yingda

pytestmark = [pytest.mark.anyio, pytest.mark.peer]


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
    assert code == 0, said  # every run and node adds up (metrics.md F1, F2), whatever happened to it


async def dialled(centre: House, number: str = "13800001111") -> Keypad:
    caller = Keypad(("127.0.0.1", centre.sip), "4008001000", number)
    await caller.dial()
    centre.stack.push_async_callback(caller.hang_up)
    return caller


async def events(centre: House, *kinds: str) -> list[dict[str, Any]]:
    """The newest call's events of these kinds, out of the books."""
    person = await centre.person("leader")

    async with asyncio.timeout(15):
        while True:
            calls = [one for one in (await person.get("/calls"))["items"] if one["medium"] == "voice"]
            path = f"/calls/{calls[0]['interaction_id']}" if calls else ""
            found = [one for one in (await person.get(path))["timeline"] if one["kind"] in kinds] if calls else []
            if {one["kind"] for one in found} == set(kinds):
                return found
            await asyncio.sleep(0.1)  # until the books have it


async def test_whatever_breaks_sends_the_caller_to_a_person(centre: House) -> None:
    for key in "98":
        await broken_by_itself(centre, key)
    await killed(centre)


async def broken_by_itself(centre: House, key: str) -> None:
    """The flow throws, or runs for ever."""
    caller = await dialled(centre, f"1380000222{key}")
    await caller.hears(byte_of("welcome"), 0)
    await caller.press(key)
    left, entered = await events(centre, "flow.left", "queue.entered")
    assert left["data"]["exit"] == "error"
    assert entered["kind"] == "queue.entered"
    assert not caller.ended.is_set()


async def killed(centre: House) -> None:
    """The flows plane dies with a caller in it; the next one finds it back."""
    caller = await dialled(centre, "13800003333")
    await caller.hears(byte_of("welcome"), 0)
    await centre.kill("flows")
    await events(centre, "queue.entered")
    assert not caller.ended.is_set()
    another = await dialled(centre, "13800004444")
    await another.hears(byte_of("welcome"), 0, 20)
