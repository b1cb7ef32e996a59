"""Reading what arrives, building what goes out; `sipmessage` is the strict judge of what we build."""

from __future__ import annotations

import pytest
import sipmessage

from tests.sip.wire import (
    BARE_LF,
    COMPACT_FOLDED,
    GOOD,
    INVITE,
    LEADING,
    LOWER,
    MALFORMED,
    NO_LENGTH,
    NOT_UTF8,
    RINGING,
    Malformed,
)
from yingda.sip import grammar, message
from yingda.sip.message import MalformedMessage, Request, Response


def request(data: bytes) -> Request:
    read = message.parse(data)
    assert isinstance(read, Request)
    return read


def test_everything_of_an_invite_is_read() -> None:
    invite = request(INVITE)
    assert (invite.method, invite.uri, invite.cseq) == ("INVITE", "sip:4008@192.0.2.10", (314159, "INVITE"))
    assert (invite.call_id, invite.from_tag, invite.to_tag) == ("a84b4c76e66710@198.51.100.7", "1928", "")
    assert (invite.via.branch, invite.via.host, invite.via.port) == ("z9hG4bK-one", "198.51.100.7", 5070)
    caller = invite.address("From")
    assert caller is not None and (caller.name, caller.uri) == ('Bob "B" <x>', "sip:13800138000@198.51.100.7")
    assert invite.number("Max-Forwards") == 70 and invite.sdp == "v=0\r\n"


def test_compact_odd_cased_and_folded_headers() -> None:
    invite = request(COMPACT_FOLDED)
    assert (invite.via.transport, invite.via.port, invite.via.branch) == ("UDP", 5070, "z9hG4bK-two")
    assert "rport" in invite.via.parameters and invite.from_tag == "1928"
    assert invite.number("Max-Forwards") == 70 and invite.cseq == (1, "INVITE")
    assert invite.all("Contact") == ["*"] and invite.address("Contact") is None


@pytest.mark.parametrize("data", [LEADING, NO_LENGTH, INVITE + b"beyond"])
def test_the_same_message_in_other_clothes(data: bytes) -> None:
    read = request(data)
    assert read.from_tag == "1928" and read.body.startswith(b"v=0")


def test_octets_beyond_content_length_are_dropped() -> None:
    assert request(INVITE + b"beyond").body == b"v=0\r\n"


def test_bare_line_feeds() -> None:
    read = request(BARE_LF)
    assert (read.from_tag, read.body) == ("1928", b"v=0\n")


def test_bytes_that_are_not_utf8_go_back_unchanged() -> None:
    read = request(NOT_UTF8)
    assert b"\xd5\xc5\xc8\xfd" in message.response_to(read, 180).to_bytes()
    caller = read.address("From")
    assert caller is not None and grammar.readable(caller.name).isprintable()
    grammar.readable(caller.name).encode()


def test_methods_are_case_sensitive() -> None:
    assert request(LOWER).method == "invite"


def test_vias_on_one_line_are_taken_apart() -> None:
    read = message.parse(RINGING)
    assert isinstance(read, Response) and (read.code, read.reason) == (180, "Ringing")
    assert [grammar.parse_via(value).host for value in read.all("Via")] == ["192.0.2.10", "proxy.example.com"]


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_twins(name: str) -> None:
    twin: Malformed = MALFORMED[name]
    with pytest.raises(MalformedMessage) as caught:
        message.parse(twin.data)
    assert caught.value.code == twin.code
    assert (caught.value.request is not None) == twin.answered


@pytest.mark.parametrize("name", GOOD)
def test_reading_what_was_built_changes_nothing(name: str) -> None:
    once = message.parse(GOOD[name])
    again = message.parse(once.to_bytes())
    assert again.headers == once.headers and again.body == once.body


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("ringing", "not_utf8")])
def test_replies_are_strictly_well_formed(name: str) -> None:
    reply = message.response_to(request(GOOD[name]), 200, to_tag="ours", headers={"Contact": ["<sip:a@b>"]})
    judged = sipmessage.Message.parse(reply.to_bytes())
    assert isinstance(judged, sipmessage.Response)
    assert judged.code == 200 and judged.to_address.parameters["tag"] == "ours"
    assert judged.cseq.method == reply.cseq[1] and judged.via and judged.from_address


def test_headers_cannot_be_forged_through_values() -> None:
    reply = message.response_to(request(INVITE), 200, "OK\r\nEvil: 1", headers={"Reason": ["x\r\nEvil: 2"]})
    again = message.parse(reply.to_bytes())
    assert "Evil" not in again.headers
    assert "\n" not in str(grammar.NameAddress("sip:a@b", "x\r\nEvil: 3"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<sip:a@b>;tag=1", ("", "sip:a@b", {"tag": "1"})),
        ("sip:a@b;tag=1", ("", "sip:a@b", {"tag": "1"})),
        ("A B <sip:a@b;user=phone>", ("A B", "sip:a@b;user=phone", {})),
        ('"a, <b>\\"" <sip:a@b>', ('a, <b>"', "sip:a@b", {})),
        ("<tel:+8613800138000>", ("", "tel:+8613800138000", {})),
    ],
)
def test_addresses(value: str, expected: tuple[str, str, dict[str, str]]) -> None:
    read = grammar.parse_address(value)
    assert (read.name, read.uri, read.parameters) == expected


@pytest.mark.parametrize("value", ["", "<>", "<sip:a@b", '"no end <sip:a@b>'])
def test_addresses_that_cannot_be_read(value: str) -> None:
    with pytest.raises(ValueError, match=r"address|bracket|name"):
        grammar.parse_address(value)


@pytest.mark.parametrize(
    ("uri", "user", "host"),
    [
        ("sip:1001@pbx1", "1001", "pbx1"),
        ("sip:1001@my_host:5060;ob", "1001", "my_host"),
        ("sips:%E5%BC%A0@[2001:db8::1]:5061", "张", "[2001:db8::1]"),
        ("sip:x@df7jal23ls0d.invalid;transport=ws", "x", "df7jal23ls0d.invalid"),
        ("sip:4008;phone-context=+86@h.cn", "4008", "h.cn"),
        ("sip:a@b;self=1", "a", "b"),
        ("sip:+86-400-800(1000)@h.cn;user=phone", "+864008001000", "h.cn"),
        ("sip:a.b-c@h.cn", "a.b-c", "h.cn"),
    ],
)
def test_uris(uri: str, user: str, host: str) -> None:
    assert grammar.user_of(uri) == user and grammar.parse_uri(uri).host == host
