"""Bodies of INVITEs: of several parts, of no use to us, too long; how long an INVITE is good (RFC 5621, RFC 3261)."""

from __future__ import annotations

import pytest

from tests.sip.test_endpoint import NOW, UDP, change, endpoint, replies
from tests.sip.wire import INVITE, wire
from tests.sip.world import SDP
from yingda.kernel.clock import SECOND
from yingda.sip import bodies
from yingda.sip.events import Cancelled, InviteReceived
from yingda.sip.transports.framing import FramingError, StreamFramer

ISUP = b"Content-Type: application/isup;version=itu-t92+\r\n\r\n\x01\x00\r\n\x60"
DESCRIPTION = b"Content-Type: application/sdp\r\n\r\n" + SDP.encode()


def parts(*content: bytes, mark: bytes = b"=-x") -> bytes:
    return b"".join(b"--" + mark + b"\r\n" + one + b"\r\n" for one in content) + b"--" + mark + b"--\r\n"


def invite(kind: str, body: bytes, *headers: str) -> bytes:
    head = INVITE.split(b"Content-Type")[0].decode() + "".join(f"{line}\r\n" for line in headers)
    return f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ('multipart/mixed;boundary="=-x"', parts(DESCRIPTION, ISUP)),
        ("multipart/mixed; boundary==-x", parts(ISUP, DESCRIPTION)),
        (
            "multipart/mixed;boundary=out",
            parts(b"Content-Type: multipart/alternative;boundary==-x\r\n\r\n" + parts(ISUP, DESCRIPTION), mark=b"out"),
        ),
    ],
    ids=["quoted", "bare", "nested"],
)
def test_a_description_among_other_parts_is_read(kind: str, body: bytes) -> None:
    ua = endpoint()
    (received,) = [e for e in ua.receive(invite(kind, body), UDP, NOW) if isinstance(e, InviteReceived)]
    assert received.sdp == SDP


@pytest.mark.parametrize(
    ("kind", "body", "headers", "code"),
    [
        ("multipart/mixed;boundary==-x", parts(ISUP), (), 415),
        ("multipart/mixed", parts(DESCRIPTION), (), 415),
        ("application/isup", b"\x01", (), 415),
        ("application/isup", b"\x01", ("Content-Disposition: signal;handling=required",), 415),
        ("application/isup", b"\x01", ("Content-Disposition: signal; handling=optional",), 100),
    ],
)
def test_what_holds_no_description_is_refused_unless_it_may_be_passed_over(
    kind: str, body: bytes, headers: tuple[str, ...], code: int
) -> None:
    reply = replies(endpoint().receive(invite(kind, body, *headers), UDP, NOW))[0]
    assert reply.code == code
    if code == 415:
        assert reply.all("Accept") == ["application/sdp", "multipart/mixed"]


def test_a_body_that_nests_without_end_is_given_up() -> None:
    body, found = DESCRIPTION, []
    for mark in "abcd":
        body = parts(body, mark=mark.encode())
        found.append(bodies.part(f"multipart/mixed;boundary={mark}", body, "application/sdp"))
        body = f"Content-Type: multipart/mixed;boundary={mark}\r\n\r\n".encode() + body
    assert found == [SDP.encode()] * bodies.DEPTH + [None]


def test_a_request_that_says_when_it_was_sent_is_told_so() -> None:
    data = change(INVITE, "Max-Forwards", "Timestamp: 54.21\r\nMax-Forwards")
    assert [reply.get("Timestamp") for reply in replies(endpoint().receive(data, UDP, NOW))] == ["54.21"]


def test_an_invite_ends_when_it_is_not_good_any_more() -> None:
    ua = endpoint()
    effects = ua.receive(change(INVITE, "Max-Forwards", "Expires: 20\r\nMax-Forwards"), UDP, NOW)
    (received,) = [effect for effect in effects if isinstance(effect, InviteReceived)]
    ua.ring(received.key, NOW)
    assert ua.handle_timer(NOW + 19 * SECOND) == []
    over = ua.handle_timer(NOW + 20 * SECOND)
    assert [reply.code for reply in replies(over)] == [487] and over[-1] == Cancelled(
        received.key, "The INVITE expired"
    )
    assert not ua.live()["calls"]


def test_an_answered_invite_does_not_expire() -> None:
    ua = endpoint()
    effects = ua.receive(change(INVITE, "Max-Forwards", "Expires: 20\r\nMax-Forwards"), UDP, NOW)
    (received,) = [effect for effect in effects if isinstance(effect, InviteReceived)]
    ua.answer(received.key, SDP, NOW)
    ua.handle_timer(NOW + 20 * SECOND)
    assert ua.live()["calls"] == 1


LONG = wire(
    """
OPTIONS sip:192.0.2.10 SIP/2.0
Via: SIP/2.0/TCP 198.51.100.7:5070;branch=z9hG4bK-long
From: <sip:1001@192.0.2.10>;tag=o1
To: <sip:1001@192.0.2.10>
Call-ID: long
CSeq: 1 OPTIONS
Content-Length: 70000
"""
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (LONG, 513),
        (LONG.replace(b"Content-Length: 70000", b"Content-Type: text/plain"), 400),
        (LONG.replace(b"Content-Length: 70000", b"c: text/plain"), 400),
    ],
    ids=["too long", "without a length", "compact"],
)
def test_a_stream_that_loses_its_bounds_is_told_why(data: bytes, code: int) -> None:
    with pytest.raises(FramingError) as lost:
        StreamFramer().feed(data)
    assert [reply.code for reply in replies(endpoint().receive(lost.value.head, UDP, NOW))] == [code]


def test_without_a_body_a_length_may_be_missing() -> None:
    data = LONG.replace(b"Content-Length: 70000\r\n", b"")
    assert StreamFramer().feed(data + data) == [data, data]
