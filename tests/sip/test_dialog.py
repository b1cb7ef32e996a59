"""Dialogs as a hand-made far end sees them: routes, forks, credentials, INFO (RFC 3261 sections 12, 13.2, 22)."""

from __future__ import annotations

import pytest
import sipmessage

from tests.sip.world import CALLER, SDP
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ClientCredentials, DigestServer, Verdict, ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import (
    Answered,
    DigitsByInfo,
    Effect,
    Ended,
    Event,
    InviteReceived,
    Progress,
    Rejected,
    RequestFacts,
    Send,
    Target,
    Trunk,
)
from yingda.sip.flow import Flow
from yingda.sip.grammar import NameAddress
from yingda.sip.message import Headers, Request, Response, response_to

HERE, THERE = ("192.0.2.1", 5060), ("198.51.100.2", 5060)
FLOW = Flow("udp", HERE, THERE)
NOW = 1_000 * SECOND


def everybody(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("t")


def endpoint(credentials: ClientCredentials | None = None) -> Endpoint:
    config = EndpointConfig(authorise=everybody, credentials=lambda name: credentials if name == "carrier" else None)
    return Endpoint(config, seeded_ids(1), b"s")


def sends(effects: list[Effect]) -> list[tuple[Request | Response, Flow]]:
    """What goes out, each judged by the strict parser too."""
    out = []
    for effect in effects:
        if isinstance(effect, Send):
            sipmessage.Message.parse(effect.data)
            out.append((message.parse(effect.data), effect.flow))
    return out


def requests(effects: list[Effect]) -> list[Request]:
    return [one for one, _ in sends(effects) if isinstance(one, Request)]


def events(effects: list[Effect]) -> list[Event]:
    return [effect for effect in effects if not isinstance(effect, Send)]


def calling(ua: Endpoint, credentials: str = "", routes: tuple[str, ...] = ()) -> tuple[str, Request]:
    target = Target("sip:4008@198.51.100.2", FLOW, routes)
    key, effects = ua.invite(target, caller=CALLER, sdp=SDP, now=NOW, credentials=credentials)
    (invite,) = requests(effects)
    return key, invite


def reply(request: Request, code: int, tag: str = "far", **headers: str) -> bytes:
    named = {name.replace("_", "-").title(): [value] for name, value in headers.items()}
    return response_to(request, code, to_tag=tag, headers=named).to_bytes()


def incoming(ua: Endpoint, extra: Headers | None = None, flow: Flow = FLOW, via: str = "198.51.100.2") -> str:
    headers: Headers = {
        "Via": [f"SIP/2.0/UDP {via};branch=z9hG4bKin;rport"],
        "From": ["<sip:1@far>;tag=far"],
        "To": ["<sip:4008@us>"],
        "Call-ID": ["in"],
        "CSeq": ["7 INVITE"],
        "Contact": ["<sip:1@198.51.100.99:5080>"],
    }
    effects = ua.receive(Request("INVITE", "sip:4008@us", headers | (extra or {})).to_bytes(), flow, NOW)
    (event,) = events(effects)
    assert isinstance(event, InviteReceived)
    return event.key


def inside(method: str, number: int, our_tag: str, body: bytes = b"", kind: str = "") -> bytes:
    headers: Headers = {
        "Via": [f"SIP/2.0/UDP 198.51.100.2;branch=z9hG4bK{number}{method};rport"],
        "From": ["<sip:1@far>;tag=far"],
        "To": [f"<sip:4008@us>;tag={our_tag}"],
        "Call-ID": ["in"],
        "CSeq": [f"{number} {method}"],
    }
    if kind:
        headers["Content-Type"] = [kind]
    return Request(method, "sip:4008@us", headers, body).to_bytes()


def established(
    ua: Endpoint, extra: Headers | None = None, flow: Flow = FLOW, via: str = "198.51.100.2"
) -> tuple[str, str]:
    """(key, our tag) of an incoming call that is answered and acknowledged."""
    key = incoming(ua, extra, flow, via)
    (answer,) = [one for one, _ in sends(ua.answer(key, SDP, NOW))]
    ua.receive(inside("ACK", 7, answer.to_tag), flow, NOW)
    return key, answer.to_tag


# ---- routes and targets ----------------------------------------------------------------------------------------------


def test_route_set_of_the_caller_is_the_record_route_reversed() -> None:
    ua = endpoint()
    key, invite = calling(ua)
    two = "<sip:p1.example;lr>, <sip:203.0.113.1;lr>"
    effects = ua.receive(reply(invite, 200, contact="<sip:far@10.0.0.1>", record_route=two), FLOW, NOW)
    ((ack, flow),) = sends(effects)
    assert isinstance(ack, Request) and (ack.method, ack.uri) == ("ACK", "sip:far@10.0.0.1")
    assert ack.all("Route") == ["<sip:203.0.113.1;lr>", "<sip:p1.example;lr>"]
    assert flow.remote == ("203.0.113.1", 5060)
    (bye,) = requests(ua.bye(key, NOW))
    assert bye.all("Route") == ack.all("Route") and bye.cseq == (2, "BYE") and bye.to_tag == "far"


def test_route_set_of_the_called_is_the_record_route_in_order() -> None:
    ua = endpoint()
    key, _ = established(ua, {"Record-Route": ["<sip:203.0.113.1;lr>", "<sip:p2.example;lr>"]})
    ((bye, flow),) = sends(ua.bye(key, NOW))
    assert isinstance(bye, Request) and bye.uri == "sip:1@198.51.100.99:5080"
    assert bye.all("Route") == ["<sip:203.0.113.1;lr>", "<sip:p2.example;lr>"]
    assert flow.remote == ("203.0.113.1", 5060)


@pytest.mark.parametrize("broken", ["<sip:203.0.113.1;lr", '"open <sip:203.0.113.1;lr>'])
def test_a_route_that_nobody_can_read_is_passed_over(broken: str) -> None:
    """Found by fuzzing: else the BYE that a timer sends could not be written."""
    ua = endpoint()
    key, _ = established(ua, {"Record-Route": [broken, "<sip:203.0.113.1;lr>"]})
    ((bye, flow),) = sends(ua.bye(key, NOW))
    assert isinstance(bye, Request) and bye.all("Route") == ["<sip:203.0.113.1;lr>"]
    assert flow.remote == ("203.0.113.1", 5060)


def test_a_strict_router_gets_the_request_uri() -> None:
    ua = endpoint()
    key, _ = established(ua, {"Record-Route": ["<sip:203.0.113.1>", "<sip:203.0.113.2;lr>"]})
    (bye,) = requests(ua.bye(key, NOW))
    assert bye.uri == "sip:203.0.113.1"
    assert bye.all("Route") == ["<sip:203.0.113.2;lr>", "<sip:1@198.51.100.99:5080>"]


def test_without_routes_the_contact_is_the_way_unless_nat_is_seen() -> None:
    ua = endpoint()
    key, _ = established(ua)
    ((_, flow),) = sends(ua.bye(key, NOW))
    assert flow.remote == ("198.51.100.99", 5080)
    behind = endpoint()
    key, _ = established(behind, {"Contact": ["<sip:1@10.0.0.5>"]}, via="10.0.0.5")
    ((bye, flow),) = sends(behind.bye(key, NOW))
    assert flow == FLOW and isinstance(bye, Request) and bye.uri == "sip:1@10.0.0.5"


def test_reinvite_refreshes_the_target() -> None:
    ua = endpoint()
    key, tag = established(ua)
    moved = message.parse(inside("INVITE", 8, tag))
    moved.headers["Contact"] = ["<sip:1@198.51.100.77>"]
    ua.receive(moved.to_bytes(), FLOW, NOW)
    ua.answer(key, SDP, NOW)
    ua.receive(inside("ACK", 8, tag), FLOW, NOW)
    (bye,) = requests(ua.bye(key, NOW))
    assert bye.uri == "sip:1@198.51.100.77"


def test_an_older_request_is_out_of_order() -> None:
    ua = endpoint()
    _, tag = established(ua)
    ((answer, _),) = sends(ua.receive(inside("INFO", 6, tag), FLOW, NOW))
    assert isinstance(answer, Response) and answer.code == 500


# ---- forks -----------------------------------------------------------------------------------------------------------


def test_forked_call_keeps_the_first_answer_and_ends_the_other() -> None:
    ua = endpoint()
    key, invite = calling(ua)
    for tag in ("one", "two"):
        (event,) = events(ua.receive(reply(invite, 180, tag), FLOW, NOW))
        assert event == Progress(key, 180)
    assert ua.live()["dialogs"] == 2
    first = ua.receive(reply(invite, 200, "two", contact="<sip:b@198.51.100.2>"), FLOW, NOW)
    assert [one.method for one in requests(first)] == ["ACK"] and events(first) == [Answered(key, None)]
    other = ua.receive(reply(invite, 200, "one", contact="<sip:a@198.51.100.2>"), FLOW, NOW)
    assert [(one.method, one.to_tag, one.uri) for one in requests(other)] == [
        ("ACK", "one", "sip:a@198.51.100.2"),
        ("BYE", "one", "sip:a@198.51.100.2"),
    ]
    assert events(other) == []
    repeated = ua.receive(reply(invite, 200, "two", contact="<sip:b@198.51.100.2>"), FLOW, NOW)
    assert [(one.method, one.to_tag) for one in requests(repeated)] == [("ACK", "two")]


def test_an_answer_after_the_call_is_gone_is_ended() -> None:
    ua = endpoint()
    key, invite = calling(ua)
    ua.receive(reply(invite, 200, "one"), FLOW, NOW)
    (bye,) = requests(ua.bye(key, NOW))
    ua.receive(reply(bye, 200), FLOW, NOW)
    assert ua.live()["calls"] == 0
    late = ua.receive(reply(invite, 200, "two"), FLOW, NOW)
    assert [(one.method, one.to_tag) for one in requests(late)] == [("ACK", "two"), ("BYE", "two")]


# ---- credentials -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "asks", "answers"), [(401, "www_authenticate", "Authorization"),
                                                       (407, "proxy_authenticate", "Proxy-Authorization")])  # fmt: skip
