"""A whole centre: a phone over TLS with the server's own certificate, and a trunk that nobody answers at."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip
from tests.planes.house import CENTRE, PASSWORD, House, house, until
from yingda.kernel.bus.aio import BusClient

pytestmark = [pytest.mark.anyio, pytest.mark.peer]

DEAD = "  - {name: line, hosts: [127.0.0.3], port: 9, transport: tcp, check_s: 1}\n"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    document = CENTRE.replace("trunks:\n", f"trunks:\n{DEAD}")
    async with house(tmp_path_factory.mktemp("centre"), centre=document, start=False) as built:
        built.arguments = ["--sip-tls-port", str(built.ports.one())]
        await built.start()
        yield built


async def text(centre: House, to: str, words: str = "hello") -> str:
    """A MESSAGE by the trunk; the first line of its answer."""
    head = (
        f"MESSAGE sip:{to}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;rport;branch=z9hG4bK{to}\r\n"
        f"From: <sip:13800001111@127.0.0.2>;tag=1\r\nTo: <sip:{to}@127.0.0.1>\r\nCall-ID: {to}\r\nCSeq: 1 MESSAGE\r\n"
        f"Max-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: {len(words)}\r\n\r\n{words}"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_end:
        far_end.bind(("127.0.0.2", 0))
        far_end.setblocking(False)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            await loop.sock_sendto(far_end, head.encode(), ("127.0.0.1", centre.sip))
            return (await loop.sock_recv(far_end, 4096)).decode().partition("\r\n")[0]


def books(centre: House) -> str:
    """What is written so far."""
    return "".join(segment.read_text() for segment in (centre.data / "ledger" / "control").glob("*.seg"))


async def test_a_phone_registers_over_tls_and_its_agent_signs_in(tmp_path: Path, centre: House) -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)
    secure = ("127.0.0.1", int(centre.arguments[1]))
    async with start_baresip(tmp_path, "8101", server=secure, password=PASSWORD, transport="tls") as phone:
        await phone.event("REGISTER_OK")
        agent = await centre.person("1001")
        signed_in = await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        assert signed_in["state"] == "idle"
        assert " 200 " in await text(centre, "1001", "call me back") and " 405 " in await text(centre, "4008001000")
        await until("the phone to have the text", lambda: "message.sent" in books(centre), 10)
        (message,) = (await agent.get("/messages"))["items"]
        assert (message["text"], message["sender_name"]) == ("call me back", "+86138****1111")


async def test_a_trunk_that_does_not_answer_raises_an_alarm(centre: House) -> None:
    """Nobody listens at its port, so TCP says so at once; twice, and the trunk is down."""
    client = BusClient(centre.data / "run" / "control.sock")
    await client.start(5)
    alarms: list[dict[str, str]] = []
    async with asyncio.timeout(15):
        while not alarms:
            docs = (await client.call("live.snapshot", {}))["docs"]
            alarms = [alarm for alarm in docs["alarms"].values() if alarm["kind"] == "trunk_down"]
    await client.close()
    assert "line" in alarms[0]["sentence"]
