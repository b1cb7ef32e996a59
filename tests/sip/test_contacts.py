"""Several contacts of one user: which is called first and next, and the one that a GRUU means (RFC 3261, RFC 5627)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sip.test_endpoint import NOW, UDP, change, endpoint, registered, replies, with_credentials
from tests.sip.test_handed_on import ONLY, floor
from tests.sip.test_replacing import Floor
from tests.sip.test_signalling import PHONE
from tests.sip.test_signalling import REGISTER as OF_PHONE
from tests.sip.test_watching import requests
from tests.sip.wire import INVITE, REGISTER, wire
from tests.sip.world import SDP
from yingda.sip import gruu, message
from yingda.sip.endpoint import Endpoint
from yingda.sip.events import InviteReceived
from yingda.sip.flow import Flow
from yingda.sip.message import Request, Response

ONE, TWO = ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7")
ELSEWHERE = Flow("udp", UDP.local, ("198.51.100.7", 5090))


def contact(number: int, port: int, more: str) -> bytes:
    """A REGISTER of 1001 with another contact."""
    data = change(REGISTER, "<sip:1001@198.51.100.7:5070>;expires=120", f"<sip:1001@198.51.100.7:{port}>{more}")
    return change(change(data, "Call-ID: reg1", f"Call-ID: reg{number}"), "z9hG4bK-reg", f"z9hG4bK-reg{number}")


def device(number: int, port: int, instance: str) -> bytes:
    data = contact(number, port, f';+sip.instance="<{instance}>"')
    return change(data, "Max-Forwards", "Supported: path, gruu\r\nMax-Forwards")


# ---- the registrar ---------------------------------------------------------------------------------------------------


def test_contacts_are_called_in_the_order_they_want() -> None:
    ua = endpoint()
    for number, (port, more) in enumerate([(5070, ";q=0.5"), (5080, ";q=1.0"), (5090, ";q=0.75"), (5091, ";q=nan")]):
        (ok,) = replies(registered(ua, contact(number, port, more), now=NOW + number))
    ports = [int(binding.contact.rpartition(":")[2]) for binding in ua.bindings("1001")]
    assert ports == [5091, 5080, 5090, 5070]
    assert [";q=0.75" in value for value in ok.all("Contact")] == [False, False, True, False]
    restored = Endpoint.from_state(ua.to_state(), ua._core.config, ua._core.ids, b"s")
    assert restored.bindings("1001") == ua.bindings("1001")


def test_a_device_is_told_its_gruu_where_it_knows_what_that_is() -> None:
    ua = endpoint()
    (ok,) = replies(registered(ua, device(1, 5070, ONE)))
    assert f'pub-gruu="sip:1001@192.0.2.10;gr={ONE}"' in ok.get("Contact")
    (ok,) = replies(registered(ua, contact(2, 5080, f';+sip.instance="<{TWO}>"')))
    assert "pub-gruu" not in "".join(ok.all("Contact"))
    (ok,) = replies(registered(ua, change(contact(3, 5090, ""), "Max-Forwards", "Require: gruu\r\nMax-Forwards")))
    assert ok.code == 200


def hidden(ok: Response) -> str:
    """The temporary GRUU that a 200 to REGISTER names."""
    (uri,) = re.findall(r';temp-gruu="([^"]+)"', ok.get("Contact"))
    return str(uri)


def again(cseq: int, call_id: str = "reg1") -> bytes:
    """The device of `device(1, …)` registers once more."""
    data = change(
        change(device(1, 5070, ONE), "CSeq: 1 ", f"CSeq: {cseq} "), "z9hG4bK-reg1", f"z9hG4bK-{call_id}{cseq}"
    )
    return change(data, "Call-ID: reg1", f"Call-ID: {call_id}")


def test_each_registration_is_told_another_temporary_gruu() -> None:
    """All of them count until it registers under another Call-ID (RFC 5627 section 5.1)."""
    ua = endpoint()
    told = [hidden(replies(registered(ua, data))[0]) for data in (device(1, 5070, ONE), again(5), again(9))]
    assert len(set(told)) == 3
    for uri in told:
        assert re.fullmatch(r"sip:tgruu\.[\w-]+@192\.0\.2\.10;gr", uri) and "1001" not in uri
        binding = ua._core.registrar.of_gruu(uri)
        assert binding is not None and binding.instance == f"<{ONE}>"
    last = hidden(replies(registered(ua, again(10, "reboot")))[0])
    assert [ua._core.registrar.of_gruu(uri) is not None for uri in (*told, last)] == [False, False, False, True]
    ua.handle_timer(NOW + 10**12)
    assert ua._core.registrar.of_gruu(last) is None


def test_a_temporary_gruu_counts_after_a_restart_and_nowhere_else() -> None:
    ua = endpoint()
    uri = hidden(replies(registered(ua, device(1, 5070, ONE)))[0])
    secret = ua._core.secret
    restored = Endpoint.from_state(ua.to_state(), ua._core.config, ua._core.ids, secret)
    assert restored._core.registrar.of_gruu(uri) is not None
    other = Endpoint.from_state(ua.to_state(), ua._core.config, ua._core.ids, secret + b"x")
    assert other._core.registrar.of_gruu(uri) is None
    token = uri.partition("tgruu.")[2].partition("@")[0]
    for broken in ("", "x", token[:-2], token[::-1], token[:20] + ("A" if token[20] != "A" else "B") + token[21:], "é"):
        assert ua._core.registrar.of_gruu(uri.replace(token, broken)) is None
        assert ua._core.registrar.unmask(uri.replace(token, broken)) == uri.replace(token, broken)


@given(st.text(max_size=60))
def test_no_text_passes_for_a_temporary_gruu(text: str) -> None:
    assert gruu.Temporary(b"s").read(f"sip:tgruu.{text}@192.0.2.10;gr") is None


@pytest.mark.parametrize(
    ("uri", "instance"),
    [
        (f"sip:1001@192.0.2.10;gr={ONE}", f"<{ONE}>"),
        ("sip:1001@192.0.2.10;GR=%3curn%3e", "<<urn>>"),
        ("sip:1001@192.0.2.10;gr", ""),
        ("sip:1001@192.0.2.10;gr=", ""),
        ("sip:1001@192.0.2.10;group=x", ""),
        ("mailto:a;gr=x", ""),
    ],
)
def test_what_a_gruu_means(uri: str, instance: str) -> None:
    assert gruu.instance_of(uri) == instance


def test_a_gruu_is_read_as_it_is_written() -> None:
    odd = '<urn:x:a b;c="d">'
    assert gruu.instance_of(gruu.public("sip:1001@pbx.example:5080", odd)) == odd


@pytest.mark.parametrize("temporary", [False, True])
def test_a_device_that_names_its_gruu_is_reached_where_it_is_registered(temporary: bool) -> None:
    ua = endpoint()
    (told,) = replies(registered(ua, device(1, 5070, ONE)))
    own = hidden(told) if temporary else f"sip:1001@192.0.2.10;gr={ONE}"
    data = change(INVITE, "<sip:13800138000@198.51.100.7:5070>\r\nC", f"<{own}>\r\nC")
    (received,) = [effect for effect in ua.receive(data, UDP, NOW) if isinstance(effect, InviteReceived)]
    (ok,) = replies(ua.answer(received.key, SDP, NOW))
    ack = change(data, "INVITE", "ACK").split(b"Content-Type")[0].replace(b"-one", b"-ack") + b"\r\n"
    ua.receive(ack.replace(b"To: <sip:4008@192.0.2.10>", f"To: {ok.get('To')}".encode()), UDP, NOW)
    moved = change(again(7), "198.51.100.7:5070>", "198.51.100.7:5090>")
    registered(ua, moved, ELSEWHERE)  # it has moved meanwhile
    effects = ua.bye(received.key, NOW)
    (bye,) = requests(effects)
    assert bye.uri == "sip:1001@198.51.100.7:5090"
    assert [send.flow.remote for send in effects if hasattr(send, "flow")] == [("198.51.100.7", 5090)]


def test_without_its_registration_a_gruu_is_where_its_device_spoke_from() -> None:
    ua = endpoint()
    data = change(INVITE, "<sip:13800138000@198.51.100.7:5070>\r\nC", f"<sip:1001@192.0.2.10;gr={ONE}>\r\nC")
    (received,) = [effect for effect in ua.receive(data, UDP, NOW) if isinstance(effect, InviteReceived)]
    session = ua._core.session(received.key)
    assert session.dialog is not None and session.dialog.flow.remote == UDP.remote


# ---- calls to devices ------------------------------------------------------------------------------------------------


def phones(found: Floor) -> None:
    """Two phones of 8102, each with its instance: the second one registered last."""
    for number, instance in enumerate((ONE, TWO)):
        text = OF_PHONE.format(extension="8102").replace("Call-ID: register", f"Call-ID: other{number}")
        text = text.replace("z9hG4bK-8102", f"z9hG4bK-other{number}")
        text = text.replace("5070>\nMax", f'507{number + 1}>;+sip.instance="<{instance}>";q=0.{5 + number}\nMax')
        assert found.proved("8102", text).code == 200


def dials(found: Floor, parameters: str = "") -> Request:
    """8101 calls 8102; the INVITE that goes on to a phone."""
    text = found._text("8101", "8102", "one", "INVITE", 1)
    data = wire(text.replace("sip:8102@192.0.2.10", f"sip:8102@192.0.2.10{parameters}", 1) + TYPED, ONLY)
    (challenge,) = found.receive(data, PHONE)
    found.receive(with_credentials(data, challenge, "8101", "secret"), PHONE)
    return found.rung("8102")


TYPED = "\nContent-Type: application/sdp"


def refuses(found: Floor, invite: Request, code: int) -> list[int]:
    """The codes that follow a phone's refusal."""
    data = message.response_to(invite, code, to_tag="p").to_bytes()
    return [reply.code for reply in found.receive(data, PHONE)]


