"""A transfer that is asked for outside of any call (REFER, RFC 3515), by a carrier on the wire (sipp): 403, and the
books say so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.peers.sipp import expect, request, scenario, start_sipp
from tests.planes.house import house, needs, until
from tests.sip.peers.desk_phone import having, told, went_well, with_headers

pytestmark = pytest.mark.e2e

ASKS = scenario(
    with_headers(request("REFER", 1), "Refer-To: <sip:13900002222@[remote_ip]>"),
    having(expect(403), "Warning", "inside a call only"),
)


def test_a_transfer_of_no_call_is_refused_and_stands_in_the_books(tmp_path: Path) -> None:
    needs("sipp")

    async def scene() -> None:
        async with house(tmp_path) as centre:
            asks = await start_sipp(ASKS, tmp_path / "asks", server=("127.0.0.1", centre.sip), host="127.0.0.2")
            await went_well(asks)
            await until("a line in the books", lambda: bool(told(centre, "call.refused")), 10)
            (line,) = told(centre, "call.refused")
            assert (line["release_code"], line["dialled"]) == (403, "13900002222") and line["trunk_id"]

    asyncio.run(scene())