def test_a_challenged_invite_goes_again_with_credentials(code: int, asks: str, answers: str) -> None:
    ua = endpoint(ClientCredentials("us", "pass"))
    far = DigestServer("carrier", b"far", lambda user, realm, algorithm: ha1(user, realm, "pass", algorithm), ("MD5",))
    key, invite = calling(ua, "carrier")
    challenge = far.challenges(NOW)[0]
    effects = ua.receive(reply(invite, code, **{asks: challenge}), FLOW, NOW)
    ack, again = requests(effects)
    assert ack.method == "ACK" and events(effects) == []
    assert (again.call_id, again.from_tag, again.cseq) == (invite.call_id, invite.from_tag, (2, "INVITE"))
    assert again.via.branch != invite.via.branch and again.body == invite.body
    assert far.check(again, NOW, answers).verdict is Verdict.GOOD
    answered = ua.receive(reply(again, 200), FLOW, NOW)
    assert events(answered) == [Answered(key, None)] and requests(answered)[0].cseq == (2, "ACK")


def test_wrong_or_no_credentials_end_the_call() -> None:
    for name in ("", "carrier"):
        ua = endpoint(ClientCredentials("us", "wrong"))
        key, invite = calling(ua, name)
        told: list[Event] = []
        for _ in range(5):
            effects = ua.receive(
                reply(invite, 401, www_authenticate='Digest realm="r", nonce="n", qop="auth,auth-int"'), FLOW, NOW
            )
            told += events(effects)
            invite = next((one for one in requests(effects) if one.method == "INVITE"), invite)
        assert told == [Rejected(key, 401, "Unauthorized")]
        assert invite.cseq[0] == (3 if name else 1)