@pytest.mark.parametrize(("instance", "port"), [(ONE, 5071), (TWO, 5072)])
def test_a_call_to_a_gruu_rings_that_very_phone(instance: str, port: int) -> None:
    found = floor()
    phones(found)
    assert dials(found, f";gr={instance}").uri == f"sip:8102@198.51.100.9:{port}"


def test_a_call_to_a_temporary_gruu_rings_that_very_phone() -> None:
    found = floor()
    phones(found)
    text = (
        OF_PHONE.format(extension="8102").replace("Call-ID: register", "Call-ID: other0").replace("CSeq: 1", "CSeq: 2")
    )
    text = text.replace("z9hG4bK-8102", "z9hG4bK-again").replace(
        "5070>\nMax", f'5071>;+sip.instance="<{ONE}>"\nSupported: gruu\nMax'
    )
    names = re.findall(r'temp-gruu="sip:([^"]+)"', " ".join(found.proved("8102", text).all("Contact")))
    rung = []
    for number, name in enumerate(names):
        call = found._text("8101", "8102", f"t{number}", "INVITE", 1).replace("sip:8102@192.0.2.10", f"sip:{name}", 1)
        data = wire(call + TYPED, ONLY)
        (challenge,) = found.receive(data, PHONE)
        found.receive(with_credentials(data, challenge, "8101", "secret"), PHONE)
        rung.append(found.rung("8102").uri)
    assert sorted(rung) == ["sip:8102@198.51.100.9:5071", "sip:8102@198.51.100.9:5072"]


def test_a_call_to_the_gruu_of_a_phone_that_is_gone_rings_no_other() -> None:
    found = floor()
    phones(found)
    text = found._text("8101", "8102", "one", "INVITE", 1)
    data = wire(text.replace("sip:8102@192.0.2.10", "sip:8102@192.0.2.10;gr=urn:gone", 1) + TYPED, ONLY)
    (challenge,) = found.receive(data, PHONE)
    codes = [reply.code for reply in found.receive(with_credentials(data, challenge, "8101", "secret"), PHONE)]
    assert not [request for request in found.to_phone() if request.method == "INVITE"] and max(codes) >= 200


def test_the_next_contact_is_called_when_one_cannot_be_reached() -> None:
    found = floor()
    phones(found)
    rung: list[Request] = []
    while len(rung) < 3:
        rung.append(dials(found) if not rung else found.rung("8102"))
        codes = refuses(found, rung[-1], 503)
    assert [invite.uri[-4:] for invite in rung] == ["5070", "5072", "5071"]  # no q is 1
    assert codes == [480] and "interaction.ended" in found.driver.kinds()


def test_what_a_person_refuses_goes_nowhere_else() -> None:
    found = floor()
    phones(found)
    assert refuses(found, dials(found), 486) == [486]
