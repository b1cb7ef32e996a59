"""A phone that is called once, at its agent's sign-in, and takes two calls on that line (baresip, sipp)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip, tone_share
from tests.planes.house import CENTRE, PASSWORD, house, needs

pytestmark = pytest.mark.e2e

NAILED = CENTRE.replace('kind: sip, extension: "8101"', 'kind: sip, nailed: true, extension: "8101"')


def test_a_phone_stays_on_the_line_between_two_calls(tmp_path: Path) -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)
    needs("sipp")

    async def scene() -> None:
        async with (
            house(tmp_path, centre=NAILED) as centre,
            start_baresip(
                tmp_path, "8101", server=("127.0.0.1", centre.sip), password=PASSWORD, answer="auto"
            ) as phone,
        ):
            await phone.event("REGISTER_OK")
            agent = await centre.person("1001")
            await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
            await phone.event("CALL_ESTABLISHED")
            for number in (1, 2):
                caller = await centre.caller(tmp_path / f"caller{number}", stay_s=1.5)
                caller.dial()
                await centre.state(agent, "ringing")
                await agent.post("/desk/answer", {})
                await centre.state(agent, "talking")
                await centre.state(agent, "idle")
            told = [one["type"] for one in phone.events]
            assert told.count("CALL_ESTABLISHED") == 1 and "CALL_CLOSED" not in told
            await agent.post("/desk/sign-out", {})
            await phone.event("CALL_CLOSED")
        (dump,) = phone.received()
        assert tone_share(dump, 1500) > 0.5

    asyncio.run(scene())
