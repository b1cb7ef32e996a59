"""What the endpoint answers by itself: refusals, challenges, keep-alives, OPTIONS, REGISTER, retransmissions."""

from __future__ import annotations

import json

import pytest

from tests.sip.wire import GOOD, INVITE, MALFORMED, OPTIONS, REGISTER
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ClientCredentials, authorization, ha1, parse_digest
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import (
    Challenge,
    Effect,
    Event,
    Expired,
    InviteReceived,
    InviteRefused,
    Refuse,
    Registered,
    RequestFacts,
    Send,
    Trunk,
    Unregistered,
)
from yingda.sip.flow import Flow
from yingda.sip.limiter import ACCOUNT_LIMIT, HOST_LIMIT
from yingda.sip.message import Request, Response

UDP = Flow("udp", ("192.0.2.10", 5060), ("198.51.100.7", 5070))
TCP = Flow("tcp", ("192.0.2.10", 5060), ("198.51.100.7", 40001), "c1")
WS = Flow("ws", ("192.0.2.10", 8089), ("198.51.100.7", 40002), "w1")
NOW = 1_000 * SECOND
GATEWAY = "198.51.100.7"


def authorise(facts: RequestFacts, flow: Flow) -> Trunk | Challenge | Refuse:
    if facts.caller_number == "0000":
        return Refuse(603, "Blocked")
    if facts.caller_number == "666":
        return Refuse(0)
    return Trunk("carrier") if facts.called_number == "4008" and flow.remote[0] == GATEWAY else Challenge()


def lookup(username: str, realm: str, algorithm: str) -> str | None:
    return ha1(username, realm, "secret", algorithm) if username in ("1001", "13800138000") else None


def endpoint() -> Endpoint:
    config = EndpointConfig(authorise=authorise, lookup=lookup, algorithms=("SHA-256", "MD5"))
    return Endpoint(config, seeded_ids(1), b"secret")


def replies(effects: list[Effect]) -> list[Response]:
    read = [message.parse(effect.data) for effect in effects if isinstance(effect, Send)]
    return [one for one in read if isinstance(one, Response)]


def events(effects: list[Effect]) -> list[Event]:
    return [effect for effect in effects if not isinstance(effect, Send)]


def only(effects: list[Effect]) -> Response:
    (reply,) = replies(effects)
    return reply


def change(data: bytes, old: str, new: str) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode())


def again(data: bytes, number: int) -> bytes:
    """The same request anew: next CSeq, another branch."""
    read = message.parse(data)
    assert isinstance(read, Request)
    read.headers["CSeq"] = [f"{read.cseq[0] + number} {read.method}"]
    first, *others = read.headers["Via"]
    read.headers["Via"] = [first.replace("branch=", f"branch=z9hG4bK{number}"), *others]
    return read.to_bytes()


def with_credentials(data: bytes, challenge: Response, username: str = "1001", password: str = "secret") -> bytes:
    read = message.parse(again(data, 1))
    assert isinstance(read, Request)
    value = authorization(
        challenge.headers["WWW-Authenticate"], ClientCredentials(username, password), read, "cnonce", 1
    )
    assert value is not None
    read.headers["Authorization"] = [value]
    return read.to_bytes()


def registered(ua: Endpoint, data: bytes = REGISTER, flow: Flow = UDP, now: int = NOW) -> list[Effect]:
    challenge = only(ua.receive(data, flow, now))
    assert challenge.code == 401
    return ua.receive(with_credentials(data, challenge), flow, now)


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_messages_get_their_answer_or_silence(name: str) -> None:
    ua, twin = endpoint(), MALFORMED[name]
    effects = ua.receive(twin.data, UDP, NOW)
    codes = [int(effect.data.split()[1]) for effect in effects if isinstance(effect, Send)]
    assert codes == ([twin.code] if twin.answered else [])
    told = [event.code for event in events(effects) if isinstance(event, InviteRefused)]
    assert told == codes and len(events(effects)) == len(told) and not any(ua.live().values())
    assert ua.counters["in", "malformed", "udp"] == 1


