"""The stack on real loopback sockets: UDP, TCP, TLS, WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.sip.certificates import certificate
from tests.sip.peers.agent import PASSWORD, answering, nothing, running
from tests.sip.test_endpoint import with_credentials
from tests.sip.wire import OPTIONS, REGISTER, wire
from tests.sip.world import trusting
from yingda.sip import message, sdp
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Ended,
    Expired,
    InviteReceived,
    OptionsAnswered,
    Registered,
    Rejected,
    Target,
)
from yingda.sip.flow import Address, Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.message import Request, Response
from yingda.sip.transports import tcp

CALLER = NameAddress("sip:1001@test", "One")


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await scene()

    asyncio.run(limited())


async def read_message(reader: asyncio.StreamReader) -> Response | Request:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    return message.parse(head + await reader.readexactly(length))


# ---- UDP -------------------------------------------------------------------------------------------------------------


def test_two_stacks_call_each_other_over_udp_and_tcp() -> None:
    async def scene() -> None:
        async with running(nothing) as (one, here), running(answering, trusting) as (two, there):
            for transport in ("udp", "tcp"):
                one.events.clear()
                two.events.clear()
                target = Target(f"sip:4008@{there[0]}:{there[1]}", Flow(transport, here, there))
                key, effects = one.endpoint.invite(target, caller=CALLER, sdp=sdp.offer(one.leg), now=one.stack.now())
                one.stack.do(effects)
                assert (await one.event(Answered)).key == key
                acknowledged = await two.event(Acknowledged)
                two.stack.do(two.endpoint.bye(acknowledged.key, two.stack.now()))
                assert (await one.event(Ended)).by == "remote"
                await two.quiet()

    play(scene)


def test_a_wildcard_socket_names_the_address_the_peer_sees() -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, _):
            _, port = agent.stack.listen_udp(("0.0.0.0", 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.bind(("127.0.0.1", 0))
                peer.setblocking(False)
                peer.sendto(OPTIONS.replace(b"branch=", b"rport;branch="), ("127.0.0.1", port))
                answer = message.parse(await asyncio.get_running_loop().sock_recv(peer, 4096))
                assert isinstance(answer, Response) and answer.code == 200
            assert agent.stack.metrics()["in", "OPTIONS", "udp"] == 1
            assert agent.stack.metrics()["out", "200", "udp"] == 1

    play(scene)


def test_options_ask_whether_somebody_is_there() -> None:
    async def scene() -> None:
        async with running(nothing) as (one, here), running(nothing) as (_, there):
            for transport, address, code in (("udp", there, 200), ("tcp", there, 200), ("tcp", ("127.0.0.1", 1), 503)):
                one.events.clear()
                target = Target("sip:x@y", Flow(transport, here, address))
                key, effects = one.endpoint.options(target, caller=CALLER, now=one.stack.now())
                one.stack.do(effects)
                assert await one.event(OptionsAnswered) == OptionsAnswered(key, code)

    play(scene)


# ---- TCP -------------------------------------------------------------------------------------------------------------


def test_tcp_messages_in_pieces_and_several_at_once() -> None:
    async def scene() -> None:
        async with running(nothing) as (_, address):
            reader, writer = await asyncio.open_connection(*address)
            second = OPTIONS.replace(b"-opt", b"-two")
            for piece in (OPTIONS[:50], OPTIONS[50:] + second[:10], second[10:]):
                writer.write(piece)
                await writer.drain()
            for branch in ("z9hG4bK-opt", "z9hG4bK-two"):
                answer = await read_message(reader)
                assert isinstance(answer, Response) and (answer.code, answer.via.branch) == (200, branch)
            writer.write(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"\r\n"
            writer.close()

    play(scene)


@pytest.mark.parametrize(
    ("data", "answered"),
    [
        (OPTIONS.replace(b"Length: 0", b"Length: x"), b"SIP/2.0 400"),
        (OPTIONS.replace(b"Length: 0", b"Length: 99999"), b"SIP/2.0 513"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 4000, b""),
    ],
)
def test_a_stream_that_cannot_be_followed_is_closed(data: bytes, answered: bytes) -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, address):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(data)
            rest = b""
            with contextlib.suppress(ConnectionError):
                rest = await reader.read()
            assert rest.startswith(answered) if answered else rest == b""
            writer.close()
            assert agent.stack.metrics()["live", "connections"] == 0

    play(scene)


def test_slow_senders_and_silent_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "PATIENCE", 0.2)

    async def scene() -> None:
        async with running(nothing) as (_, address):
            silent, slow, whole = [await asyncio.open_connection(*address) for _ in range(3)]
            slow[1].write(OPTIONS)
            whole[1].write(OPTIONS)
            assert (await read_message(slow[0])).cseq[1] == "OPTIONS"
            slow[1].write(OPTIONS[:40])
            assert await silent[0].read() == b""
            assert await slow[0].read() == b""
            whole[1].write(OPTIONS.replace(b"-opt", b"-later"))
            for _ in range(2):
                assert (await read_message(whole[0])).cseq[1] == "OPTIONS"
            for _, writer in (silent, slow, whole):
                writer.close()

    play(scene)


def test_a_call_to_a_port_where_nobody_listens_fails_at_once() -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, here):
            with socket.create_server(("127.0.0.1", 0)) as gone:
                address: Address = gone.getsockname()
            target = Target("sip:4008@x", Flow("tcp", here, address))
            key, effects = agent.endpoint.invite(target, caller=CALLER, sdp="v=0", now=agent.stack.now())
            agent.stack.do(effects)
            rejected = await agent.event(Rejected)
            assert (rejected.key, rejected.code) == (key, 503)
            assert not any(agent.endpoint.live().values())

    play(scene)


# ---- WebSocket -------------------------------------------------------------------------------------------------------


def browser(port: int, subprotocol: str = "sip", context: ssl.SSLContext | None = None) -> connect:
    scheme = "wss" if context else "ws"
    return connect(f"{scheme}://127.0.0.1:{port}", subprotocols=[Subprotocol(subprotocol)], ssl=context)


async def next_message(page: ClientConnection) -> Response | Request:
    frame = await page.recv()
    assert isinstance(frame, str)
    return message.parse(frame.encode())


WS_REGISTER = (
    REGISTER.replace(b"SIP/2.0/UDP 198.51.100.7:5070", b"SIP/2.0/WS x1.invalid")
    .replace(b"198.51.100.7:5070>", b"x1.invalid;transport=ws>")
    .replace(b"Max-Forwards", b"Supported: path, gruu, outbound\r\nMax-Forwards")
)


async def sign_in(page: ClientConnection) -> None:
    await page.send(WS_REGISTER.decode())
    challenge = await next_message(page)
    assert isinstance(challenge, Response) and challenge.code == 401
    await page.send(with_credentials(WS_REGISTER, challenge, "1001", PASSWORD).decode())
    answer = await next_message(page)
    assert isinstance(answer, Response) and answer.code == 200


def ok_to(invite: Request, description: str) -> str:
    headers = {"Contact": ["<sip:1001@x1.invalid;transport=ws>"], "Content-Type": ["application/sdp"]}
    return (
        message.response_to(invite, 200, to_tag="page", headers=headers, body=description.encode()).to_bytes().decode()
    )


def test_a_browser_phone_registers_is_called_and_hangs_up() -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, _):
            _, port = await agent.stack.listen_ws(("127.0.0.1", 0))
            async with browser(port) as page:
                assert page.subprotocol == "sip"
                await sign_in(page)
                binding = (await agent.event(Registered)).binding
                assert binding.flow.transport == "ws" and binding.contact == "sip:1001@x1.invalid;transport=ws"
                key, effects = agent.endpoint.invite(
                    binding, caller=CALLER, sdp=sdp.offer(agent.leg), now=agent.stack.now()
                )
                agent.stack.do(effects)
                invite = await next_message(page)
                assert isinstance(invite, Request) and invite.uri == "sip:1001@x1.invalid;transport=ws"
                assert invite.via.transport == "WS" and f":{port};transport=ws" in invite.get("Contact")
                offered = invite.sdp or ""
                await page.send(ok_to(invite, sdp.answer(offered, sdp.remote_media(offered), agent.leg)))
                ack = await next_message(page)
                assert isinstance(ack, Request) and ack.method == "ACK"
                assert (await agent.event(Answered)).key == key
                await page.send(_bye(invite))
                answer = await next_message(page)
                assert isinstance(answer, Response) and answer.code == 200
                assert (await agent.event(Ended)).by == "remote"
            assert (await agent.event(Expired)).why == "flow_lost"

    play(scene)


def _bye(invite: Request) -> str:
    return wire(
        f"""
