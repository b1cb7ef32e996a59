"""sips URIs mean TLS on every hop (RFC 5630): where they are refused, and where ours have to be such."""

from __future__ import annotations

import pytest

from tests.sip.test_endpoint import NOW, UDP, change, endpoint, registered, replies
from tests.sip.test_watching import requests
from tests.sip.wire import INVITE, OPTIONS, REGISTER
from tests.sip.world import CALLER, SDP
from yingda.sip.dialog import contact_uri
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import InviteReceived, InviteRefused, Send, Target
from yingda.sip.flow import Flow
from yingda.sip.message import Response

TLS = Flow("tls", ("192.0.2.10", 5061), ("198.51.100.7", 40_001), "t1")
WSS = Flow("wss", ("192.0.2.10", 443), ("198.51.100.7", 40_002), "w1")
CONTACT = "<sip:13800138000@198.51.100.7:5070>\r\nC"


def sips(data: bytes = INVITE) -> bytes:
    return change(data, " sip:4008@", " sips:4008@") if b"INVITE" in data else data.replace(b" sip:", b" sips:", 1)


def rings(data: bytes, flow: Flow) -> Response:
    """Our 180 to this INVITE."""
    one = endpoint()
    (received,) = [effect for effect in one.receive(data, flow, NOW) if isinstance(effect, InviteReceived)]
    (reply,) = replies(one.ring(received.key, NOW))
    return reply


@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
@pytest.mark.parametrize("data", [INVITE, OPTIONS, REGISTER])
def test_what_does_not_come_by_tls_is_refused(transport: str, data: bytes) -> None:
    effects = endpoint().receive(sips(data), Flow(transport, UDP.local, UDP.remote), NOW)
    (reply,) = replies(effects)
    assert (reply.code, reply.get("Warning")) == (480, '380 yingda "SIPS Not Allowed"')
    told = [(one.code, one.reason) for one in effects if isinstance(one, InviteRefused)]
    assert told == ([(480, "SIPS Not Allowed")] if data is INVITE else [])


@pytest.mark.parametrize(
    ("data", "flow", "contact"),
    [
        (sips(), TLS, "<sips:4008@192.0.2.10:5061>"),
        (sips(), WSS, "<sips:4008@192.0.2.10:443;transport=ws>"),
        (change(INVITE, CONTACT, "<sips:13800138000@198.51.100.7>\r\nC"), TLS, "<sips:4008@192.0.2.10:5061>"),
        (
            change(INVITE, "Contact:", "Record-Route: <sips:p.example;lr>\r\nContact:"),
            TLS,
            "<sips:4008@192.0.2.10:5061>",
        ),
        (
            change(sips(INVITE), "Contact:", "Record-Route: <sip:p.example;lr>\r\nContact:"),
            TLS,
            "<sips:4008@192.0.2.10:5061>",
        ),
        (INVITE, TLS, "<sip:4008@192.0.2.10:5061;transport=tls>"),
        (INVITE, UDP, "<sip:4008@192.0.2.10:5060>"),
    ],
)
def test_our_contact_is_one_where_theirs_or_the_request_is(data: bytes, flow: Flow, contact: str) -> None:
    assert rings(data, flow).get("Contact") == contact


@pytest.mark.parametrize(
    ("uri", "routes", "contact"),
    [
        ("sips:1001@198.51.100.7", (), "<sips:13800138000@192.0.2.10:5061>"),
        ("sip:1001@198.51.100.7", ("<sips:198.51.100.7;lr>",), "<sips:13800138000@192.0.2.10:5061>"),
        ("sip:1001@198.51.100.7", (), "<sip:13800138000@192.0.2.10:5061;transport=tls>"),
    ],
)
def test_so_it_is_in_calls_that_we_make(uri: str, routes: tuple[str, ...], contact: str) -> None:
    _, effects = endpoint().invite(Target(uri, TLS, routes), caller=CALLER, sdp=SDP, now=NOW)
    (invite,) = requests(effects)
    assert invite.get("Contact") == contact


def test_so_it_stays_inside_the_call() -> None:
    one = endpoint()
    data = change(sips(), CONTACT, "<sips:13800138000@198.51.100.7>\r\nC")
    (received,) = [effect for effect in one.receive(data, TLS, NOW) if isinstance(effect, InviteReceived)]
    (ok,) = replies(one.answer(received.key, SDP, NOW))
    ack = change(data, "INVITE", "ACK").split(b"Content-Type")[0].replace(b"-one", b"-ack") + b"\r\n"
    one.receive(ack.replace(b"To: <sip:4008@192.0.2.10>", f"To: {ok.get('To')}".encode()), TLS, NOW)
    (reinvite,) = requests(one.reinvite(received.key, SDP, NOW))
    assert reinvite.get("Contact").startswith("<sips:") and reinvite.uri == "sips:13800138000@198.51.100.7"


@pytest.mark.parametrize(
    ("uri", "path", "code"),
    [
        ("sips", "", 200),
        ("sips", "<sips:edge.example;lr>", 200),
        ("sips", "<sip:edge.example;lr>", 400),
        ("sip", "", 400),
    ],
)
def test_a_sips_contact_is_registered_by_sips_throughout(uri: str, path: str, code: int) -> None:
    data = change(REGISTER, "<sip:1001@198.51.100.7:5070>", "<sips:1001@198.51.100.7:5070>")
    data = change(data, "REGISTER sip:", f"REGISTER {uri}:")
    data = change(data, "Max-Forwards", f"Path: {path}\r\nMax-Forwards") if path else data
    one: Endpoint = endpoint()
    (reply,) = replies(registered(one, data, TLS))
    assert reply.code == code and len(one.bindings("1001")) == (code == 200)
    if code == 200:
        _, effects = one.invite(one.bindings("1001")[0], caller=CALLER, sdp=SDP, now=NOW)
        (invite,) = requests(effects)
        assert invite.uri.startswith("sips:") and invite.get("Contact").startswith("<sips:")
        assert [effect.flow for effect in effects if isinstance(effect, Send)] == [TLS]


def test_how_a_contact_is_written() -> None:
    assert contact_uri("a", TLS, "edge.example:5061", secure=True) == "sips:a@edge.example:5061"
    assert contact_uri("", WSS) == "sip:192.0.2.10:443;transport=wss"
