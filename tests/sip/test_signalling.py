"""Signalling between a real endpoint and a real switch: late offers, identities, diversions, refusals, lamps."""

from __future__ import annotations

import pytest

from tests.calls.driver import CENTRE, Driver
from tests.sip.test_endpoint import replies, with_credentials
from tests.sip.test_watching import requests, states
from tests.sip.wire import wire
from tests.sip.world import SDP
from yingda.calls.doorman import Doorman
from yingda.calls.effects import Alarm, AnswerCall, Effect, EndCall, InviteDevice, MediaRequest, RefuseCall, RingCall
from yingda.calls.numbering import NumberPlan
from yingda.calls.signalling import Signalling
from yingda.kernel.ids import seeded_ids
from yingda.media import protocol as media
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.core import EndpointConfig
from yingda.sip.digest import ha1
from yingda.sip.endpoint import Endpoint
from yingda.sip.flow import Flow
from yingda.sip.message import Request, Response

CARRIER = Flow("udp", ("192.0.2.10", 5060), ("192.0.2.1", 5060))
PHONE = Flow("udp", ("192.0.2.10", 5060), ("198.51.100.9", 5070))
CALL = """
INVITE sip:4008001000@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-{number};rport
Max-Forwards: 70
From: <sip:13800001111@192.0.2.1>;tag=c{number}
To: <sip:4008001000@192.0.2.10>
Call-ID: call{number}
CSeq: 1 INVITE
Contact: <sip:13800001111@192.0.2.1>
"""
REGISTER = """
REGISTER sip:192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bK-{extension};rport
From: <sip:{extension}@192.0.2.10>;tag=r
To: <sip:{extension}@192.0.2.10>
Call-ID: register
CSeq: 1 REGISTER
Contact: <sip:{extension}@198.51.100.9:5070>
Max-Forwards: 70
"""
SUBSCRIBE = """
SUBSCRIBE sip:8101@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bK-watch;rport
From: <sip:8102@192.0.2.10>;tag=w
To: <sip:8101@192.0.2.10>
Call-ID: watch
CSeq: 1 SUBSCRIBE
Contact: <sip:8102@198.51.100.9:5070>
Event: dialog
Max-Forwards: 70
"""


