"""Lamps and mailboxes (SUBSCRIBE, NOTIFY), texts (MESSAGE), transfers that a phone asks for (REFER), diverted calls."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tests.sip.test_calls import established
from tests.sip.test_endpoint import NOW, UDP, endpoint, replies, with_credentials
from tests.sip.wire import INVITE, OPTIONS
from tests.sip.world import SDP, World
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import Effect, InviteReceived, Referred, Send, TextReceived
from yingda.sip.message import Request, Response
from yingda.sip.subscriptions import Lamp

INFO = "{urn:ietf:params:xml:ns:dialog-info}"
REFER = "REFER sip:b@192.0.2.2 SIP/2.0"


def as_1001(method: str, number: int, extra: str = "", to_tag: str = "", body: str = "") -> bytes:
    """A request of extension 1001 about 8001."""
    tag = f";tag={to_tag}" if to_tag else ""
    return (
        f"{method} sip:8001@192.0.2.10 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK{method}{number};rport\r\n"
        f"From: <sip:1001@192.0.2.10>;tag=w\r\nTo: <sip:8001@192.0.2.10>{tag}\r\nCall-ID: watch\r\n"
        f"CSeq: {number} {method}\r\nContact: <sip:1001@198.51.100.7:5070>\r\nMax-Forwards: 70\r\n{extra}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def proved(one: Endpoint, data: bytes, now: int = NOW) -> list[Effect]:
    """Sent, challenged, sent again with credentials."""
    (challenge,) = replies(one.receive(data, UDP, now))
    assert challenge.code == 401
    return one.receive(with_credentials(data, challenge, "1001", "secret"), UDP, now)


def requests(effects: list[Effect]) -> list[Request]:
    read = [message.parse(effect.data) for effect in effects if isinstance(effect, Send)]
    return [one for one in read if isinstance(one, Request)]


def subscribed(package: str = "dialog", expires: int = 600) -> tuple[Endpoint, Response, Request]:
    one = endpoint()
    effects = proved(one, as_1001("SUBSCRIBE", 1, f"Event: {package}\r\nExpires: {expires}\r\n"))
    (ok,), (notify,) = replies(effects), requests(effects)
    assert (ok.code, ok.number("Expires")) == (200, expires)
    return one, ok, notify


def states(notify: Request) -> list[tuple[str | None, str | None]]:
    root = ElementTree.fromstring(notify.body)
    return [(dialog.get("id"), dialog.findtext(f"{INFO}state")) for dialog in root.iter(f"{INFO}dialog")]


def agree(one: Endpoint, notify: Request, code: int = 200, now: int = NOW) -> None:
    one.receive(message.response_to(notify, code).to_bytes(), UDP, now)


def test_a_lamp_follows_the_calls_of_a_device() -> None:
    one, ok, first = subscribed()
    assert states(first) == [] and first.get("Subscription-State") == "active;expires=600"
    assert (first.to_tag, first.from_tag) == ("w", ok.to_tag)
    agree(one, first)
    versions = [ElementTree.fromstring(first.body).get("version")]
    for lamps in ([Lamp("c1", "early", "recipient")], [Lamp("c1", "confirmed", "recipient")], []):
        (notify,) = requests(one.show_lamps("8001", lamps, NOW))
        assert states(notify) == [(call, state) for call, state, *_ in lamps]
        versions.append(ElementTree.fromstring(notify.body).get("version"))
        agree(one, notify)
    assert versions == ["0", "1", "2", "3"]
    assert one.show_lamps("8002", [Lamp("c2", "early", "recipient")], NOW) == []


def test_a_mailbox_tells_how_many_wait() -> None:
    one, _, first = subscribed("message-summary")
    assert b"Messages-Waiting: no" in first.body
    (notify,) = requests(one.show_messages("8001", 2, 5, NOW))
    assert b"Messages-Waiting: yes" in notify.body and b"Text-Message: 2/5" in notify.body


def test_a_subscription_is_prolonged_and_ends() -> None:
    one, ok, _ = subscribed(expires=60)
    longer = one.receive(as_1001("SUBSCRIBE", 5, "Event: dialog\r\nExpires: 900\r\n", ok.to_tag), UDP, NOW)
    assert [reply.code for reply in replies(longer)] == [200] and len(requests(longer)) == 1
    stale = one.receive(as_1001("SUBSCRIBE", 4, "Event: dialog\r\n", ok.to_tag), UDP, NOW)
    assert [reply.code for reply in replies(stale)] == [500]
    over = one.receive(as_1001("SUBSCRIBE", 6, "Event: dialog\r\nExpires: 0\r\n", ok.to_tag), UDP, NOW)
    (last,) = requests(over)
    assert last.get("Subscription-State") == "terminated;reason=timeout" and one.live()["subscriptions"] == 0


def test_time_ends_it_too() -> None:
    one, _, first = subscribed(expires=60)
    agree(one, first)
    effects = [effect for second in range(0, 70, 5) for effect in one.handle_timer(NOW + second * SECOND)]
    assert any("terminated" in notify.get("Subscription-State") for notify in requests(effects))
    assert one.live()["subscriptions"] == 0


@pytest.mark.parametrize("how", ["481", "silence"])
def test_a_watcher_that_is_gone_is_forgotten(how: str) -> None:
    one, _, first = subscribed()
    if how == "481":
        agree(one, first, 481)
    else:
        one.handle_timer(NOW + 33 * SECOND)
    assert one.live()["subscriptions"] == 0 and one.show_lamps("8001", [Lamp("c", "early", "recipient")], NOW) == []


def test_subscriptions_survive_a_restart() -> None:
    one, _, _ = subscribed()
    one.show_lamps("8001", [Lamp("c1", "early", "recipient")], NOW)
    again = Endpoint.from_state(one.to_state(), EndpointConfig(), seeded_ids(5), b"")
    (notify,) = requests(again.show_lamps("8001", [Lamp("c1", "confirmed", "recipient")], NOW))
    assert states(notify) == [("c1", "confirmed")] and again.live()["subscriptions"] == 1


@pytest.mark.parametrize(
    ("data", "code", "header"),
    [
        (as_1001("SUBSCRIBE", 1, "Event: presence\r\n"), 489, "Allow-Events"),
        (as_1001("SUBSCRIBE", 1), 489, "Allow-Events"),
        (as_1001("SUBSCRIBE", 1, "Event: refer\r\n"), 489, "Allow-Events"),
        (as_1001("SUBSCRIBE", 1, "Event: dialog\r\n", to_tag="gone"), 481, ""),
        (as_1001("MESSAGE", 1, "Content-Type: text/html\r\n", body="<b>"), 415, "Accept"),
        (as_1001("REFER", 1, "Refer-To: <sip:1@x>\r\n"), 403, "Warning"),
    ],
)
def test_refusals(data: bytes, code: int, header: str) -> None:
    (reply,) = replies(endpoint().receive(data, UDP, NOW))
    assert reply.code == code and (not header or reply.get(header))


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", b"hello", "hello"),
        ("text/plain;charset=UTF-8", "你好".encode(), "你好"),
        ('text/plain; charset="GB18030"', "你好".encode("gb18030"), "你好"),
        ("text/plain;charset=nobody-knows", b"\xff!", "\ufffd!"),
    ],
)
def test_a_text_of_a_device_is_told_and_answered_when_somebody_has_it(kind: str, body: bytes, text: str) -> None:
    data = as_1001("MESSAGE", 1, f"Content-Type: {kind}\r\n", body="x" * len(body)).replace(b"x" * len(body), body)
    one = endpoint()
    effects = proved(one, data)
    assert replies(effects) == []
    (told,) = [effect for effect in effects if isinstance(effect, TextReceived)]
    (reply,) = replies(one.answer_text(told.ticket, 202, NOW))
    assert reply.code == 202 and one.answer_text(told.ticket, 200, NOW) == []
    assert (told.text, told.username, told.trunk, told.key) == (text, "1001", None, "")
    assert told.facts.called_number == "8001"


def test_a_text_that_nobody_answers_is_refused_when_its_sender_gives_up() -> None:
    one = endpoint()
    proved(one, as_1001("MESSAGE", 1, "Content-Type: text/plain\r\n", body="hello"))
    (reply,) = replies(one.handle_timer(NOW + 32 * SECOND))
    assert reply.code == 408
    one.handle_timer(NOW + 100 * SECOND)
    assert one.live()["transactions"] == 0


def test_an_empty_text_is_answered_and_no_more() -> None:
    effects = proved(endpoint(), as_1001("MESSAGE", 1, "Content-Type: text/plain\r\n"))
    assert [reply.code for reply in replies(effects)] == [200] and len(effects) == 1


def test_a_text_inside_a_call_names_the_call() -> None:
    world, key, effects = referring("", {"CSeq": ["9 MESSAGE"]}, method="MESSAGE", body=b"one moment")
    (told,) = [effect for effect in effects if isinstance(effect, TextReceived)]
    assert (told.key, told.text) == (key, "one moment") and world.b.endpoint.live()["calls"] == 1


# ---- REFER -----------------------------------------------------------------------------------------------------------


def referring(
    to: str,
    more: dict[str, list[str]] | None = None,
    running: tuple[World, str, str] | None = None,
    *,
    method: str = "REFER",
    body: bytes = b"",
) -> tuple[World, str, list[Effect]]:
    """The caller of an established call sends REFER."""
    world, _, other = running or established()
    invite = next(read for data in world.kept if isinstance(read := message.parse(data), Request))
    ok = next(read for data in world.kept if b" 200 " in data[:12] and (read := message.parse(data)))
    headers = {name: invite.headers[name] for name in ("From", "Call-ID", "Contact", "Max-Forwards")}
    headers |= {"Via": ["SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKrefer;rport"], "To": ok.headers["To"]}
    headers |= {"CSeq": ["9 REFER"]} | ({"Refer-To": [to]} if to else {}) | (more or {})
    data = Request(method, invite.uri, headers, body).to_bytes()
    return world, other, world.b.endpoint.receive(data, world.b.flow, world.now)


def test_a_blind_transfer_is_told_and_followed_by_notify() -> None:
    world, key, effects = referring("<sip:8002@192.0.2.2>")
    assert effects == [Referred(key, "sip:8002@192.0.2.2")]
    accepted = world.b.endpoint.accept_refer(key, world.now)
    assert [reply.code for reply in replies(accepted)] == [202]
    (trying,) = requests(accepted)
    assert (trying.body, trying.get("Event")) == (b"SIP/2.0 100 Trying\r\n", "refer;id=9")
    (done,) = requests(world.b.endpoint.refer_result(key, 200, world.now))
    assert done.body == b"SIP/2.0 200 OK\r\n" and done.get("Subscription-State") == "terminated;reason=noresource"
    assert done.cseq[0] == trying.cseq[0] + 1


def test_an_attended_transfer_names_the_call_to_replace() -> None:
    _, key, effects = referring("<sip:8002@192.0.2.2?Replaces=abc%40x%3Bto-tag%3D1%3Bfrom-tag%3D2>")
    assert effects == [Referred(key, "sip:8002@192.0.2.2", "abc@x;to-tag=1;from-tag=2")]


def test_a_transfer_to_a_forbidden_place_is_refused_with_its_cause() -> None:
    world, key, _ = referring("<sip:00900123@192.0.2.2>")
    headers = {"Warning": ['399 test "not allowed"']}
    (reply,) = replies(world.b.endpoint.reject_refer(key, 403, world.now, headers))
    assert (reply.code, reply.get("Warning")) == (403, '399 test "not allowed"')
    assert world.b.endpoint.live()["calls"] == 1


@pytest.mark.parametrize("to", ["", "<sip:1@a>, <sip:2@b>"])
def test_a_transfer_to_nobody_or_two_is_malformed(to: str) -> None:
    _, _, effects = referring(to)
    assert [reply.code for reply in replies(effects)] == [400]


# ---- diverted calls --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "original"),
    [
        ("Diversion: <sip:4002@a>;reason=no-answer, <sip:4001@a>;reason=unconditional", "4001"),
        ("History-Info: <sip:4001@a?Reason=SIP%3Bcause%3D302>;index=1, <sip:4008@a>;index=1.1", "4001"),
        ("Diversion: tel:+8610123", "+8610123"),
        ('Diversion: "broken', ""),
        ("Subject: none", ""),
    ],
)
def test_the_number_first_dialled_is_read(headers: str, original: str) -> None:
    data = INVITE.replace(b"Max-Forwards", headers.encode() + b"\r\nMax-Forwards")
    received = next(e for e in endpoint().receive(data, UDP, NOW) if isinstance(e, InviteReceived))
    assert received.facts.original == original and received.sdp is not None and SDP


def test_options_lists_what_we_can() -> None:
    (reply,) = replies(endpoint().receive(OPTIONS, UDP, NOW))
    assert {"UPDATE", "PRACK", "REFER", "SUBSCRIBE", "MESSAGE"} <= set(reply.all("Allow"))
