"""A real phone (baresip) registers over UDP and TCP, calls in, and is called."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.baresip import baresip_missing, start_baresip, tone_share
from tests.sip.certificates import certificate
from tests.sip.peers.agent import PASSWORD, Agent, answering, running
from yingda.media.protocol import RemoteMedia
from yingda.sip import sdp
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Effect,
    Ended,
    Event,
    InviteReceived,
    Progress,
    Registered,
    Reinvited,
    Rejected,
)
from yingda.sip.grammar import NameAddress

pytestmark = pytest.mark.peer


@pytest.fixture(autouse=True)
def _needs_baresip() -> None:
    if reason := baresip_missing():
        skip_or_fail(reason)


both = pytest.mark.parametrize("transport", ["udp", "tcp"])


@both
def test_registers_and_calls_in(tmp_path: Path, transport: str) -> None:
    async def scene() -> None:
        async with (
            running(answering) as (agent, address),
            start_baresip(tmp_path, "1001", server=address, password=PASSWORD, transport=transport) as phone,
        ):
            await phone.event("REGISTER_OK")
            registered = await agent.event(Registered)
            assert (registered.aor, registered.binding.flow.transport) == ("1001", transport)
            await phone.command("dial", f"sip:4008@{address[0]}:{address[1]};transport={transport}")
            received = await agent.event(InviteReceived)
            assert (received.username, received.facts.called_number) == ("1001", "4008")
            await phone.event("CALL_ESTABLISHED")
            await agent.event(Acknowledged)
            packet = await agent.heard()
            assert packet[1] & 0x7F == 8 and len(packet) == 172
            await agent.echo(100)
            await phone.command("hangup")
            ended = await agent.event(Ended)
            assert (ended.key, ended.by) == (received.key, "remote")
            await agent.quiet()
        (dump,) = phone.received()
        assert tone_share(dump, 440) > 0.9 and tone_share(dump, 600) < 0.05

    asyncio.run(scene())


@both
def test_is_called_and_answers_and_we_hang_up(tmp_path: Path, transport: str) -> None:
    async def scene() -> None:
        async with (
            running() as (agent, address),
            start_baresip(
                tmp_path, "1002", server=address, password=PASSWORD, transport=transport, answer="auto"
            ) as phone,
        ):
            await phone.event("REGISTER_OK")
            binding = (await agent.event(Registered)).binding
            key = call(agent, binding.aor)
            answered = await agent.event(Answered)
            assert answered.sdp is not None
            remote = sdp.remote_media(answered.sdp, ours=sdp.offer(agent.leg))
            assert isinstance(remote, RemoteMedia) and remote.send_codec is not None
            assert remote.send_codec.name == "PCMA" and remote.address is not None
            await phone.event("CALL_ESTABLISHED")
            await agent.heard()
            agent.stack.do(agent.endpoint.bye(key, agent.stack.now()))
            await phone.event("CALL_CLOSED")
            await agent.quiet()

    asyncio.run(scene())


@both
def test_is_called_and_we_give_up(tmp_path: Path, transport: str) -> None:
    async def scene() -> None:
        async with (
            running() as (agent, address),
            start_baresip(tmp_path, "1003", server=address, password=PASSWORD, transport=transport) as phone,
        ):
            await phone.event("REGISTER_OK")
            binding = (await agent.event(Registered)).binding
            key = call(agent, binding.aor)
            assert (await agent.event(Progress)).code == 180
            agent.stack.do(agent.endpoint.cancel(key, agent.stack.now()))
            await phone.event("CALL_CLOSED")
            assert (await agent.event(Rejected)).code == 487
            await agent.quiet()

    asyncio.run(scene())


def test_declines(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            running() as (agent, address),
            start_baresip(tmp_path, "1004", server=address, password=PASSWORD) as phone,
        ):
            await phone.event("REGISTER_OK")
            await agent.event(Registered)
            key = call(agent, "1004")
            await phone.event("CALL_INCOMING")
            await phone.command("hangup")
            rejected = await agent.event(Rejected)
            assert rejected.key == key and rejected.code in (480, 486, 603)
            await agent.quiet()

    asyncio.run(scene())


def test_wrong_password_is_not_registered(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            running() as (agent, address),
            start_baresip(tmp_path, "1005", server=address, password="wrong") as phone,
        ):
            await phone.event("REGISTER_FAIL")
            assert agent.endpoint.bindings("1005") == ()

    asyncio.run(scene())


def test_hold_reaches_us_as_reinvite(tmp_path: Path) -> None:
    def react(agent: Agent, event: Event) -> list[Effect]:
        if isinstance(event, Reinvited):
            assert event.sdp is not None
            text = sdp.answer(event.sdp, sdp.remote_media(event.sdp), agent.leg, version=2)
            return agent.endpoint.answer(event.key, text, agent.stack.now())
        return answering(agent, event)

    async def scene() -> None:
        async with (
            running(react) as (agent, address),
            start_baresip(tmp_path, "1006", server=address, password=PASSWORD) as phone,
        ):
            await phone.event("REGISTER_OK")
            await phone.command("dial", f"sip:4008@{address[0]}:{address[1]}")
            await phone.event("CALL_ESTABLISHED")
            await phone.command("hold")
            held = await agent.event(Reinvited)
            assert held.sdp is not None and sdp.remote_media(held.sdp).direction in ("recvonly", "inactive")
            await phone.command("hangup")
            await agent.event(Ended)
            await agent.quiet()

    asyncio.run(scene())


def test_over_tls_registers_calls_in_and_is_called(tmp_path: Path) -> None:
    """The phone's own connection carries our INVITE too."""

    async def scene() -> None:
        context, _ = certificate(tmp_path)
        async with (
            running(answering, context=context) as (agent, address),
            start_baresip(tmp_path, "1007", server=address, password=PASSWORD, transport="tls") as phone,
        ):
            await phone.event("REGISTER_OK")
            binding = (await agent.event(Registered)).binding
            assert binding.flow.transport == "tls" and binding.flow.connection
            await phone.command("dial", f"sip:4008@{address[0]}:{address[1]};transport=tls")
            await phone.event("CALL_ESTABLISHED")
            received = await agent.event(InviteReceived)
            assert received.facts.flow == binding.flow
            await phone.command("hangup")
            await agent.event(Ended)
            await agent.quiet()
            key = call(agent, "1007")
            await phone.event("CALL_INCOMING")
            await phone.command("accept")
            answered = await agent.event(Answered)
            assert answered.key == key
            agent.stack.do(agent.endpoint.bye(key, agent.stack.now()))
            await agent.quiet()

    asyncio.run(scene())


def call(agent: Agent, aor: str) -> str:
    binding = agent.endpoint.bindings(aor)[0]
    key, effects = agent.endpoint.invite(
        binding, caller=NameAddress("sip:13800138000@test", "王五"), sdp=sdp.offer(agent.leg), now=agent.stack.now()
    )
    agent.stack.do(effects)
    return key
