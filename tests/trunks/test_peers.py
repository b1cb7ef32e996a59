"""Fail-over between real far ends: sipp that answers, sipp that answers 503, a port where nobody is, names by DNS."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest
from bench.peers.process import until

from tests.conftest import skip_or_fail
from tests.peers.kamailio import REALM, kamailio_missing, start_kamailio
from tests.peers.ports import free_port
from tests.peers.sipp import Sipp, expect, reply, reply_in_dialog, scenario, sipp_missing, start_sipp
from tests.trunks.carriers import trunk
from tests.trunks.names import serving
from tests.trunks.office import PASSWORD, USERNAME, Office, office

pytestmark = pytest.mark.peer

ANSWERS = scenario(
    expect("INVITE"), reply(100, "Trying"), reply(180, "Ringing"), reply(200, "OK", sdp=True), expect("ACK"),
    expect("BYE"), reply_in_dialog(200, "OK"),
)  # fmt: skip
REFUSES = scenario(expect("INVITE"), reply(503, "Service Unavailable"), expect("ACK"))


@pytest.fixture(autouse=True)
def _needs_sipp() -> None:
    if reason := sipp_missing():
        skip_or_fail(reason)


async def far_end(text: str, folder: Path) -> Sipp:
    return await start_sipp(text, folder, server=("127.0.0.1", 9))


async def answered_and_ended(house: Office, *peers: Sipp) -> list[str]:
    """The call is answered, we hang up, everybody has seen what he expects; what the switch was told."""
    await house.told("answered")
    house.hang_up()
    for peer in peers:
        done = await peer.done()
        assert done.ok, done.report
    await house.quiet()
    return [" ".join(map(str, one[:2])) for one in house.switch.told]


class Babbler(asyncio.DatagramProtocol):
    """A far end that answers whatever it gets with what nobody can read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(b"SIP/2.0 what? \xff\r\n\r\n", addr)


def test_within_a_second_past_a_babbling_a_failing_and_a_dead_proxy(tmp_path: Path) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        babbling, _ = await loop.create_datagram_endpoint(Babbler, local_addr=("127.0.0.1", 0))
        refusing, answering = await far_end(REFUSES, tmp_path / "refuses"), await far_end(ANSWERS, tmp_path / "answers")
        lines = [
            trunk("babbling", "127.0.0.1", port=babbling.get_extra_info("sockname")[1]),
            trunk("failing", "127.0.0.1", port=refusing.port),
            trunk("dead", "127.0.0.1", port=free_port(), reply_s=0.25),
            trunk("good", "127.0.0.1", port=answering.port),
        ]
        routes = [{"name": "all", "via": ["babbling", "failing", "dead", "good"]}]
        async with serving({}) as (server, _), office(server, lines, routes=routes) as house:
            house.dial()
            assert await house.told("ringing") < 1.0
            told = await answered_and_ended(house, refusing, answering)
            assert told[:5] == ["seized babbling", "seized failing", "seized dead", "seized good", "ringing"]
            down = [name for name in ("babbling", "failing", "dead", "good") if house.signalling.lookout.is_down(name)]
            assert down == ["babbling", "dead"]
        babbling.close()

    asyncio.run(scene())


def test_a_domain_leads_to_its_servers_in_their_order(tmp_path: Path) -> None:
    """NAPTR, then SRV, then addresses; the first server fails, the second answers, as one trunk."""

    async def scene() -> None:
        refusing, answering = await far_end(REFUSES, tmp_path / "refuses"), await far_end(ANSWERS, tmp_path / "answers")
        zone = {
            ("carrier.test", "NAPTR"): ['10 10 "s" "SIP+D2U" "" _sip._udp.carrier.test.'],
            ("_sip._udp.carrier.test", "SRV"): [
                f"20 0 {answering.port} second.carrier.test.",
                f"10 0 {refusing.port} first.carrier.test.",
            ],
            ("first.carrier.test", "A"): ["127.0.0.1"],
            ("second.carrier.test", "A"): ["127.0.0.1"],
        }
        async with serving(zone) as (server, asked), office(server, [trunk("a", "srv:carrier.test")]) as house:
            await house.knows("a", 2)
            house.dial()
            assert await house.told("ringing") < 1.0
            told = await answered_and_ended(house, refusing, answering)
            assert told[:2] == ["seized a", "ringing"]
            assert [kind for _, kind in asked] == ["NAPTR", "SRV", "A", "A"]

    asyncio.run(scene())


def test_a_name_that_nobody_knows_takes_the_trunk_out_and_calls_go_on(tmp_path: Path) -> None:
    async def scene() -> None:
        answering = await far_end(ANSWERS, tmp_path / "answers")
        lines = [trunk("lost", "nowhere.test"), trunk("good", "127.0.0.1", port=answering.port)]
        async with serving({}) as (server, _), office(server, lines) as house:
            await house.loses("lost")
            assert house.signalling.lookout.why("lost") == "unresolved"
            house.dial()
            told = await answered_and_ended(house, answering)
            assert told[:2] == ["seized good", "ringing"]

    asyncio.run(scene())


def test_a_trunk_registers_at_a_proxy_and_calls_out_through_it_with_proof(tmp_path: Path) -> None:
    """REGISTER gets 401, INVITE 407; the proxy stays in the call's way (Record-Route)."""
    if reason := kamailio_missing():
        skip_or_fail(reason)

    async def scene() -> None:
        answering = await far_end(ANSWERS, tmp_path / "answers")
        hop = f"sip:127.0.0.1:{answering.port}"
        async with start_kamailio(tmp_path, {USERNAME: PASSWORD}, {}, {"13800001111": hop}) as carrier:
            account = {"username": USERNAME, "password_env": "X", "registers": True, "domain": REALM}
            line = trunk("a", carrier.host, port=carrier.port, main_number=USERNAME, dial_form="as_dialled", **account)
            async with serving({}) as (server, _), office(server, [line]) as house:
                await house.registered("a")
                await carrier.registered(USERNAME)
                house.dial()
                told = await answered_and_ended(house, answering)
                assert told[:2] == ["seized a", "ringing"] and house.endpoint.counters["in", "407", "udp"] == 1
                house.stack.do(house.endpoint.registration.drop_all(house.stack.now()))
                await until("our leave to be taken", lambda: not len(house.endpoint.registration), 5)

    asyncio.run(scene())
