"""By which way a message goes: TLS both ways, IPv6, large requests, keep-alives, addresses for near and far peers."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sip.certificates import certificate
from tests.sip.peers.agent import Agent, answering, nothing
from tests.sip.test_endpoint import with_credentials
from tests.sip.test_transports import CALLER, play
from tests.sip.wire import INVITE, REGISTER
from tests.sip.world import SDP, A, B, World, trusting
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message, sdp
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Acknowledged, Answered, Ended, Expired, InviteReceived, Rejected, Send, Target
from yingda.sip.flow import Address, Flow
from yingda.sip.message import Request, Response
from yingda.sip.transports import tcp

LARGE = SDP + "a=x-padding:" + "x" * 1_500 + "\r\n"
NOW = 1_000 * SECOND


@contextlib.asynccontextmanager
async def two(trust: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Agent, Agent]]:
    one, other = Agent(nothing, trusting, trust), Agent(answering, trusting)
    try:
        yield one, other
    finally:
        await one.close()
        await other.close()


def call(agent: Agent, transport: str, here: Address, there: Address, description: str = "") -> str:
    target = Target(f"sip:4008@{there[0]}:{there[1]}", Flow(transport, here, there))
    key, effects = agent.endpoint.invite(
        target, caller=CALLER, sdp=description or sdp.offer(agent.leg), now=agent.stack.now()
    )
    agent.stack.do(effects)
    return key


# ---- TLS -------------------------------------------------------------------------------------------------------------


def test_a_call_over_tls_that_we_open(tmp_path: Path) -> None:
    async def scene() -> None:
        server, client = certificate(tmp_path)
        async with two(client) as (one, other):
            here = await one.stack.listen_tcp(("127.0.0.1", 0), server)
            there = await other.stack.listen_tcp(("127.0.0.1", 0), server)
            call(one, "tls", here, there)
            await one.event(Answered)
            received = await other.event(InviteReceived)
            assert received.facts.flow.transport == "tls"
            acknowledged = await other.event(Acknowledged)
            other.stack.do(other.endpoint.bye(acknowledged.key, other.stack.now()))
            assert (await one.event(Ended)).by == "remote"
            await other.quiet()

    play(scene)


@pytest.mark.parametrize("name", ["", "sip.carrier.example"])
def test_a_certificate_that_we_do_not_believe_ends_the_attempt(tmp_path: Path, name: str) -> None:
    """Unknown to us, or of another name than we meant."""

    async def scene() -> None:
        server, client = certificate(tmp_path)
        async with two(client if name else None) as (one, other):
            there = await other.stack.listen_tcp(("127.0.0.1", 0), server)
            if name:
                one.stack.names[there] = name
            call(one, "tls", ("127.0.0.1", 5061), there)
            assert (await one.event(Rejected)).code == 503
            assert other.events == []

    play(scene)


# ---- IPv6 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_calls_over_ipv6(transport: str) -> None:
    async def scene() -> None:
        async with two() as (one, other):
            sides = []
            for agent in (one, other):
                listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
                address = await agent.stack.listen_tcp(listening)
                sides.append(agent.stack.listen_udp(address))
            target = Target(f"sip:4008@[::1]:{sides[1][1]}", Flow(transport, sides[0], sides[1]))
            _, effects = one.endpoint.invite(target, caller=CALLER, sdp=sdp.offer(one.leg), now=one.stack.now())
            one.stack.do(effects)
            await one.event(Answered)
            acknowledged = await other.event(Acknowledged)
            assert (await other.event(InviteReceived)).facts.flow.remote[0] == "::1"
            other.stack.do(other.endpoint.bye(acknowledged.key, other.stack.now()))
            await one.event(Ended)

    play(scene)


# ---- large requests (RFC 3261 18.1.1) --------------------------------------------------------------------------------


@pytest.mark.parametrize("listens", [True, False], ids=["tcp", "udp only"])
def test_a_large_request_moves_to_tcp_and_back_where_nobody_listens(listens: bool) -> None:
    async def scene() -> None:
        async with two() as (one, other):
            here = one.stack.listen_udp(("127.0.0.1", 0))
            there = ("127.0.0.1", 0)
            if listens:  # first: its numbers are the scarcer ones, every connection on this machine has one
                there = await other.stack.listen_tcp(there)
            there = other.stack.listen_udp(there)
            call(one, "udp", here, there, LARGE)
            await one.event(Answered)
            assert (await other.event(InviteReceived)).facts.flow.transport == ("tcp" if listens else "udp")
            acknowledged = await other.event(Acknowledged)
            other.stack.do(other.endpoint.bye(acknowledged.key, other.stack.now()))
            await one.event(Ended)
            await other.quiet()

    play(scene)


def test_a_device_that_registered_over_udp_is_called_over_udp() -> None:
    world = World()
    target = Target("sip:1001@192.0.2.2", world.a.flow, aor="1001")
    _, effects = world.a.endpoint.invite(target, caller=CALLER, sdp=LARGE, now=world.now)
    (sent,) = [effect for effect in effects if isinstance(effect, Send)]
    assert sent.flow.transport == "udp" and b"Via: SIP/2.0/UDP" in sent.data


def test_the_way_back_survives_a_restart() -> None:
    config = EndpointConfig(authorise=trusting)
    one = Endpoint(config, seeded_ids(1), b"a")
    flow = Flow("udp", A, B)
    key, _ = one.invite(Target("sip:4008@192.0.2.2", flow), caller=CALLER, sdp=LARGE, now=NOW)
    again = Endpoint.from_state(one.to_state(), config, seeded_ids(2), b"a")
    (sent,) = again.flow_lost(Flow("tcp", A, B), NOW)
    assert isinstance(sent, Send) and sent.flow == flow and sent.data.startswith(b"INVITE")
    assert again.live()["calls"] == 1 and again.hang_up(key, NOW) == []


# ---- keep-alives (RFC 5626) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_stun_on_the_sip_port_tells_the_address_it_came_from(host: str) -> None:
    async def scene() -> None:
        async with two() as (one, _):
            where = one.stack.listen_udp((host, 0))
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as phone:
                phone.bind((host, 0))
                phone.setblocking(False)
                transaction = bytes(range(12))
                phone.sendto(struct.pack("!HHI12s", 1, 0, 0x2112A442, transaction), where)
                async with asyncio.timeout(5):
                    reply = await asyncio.get_running_loop().sock_recv(phone, 100)
                assert reply[:8] == struct.pack("!HHI", 0x0101, len(reply) - 20, 0x2112A442)
                port = struct.unpack_from("!H", reply, 26)[0] ^ 0x2112
                mask = struct.pack("!I", 0x2112A442) + transaction
                address = bytes(a ^ b for a, b in zip(reply[28:], mask, strict=False))
                assert (str(ipaddress.ip_address(address)), port) == phone.getsockname()[:2]

    play(scene)


def test_a_connection_that_we_opened_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "KEEP_ALIVE", 0.05)

    async def scene() -> None:
        pings = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"m=audio")
            await reader.readuntil(b"\r\n\r\n")
            pings.set()
            writer.close()

        async with two() as (one, _):
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            there = server.sockets[0].getsockname()
            call(one, "tcp", ("127.0.0.1", 5060), there)
            await pings.wait()
            server.close()
            await one.event(Rejected)

    play(scene)


def registering(reg_id: int, call_id: str) -> bytes:
    contact = f'<sip:1001@198.51.100.7:5070>;reg-id={reg_id};+sip.instance="<urn:uuid:1>";expires=120'
    data = REGISTER.replace(b"<sip:1001@198.51.100.7:5070>;expires=120", contact.encode())
    return data.replace(b"Max-Forwards", b"Supported: outbound\r\nMax-Forwards").replace(b"reg1", call_id.encode())


def lookup(username: str, realm: str, algorithm: str) -> str:
    return ha1(username, realm, "secret", algorithm)


def from_1001(one: Endpoint, data: bytes, flow: Flow) -> list[Response]:
    """The answers to a REGISTER, once it is proved."""
    (challenge,) = (read(effect) for effect in one.receive(data, flow, NOW))
    answers = one.receive(with_credentials(data, challenge, "1001", "secret"), flow, NOW)
    return [read(effect) for effect in answers if isinstance(effect, Send)]


def connection(number: int) -> Flow:
    return Flow("tcp", A, ("198.51.100.7", 40_000 + number), f"c{number}")


def doubly_registered() -> Endpoint:
    one = Endpoint(EndpointConfig(lookup=lookup), seeded_ids(1), b"secret")
    for reg_id in (1, 2, 2):
        data = registering(reg_id, f"call{reg_id}{one.live()['bindings']}")
        (reply,) = from_1001(one, data, connection(reg_id))
        assert reply.code == 200 and reply.tokens("Require") == ["outbound"] and reply.number("Flow-Timer") == 120
    return one


def test_a_device_keeps_two_connections() -> None:
    one = doubly_registered()
    assert {binding.flow.connection for binding in one.bindings("1001")} == {"c1", "c2"}


def test_a_lost_connection_leaves_the_other_one() -> None:
    one = doubly_registered()
    (expired,) = [event for event in one.flow_lost(connection(1), NOW) if isinstance(event, Expired)]
    assert (expired.why, expired.binding.reg_id) == ("flow_lost", "1")
    assert [binding.reg_id for binding in one.bindings("1001")] == ["2"]


def test_a_call_goes_by_the_other_connection_when_the_first_one_fails() -> None:
    one = doubly_registered()
    newest, other = one.bindings("1001")
    key, effects = one.invite(newest, caller=CALLER, sdp=SDP, now=NOW)
    first = next(effect for effect in effects if isinstance(effect, Send))
    assert first.flow.connection == newest.flow.connection
    effects = one.flow_lost(newest.flow, NOW)
    (second,) = [effect for effect in effects if isinstance(effect, Send)]
    assert second.flow.connection == other.flow.connection
    before, after = message.parse(first.data), message.parse(second.data)
    assert (after.call_id, after.from_tag, after.cseq) == (before.call_id, before.from_tag, (2, "INVITE"))
    assert after.via.branch != before.via.branch
    failed = one.flow_lost(other.flow, NOW)
    assert [event for event in failed if isinstance(event, Rejected)] == [Rejected(key, 430, "Flow Failed")]
    assert one.live()["calls"] == 0


@pytest.mark.parametrize(
    ("change", "code", "reg_ids"),
    [
        ((b"Path-goes-here", b"Path: <sip:edge.example.com;lr>"), 439, []),
        ((b"Path-goes-here", b"Path: <sip:edge.example.com;lr;ob>"), 200, ["1"]),
        ((b"Path-goes-here", b"Subject: none"), 439, []),
        ((b"Supported: outbound\r\nPath-goes-here", b"Subject: none"), 200, [""]),
    ],
)
def test_a_reg_id_by_a_proxy_counts_only_if_the_proxy_keeps_flows(
    change: tuple[bytes, bytes], code: int, reg_ids: list[str]
) -> None:
    one = Endpoint(EndpointConfig(lookup=lookup), seeded_ids(1), b"secret")
    second = b"Via: SIP/2.0/TCP 10.9.8.7:5060;branch=z9hG4bKinner\r\nMax-Forwards"
    data = registering(1, "call").replace(b"Supported: outbound", b"Supported: outbound\r\nPath-goes-here")
    data = data.replace(b"Max-Forwards", second).replace(*change)
    (reply,) = from_1001(one, data, connection(1))
    assert reply.code == code and [binding.reg_id for binding in one.bindings("1001")] == reg_ids


def test_a_proxy_that_has_lost_the_flow_says_so_and_the_other_one_is_tried() -> None:
    """Two connections by two edge proxies: 430 from the first (section 5.3), then from the second; nothing is left."""
    one = Endpoint(EndpointConfig(lookup=lookup), seeded_ids(1), b"secret")
    second = b"Via: SIP/2.0/TCP 10.9.8.7:5060;branch=z9hG4bKinner\r\nMax-Forwards"
    for reg_id in (1, 2):
        path = b"Supported: outbound\r\nPath: <sip:flow%d@edge.example.com;lr;ob>" % reg_id
        data = registering(reg_id, f"call{reg_id}").replace(b"Max-Forwards", second)
        (reply,) = from_1001(one, data.replace(b"Supported: outbound", path), connection(1))
        assert reply.code == 200
    key, effects = one.invite(one.bindings("1001")[0], caller=CALLER, sdp=SDP, now=NOW)
    tried = []
    for _ in range(2):
        sent = [message.parse(effect.data) for effect in effects if isinstance(effect, Send)]
        (invite,) = [read for read in sent if isinstance(read, Request) and read.method == "INVITE"]
        tried.append(invite.get("Route"))
        lost = message.response_to(invite, 430, to_tag="edge").to_bytes()
        effects = one.receive(lost, connection(1), NOW)
    assert {route.partition("@")[0] for route in tried} == {"<sip:flow1", "<sip:flow2"}
    assert [event for event in effects if isinstance(event, Rejected)] == [Rejected(key, 430, "Flow Failed")]
    assert one.bindings("1001") == () and one.live()["calls"] == 0


@pytest.mark.parametrize("broken", [(b'+sip.instance="<urn:uuid:1>"', b"x=1"), (b"reg-id=1", b"reg-id=0"),
                                    (b"reg-id=1", b"reg-id=99999999999")])  # fmt: skip
def test_a_reg_id_that_means_nothing_is_passed_over(broken: tuple[bytes, bytes]) -> None:
    one = Endpoint(EndpointConfig(lookup=lookup), seeded_ids(1), b"secret")
    (reply,) = from_1001(one, registering(1, "call").replace(*broken), connection(1))
    assert (reply.code, reply.get("Require")) == (200, "") and one.bindings("1001")[0].reg_id == ""


def read(effect: object) -> Response:
    assert isinstance(effect, Send)
    reply = message.parse(effect.data)
    assert isinstance(reply, Response)
    return reply


# ---- a server behind NAT ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ("198.51.100.7", "203.0.113.9:5099"),
        ("10.1.2.3", "10.0.0.5:5060"),  # in our own network
        ("10.8.0.1", "10.8.0.9:5099"),  # a trunk that reaches us by a tunnel
    ],
)
def test_far_peers_are_told_the_advertised_address_near_ones_ours(peer: str, told: str) -> None:
    networks = (ipaddress.IPv4Network("10.0.0.0/8"),)
    config = EndpointConfig(
        authorise=trusting, advertised={"udp": "203.0.113.9:5099"}, local_networks=networks, realm="test",
        advertised_to=lambda host: "10.8.0.9" if host == "10.8.0.1" else "",
    )  # fmt: skip
    one = Endpoint(config, seeded_ids(1), b"a")
    flow = Flow("udp", ("10.0.0.5", 5060), (peer, 5060))
    received = next(e for e in one.receive(INVITE, flow, NOW) if isinstance(e, InviteReceived))
    (sent,) = one.answer(received.key, SDP, NOW)
    assert f"@{told}>" in read(sent).get("Contact")
    host = told.partition(":")[0]
    assert one.advertised_host(flow) == ("" if host == "10.0.0.5" else host)
    _, effects = one.invite(Target(f"sip:4008@{peer}", flow), caller=CALLER, sdp=SDP, now=NOW)
    assert isinstance(effects[0], Send)
    invite = message.parse(effects[0].data)
    assert isinstance(invite, Request) and f"{invite.via.host}:{invite.via.port}" == told
    assert f"@{told}>" in invite.get("Contact")
