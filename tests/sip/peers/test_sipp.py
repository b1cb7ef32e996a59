"""sipp against the stack: digest registration, calls with digest, cancel, BYE both ways, over UDP and TCP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.peers.sipp import (
    expect,
    pause,
    reply,
    reply_in_dialog,
    request,
    run_sipp,
    scenario,
    sipp_missing,
    start_sipp,
)
from tests.sip.peers.agent import PASSWORD, Agent, answering, running
from yingda.sip import sdp
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    Effect,
    Ended,
    Event,
    InviteReceived,
    Progress,
    Registered,
    Rejected,
    Target,
)
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress

pytestmark = pytest.mark.peer

TRANSPORTS = pytest.mark.parametrize("transport", ["u1", "t1"])
REGISTER = (request("REGISTER", 1), expect(401, auth=True), request("REGISTER", 2, auth=True), expect(200))
CHALLENGED = (request("INVITE", 1, sdp=True), expect(401, auth=True), request("ACK", 1, to_tag=True))


@pytest.fixture(autouse=True)
def _needs_sipp() -> None:
    if reason := sipp_missing():
        skip_or_fail(reason)


@TRANSPORTS
def test_registers_calls_and_hangs_up(tmp_path: Path, transport: str) -> None:
    """20 calls: register, call with digest, 200, ACK, BYE from sipp."""
    steps = scenario(
        *REGISTER,
        *CHALLENGED,
        request("INVITE", 3, sdp=True, auth=True),
        expect(100),
        expect(180),
        expect(200),
        request("ACK", 3, to_tag=True),
        pause(100),
        request("BYE", 4, to_tag=True),
        expect(200),
    )

    async def scene() -> None:
        async with running(answering) as (agent, address):
            run = await run_sipp(
                steps, tmp_path, server=address, calls=20, transport=transport, service="4008",
                username="4008", password=PASSWORD,
            )  # fmt: skip
            assert run.ok, run.report
            kinds = [type(event) for event in agent.events]
            assert kinds.count(Registered) == kinds.count(InviteReceived) == 20
            assert kinds.count(Acknowledged) == kinds.count(Ended) == 20
            assert agent.endpoint.live()["calls"] == 0

    asyncio.run(scene())


@TRANSPORTS
def test_caller_cancels(tmp_path: Path, transport: str) -> None:
    steps = scenario(
        *CHALLENGED,
        request("INVITE", 2, sdp=True, auth=True),
        expect(100),
        expect(180),
        request("CANCEL", 2).replace("[branch]", "[branch-3]"),
        expect(200),
        expect(487),
        request("ACK", 2, to_tag=True).replace("[branch]", "[branch-6]"),
    )

    def ring(agent: Agent, event: Event) -> list[Effect]:
        return agent.endpoint.ring(event.key, agent.stack.now()) if isinstance(event, InviteReceived) else []

    async def scene() -> None:
        async with running(ring) as (agent, address):
            run = await run_sipp(
                steps, tmp_path, server=address, transport=transport, username="4008", password=PASSWORD
            )
            assert run.ok, run.report
            await agent.event(Cancelled)
            assert agent.endpoint.live()["calls"] == 0

    asyncio.run(scene())


@TRANSPORTS
def test_we_hang_up_on_the_caller(tmp_path: Path, transport: str) -> None:
    steps = scenario(
        *CHALLENGED,
        request("INVITE", 2, sdp=True, auth=True),
        expect(100),
        expect(180),
        expect(200),
        request("ACK", 2, to_tag=True),
        expect("BYE"),
        reply_in_dialog(200, "OK"),
    )

    def react(agent: Agent, event: Event) -> list[Effect]:
        if isinstance(event, Acknowledged):
            return agent.endpoint.bye(event.key, agent.stack.now())
        return answering(agent, event)

    async def scene() -> None:
        async with running(react) as (agent, address):
            run = await run_sipp(
                steps, tmp_path, server=address, transport=transport, username="4008", password=PASSWORD
            )
            assert run.ok, run.report
            await agent.quiet()

    asyncio.run(scene())


@TRANSPORTS
def test_we_call_sipp_answers_and_hangs_up(tmp_path: Path, transport: str) -> None:
    steps = scenario(
        _INVITE_REMEMBERED,
        reply(180, "Ringing"),
        reply(200, "OK", sdp=True),
        expect("ACK"),
        pause(100),
        _bye_of_the_called(),
        expect(200),
    )

    async def scene() -> None:
        async with running() as (agent, address):
            sipp = await start_sipp(steps, tmp_path, server=address, transport=transport)
            await _listening(sipp.port, transport)
            key = _call(agent, address, sipp.port, transport)
            assert (await agent.event(Answered)).key == key
            assert (await agent.event(Ended)).by == "remote"
            run = await sipp.done()
            assert run.ok, run.report
            await agent.quiet()

    asyncio.run(scene())


@TRANSPORTS
def test_we_call_and_cancel(tmp_path: Path, transport: str) -> None:
    steps = scenario(
        expect("INVITE"),
        reply(180, "Ringing"),
        expect("CANCEL"),
        reply(200, "OK"),
        reply(487, "Request Terminated").replace("[last_CSeq:]", "CSeq: 1 INVITE"),
        expect("ACK"),
    )

    def react(agent: Agent, event: Event) -> list[Effect]:
        return agent.endpoint.cancel(event.key, agent.stack.now()) if isinstance(event, Progress) else []

    async def scene() -> None:
        async with running(react) as (agent, address):
            sipp = await start_sipp(steps, tmp_path, server=address, transport=transport)
            await _listening(sipp.port, transport)
            key = _call(agent, address, sipp.port, transport)
            rejected = await agent.event(Rejected)
            assert (rejected.key, rejected.code) == (key, 487)
            run = await sipp.done()
            assert run.ok, run.report
            await agent.quiet()

    asyncio.run(scene())


_INVITE_REMEMBERED = """<recv request="INVITE"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
</action></recv>"""


def _bye_of_the_called() -> str:
    """From and To change places for a BYE from the called side."""
    text = (
        "BYE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        "From:[$to];tag=[pid]SIPpTag01[call_number]\nTo:[$from]\n[last_Call-ID:]\nCSeq: 1 BYE\n"
        "Max-Forwards: 70\nContent-Length: 0\n\n"
    )
    return f'<send retrans="500"><![CDATA[\n{text}]]></send>'


async def _listening(port: int, transport: str) -> None:
    """sipp binds its socket a moment after the start."""
    want = f":{port:04X} "
    table = Path("/proc/net/udp" if transport == "u1" else "/proc/net/tcp")
    async with asyncio.timeout(5):
        while want not in table.read_text():  # noqa: ASYNC110  (another process's socket tells nobody)
            await asyncio.sleep(0.02)


def _call(agent: Agent, address: tuple[str, int], port: int, transport: str) -> str:
    flow = Flow("udp" if transport == "u1" else "tcp", address, ("127.0.0.1", port))
    key, effects = agent.endpoint.invite(
        Target(f"sip:4008@127.0.0.1:{port}", flow),
        caller=NameAddress("sip:1001@127.0.0.1", "Agent"),
        sdp=sdp.offer(agent.leg),
        now=agent.stack.now(),
    )
    agent.stack.do(effects)
    return key
