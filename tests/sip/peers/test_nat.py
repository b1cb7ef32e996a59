"""A server behind NAT, as in every cloud, and phones behind another: they register, call both ways and hear each other.

server 10.1.0.2 ── router 203.0.113.1 ──┬── router 203.0.113.5 ── phones 192.168.7.2
                                        └── carrier 203.0.113.9        (both routers give every flow a random port)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import Baresip, baresip_missing, start_baresip, tone_share
from tests.peers.namespaces import Networks, networks
from tests.planes.house import CENTRE, PASSWORD, House, house

pytestmark = pytest.mark.peer

SERVER, PUBLIC, CARRIER, PHONES = "10.1.0.2", "203.0.113.1", "203.0.113.9", "192.168.7.2"
BEHIND = CENTRE.replace("hosts: [127.0.0.2]", f"hosts: [{CARRIER}]")


@contextmanager
def internet() -> Iterator[Networks]:
    with networks("srv", "gw", "net", "nat", "cli", "car") as net:
        net.join("srv", f"{SERVER}/24", "gw", "10.1.0.1/24")
        net.join("cli", f"{PHONES}/24", "nat", "192.168.7.1/24")
        near, _ = net.join("gw", f"{PUBLIC}/30", "net", "203.0.113.2/30")
        far, _ = net.join("nat", "203.0.113.5/30", "net", "203.0.113.6/30")
        net.join("car", f"{CARRIER}/30", "net", "203.0.113.10/30")
        net.forwards("net")
        ways = {
            "srv": "10.1.0.1",
            "gw": "203.0.113.2",
            "cli": "192.168.7.1",
            "nat": "203.0.113.6",
            "car": "203.0.113.10",
        }
        for name, via in ways.items():
            net.route(name, via)
        forwarded = (f" iifname {near} {one} dport 1024-65535 dnat to {SERVER}" for one in ("udp", "tcp"))
        net.translate("gw", near, "\n".join(forwarded))
        net.translate("nat", far)
        yield net


class Phones:
    """Phones in networks of their own; all are stopped at the end."""

    def __init__(self, net: Networks, folder: Path, port: int, transport: str) -> None:
        self._net, self._folder, self._port, self._transport = net, folder, port, transport
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Phones:
        return self

    async def __aexit__(self, *failed: object) -> None:
        await self._open.aclose()

    async def start(self, network: str, user: str, host: str, tone: float, answer: str = "manual") -> Baresip:
        """One that registers, unless it is the carrier."""
        carrier = network == "car"
        with self._net.inside(network):
            phone = await self._open.enter_async_context(
                start_baresip(
                    self._folder, user, server=(PUBLIC, self._port), password="" if carrier else PASSWORD, tone=tone,
                    transport=self._transport, answer=answer, host=host, register=not carrier,
                )
            )  # fmt: skip
        if not carrier:
            await phone.event("REGISTER_OK")
        return phone


async def talk(centre: House, caller: Baresip, called: Baresip, dialled: str) -> None:
    """One call from a phone to the other by the queue, two seconds long."""
    agent = await centre.person("1001")
    await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
    await caller.command("dial", dialled)
    await centre.state(agent, "talking")
    await asyncio.gather(caller.hears(2), called.hears(2))
    await caller.command("hangup")
    await called.event("CALL_CLOSED")
    await centre.state(agent, "idle")
    await agent.post("/desk/sign-out")


CALLERS = (("udp", "cli", "8102", PHONES), ("tcp", "car", "13800001111", CARRIER))
"""A phone behind the same NAT as the agent's; a carrier with an address of its own."""


def test_server_and_phones_each_behind_nat(tmp_path: Path) -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)

    async def scene(net: Networks) -> None:
        async with house(tmp_path, "--host", SERVER, "--advertise", PUBLIC, centre=BEHIND) as centre:
            for transport, network, user, host in CALLERS:
                async with Phones(net, tmp_path / transport, centre.sip, transport) as phones:
                    agent_phone = await phones.start("cli", "8101", PHONES, 700, "auto")
                    caller = await phones.start(network, user, host, 900)
                    await talk(
                        centre, caller, agent_phone, f"sip:4008001000@{PUBLIC}:{centre.sip};transport={transport}"
                    )
                (heard,), (said,) = agent_phone.received(), caller.received()
                assert tone_share(heard, 900) > 0.8 and tone_share(said, 700, skip=1.2) > 0.8

    with internet() as net, net.inside("srv"):
        asyncio.run(scene(net))
