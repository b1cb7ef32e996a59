"""RFC 4475 and RFC 5118: what becomes of each torture message, by section.

An INVITE that is let in shows as `InviteReceived`; everything else by the code of the one reply, or silence. Where the
RFC leaves it to us whether to be liberal, we are (gateways in the field send such), and the row says so.
"""

from __future__ import annotations

import re

import pytest

from tests.sip.torture.messages import Torture, read
from yingda.kernel.clock import SECOND
from yingda.kernel.ids import seeded_ids
from yingda.sip import grammar, message, sdp
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import InviteReceived, RequestFacts, Send, Trunk
from yingda.sip.flow import Flow
from yingda.sip.message import MalformedMessage, Request, Response
from yingda.sip.registrar import Registrar, RegistrarConfig
from yingda.sip.timers import TimerQueue
from yingda.sip.transports.framing import StreamFramer

NOW = 1_000 * SECOND
FLOW = Flow("udp", ("192.0.2.200", 5060), ("198.51.100.7", 5060))
CALL = "call"  # the INVITE reaches the user
SILENT = 0

RFC4475 = {
    # 3.1.1 valid messages
    "wsinv": 481,  # it claims a dialog (To tag) that we do not have
    "intmeth": 501,
    "esc01": CALL,
    "escnull": 401,
    "esc02": 501,  # escapes mean nothing in a method
    "lwsdisp": 200,
    "longreq": CALL,
    "dblreq": 401,  # the second message lies beyond Content-Length: dropped
    "semiuri": 200,
    "transports": 200,
    "mpart01": 415,
    "unreason": SILENT,
    "noreason": SILENT,
    # 3.1.2 invalid messages
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": SILENT,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": CALL,  # liberal
    "trws": 200,  # liberal
    "escruri": 400,
    "baddate": CALL,  # liberal: the date is of no use to us
    "regbadct": 401,
    "badaspec": 200,  # liberal
    "baddn": 200,  # liberal
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 501,
    "bigcode": SILENT,
    # 3.2 transaction layer
    "badbranch": 200,
    # 3.3 application layer
    "insuf": 400,
    "unkscm": 416,
    "novelsc": 416,
    "unksm2": 400,
    "bext01": 420,
    "invut": 415,
    "regaut01": 401,
    "multi01": 400,
    "mcl01": 400,
    "bcast": SILENT,
    "zeromf": 200,  # it has arrived: nobody forwards it
    "cparam01": 401,
    "cparam02": 401,
    "regescrt": 401,
    "sdp01": 406,
    # 3.4 backward compatibility
    "inv2543": CALL,
}

RFC5118 = {
    "ipv6-good": 401,
    "ipv6-bad": 400,
    "port-ambiguous": 401,
    "port-unambiguous": 401,
    "via-received-param-with-delim": 481,
    "via-received-param-no-delim": 200,
    "ipv6-in-sdp": CALL,
    "mult-ip-in-header": 481,
    "mult-ip-in-sdp": CALL,
    "ipv4-mapped-ipv6": CALL,
    "ipv6-bug-abnf-3-colons": 200,  # liberal: the grammar of RFC 3261 allowed it
    "ipv6-correct-abnf-2-colons": 200,
}

MESSAGES_4475 = read("rfc4475.txt")
MESSAGES_5118 = read("rfc5118.txt")
BY_NAME = {one.name: one for one in (*MESSAGES_4475, *MESSAGES_5118)}


def label(one: Torture) -> str:
    return f"{one.section} {one.title} ({one.name})"


def authorise(facts: RequestFacts, flow: Flow) -> Trunk:
    return Trunk("carrier")


def endpoint() -> Endpoint:
    def lookup(username: str, realm: str, algorithm: str) -> str:
        return ha1(username, realm, "secret", algorithm)

    return Endpoint(EndpointConfig(authorise=authorise, lookup=lookup), seeded_ids(1), b"secret")


def request(name: str) -> Request:
    read = message.parse(BY_NAME[name].data)
    assert isinstance(read, Request)
    return read