def test_a_challenged_bye_goes_again() -> None:
    ua = endpoint(ClientCredentials("us", "pass"))
    key, invite = calling(ua, "carrier")
    ua.receive(reply(invite, 200), FLOW, NOW)
    (bye,) = requests(ua.bye(key, NOW))
    effects = ua.receive(reply(bye, 407, proxy_authenticate='Digest realm="r", nonce="n"'), FLOW, NOW)
    (again,) = requests(effects)
    assert again.method == "BYE" and again.cseq == (3, "BYE") and again.get("Proxy-Authorization")
    ua.receive(reply(again, 200), FLOW, NOW)
    assert ua.live()["calls"] == 0


# ---- inside a call ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "code", "digits"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", 200, ("5", 160)),
        ("application/dtmf-relay", b"Signal= #\r\n", 200, ("#", 0)),
        ("application/dtmf-relay", b"nonsense", 200, None),
        ("application/dtmf", b"12", 200, ("12", 0)),
        ("application/media_control+xml", b"<x/>", 415, None),
        ("", b"", 200, None),
    ],
)
def test_digits_by_info(kind: str, body: bytes, code: int, digits: tuple[str, int] | None) -> None:
    ua = endpoint()
    key, tag = established(ua)
    effects = ua.receive(inside("INFO", 8, tag, body, kind), FLOW, NOW)
    ((answer, _),) = sends(effects)
    assert isinstance(answer, Response) and answer.code == code
    assert events(effects) == ([DigitsByInfo(key, *digits)] if digits else [])