class House:
    """What the wire says goes through endpoint, signalling and switch, and back."""

    def __init__(self, *, trusts_identity: bool = True) -> None:
        self.driver = Driver(1)
        trunk = CENTRE.trunks[0].model_copy(update={"trusts_identity": trusts_identity})
        plan = NumberPlan(CENTRE.model_copy(update={"trunks": [trunk]}), 1)
        self.driver.switch.use(plan, self.driver.switch.table.sounds)
        doorman = Doorman(lambda: self.driver.switch.table.plan, lambda: frozenset({"8101", "8102", "8103"}))
        config = EndpointConfig(authorise=doorman, lookup=lambda user, realm, name: ha1(user, realm, "secret", name))
        self.endpoint = Endpoint(config, seeded_ids(3), b"s")
        self.signalling = Signalling(self.endpoint, self.driver.switch, seeded_ids(4), "test")
        self.sent: list[sip.Send] = []

    def receive(self, data: bytes, flow: Flow) -> list[Response]:
        """The replies that this message led to."""
        before = len(self.sent)
        self.wire(self.endpoint.receive(data, flow, self.driver.now))
        return replies(list(self.sent[before:]))

    def wire(self, effects: list[sip.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, sip.Send):
                self.sent.append(effect)
            else:
                done, answers = self.signalling.heard(effect, self.driver.now)
                self.carry(done)
                self.wire(answers)

    def carry(self, effects: list[Effect]) -> None:
        for effect in self.driver.do(effects):
            if isinstance(effect, AnswerCall | RefuseCall | RingCall | InviteDevice | EndCall):
                sent, more = self.signalling.perform(effect, self.driver.now)
                self.wire(sent)
                self.carry(more)

    def asked(self, kind: type[media.Command]) -> list[media.AnyCommand]:
        effects = [effect for effect in self.driver.effects if isinstance(effect, MediaRequest)]
        return [effect.command for effect in effects if isinstance(effect.command, kind)]

    def call(self, number: int = 1, headers: str = "", body: str = SDP, called: str = "4008001000") -> list[Response]:
        text = CALL.format(number=number).rstrip("\n").replace("4008001000", called) + headers
        return self.receive(wire(text + ("\nContent-Type: application/sdp" if body else ""), body), CARRIER)

    def ack(self, ok: Response, body: str = "") -> None:
        text = CALL.format(number=1).rstrip("\n").replace("INVITE", "ACK").replace("-1;", "-ack;")
        text = text.replace("To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}")
        self.receive(wire(text + ("\nContent-Type: application/sdp" if body else ""), body), CARRIER)

    def proved(self, user: str, text: str) -> Response:
        """A request of one of our phones, with digest; its reply."""
        data = wire(text)
        (challenge,) = self.receive(data, PHONE)
        (reply,) = self.receive(with_credentials(data, challenge, user, "secret"), PHONE)
        return reply

    def register(self, extension: str) -> None:
        """The agent's phone is there, and its agent signs in."""
        assert self.proved(extension, REGISTER.format(extension=extension)).code == 200
        self.driver.sign_in(f"a{extension[-1]}")

    def to_phone(self) -> list[Request]:
        return requests([send for send in self.sent if send.flow.remote == PHONE.remote])


def test_a_late_offer_becomes_sound_with_the_ack() -> None:
    house = House()
    trying, ok = house.call(body="")
    assert (trying.code, ok.code) == (100, 200) and ok.sdp is not None and "m=audio 20002" in ok.sdp
    (first,) = house.asked(media.ConnectLeg)
    assert isinstance(first, media.ConnectLeg) and first.remote.address is None
    house.ack(ok, SDP)
    _, second = house.asked(media.ConnectLeg)
    assert isinstance(second, media.ConnectLeg) and second.remote.address == ("192.0.2.1", 4000)
    assert "flow.entered" in house.driver.kinds()


@pytest.mark.parametrize("body", ["", SDP.replace("8 101", "18")], ids=["none", "nothing in common"])
def test_an_ack_without_a_usable_answer_ends_the_call(body: str) -> None:
    house = House()
    _, ok = house.call(body="")
    house.ack(ok, body)
    assert house.driver.kinds()[-1] == "interaction.ended" and "flow.entered" not in house.driver.kinds()
    bye = message.parse(house.sent[-1].data)
    assert isinstance(bye, Request) and bye.method == "BYE" and bye.get("Reason").startswith("Q.850;cause=65")


@pytest.mark.parametrize(
    ("trusted", "headers", "caller"),
    [
        (True, "\nP-Asserted-Identity: <sip:01085001234@192.0.2.1>", "+861085001234"),
        (False, "\nP-Asserted-Identity: <sip:01085001234@192.0.2.1>", "+8613800001111"),
        (True, "", "+8613800001111"),
        (True, "\nPrivacy: id", None),
    ],
)
def test_who_is_calling(trusted: bool, headers: str, caller: str | None) -> None:
    house = House(trusts_identity=trusted)
    house.call(headers=headers)
    (call,) = house.driver.switch.table.calls.values()
    assert call.caller == caller


def test_a_caller_number_that_is_lost_on_the_way_is_an_alarm_until_the_trunk_brings_one_again() -> None:
    house = House()
    nobody = CALL.replace("13800001111@192.0.2.1>;tag", "192.0.2.1>;tag")
    for number, text in enumerate((nobody, nobody, CALL + "Privacy: id\n", CALL, CALL), start=1):
        data = text.format(number=number).rstrip("\n") + "\nContent-Type: application/sdp"
        house.receive(wire(data, SDP), CARRIER)
    alarms = [effect for effect in house.driver.effects if isinstance(effect, Alarm)]
    assert [(one.kind, one.sentence is None) for one in alarms] == [
        ("caller_number_lost", False),
        ("caller_number_lost", True),
    ]


def test_a_diverted_call_counts_for_the_number_first_dialled() -> None:
    house = House()
    house.call(called="31415", headers="\nDiversion: <sip:4008001000@a>;reason=unconditional")
    (call,) = house.driver.switch.table.calls.values()
    assert call.called == "4008001000"
    (_, reply) = house.call(2, called="31415")
    assert reply.code == 404


def test_what_cannot_be_spoken_is_refused_by_name() -> None:
    house = House()
    (_, reply) = house.call(body=SDP.replace("8 101", "18"))
    assert (reply.code, reply.get("Warning")) == (488, '305 test "no codec in common: offered G729"')
    assert reply.get("Reason").startswith("Q.850;cause=65;")
    (event,) = house.driver.events
    assert (event.kind, event.data["release_code"], event.data["trunk_id"]) == ("call.refused", 488, "t1")
    assert (event.data["reason"], event.data["dialled"]) == ("no codec in common: offered G729", "4008001000")


def test_a_number_that_nobody_has_is_refused_and_written_down() -> None:
    house = House()
    (_, reply) = house.call(called="31415")
    assert (reply.code, reply.get("Warning")) == (404, '399 test "Number Not In Service"')
    assert [(event.kind, event.data["dialled"]) for event in house.driver.events] == [("call.refused", "31415")]


def test_a_caller_for_whom_media_has_no_room_may_be_sent_another_way() -> None:
    house = House()
    house.driver.fail = {"leg.create"}
    (_, reply) = house.call()
    assert (reply.code, reply.get("Reason").partition(";text")[0]) == (503, "Q.850;cause=34")
    assert house.driver.data("interaction.ended")[0]["release_code"] == 503


def test_digits_by_info_reach_the_switch_like_any_others(monkeypatch: pytest.MonkeyPatch) -> None:
    house, heard = House(), []
    _, ok = house.call()
    house.ack(ok)
    report = house.driver.switch.media_report

    def listening(one: media.AnyReport, now: int) -> list[Effect]:
        heard.append(one)
        return report(one, now)

    monkeypatch.setattr(house.driver.switch, "media_report", listening)
    text = (
        CALL.format(number=1)
        .rstrip("\n")
        .replace("INVITE", "INFO")
        .replace("-1;", "-info;")
        .replace("CSeq: 1", "CSeq: 2")
    )
    text = text.replace("To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}")
    (reply,) = house.receive(wire(text + "\nContent-Type: application/dtmf-relay", "Signal=5\nDuration=160\n"), CARRIER)
    assert reply.code == 200
    assert [(one.digit, one.duration_ms) for one in heard if isinstance(one, media.DigitHeard)] == [("5", 160)]


def test_a_lamp_shows_the_call_of_a_device_from_ringing_to_its_end() -> None:
    house = House()
    house.register("8101")
    assert house.proved("8102", SUBSCRIBE).code == 200
    _, ok = house.call()
    house.ack(ok)
    leg = house.driver.switch.table.calls[next(iter(house.driver.switch.table.calls))].customer
    house.driver.end_greeting(leg)
    invite = ring(house)
    for code in (180, 200):
        headers = {"Contact": ["<sip:8101@198.51.100.9:5070>"], "Content-Type": ["application/sdp"]}
        house.receive(
            message.response_to(invite, code, to_tag="p", headers=headers, body=SDP.encode()).to_bytes(), PHONE
        )
    house.carry(house.driver.switch.end_all(house.driver.now))
    seen = [states(one) for one in house.to_phone() if one.method == "NOTIFY"]
    assert [[state for _, state in lamps] for lamps in seen] == [[], ["early"], ["early"], ["confirmed"], []]
    assert not any(isinstance(effect, Alarm) for effect in house.driver.effects)


def ring(house: House) -> Request:
    """Carry out the offer that waits among the driver's effects; the phone's INVITE."""
    offer = next(effect for effect in house.driver.effects if isinstance(effect, InviteDevice))
    sent, more = house.signalling.perform(offer, house.driver.now)
    house.wire(sent)
    house.carry(more)
    return next(one for one in house.to_phone() if one.method == "INVITE")


def test_a_phone_that_does_not_answer_by_its_key_is_told_of_at_the_desk() -> None:
    house = House()
    house.register("8101")
    _, ok = house.call()
    house.ack(ok)
    house.driver.end_greeting(house.driver.switch.table.calls[next(iter(house.driver.switch.table.calls))].customer)
    ring(house)
    leg = house.driver.agent_leg()
    key = house.signalling._lines.by_leg[leg].key
    done, _ = house.signalling.heard(sip.KeyRefused(key, 405), house.driver.now)
    house.carry(done)
    assert house.driver.switch.stage.failures["a1"].outcome == "device_failed"
    assert house.driver.agent_leg() == leg  # it rings on


def test_a_transfer_of_no_call_is_refused_and_stands_in_the_books() -> None:
    """From a trunk or a registered phone; a stranger is refused as well, but writes nothing into the books."""
    house = House()
    house.register("8101")
    refer = CALL.format(number=1).rstrip("\n").replace("INVITE", "REFER") + "\nRefer-To: <sip:13900002222@192.0.2.10>"
    by_phone = refer.replace("sip:13800001111@192.0.2.1>;", "sip:8101@192.0.2.10>;").replace("z9hG4bK", "z9hG4bK-phone")
    stranger = Flow("udp", PHONE.local, ("203.0.113.9", 5060))
    for text, flow in ((refer, CARRIER), (by_phone, PHONE), (by_phone.replace("-phone", "-else"), stranger)):
        (reply,) = house.receive(wire(text), flow)
        assert (reply.code, bool(reply.get("Warning"))) == (403, True)
    by_carrier, of_phone = house.driver.data("call.refused")
    assert (by_carrier["release_code"], by_carrier["dialled"], "trunk_id" in by_carrier) == (403, "13900002222", True)
    assert "trunk_id" not in of_phone and of_phone["party_ref"] != by_carrier["party_ref"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("Max-Forwards: 70", "Max-Forwards: 0", 483), ("Max-Forwards: 70", "Require: precondition", 420),
     ("application/sdp", "application/isup", 415)],
)  # fmt: skip
def test_what_breaks_the_rules_is_refused_and_stands_in_the_books(old: str, new: str, code: int) -> None:
    """From a trunk; a stranger writes nothing into the books."""
    house = House()
    text = (CALL.format(number=1).rstrip("\n") + "\nContent-Type: application/sdp").replace(old, new)
    stranger = Flow("udp", PHONE.local, ("203.0.113.9", 5060))
    for number, flow in enumerate((CARRIER, stranger)):
        (reply,) = house.receive(wire(text.replace("-1;", f"-{number}x;").replace("call1", f"{number}"), SDP), flow)
        assert reply.code == code and reply.get("Reason").startswith("Q.850")
    (one,) = house.driver.data("call.refused")
    assert (one["release_code"], one["reason"], one["dialled"]) == (code, message.REASONS[code], "4008001000")
    assert one["trunk_id"] and not house.driver.switch.table.calls


@pytest.mark.parametrize(("came", "goes"), [("12", "11"), ("1", "0"), ("70", "69"), ("255", "70")])
def test_a_call_goes_on_with_one_hop_less_than_it_came_with(came: str, goes: str) -> None:
    """So that two switches that send a call to each other stop (RFC 7332)."""
    house = House()
    house.register("8101")
    text = CALL.format(number=1).rstrip("\n").replace("Max-Forwards: 70", f"Max-Forwards: {came}")
    _, ok = house.receive(wire(text + "\nContent-Type: application/sdp", SDP), CARRIER)
    house.ack(ok)
    house.driver.end_greeting(house.driver.switch.table.calls[next(iter(house.driver.switch.table.calls))].customer)
    assert ring(house).get("Max-Forwards") == goes