@pytest.mark.parametrize(
    ("data", "code", "header"),
    [
        (change(OPTIONS, "OPTIONS", "PUBLISH"), 405, "Allow"),
        (change(OPTIONS, "OPTIONS", "options"), 501, "Allow"),
        (change(INVITE, "INVITE sip:4008@192.0.2.10", "INVITE urn:service:sos"), 416, ""),
        (change(INVITE, "Max-Forwards: 70", "Max-Forwards: 0"), 483, ""),
        (change(INVITE, "Max-Forwards: 70", "Require: precondition, path"), 420, "Unsupported"),
        (change(INVITE, "application/sdp", "application/pidf+xml"), 415, "Accept"),
        (change(INVITE, "<sip:4008@192.0.2.10>", "<sip:4008@192.0.2.10>;tag=gone"), 481, ""),
        (change(OPTIONS, "OPTIONS", "BYE"), 481, ""),
        (change(OPTIONS, "OPTIONS", "CANCEL"), 481, ""),
        (change(INVITE, "sip:13800138000", "sip:0000"), 603, ""),
    ],
)
def test_refusals(data: bytes, code: int, header: str) -> None:
    ua = endpoint()
    reply = only(ua.receive(data, UDP, NOW))
    assert reply.code == code and (not header or reply.get(header))
    assert reply.to_tag
    if code == 420:
        assert reply.get("Unsupported") == "precondition"
    if code == 405:
        assert "INVITE" in reply.get("Allow")


def test_refused_in_silence() -> None:
    ua = endpoint()
    assert ua.receive(change(INVITE, "sip:13800138000", "sip:666"), UDP, NOW) == []
    assert not any(ua.live().values())


def test_the_same_call_by_two_ways_is_a_loop() -> None:
    ua = endpoint()
    ua.receive(INVITE, UDP, NOW)
    reply = only(ua.receive(change(INVITE, "z9hG4bK-one", "z9hG4bK-other"), UDP, NOW))
    assert reply.code == 482


def test_ack_to_nothing_is_passed_over() -> None:
    assert endpoint().receive(change(INVITE, "INVITE", "ACK"), UDP, NOW) == []


def test_options_tell_what_we_can() -> None:
    reply = only(endpoint().receive(OPTIONS, UDP, NOW))
    assert reply.code == 200 and reply.get("Server") == "Yingda"
    assert (
        "INVITE" in reply.get("Allow") and reply.get("Accept").startswith("application/sdp") and reply.get("Supported")
    )
    assert reply.get("Allow-Events") == "dialog, message-summary"


def test_keep_alives() -> None:
    ua = endpoint()
    assert ua.receive(b"\r\n\r\n", TCP, NOW) == [Send(b"\r\n", TCP)]
    assert ua.receive(b"\r\n", TCP, NOW) == []
    assert ua.receive(b"\r\n\r\n", UDP, NOW) == [] and ua.receive(b"\0", UDP, NOW) == []


def test_retransmissions_are_absorbed() -> None:
    ua = endpoint()
    first = ua.receive(INVITE, UDP, NOW)
    second = ua.receive(INVITE, UDP, NOW + 1)
    assert [type(event) for event in events(first)] == [InviteReceived] and events(second) == []
    assert [reply.code for reply in replies(first)] == [reply.code for reply in replies(second)] == [100]


# ---- where answers go ------------------------------------------------------------------------------------------------


def sent_to(effects: list[Effect]) -> Flow:
    (send,) = [effect for effect in effects if isinstance(effect, Send)]
    return send.flow


def test_replies_go_to_the_source_with_rport_and_to_the_named_port_without() -> None:
    moved = Flow("udp", UDP.local, ("203.0.113.9", 61000))
    effects = endpoint().receive(INVITE, moved, NOW)
    assert sent_to(effects) == moved
    via = replies(effects)[0].via
    assert (via.parameters["received"], via.parameters["rport"]) == ("203.0.113.9", "61000")
    plain = endpoint().receive(change(INVITE, ";rport", ""), moved, NOW)
    assert sent_to(plain).remote == ("203.0.113.9", 5070)
    assert replies(plain)[0].via.parameters["received"] == "203.0.113.9"
    assert sent_to(endpoint().receive(INVITE, TCP, NOW)) == TCP


# ---- digest and registration -----------------------------------------------------------------------------------------


def test_a_device_registers_with_either_algorithm() -> None:
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    offered = challenge.headers["WWW-Authenticate"]
    assert challenge.code == 401 and [("SHA-256" in one, "MD5" in one) for one in offered] == [
        (True, False),
        (False, True),
    ]
    effects = ua.receive(with_credentials(REGISTER, challenge), UDP, NOW)
    reply, (event,) = only(effects), events(effects)
    assert reply.code == 200 and reply.get("Contact") == "<sip:1001@198.51.100.7:5070>;expires=120"
    assert isinstance(event, Registered) and event.aor == "1001" and event.binding.flow == UDP
    assert ua.bindings("1001") == (event.binding,)