def outcome(data: bytes) -> int | str:
    effects = endpoint().receive(data, FLOW, NOW)
    if any(isinstance(effect, InviteReceived) for effect in effects):
        return CALL
    sent = [effect.data for effect in effects if isinstance(effect, Send)]
    assert len(sent) <= 1
    return int(sent[0].split()[1]) if sent else SILENT  # a reply copies even what cannot be read


def test_all_of_them_are_here() -> None:
    assert len(MESSAGES_4475) == len(RFC4475) == 49
    assert len(MESSAGES_5118) == len(RFC5118) == 12
    assert [one.name for one in MESSAGES_4475] == list(RFC4475)
    assert [one.name for one in MESSAGES_5118] == list(RFC5118)
    assert len({one.section for one in MESSAGES_4475}) == len({one.title for one in MESSAGES_4475}) == 49
    assert (
        len({one.section for one in MESSAGES_5118}) == len({one.title for one in MESSAGES_5118}) == 10
    )  # two have two


NO_TRUE_LENGTH = {"dblreq", "clerr", "ncl", "mcl01", "inv2543"}  # that is their point


@pytest.mark.parametrize("one", [*MESSAGES_4475, *MESSAGES_5118], ids=label)
def test_the_bytes_are_as_long_as_the_rfc_says(one: Torture) -> None:
    head, _, body = one.data.partition(b"\r\n\r\n")
    lengths = re.findall(rb"^(?:content-length|l)[ \t]*:[ \t]*(\S+)", head, re.IGNORECASE | re.MULTILINE)
    assert (lengths == [str(len(body)).encode()]) == (one.name not in NO_TRUE_LENGTH)


@pytest.mark.parametrize("one", MESSAGES_4475, ids=label)
def test_rfc_4475(one: Torture) -> None:
    assert outcome(one.data) == RFC4475[one.name]


@pytest.mark.parametrize("one", MESSAGES_5118, ids=label)
def test_rfc_5118(one: Torture) -> None:
    assert outcome(one.data) == RFC5118[one.name]


# ---- what the RFCs say of single fields ------------------------------------------------------------------------------


def test_wsinv_is_read_through_its_white_space() -> None:
    read = request("wsinv")
    assert (read.cseq, read.number("Max-Forwards")) == ((9, "INVITE"), 68)
    assert (read.to_tag, read.from_tag) == ("1918181833n", "98asjd8")
    assert [grammar.parse_via(value).branch for value in read.all("Via")] == [
        "390skdjuw",
        "z9hG4bK9ikj8",
        "z9hG4bK30239",
    ]
    caller, contact = read.address("From"), read.address("Contact")
    assert caller is not None and caller.name == 'J Rosenberg \\"'
    assert contact is not None and contact.parameters == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert read.get("Newfangledheader") == "newfangled value continued newfangled value"


def test_esc01_is_unescaped_once_for_people() -> None:
    read = request("esc01")
    assert grammar.user_of(read.uri) == "sips:user@example.com"
    called = read.address("To")
    assert called is not None and grammar.user_of(called.uri) == "user"


def test_semiuri_keeps_what_belongs_to_the_user() -> None:
    assert grammar.parse_uri(request("semiuri").uri).host == "example.com"
    assert grammar.user_of(request("semiuri").uri) == "user"


def test_unreason_keeps_the_phrase() -> None:
    read = message.parse(BY_NAME["unreason"].data)
    assert isinstance(read, Response)
    assert read.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"


def test_baddn_finds_the_address_behind_an_unquoted_comma() -> None:
    caller = request("baddn").address("From")
    assert caller is not None and (caller.name, caller.uri) == ("Bell, Alexander", "sip:a.g.bell@example.com")


def test_bext01_names_what_is_lacking() -> None:
    (sent,) = endpoint().receive(BY_NAME["bext01"].data, FLOW, NOW)
    assert isinstance(sent, Send)
    reply = message.parse(sent.data)
    assert reply.tokens("Unsupported") == ["nothingsupportsthis", "nothingsupportsthiseither"]


def test_sdp01_is_told_what_can_be_answered() -> None:
    (sent, *_) = endpoint().receive(BY_NAME["sdp01"].data, FLOW, NOW)
    assert isinstance(sent, Send)
    assert message.parse(sent.data).get("Warning").startswith("399 ")


