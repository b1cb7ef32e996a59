"""A connection closes while a call over it is not answered yet: who goes on, by which way, and who does not
(RFC 3261 sections 8.1.3.1, 18.2.2, 18.4)."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.sip.certificates import certificate
from tests.sip.peers.agent import Agent, nothing
from tests.sip.test_endpoint import change, with_credentials
from tests.sip.test_transports import play
from tests.sip.test_ways import call
from tests.sip.wire import INVITE
from tests.sip.world import CALLER, SDP, A, B, World, trusting
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    Effect,
    InviteReceived,
    Progress,
    Rejected,
    Send,
    Target,
)
from yingda.sip.flow import Flow
from yingda.sip.message import Headers, Request, Response, response_to

NOW = 1_000 * SECOND
OURS, PEER = ("192.0.2.10", 5060), ("198.51.100.7", 49_152)
LINE = Flow("tcp", OURS, PEER, "line")
NEW = Flow("tcp", OURS, PEER, "new")
LISTENS = Flow("tcp", OURS, ("198.51.100.7", 5070))


def over(transport: str) -> bytes:
    return change(INVITE, "SIP/2.0/UDP", f"SIP/2.0/{transport.upper()}")


def trunked() -> Endpoint:
    return Endpoint(EndpointConfig(authorise=trusting), seeded_ids(1), b"s")


def ringing(flow: Flow = LINE, data: bytes = b"") -> tuple[Endpoint, str]:
    """A trunk's call rings."""
    one = trunked()
    (received,) = [e for e in one.receive(data or over(flow.transport), flow, NOW) if isinstance(e, InviteReceived)]
    one.ring(received.key, NOW)
    return one, received.key


def sends(effects: list[Effect]) -> list[tuple[str, Flow]]:
    """(first word or code, way)"""
    return [(one.data.split(b"\r\n")[0].decode()[:11], one.flow) for one in effects if isinstance(one, Send)]


# ---- calls that come in ----------------------------------------------------------------------------------------------


def test_replies_go_by_a_new_connection_to_the_port_that_via_names() -> None:
    one, key = ringing()
    assert sends(one.flow_lost(LINE, NOW)) == [("SIP/2.0 180", LISTENS)]  # is the far end still there?
    assert sends(one.answer(key, SDP, NOW)) == [("SIP/2.0 200", LISTENS)]
    again = one.handle_timer(NOW + SECOND)
    assert sends(again) == [("SIP/2.0 200", LISTENS)]


def test_where_no_connection_can_be_opened_the_call_is_over() -> None:
    one, key = ringing()
    one.flow_lost(LINE, NOW)
    assert one.flow_lost(LISTENS, NOW) == [Cancelled(key, "Connection lost")]
    assert one.live()["calls"] == one.live()["transactions"] == 0


def test_without_a_port_it_is_the_transports_own() -> None:
    one, _ = ringing(data=change(over("tcp"), "198.51.100.7:5070;branch", "198.51.100.7;branch"))
    assert sends(one.flow_lost(LINE, NOW)) == [("SIP/2.0 180", Flow("tcp", OURS, ("198.51.100.7", 5060)))]


def test_who_sends_the_invite_again_by_a_new_connection_is_answered_there() -> None:
    one, key = ringing()
    one.flow_lost(LINE, NOW)
    assert sends(one.receive(over("tcp"), NEW, NOW)) == [("SIP/2.0 180", NEW)]
    assert sends(one.answer(key, SDP, NOW)) == [("SIP/2.0 200", NEW)]


def test_a_cancel_by_the_new_connection_ends_it() -> None:
    one, key = ringing()
    one.flow_lost(LINE, NOW)
    cancel = change(over("tcp").split(b"Content-Type")[0] + b"\r\n", "INVITE", "CANCEL")
    effects = one.receive(cancel, NEW, NOW)
    assert sends(effects) == [("SIP/2.0 200", NEW), ("SIP/2.0 487", LISTENS)]
    assert Cancelled(key, "") in effects


def test_a_refusal_goes_the_same_way() -> None:
    one, key = ringing()
    one.flow_lost(LINE, NOW)
    assert sends(one.reject(key, 486, NOW)) == [("SIP/2.0 486", LISTENS)]


def test_a_browsers_call_is_over() -> None:
    flow = Flow("ws", OURS, PEER, "page")
    one, key = ringing(flow)
    assert one.flow_lost(flow, NOW) == [Cancelled(key, "Connection lost")]


@pytest.mark.parametrize(("host", "goes_on"), [("198.51.100.7", True), ("10.0.0.7", False)])
def test_a_phones_call_goes_on_unless_it_sits_behind_nat(host: str, goes_on: bool) -> None:
    config = EndpointConfig(lookup=lambda user, realm, name: ha1(user, realm, "secret", name))
    one = Endpoint(config, seeded_ids(1), b"s")
    data = change(over("tcp"), "TCP 198.51.100.7:5070", f"TCP {host}:5070")
    data = change(data, "sip:13800138000@198.51.100.7>;tag", "sip:1001@198.51.100.7>;tag")
    (challenge, *_) = [m for m in map(read, one.receive(data, LINE, NOW)) if isinstance(m, Response)]
    one.receive(with_credentials(data, challenge), LINE, NOW)
    effects = one.flow_lost(LINE, NOW)
    assert [isinstance(effect, Cancelled) for effect in effects] == [not goes_on]


def read(effect: Effect) -> Request | Response | None:
    return message.parse(effect.data) if isinstance(effect, Send) else None


# ---- calls that we make ----------------------------------------------------------------------------------------------

