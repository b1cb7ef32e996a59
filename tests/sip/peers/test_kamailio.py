"""Kamailio as the carrier's proxy and registrar: calls in and out through it over TLS, with digest and Record-Route."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip, tone_share
from tests.peers.kamailio import HOST, REALM, Kamailio, kamailio_missing, start_kamailio
from tests.peers.ports import free_port
from tests.planes.house import CENTRE, PASSWORD, House, house
from tests.sip.peers.agent import Agent, nothing
from yingda.sip import sdp
from yingda.sip.digest import ClientCredentials
from yingda.sip.events import Answered, RequestFacts, Target, Trunk
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress

pytestmark = pytest.mark.peer


@pytest.fixture(autouse=True)
def _needs_peers() -> None:
    if reason := kamailio_missing() or baresip_missing():
        skip_or_fail(reason)


@pytest.mark.e2e  # the next one differs in how the proxy knows where we are
def test_calls_come_in_through_the_proxy_over_tls_and_both_hear_each_other(tmp_path: Path) -> None:
    async def scene() -> None:
        secure = free_port()
        hop = f"sip:127.0.0.1:{secure};transport=tls"
        async with start_kamailio(tmp_path, {}, {}, {"4008001000": hop}) as carrier:
            async with house(tmp_path, "--sip-tls-port", str(secure), start=False, centre=upstream(carrier)) as centre:
                centre.environment = {"SSL_CERT_FILE": str(carrier.certificate)}
                await centre.start()
                await carrier.said("asked by OPTIONS over tls")
                heard, said = await talk(tmp_path, centre, carrier)
                (record,) = await centre.records(1)
                assert (record["outcome"], record["caller"]) == ("answered", "+8613800001111")
            assert tone_share(heard, 900) > 0.8 and tone_share(said, 700, skip=1.2) > 0.8

    asyncio.run(scene())


def test_our_trunk_registers_at_it_over_tls_and_is_called_where_it_registered(tmp_path: Path) -> None:
    account = ", registers: true, username: centre, password_env: TEST_PASSWORD, domain: carrier.test"

    async def scene() -> None:
        async with start_kamailio(tmp_path, {"centre": PASSWORD}, {"4008001000": "centre"}) as carrier:
            secure = str(free_port())
            async with house(
                tmp_path, "--sip-tls-port", secure, start=False, centre=upstream(carrier, account)
            ) as centre:
                centre.environment = {"SSL_CERT_FILE": str(carrier.certificate)}
                await centre.start()
                await carrier.registered("centre")
                assert "transport=tls" in carrier.log().rpartition("registered centre as ")[2]
                heard, said = await talk(tmp_path, centre, carrier)
                (record,) = await centre.records(1)
                assert (record["outcome"], record["caller"]) == ("answered", "+8613800001111")
            assert tone_share(heard, 900) > 0.8 and tone_share(said, 700, skip=1.2) > 0.8

    asyncio.run(scene())


def upstream(carrier: Kamailio, more: str = "") -> str:
    trunk = f"hosts: [{HOST}], port: {carrier.tls_port}, transport: tls, check_s: 1{more}"
    return CENTRE.replace("hosts: [127.0.0.2]", trunk)


async def talk(folder: Path, centre: House, carrier: Kamailio) -> tuple[Path, Path]:
    """A caller of the carrier's talks with an agent, who hangs up at the desk; what each of the two heard."""
    async with (
        start_baresip(
            folder, "8101", server=("127.0.0.1", centre.sip), password=PASSWORD, tone=700, answer="auto"
        ) as phone,
        start_baresip(folder, "13800001111", server=(HOST, carrier.port), register=False, tone=900) as caller,
    ):
        await phone.event("REGISTER_OK")
        agent = await centre.person("1001")
        await agent.post("/desk/sign-in", {"extension": "8101", "ready": True})
        await caller.command("dial", f"sip:4008001000@{HOST}:{carrier.port}")
        await centre.state(agent, "talking")
        await asyncio.gather(phone.hears(2), caller.hears(2))
        await agent.post("/desk/hang-up")  # our BYE finds its way back through the proxy
        await caller.event("CALL_CLOSED")
    (heard,), (said,) = phone.received(), caller.received()
    return heard, said


def test_calls_go_out_through_the_proxy_over_tls_with_our_account(tmp_path: Path) -> None:
    """Called is a phone that registered at the proxy; the proxy asks our INVITE and our BYE for the password."""

    async def scene() -> None:
        users = {"centre": "its-secret", "13900002222": "other-secret"}
        async with start_kamailio(tmp_path, users, {}) as carrier:
            trust = ssl.create_default_context(cafile=carrier.certificate)
            agent = Agent(nothing, nobody, trust, ClientCredentials("centre", "its-secret"))
            address = agent.stack.listen_udp(("127.0.0.1", 0))
            async with start_baresip(
                tmp_path, "13900002222", server=(HOST, carrier.port), password="other-secret", answer="auto"
            ) as phone:
                await phone.event("REGISTER_OK")
                way = Flow("tls", address, (HOST, carrier.tls_port))
                key, effects = agent.endpoint.invite(
                    Target(f"sip:13900002222@{REALM}", way),
                    caller=NameAddress(f"sip:centre@{REALM}"),
                    sdp=sdp.offer(agent.leg),
                    now=agent.stack.now(),
                    credentials="carrier",
                )
                agent.stack.do(effects)
                answered = await agent.event(Answered)
                assert answered.key == key and answered.sdp is not None
                await phone.event("CALL_ESTABLISHED")
                await agent.heard()
                await agent.echo(20)
                agent.stack.do(agent.endpoint.bye(key, agent.stack.now()))
                await phone.event("CALL_CLOSED")
                await agent.quiet()
            await agent.close()

    asyncio.run(scene())


def nobody(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("carrier")
