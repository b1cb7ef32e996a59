"""A centre on IPv6: its phones register there, a carrier calls from there, and both are heard there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip, tone_share
from tests.planes.house import CENTRE, PASSWORD, house
from tests.sip.peers.test_nat import talk

pytestmark = pytest.mark.peer

HERE = "::1"
ON_IPV6 = CENTRE.replace("hosts: [127.0.0.2]", "hosts: ['::1']")


def test_a_call_over_ipv6_is_heard_on_both_sides(tmp_path: Path) -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)

    async def scene() -> None:
        async with house(tmp_path, "--host", HERE, centre=ON_IPV6) as centre:
            server = (HERE, centre.sip)
            async with (
                start_baresip(
                    tmp_path, "8101", server=server, host=HERE, password=PASSWORD, tone=700, answer="auto"
                ) as agent_phone,
                start_baresip(
                    tmp_path, "carrier", server=server, host=HERE, register=False, tone=900, transport="tcp"
                ) as caller,
            ):
                await agent_phone.event("REGISTER_OK")
                await talk(centre, caller, agent_phone, f"sip:4008001000@[{HERE}]:{centre.sip};transport=tcp")
            (heard,), (said,) = agent_phone.received(), caller.received()
            assert tone_share(heard, 900) > 0.8 and tone_share(said, 700, skip=1.2) > 0.8

    asyncio.run(scene())
