"""What signalling refuses by itself, and that the books say so: calls that cannot be read, changes inside a call."""

from __future__ import annotations

import pytest

from tests.sip.test_endpoint import with_credentials
from tests.sip.test_signalling import CALL, CARRIER, PHONE, House
from tests.sip.wire import MALFORMED, wire
from tests.sip.world import SDP
from yingda.sip.flow import Flow
from yingda.sip.message import Response

STRANGER = Flow("udp", PHONE.local, ("203.0.113.9", 5060))


def invite(number: int = 1, *changes: tuple[str, str]) -> bytes:
    text = CALL.format(number=number).rstrip("\n") + "\nContent-Type: application/sdp"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return wire(text, SDP)


# ---- calls that nobody can read --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("CSeq: 1 INVITE", "CSeq: 1 BYE", "Bad Request: CSeq names another method"),
        ("From: <sip:13800001111@192.0.2.1>;tag=c1\n", "", "Bad Request: From is missing"),
        ("Call-ID: call1\n", "", "Bad Request: Call-ID is missing"),
        ("\nTo: ", "\nTo: <sip:a@b>\nTo: ", "Bad Request: To stands there twice"),
    ],
)
def test_a_trunks_call_that_cannot_be_read_stands_in_the_books(old: str, new: str, reason: str) -> None:
    house = House()
    for flow in (CARRIER, STRANGER):  # a stranger writes nothing into the books
        house.wire(house.endpoint.receive(invite(1, (old, new)), flow, house.driver.now))
        assert house.sent[-1].data.startswith(f"SIP/2.0 400 {reason}\r\n".encode())
        assert b"\r\nReason: Q.850;cause=41;" in house.sent[-1].data
    (one,) = house.driver.data("call.refused")
    assert (one["release_code"], one["reason"], one["trunk_id"], one["dialled"]) == (400, reason, "t1", "4008001000")
    assert not house.driver.switch.table.calls and len(house.endpoint._core.transactions) == 0


def test_a_registered_phones_too() -> None:
    house = House()
    house.register("8101")
    data = invite(1, ("sip:13800001111@192.0.2.1>;", "sip:8101@192.0.2.10>;"), ("CSeq: 1 INVITE", "CSeq: 1 BYE"))
    (reply,) = house.receive(data, PHONE)
    assert reply.code == 400
    (one,) = house.driver.data("call.refused")
    assert (one["release_code"], "trunk_id" in one) == (400, False)


def test_a_phone_that_calls_in_anothers_name_is_refused_with_the_cause() -> None:
    house = House()
    house.register("8101")
    data = invite(1, ("sip:13800001111@192.0.2.1>;", "sip:8102@192.0.2.10>;"))
    (challenge,) = house.receive(data, PHONE)
    (reply,) = house.receive(with_credentials(data, challenge, "8101", "secret"), PHONE)
    assert reply.code == 403 and "somebody else" in reply.get("Warning")
    (one,) = house.driver.data("call.refused")
    assert (one["release_code"], one["party_ref"]) == (403, house.driver.switch.keep_number("8101"))


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_whatever_a_trunk_sends_is_answered_and_written_down_without_harm(name: str) -> None:
    house = House()
    house.wire(house.endpoint.receive(MALFORMED[name].data, CARRIER, house.driver.now))
    assert all(one["release_code"] in (400, 501, 505, 513) for one in house.driver.data("call.refused"))
    assert len(house.driver.data("call.refused")) <= 1


# ---- changes inside of a call ----------------------------------------------------------------------------------------


def inside(house: House, ok: Response, number: int, *changes: tuple[str, str], method: str = "INVITE") -> Response:
    """The carrier wants to change something; the last reply."""
    to = ("To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}")
    cseq = ("CSeq: 1 INVITE", f"CSeq: {number} {method}")
    data = invite(1, to, cseq, ("z9hG4bK-1", f"z9hG4bK-in{number}{method}"), *changes)
    if method != "INVITE":
        data = data.replace(b"INVITE sip", f"{method} sip".encode(), 1)
    return house.receive(data, CARRIER)[-1]


def talking() -> tuple[House, Response]:
    house = House()
    _, ok = house.call()
    house.ack(ok)
    return house, ok


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_that_cannot_be_met_stands_in_the_books_of_its_contact(method: str) -> None:
    house, ok = talking()
    data = invite(
        1, ("To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}"), ("CSeq: 1 INVITE", f"CSeq: 7 {method}"),
        ("z9hG4bK-1", "z9hG4bK-in"),
    ).replace(b"8 101", b"18 ").replace(b"INVITE sip", f"{method} sip".encode(), 1)  # fmt: skip
    codes = [(reply.code, reply.get("Warning")) for reply in house.receive(data.replace(b"-1;", b"-7;"), CARRIER)]
    assert codes[-1] == (488, '305 test "no codec in common: offered G729"')
    (one,) = house.driver.data("leg.change_refused")
    (leg,) = house.driver.switch.table.legs.values()
    assert one == {"leg_id": leg.leg_id, "release_code": 488, "reason": "no codec in common: offered G729"}
    (event,) = [event for event in house.driver.events if event.kind == "leg.change_refused"]
    assert event.interaction_id == leg.interaction_id and leg.leg_id in house.driver.switch.table.legs


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ([("application/sdp", "application/isup")], 415, "Unsupported Media Type"),
        ([("Max-Forwards: 70", "Require: precondition")], 420, "Bad Extension"),
        ([("Max-Forwards: 70", "Max-Forwards 70")], 400, "Bad Request: a header line has no name"),
    ],
)
def test_one_that_breaks_a_rule_too(changes: list[tuple[str, str]], code: int, reason: str) -> None:
    house, ok = talking()
    assert inside(house, ok, 2, *changes).code == code
    (one,) = house.driver.data("leg.change_refused")
    assert (one["release_code"], one["reason"]) == (code, reason)
    assert house.driver.data("call.refused") == []


def test_one_that_does_not_say_of_which_call_is_nobodys() -> None:
    house, ok = talking()
    to = ("To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}")
    house.wire(house.endpoint.receive(invite(1, to, ("Call-ID: call1\n", "")), CARRIER, house.driver.now))
    assert house.sent[-1].data.startswith(b"SIP/2.0 400 ") and house.driver.data("leg.change_refused") == []


def test_one_out_of_order_too() -> None:
    house, ok = talking()
    assert inside(house, ok, 9).code == 200
    assert inside(house, ok, 3).code == 500
    assert inside(house, ok, 4, method="UPDATE").code == 500
    assert [one["reason"] for one in house.driver.data("leg.change_refused")] == ["CSeq out of order"] * 2


def test_one_that_comes_again_by_itself_does_not() -> None:
    """422 and 491 ask to try again; the far end does."""
    house, ok = talking()
    brief = ("Max-Forwards: 70", "Max-Forwards: 70\nSupported: timer\nSession-Expires: 30")
    assert inside(house, ok, 2, brief).code == 422
    key = next(iter(house.signalling._lines.by_key))
    house.wire(house.endpoint.reinvite(key, SDP, house.driver.now))
    assert inside(house, ok, 3).code == 491
    assert house.driver.data("leg.change_refused") == []


def test_of_no_call_it_is_nobodys() -> None:
    house = House()
    (reply,) = house.receive(
        invite(1, ("To: <sip:4008001000@192.0.2.10>", "To: <sip:4008001000@192.0.2.10>;tag=x")), CARRIER
    )
    assert reply.code == 481 and house.driver.events == []
