"""A peer that proved itself by its certificate gets our requests by the connection that it opened (RFC 5923)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sip.certificates import certificate
from tests.sip.peers.agent import Agent, nothing
from tests.sip.test_transports import CALLER, play, read_message
from tests.sip.wire import wire
from tests.sip.world import trusting
from yingda.kernel.errors import StartError
from yingda.planes.options import Options
from yingda.planes.tls import sip_context
from yingda.sip import message
from yingda.sip.events import OptionsAnswered, Target
from yingda.sip.flow import Address, Flow
from yingda.sip.message import Request, Response
from yingda.sip.transports.tcp import names_in

NOBODY = ("127.0.0.1", 1)  # where the peer says that it listens


class Peer:
    """A carrier's end of a TLS connection to us."""

    def __init__(self, agent: Agent, here: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.agent, self.here, self.reader, self.writer = agent, here, reader, writer

    async def asks(self, alias: str = ";alias") -> None:
        """OPTIONS, by a Via that names another port than that of the connection."""
        text = f"""
OPTIONS sip:127.0.0.1 SIP/2.0
Via: SIP/2.0/TLS 127.0.0.1:1;branch=z9hG4bK-a{alias}
From: <sip:peer@127.0.0.1>;tag=a
To: <sip:127.0.0.1>
Call-ID: a
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0"""
        self.writer.write(wire(text))
        reply = await read_message(self.reader)
        assert isinstance(reply, Response) and reply.code == 200

    def is_asked(self) -> None:
        """We ask the peer, at the address where it says that it listens."""
        target = Target("sip:127.0.0.1:1", Flow("tls", self.here, NOBODY))
        _, effects = self.agent.endpoint.options(target, caller=CALLER, now=self.agent.stack.now())
        self.agent.stack.do(effects)


@contextlib.asynccontextmanager
async def connected(folder: Path, *, proves: bool = True) -> AsyncIterator[Peer]:
    server, client = certificate(folder)
    server.load_verify_locations(folder / "both.pem")
    server.verify_mode = ssl.CERT_OPTIONAL
    if proves:
        client.load_cert_chain(folder / "both.pem")
    agent = Agent(nothing, trusting, client)
    here = await agent.stack.listen_tcp(("127.0.0.1", 0), server)
    reader, writer = await asyncio.open_connection(*here, ssl=client)
    try:
        yield Peer(agent, here, reader, writer)
    finally:
        writer.close()
        await agent.close()


def test_our_requests_take_the_connection_of_a_peer_that_says_so(tmp_path: Path) -> None:
    async def scene() -> None:
        async with connected(tmp_path) as peer:
            await peer.asks()
            peer.is_asked()
            asked = await read_message(peer.reader)
            assert isinstance(asked, Request) and asked.method == "OPTIONS"
            peer.writer.write(message.response_to(asked, 200, to_tag="p").to_bytes())
            assert (await peer.agent.event(OptionsAnswered)).code == 200

    play(scene)


@pytest.mark.parametrize("lacks", ["certificate", "alias", "the name we mean"])
def test_they_do_not_where_it_has_not_said_or_proved_who_it_is(tmp_path: Path, lacks: str) -> None:
    async def scene() -> None:
        async with connected(tmp_path, proves=lacks != "certificate") as peer:
            await peer.asks("" if lacks == "alias" else ";alias")
            if lacks == "the name we mean":
                peer.agent.stack.names[NOBODY] = "carrier.example"
            assert bool(peer.agent.stack._aliases) is (lacks == "the name we mean")
            peer.is_asked()
            assert (await peer.agent.event(OptionsAnswered)).code == 503  # nobody listens there

    play(scene)


def test_a_request_fails_with_the_connection_it_took(tmp_path: Path) -> None:
    async def scene() -> None:
        async with connected(tmp_path) as peer:
            await peer.asks()
            peer.is_asked()
            await read_message(peer.reader)
            peer.writer.close()
            assert (await peer.agent.event(OptionsAnswered)).code == 503
            assert not peer.agent.stack._aliases

    play(scene)


def test_whom_a_certificate_means() -> None:
    names = (("DNS", "sbc.example"), ("IP Address", "192.0.2.1"), ("URI", "sip:example.com"), ("email", "a@b"))
    assert names_in({"subjectAltName": names}) == {"sbc.example", "192.0.2.1", "example.com"}
    assert names_in({}) == names_in(None) == frozenset()


def test_nobody_is_asked_for_a_certificate_unless_it_is_said_by_whose(tmp_path: Path) -> None:
    certificate(tmp_path)
    plain = Options(data=str(tmp_path))
    assert sip_context(plain, 0).verify_mode is ssl.CERT_NONE
    asks = Options(data=str(tmp_path), sip_client_ca=str(tmp_path / "both.pem"))
    assert sip_context(asks, 0).verify_mode is ssl.CERT_OPTIONAL
    (tmp_path / "rubbish").write_text("no certificate")
    for name in ("rubbish", "missing"):
        with pytest.raises(StartError) as refused:
            sip_context(Options(data=str(tmp_path), sip_client_ca=str(tmp_path / name)), 0)
        assert refused.value.code == "bad_certificates" and name in refused.value.sentence