def test_mpart01_keeps_its_binary_part() -> None:
    read = request("mpart01")
    assert read.body.count(b"\0") == 2 and read.body.endswith(b"\r\n--7a9cbec02ceef655--\r\n")


@pytest.mark.parametrize("name", ["intmeth", "esc02", "mismatch02"])
def test_an_unknown_method_is_told_the_known_ones(name: str) -> None:
    (sent,) = endpoint().receive(BY_NAME[name].data, FLOW, NOW)
    assert isinstance(sent, Send)
    reply = message.parse(sent.data)
    assert isinstance(reply, Response) and reply.code == 501 and "INVITE" in reply.all("Allow")


def test_clerr_is_awaited_on_a_stream() -> None:
    framer = StreamFramer()
    assert framer.feed(BY_NAME["clerr"].data) == [] and framer.pending


def test_scalar02_with_a_sane_cseq_gets_our_longest_expiry() -> None:
    data = BY_NAME["scalar02"].data.replace(b"36893488147419103232", b"1")
    read, registrar = message.parse(data), Registrar(RegistrarConfig(), TimerQueue())
    assert isinstance(read, Request) and registrar.register(read, "1001", FLOW, NOW).code == 200
    (binding,) = registrar.bindings("1001")
    assert binding.expires_at == NOW + RegistrarConfig().max_expires * SECOND


def test_both_forms_of_received_are_read() -> None:
    for name, value in (("with-delim", "[2001:db8::9:255]"), ("no-delim", "2001:db8::9:255")):
        assert request(f"via-received-param-{name}").via.parameters["received"] == value


def test_badbranch_does_not_mix_up_two_transactions() -> None:
    one = endpoint()
    first, other = BY_NAME["badbranch"].data, BY_NAME["badbranch"].data.replace(b"badbranch.", b"another.")
    assert one.receive(first, FLOW, NOW) and one.receive(other, FLOW, NOW)
    assert one.live()["transactions"] == 2


@pytest.mark.parametrize(
    ("name", "code", "contacts"),
    [
        ("escnull", 200, ["sip:%00@host5.example.com", "sip:%00%00@host5.example.com"]),
        ("dblreq", 200, ["sip:j.user@host.example.com"]),
        ("regbadct", 400, []),
        ("unksm2", 400, []),
        ("cparam01", 200, ["sip:+19725552222@gw1.example.net"]),
        ("cparam02", 200, ["sip:+19725552222@gw1.example.net;unknownparam"]),
        ("regescrt", 200, ["sip:user@example.com?Route=%3Csip:sip.example.com%3E"]),
        ("ipv6-good", 200, ["sip:caller@[2001:db8::1]"]),
    ],
)
def test_registrations_once_they_are_let_in(name: str, code: int, contacts: list[str]) -> None:
    registrar = Registrar(RegistrarConfig(), TimerQueue())
    assert registrar.register(request(name), "1001", FLOW, NOW).code == code
    assert [binding.contact for binding in registrar.bindings("1001")] == contacts


def test_ipv6_ports() -> None:
    ambiguous, plain = (grammar.parse_uri(request(name).uri) for name in ("port-ambiguous", "port-unambiguous"))
    assert (ambiguous.host, ambiguous.port) == ("[2001:db8::10:5070]", None)
    assert (plain.host, plain.port) == ("[2001:db8::10]", 5070)


def test_ipv6_in_session_descriptions() -> None:
    text = request("mult-ip-in-sdp").sdp
    assert text is not None and sdp.remote_media(text).address == ("192.0.2.1", 22334)
    for name in ("ipv6-in-sdp", "ipv4-mapped-ipv6"):  # G.726 alone: understood, and nothing in common
        text = request(name).sdp
        assert text is not None
        with pytest.raises(sdp.NotAcceptable, match="no codec in common"):
            sdp.remote_media(text)


@pytest.mark.parametrize("one", [*MESSAGES_4475, *MESSAGES_5118], ids=label)
def test_every_prefix_is_survived(one: Torture) -> None:
    for end in range(0, len(one.data), 7):
        try:
            message.parse(one.data[:end])
        except MalformedMessage:
            continue