BYE sip:1001@127.0.0.1 SIP/2.0
Via: SIP/2.0/WS x1.invalid;branch=z9hG4bKbye
From: {invite.get("To")};tag=page
To: {invite.get("From")}
Call-ID: {invite.call_id}
CSeq: 1 BYE
Content-Length: 0
"""
    ).decode()


def test_a_page_that_is_loaded_again_takes_its_call_along() -> None:
    """The connection is lost in the call; the new one, once registered, carries our BYE."""

    async def scene() -> None:
        async with running(nothing) as (agent, _):
            _, port = await agent.stack.listen_ws(("127.0.0.1", 0))
            async with browser(port) as page:
                await sign_in(page)
                key, effects = agent.endpoint.invite(
                    (await agent.event(Registered)).binding, caller=CALLER, sdp="v=0", now=agent.stack.now()
                )
                agent.stack.do(effects)
                invite = await next_message(page)
                assert isinstance(invite, Request)
                await page.send(ok_to(invite, "v=0"))
                await agent.event(Answered)
            await agent.event(Expired)
            async with browser(port) as page:
                await sign_in(page)
                agent.stack.do(agent.endpoint.bye(key, agent.stack.now()))
                bye = await next_message(page)
                assert isinstance(bye, Request) and (bye.method, bye.call_id) == ("BYE", invite.call_id)

    play(scene)


def test_other_subprotocols_and_origins_are_refused() -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, _):
            _, port = await agent.stack.listen_ws(("127.0.0.1", 0), origins=["https://desk.example"])
            with pytest.raises(InvalidStatus) as refused:
                async with browser(port, "chat"):
                    raise AssertionError("the handshake should fail")
            assert refused.value.response.status_code in (400, 403)
            with pytest.raises(InvalidStatus) as refused:
                async with browser(port):
                    raise AssertionError("the handshake should fail")
            assert refused.value.response.status_code == 403

    play(scene)


def test_garbage_and_overlong_frames() -> None:
    async def scene() -> None:
        async with running(nothing) as (agent, _):
            _, port = await agent.stack.listen_ws(("127.0.0.1", 0))
            async with browser(port) as page:
                await page.send(b"\xff\xfe garbage")
                await page.send("\r\n\r\n")
                assert await page.recv() == "\r\n"
                await page.send("x" * 70_000)
                with pytest.raises(ConnectionClosed):
                    await page.recv()
            assert agent.stack.metrics()["in", "malformed", "ws"] == 1

    play(scene)


# ---- TLS -------------------------------------------------------------------------------------------------------------


def test_wss_and_tls(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)

    async def scene() -> None:
        async with running(answering) as (agent, _):
            _, port = await agent.stack.listen_ws(("127.0.0.1", 0), server)
            async with browser(port, context=client) as page:
                await sign_in(page)
                assert (await agent.event(Registered)).binding.flow.transport == "wss"
            address = await agent.stack.listen_tcp(("127.0.0.1", 0), server)
            reader, writer = await asyncio.open_connection(*address, ssl=client)
            writer.write(OPTIONS.replace(b"UDP", b"TLS"))
            assert (await read_message(reader)).cseq[1] == "OPTIONS"
            assert agent.stack.metrics()["in", "OPTIONS", "tls"] == 1
            writer.close()

    play(scene)


def test_events_arrive_in_order_also_when_commands_are_given_inside() -> None:
    """The callback of one event gives a command whose effects wait behind the rest of the batch."""

    async def scene() -> None:
        async with running(answering, trusting) as (agent, _):
            _, port = agent.stack.listen_udp(("127.0.0.1", 0))
            invite = wire(
                """
INVITE sip:4008@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKi;rport
From: <sip:1@127.0.0.1>;tag=1
To: <sip:4008@127.0.0.1>
Call-ID: order
CSeq: 1 INVITE
Contact: <sip:1@127.0.0.1:9>
Content-Type: application/sdp
""",
                "v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 8\n",
            )
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.bind(("127.0.0.1", 0))
                peer.setblocking(False)
                peer.sendto(invite, ("127.0.0.1", port))
                loop, codes = asyncio.get_running_loop(), []
                for _ in range(3):
                    answer = message.parse(await loop.sock_recv(peer, 4096))
                    assert isinstance(answer, Response)
                    codes.append(answer.code)
            assert codes == [100, 180, 200]
            assert [type(event) for event in agent.events] == [InviteReceived]

    play(scene)
