"""A fax that calls a number for people, on the wire (TEL-41): a phone with a fax's tone (baresip), the fax (sipp)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip
from tests.peers.ports import free_port
from tests.peers.sipp import expect, reply, reply_in_dialog, scenario, start_sipp
from tests.planes.house import CENTRE, house, needs, until
from tests.sip.peers.desk_phone import went_well

pytestmark = pytest.mark.e2e

CNG_HZ = 1_100  # ITU-T T.30 section 4.2
FAX = "01055508888"
TAKES_IT = scenario(
    expect("INVITE"), reply(180, "Ringing"), reply(200, "OK", sdp=True), expect("ACK"), expect("BYE"),
    reply_in_dialog(200, "OK"),
)  # fmt: skip


def with_fax(port: int) -> str:
    """A centre whose number has a fax, beyond a trunk of its own."""
    lines = f"  - {{name: faxes, hosts: [127.0.0.3], port: {port}}}\nroutes:\n  - {{name: all, via: [faxes]}}\n"
    centre = CENTRE.replace("127.0.0.2", "127.0.0.1").replace("queues:\n", f"{lines}queues:\n", 1)
    return centre.replace("flow: main}", f'flow: main, fax_number: "{FAX}"}}')


def test_a_fax_comes_to_the_fax_and_never_to_an_agent(tmp_path: Path) -> None:
    needs("sipp")
    if reason := baresip_missing():
        skip_or_fail(reason)

    async def scene() -> None:
        port, wire = free_port(), tmp_path / "fax" / "wire.log"
        async with house(tmp_path, centre=with_fax(port)) as centre:
            server = ("127.0.0.1", centre.sip)
            fax = await start_sipp(
                TAKES_IT, tmp_path / "fax", server=server, host="127.0.0.3", port=port,
                extra=("-trace_msg", "-message_file", str(wire)),
            )  # fmt: skip
            async with start_baresip(
                tmp_path / "f", "13800001111", server=server, register=False, tone=CNG_HZ
            ) as caller:  # fmt: skip
                await caller.command("dial", f"sip:4008001000@127.0.0.1:{centre.sip}")
                await until("the fax to have the call", lambda: wire.exists() and "ACK sip" in wire.read_text(), 15)
                await caller.command("hangup")
                await went_well(fax)
            (record,) = await centre.records(1)
            assert (record["outcome"], record["agent_id"]) == ("forwarded", None)

    asyncio.run(scene())