FAR = Flow("tcp", OURS, ("198.51.100.7", 5060))
NAMED = Flow("tcp", OURS, ("198.51.100.7", 5060), "ours")


def called(target: Target) -> tuple[Endpoint, str, Request]:
    one = trunked()
    key, (sent,) = one.invite(target, caller=CALLER, sdp=SDP, now=NOW)
    invite = read(sent)
    assert isinstance(invite, Request)
    return one, key, invite


def reply(one: Endpoint, invite: Request, code: int, flow: Flow, headers: Headers | None = None) -> list[Effect]:
    body = SDP.encode() if code in (183, 200) else b""
    contact: Headers = {"Contact": ["<sip:4008@198.51.100.7;transport=tcp>"], "Content-Type": ["application/sdp"]}
    tag = "far" if code > 100 else ""
    return one.receive(response_to(invite, code, to_tag=tag, headers=contact | (headers or {}), body=body).to_bytes(),
                       flow, NOW)  # fmt: skip


TRUNK = Target("sip:4008@198.51.100.7", FAR)


@pytest.mark.parametrize("lost", [FAR, NAMED], ids=["never opened", "closed"])
def test_an_invite_without_a_reply_counts_as_503(lost: Flow) -> None:
    one, key, _ = called(Target("sip:4008@198.51.100.7", lost))
    assert one.flow_lost(lost, NOW) == [Rejected(key, 503, "Service Unavailable", replied=False)]
    assert one.live()["transactions"] == 0


@pytest.mark.parametrize("code", [100, 180, 183])
def test_one_that_the_far_end_works_on_goes_on(code: int) -> None:
    one, key, invite = called(TRUNK)
    reply(one, invite, code, NAMED)
    assert sends(one.flow_lost(NAMED, NOW)) == [("", FAR)]  # a keep-alive opens a connection, or cannot
    effects = reply(one, invite, 200, NEW)
    assert [type(effect) for effect in effects] == [Send, Answered] and sends(effects)[0][1] == NEW
    assert one.hang_up(key, NOW)


def test_it_fails_where_nobody_is_there_any_more() -> None:
    one, key, invite = called(TRUNK)
    reply(one, invite, 180, NAMED)
    one.flow_lost(NAMED, NOW)
    assert one.flow_lost(FAR, NOW) == [Rejected(key, 503, "Service Unavailable", replied=False)]


def test_its_cancel_goes_by_the_new_connection() -> None:
    one, key, invite = called(TRUNK)
    reply(one, invite, 180, NAMED)
    one.flow_lost(NAMED, NOW)
    ((word, flow),) = sends(one.cancel(key, NOW))
    assert word.startswith("CANCEL") and flow == FAR
    assert [effect for effect in reply(one, invite, 487, NEW) if isinstance(effect, Rejected)]


def test_an_early_dialog_goes_on_by_a_new_connection() -> None:
    one, _, invite = called(TRUNK)
    numbered: Headers = {"Require": ["100rel"], "RSeq": ["1"]}
    reply(one, invite, 183, NAMED, numbered)
    one.flow_lost(NAMED, NOW)
    session = next(iter(one._core.sessions.values()))
    assert [dialog.flow for dialog in session.forks.values()] == [FAR]


@pytest.mark.parametrize(("routes", "code"), [((), 430), (("<sip:198.51.100.7;lr;transport=tcp>",), None)])
def test_a_phone_that_lost_its_connection_is_not_waited_for_a_proxy_is(
    routes: tuple[str, ...], code: int | None
) -> None:
    one, _, invite = called(Target("sip:1001@10.0.0.7", FAR, routes, aor="1001"))
    reply(one, invite, 180, NAMED)
    codes = [effect.code for effect in one.flow_lost(NAMED, NOW) if isinstance(effect, Rejected)]
    assert codes == ([code] if code else [])


def test_both_sides_of_a_call_before_its_first_reply() -> None:
    world = World(transport="tcp")
    key = world.call()
    world.do(world.a, world.a.endpoint.flow_lost(world.a.flow, world.now))
    assert world.a.events == [Rejected(key, 503, "Service Unavailable", replied=False)]
    world.run(world.now + SECOND)
    world.do(world.b, world.b.endpoint.flow_lost(world.b.flow, world.now))
    world.do(world.b, world.b.endpoint.flow_lost(Flow("tcp", B, A), world.now))
    assert isinstance(world.b.events[-1], Cancelled)
    world.run()
    assert world.empty()


# ---- on real sockets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_ringing_call_outlives_its_connection(tmp_path: Path, transport: str) -> None:
    def rings(agent: Agent, event: object) -> list[Effect]:
        return agent.endpoint.ring(event.key, agent.stack.now()) if isinstance(event, InviteReceived) else []

    async def scene() -> None:
        server, client = certificate(tmp_path)
        context: ssl.SSLContext | None = server if transport == "tls" else None
        one, other = Agent(nothing, trusting, client), Agent(rings, trusting, client)
        try:
            here = await one.stack.listen_tcp(("127.0.0.1", 0), context)
            there = await other.stack.listen_tcp(("127.0.0.1", 0), context)
            call(one, transport, here, there)
            await one.event(Progress)
            one.events.clear()
            for connection in list(one.stack._connections.values()):
                connection.close()
            await one.event(Progress)  # the 180 again, by a connection that the other has opened
            received = await other.event(InviteReceived)
            own = other.endpoint.answer(received.key, SDP, other.stack.now())
            other.stack.do(own)
            answered = await one.event(Answered)
            await other.event(Acknowledged)
            one.stack.do(one.endpoint.bye(answered.key, one.stack.now()))
            await one.quiet()
            await other.quiet()
        finally:
            await one.close()
            await other.close()

    play(scene)