@pytest.mark.parametrize(
    ("agent", "flow", "algorithms"),
    [
        ("Yealink SIP-T54W", UDP, ["MD5", "SHA-256"]),
        ("Yealink SIP-T54W", TCP, ["MD5", "SHA-256"]),
        ("baresip v1.0.0 (x86_64/linux)", UDP, ["MD5"]),
        ("Somebody's own JsSIP", WS, ["MD5"]),
    ],
)
def test_both_algorithms_are_offered_but_to_phones_that_bear_one_challenge(
    agent: str, flow: Flow, algorithms: list[str]
) -> None:
    ua = Endpoint(EndpointConfig(lookup=lookup), seeded_ids(1), b"s")
    challenge = only(ua.receive(change(REGISTER, "Max-Forwards", f"User-Agent: {agent}\r\nMax-Forwards"), flow, NOW))
    offered = [parse_digest(value)["algorithm"] for value in challenge.headers["WWW-Authenticate"]]
    assert offered == algorithms
    chosen = Response(401, "", {"WWW-Authenticate": challenge.headers["WWW-Authenticate"][-1:]})
    assert only(ua.receive(with_credentials(REGISTER, chosen), flow, NOW)).code == 200


def test_an_invite_of_a_device_is_challenged_and_named() -> None:
    ua = endpoint()
    data = change(INVITE, "sip:4008@192.0.2.10 SIP", "sip:4009@192.0.2.10 SIP")
    challenge = only(ua.receive(data, UDP, NOW))
    assert challenge.code == 401
    effects = ua.receive(with_credentials(data, challenge, "13800138000"), UDP, NOW)
    (event,) = events(effects)
    assert isinstance(event, InviteReceived) and event.username == "13800138000" and event.trunk is None


def test_a_device_cannot_call_as_another() -> None:
    ua = endpoint()
    data = change(INVITE, "sip:4008@192.0.2.10 SIP", "sip:4009@192.0.2.10 SIP")
    challenge = only(ua.receive(data, UDP, NOW))
    assert only(ua.receive(with_credentials(data, challenge, "1001"), UDP, NOW)).code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: change(data, "cnonce=", "cnonse="),
        lambda data: change(data, "nc=00000001", "nc=1"),
        lambda data: change(data, 'username="1001"', 'username="1001'),
        lambda data: change(data, "qop=auth", "qop=none"),
    ],
)
def test_credentials_that_cannot_be_read(spoil: object) -> None:
    assert callable(spoil)
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    assert only(ua.receive(spoil(with_credentials(REGISTER, challenge)), UDP, NOW)).code == 400


def test_wrong_passwords_are_challenged_then_refused_for_a_while() -> None:
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    codes = []
    for number in range(ACCOUNT_LIMIT + 2):
        wrong = again(with_credentials(REGISTER, challenge, password=f"guess{number}"), 10 + number)
        codes.append(only(ua.receive(wrong, UDP, NOW)).code)
    assert codes == [401] * ACCOUNT_LIMIT + [403, 403]
    right = again(with_credentials(REGISTER, challenge), 50)
    refused = only(ua.receive(right, UDP, NOW))
    assert (refused.code, refused.get("Retry-After")) == (403, "60") and "wrong passwords" in refused.get("Warning")
    later = NOW + 61 * SECOND
    assert only(ua.receive(again(right, 1), UDP, later)).code in (200, 401)
    assert registered(ua, again(REGISTER, 90), now=later)


def test_a_host_that_guesses_many_names_meets_silence() -> None:
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    for number in range(HOST_LIMIT):
        guess = change(REGISTER, "sip:1001", f"sip:{number}")
        guess = again(with_credentials(guess, challenge, str(number), "x"), 1000 + number)
        assert only(ua.receive(guess, UDP, NOW)).code == 401
    assert ua.receive(again(REGISTER, 7000), UDP, NOW) == []
    elsewhere = Flow("udp", UDP.local, ("198.51.100.8", 5070))
    assert only(ua.receive(again(REGISTER, 8000), elsewhere, NOW)).code == 401


def test_a_recorded_request_cannot_be_played_again() -> None:
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    good = with_credentials(REGISTER, challenge)
    assert only(ua.receive(good, UDP, NOW)).code == 200
    replayed = only(ua.receive(again(good, 1), UDP, NOW))
    assert replayed.code == 401 and "stale=true" in replayed.get("WWW-Authenticate")


def test_old_and_foreign_nonces_are_stale() -> None:
    ua = endpoint()
    challenge = only(ua.receive(REGISTER, UDP, NOW))
    good = with_credentials(REGISTER, challenge)
    late = only(ua.receive(good, UDP, NOW + 301 * SECOND))
    assert late.code == 401 and "stale=true" in late.get("WWW-Authenticate")
    config = EndpointConfig(lookup=lookup, algorithms=("SHA-256",))
    other = Endpoint(config, seeded_ids(3), b"another secret")
    assert "stale=true" in only(other.receive(good, UDP, NOW)).get("WWW-Authenticate")