def test_second_offers_are_refused_while_one_is_open() -> None:
    ua = endpoint()
    key, tag = established(ua)
    ua.receive(inside("INVITE", 8, tag), FLOW, NOW)
    ((answer, _),) = sends(ua.receive(inside("INVITE", 9, tag), FLOW, NOW))
    assert isinstance(answer, Response) and answer.code == 500 and answer.number("Retry-After") is not None
    ua.answer(key, SDP, NOW)
    ((answer, _),) = sends(ua.receive(inside("INVITE", 10, tag), FLOW, NOW))
    assert isinstance(answer, Response) and answer.code == 491


def test_bye_while_a_reinvite_waits_answers_both() -> None:
    ua = endpoint()
    key, tag = established(ua)
    ua.receive(inside("INVITE", 8, tag), FLOW, NOW)
    effects = ua.receive(inside("BYE", 9, tag), FLOW, NOW)
    assert [(one.code, one.cseq[1]) for one, _ in sends(effects) if isinstance(one, Response)] == [
        (200, "BYE"),
        (487, "INVITE"),
    ]
    assert events(effects) == [Ended(key, "remote", "")]


@pytest.mark.parametrize("code", [408, 481])
def test_a_reinvite_into_nothing_ends_the_call(code: int) -> None:
    ua = endpoint()
    key, _ = established(ua)
    (invite,) = requests(ua.reinvite(key, SDP, NOW))
    effects = ua.receive(reply(invite, code), FLOW, NOW)
    assert events(effects) == [Ended(key, "system", f"{code} to a re-INVITE")]
    assert [one.method for one in requests(effects)] == ["ACK", "BYE"]


def test_a_request_over_a_new_connection_moves_the_call_there() -> None:
    old, new = (Flow("ws", HERE, ("198.51.100.2", 4000 + n), f"w{n}") for n in (1, 2))
    ua = endpoint()
    key, tag = established(ua, flow=old)
    ua.flow_lost(old, NOW)
    ua.receive(inside("INFO", 8, tag), new, NOW + SECOND)
    assert ua.handle_timer(NOW + 40 * SECOND) == []
    ((_, flow),) = sends(ua.bye(key, NOW + 40 * SECOND))
    assert flow == new


def test_headers_of_the_caller_cannot_be_forged() -> None:
    ua = endpoint()
    good, bad = "sip:4008@198.51.100.2", "sip:4008@198.51.100.2;x=\r\nEvil: 1"
    for uri, caller in (
        (bad, CALLER),
        ("no address", CALLER),
        (good + "\n", CALLER),
        (good, NameAddress(bad)),
        (good, NameAddress("<x>")),
    ):
        with pytest.raises(YingdaError) as caught:
            ua.invite(Target(uri, FLOW), caller=caller, sdp=SDP, now=NOW)
        assert caught.value.code == "sip_bad_address"
    assert not any(ua.live().values())
    named = NameAddress("sip:1@h", "x\r\nEvil: 3")
    _, effects = ua.invite(Target(good, FLOW), caller=named, sdp=SDP, now=NOW, headers={"X-Data": "a\r\nEvil: 2"})
    (sent,) = [effect for effect in effects if isinstance(effect, Send)]
    assert b"\nEvil" not in sent.data
