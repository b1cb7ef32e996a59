"""An agent with two real phones of one extension: both ring, one answers or declines (RFC 3261 section 16.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import Baresip, baresip_missing, start_baresip, tone_share
from tests.planes.house import PASSWORD, House, house

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    if reason := baresip_missing():
        skip_or_fail(reason)
    async with house(tmp_path_factory.mktemp("centre")) as built:
        yield built


async def phones(centre: House, folder: Path, stack: AsyncExitStack) -> tuple[Baresip, Baresip, Baresip]:
    """On the agent's desk (by UDP) and on his screen (by TCP), and a caller's."""
    found = []
    for name, user, transport, tone in (("desk", "8101", "udp", 700), ("soft", "8101", "tcp", 800),
                                        ("caller", "8102", "udp", 900)):  # fmt: skip
        (folder / name).mkdir()
        phone = await stack.enter_async_context(
            start_baresip(
                folder / name, user, server=("127.0.0.1", centre.sip), password=PASSWORD, transport=transport, tone=tone
            )
        )
        await phone.event("REGISTER_OK")
        found.append(phone)
    desk, soft, caller = found
    return desk, soft, caller


async def test_the_first_of_two_ringing_phones_has_the_call(tmp_path: Path, centre: House) -> None:
    async with AsyncExitStack() as stack:
        desk, soft, caller = await phones(centre, tmp_path, stack)
        agent = await centre.person("1001")
        await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await caller.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
        await asyncio.gather(desk.event("CALL_INCOMING"), soft.event("CALL_INCOMING"))
        await soft.command("accept")
        await asyncio.gather(desk.event("CALL_CLOSED"), soft.event("CALL_ESTABLISHED"))
        await centre.state(agent, "talking")
        await asyncio.gather(soft.hears(2), caller.hears(2))
        await caller.command("hangup")
        await soft.event("CALL_CLOSED")
        (record,) = await centre.records(1)
        assert record["outcome"] == "answered" and not desk.received()
        await agent.post("/desk/sign-out", {})
    (heard,), (said,) = soft.received(), caller.received()
    assert tone_share(heard, 900) > 0.8 and tone_share(said, 800, skip=1.2) > 0.8


async def test_where_one_of_them_is_busy_the_other_rings_on(tmp_path: Path, centre: House) -> None:
    async with AsyncExitStack() as stack:
        desk, soft, caller = await phones(centre, tmp_path, stack)
        agent = await centre.person("1001")
        await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await caller.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
        await asyncio.gather(desk.event("CALL_INCOMING"), soft.event("CALL_INCOMING"))
        await desk.command("hangup", "scode=486 reason=Busy")
        await desk.event("CALL_CLOSED")
        await soft.command("accept")
        await centre.state(agent, "talking")
        await caller.command("hangup")
        await soft.event("CALL_CLOSED")
        assert [record["outcome"] for record in await centre.records(2)] == ["answered", "answered"]
