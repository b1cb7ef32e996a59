"""Real phones with SRTP by keys in the SDP (RFC 4568): one that insists, one that merely offers; both are heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip, tone_share
from tests.planes.house import CENTRE, PASSWORD, House, house

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

SECURED = CENTRE.replace('extension: "8101",', 'extension: "8101", srtp: required,').replace(
    "hosts: [127.0.0.2]", "hosts: [127.0.0.2], srtp: none"
)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    if reason := baresip_missing():
        skip_or_fail(reason)
    async with house(tmp_path_factory.mktemp("srtp"), centre=SECURED) as built:
        yield built


async def test_a_caller_who_offers_srtp_talks_with_an_agent_who_insists_on_it(tmp_path: Path, centre: House) -> None:
    server = ("127.0.0.1", centre.sip)
    async with (
        start_baresip(
            tmp_path, "8101", server=server, password=PASSWORD, tone=700, answer="auto", encryption="srtp-mand"
        ) as agent_phone,
        start_baresip(tmp_path, "8102", server=server, password=PASSWORD, tone=900, encryption="srtp") as caller,
    ):
        await agent_phone.event("REGISTER_OK")
        await caller.event("REGISTER_OK")
        agent = await centre.person("1001")
        await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await caller.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
        await centre.state(agent, "talking")
        await asyncio.gather(agent_phone.hears(2), caller.hears(2))
        await caller.command("hangup")
        await agent_phone.event("CALL_CLOSED")
        await centre.records(1)
    (heard,), (said,) = agent_phone.received(), caller.received()
    assert tone_share(heard, 900) > 0.8 and tone_share(said, 700, skip=1.2) > 0.8
    assert "secure" in agent_phone.log().lower() or "srtp" in agent_phone.log().lower()


async def test_a_phone_that_insists_is_refused_with_the_reason_where_none_is_allowed(
    tmp_path: Path, centre: House
) -> None:
    async with start_baresip(
        tmp_path, "line", server=("127.0.0.1", centre.sip), register=False, host="127.0.0.2", encryption="srtp-mand"
    ) as carrier:
        await carrier.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
        closed = await carrier.event("CALL_CLOSED")
        assert "488" in closed["param"]