def test_registration_runs_out() -> None:
    ua = endpoint()
    registered(ua)
    binding = ua.bindings("1001")[0]
    assert ua.handle_timer(NOW + 119 * SECOND) == [] and ua.bindings("1001")
    assert ua.handle_timer(NOW + 120 * SECOND) == [Expired("1001", binding, "time")]
    assert ua.bindings("1001") == ()


def test_registration_is_taken_back() -> None:
    ua = endpoint()
    registered(ua)
    star = change(change(REGISTER, "<sip:1001@198.51.100.7:5070>;expires=120", "*"), "Max-Forwards: 70", "Expires: 0")
    (event,) = events(registered(ua, again(star, 5)))
    assert isinstance(event, Unregistered) and ua.bindings("1001") == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("expires=120", "expires=5", 423),
        ("<sip:1001@198.51.100.7:5070>;expires=120", "*", 400),
        ("<sip:1001@198.51.100.7:5070>;expires=120", "<<>>", 400),
    ],
)
def test_registrations_that_are_refused(old: str, new: str, code: int) -> None:
    ua = endpoint()
    effects = registered(ua, change(REGISTER, old, new))
    assert only(effects).code == code and events(effects) == [] and ua.bindings("1001") == ()


def test_an_older_request_changes_nothing() -> None:
    ua = endpoint()
    registered(ua, again(REGISTER, 5))
    before = ua.bindings("1001")
    assert only(registered(ua, change(REGISTER, "expires=120", "expires=300"))).code == 500
    assert ua.bindings("1001") == before


def test_several_contacts_and_one_for_each_instance() -> None:
    ua = endpoint()
    registered(ua)
    second = change(again(REGISTER, 3), "198.51.100.7:5070>", '198.51.100.7:6000>;+sip.instance="<urn:uuid:1>"')
    third = change(again(REGISTER, 6), "198.51.100.7:5070>", '198.51.100.7:7000>;+sip.instance="<urn:uuid:1>"')
    registered(ua, second, now=NOW + 1)
    registered(ua, third, now=NOW + 2)
    assert [binding.contact for binding in ua.bindings("1001")] == [
        "sip:1001@198.51.100.7:7000",
        "sip:1001@198.51.100.7:5070",
    ]


def test_a_lost_websocket_takes_its_binding_along_and_tcp_keeps_the_address() -> None:
    ua = endpoint()
    registered(ua, change(REGISTER, "198.51.100.7:5070>", "x1.invalid;transport=ws>"), WS)
    binding = ua.bindings("1001")[0]
    assert ua.flow_lost(WS, NOW) == [Expired("1001", binding, "flow_lost")]
    registered(ua, again(REGISTER, 5), TCP)
    assert ua.flow_lost(TCP, NOW) == []
    assert ua.bindings("1001")[0].flow == Flow("tcp", TCP.local, ("198.51.100.7", 5070))


def test_the_next_run_knows_where_phones_are_but_no_connections() -> None:
    """A phone on UDP as it was, one on TCP by the address it named; a browser comes back by itself, others ran out."""
    ua = endpoint()
    by_socket = change(REGISTER, "198.51.100.7:5070>", "x1.invalid;transport=ws>")
    for data, flow in ((REGISTER, UDP), (again(by_socket, 5), WS), (again(REGISTER, 9), TCP)):
        registered(ua, data, flow)
        kept = json.loads(json.dumps(ua.registered()))
        late, new = endpoint(), endpoint()
        late.resume(kept, NOW + 7_200 * SECOND)
        new.resume(kept, NOW + SECOND)
        assert late.bindings("1001") == ()
        ways = [binding.flow for binding in new.bindings("1001")]
        assert all(way.transport != "ws" and not way.connection for way in ways) and len(ways) == 1
        assert new.next_timer() is not None  # it runs out in its time


def test_path_is_kept_and_echoed() -> None:
    ua = endpoint()
    effects = registered(ua, change(REGISTER, "Max-Forwards: 70", "Path: <sip:edge.example;lr>"))
    assert only(effects).get("Path") == "<sip:edge.example;lr>"
    assert ua.bindings("1001")[0].target().routes == ("<sip:edge.example;lr>",)


def test_nothing_stays_after_everything_is_over() -> None:
    ua = endpoint()
    for data in GOOD.values():
        ua.receive(data, UDP, NOW)
    for key in [event.key for event in events(ua.receive(again(INVITE, 3), UDP, NOW)) if hasattr(event, "key")]:
        ua.hang_up(key, NOW)
    for session in ua.to_state()["sessions"]:
        ua.hang_up(session["key"], NOW)
    ua.handle_timer(NOW + 64 * SECOND)
    assert not any(ua.live().values())
