"""A codec that we do not speak, on the wire: who may use it, what each side is offered and told (RFC 3264, TEL-18)."""

from __future__ import annotations

import pytest

from tests.calls.driver import Sounds
from tests.sip.test_endpoint import with_credentials
from tests.sip.test_replacing import Floor
from tests.sip.test_signalling import CALL, CARRIER, PHONE, REGISTER, House
from tests.sip.test_watching import requests
from tests.sip.wire import wire
from tests.sip.world import SDP
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.sip import message, sdp
from yingda.sip.message import Request, Response

ONLY = SDP.replace("8 101", "18 101") + "a=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\n"
BOTH = SDP.replace("8 101", "18 8 101")


def floor() -> Floor:
    """Phones at which nobody is signed in."""
    found = Floor()
    for extension in ("8101", "8102"):
        assert found.proved(extension, REGISTER.format(extension=extension)).code == 200
    return found


def dials(found: Floor, called: str, body: str) -> list[Response]:
    data = wire(found._text("8101", called, "one", "INVITE", 1) + "\nContent-Type: application/sdp", body)
    (challenge,) = found.receive(data, PHONE)
    return found.receive(with_credentials(data, challenge, "8101", "secret"), PHONE)


def answers(found: Floor, invite: Request, code: int, body: str = "") -> list[Response]:
    headers = {"Contact": ["<sip:8102@198.51.100.9:5070>"]} | ({"Content-Type": ["application/sdp"]} if body else {})
    data = message.response_to(invite, code, to_tag="p", headers=headers, body=body.encode()).to_bytes()
    return found.receive(data, PHONE)


def test_two_phones_that_both_have_it_speak_it_and_the_caller_is_answered_when_the_other_is() -> None:
    found = floor()
    assert [reply.code for reply in dials(found, "8102", ONLY)] == [100]
    invite = found.rung("8102")
    assert invite.sdp is not None and "m=audio" in invite.sdp
    (line,) = [line for line in invite.sdp.splitlines() if line.startswith("m=audio")]
    assert line.endswith("RTP/AVP 18 101") and "a=fmtp:18 annexb=no" in invite.sdp
    assert [reply.code for reply in answers(found, invite, 180)] == [180]
    (ok,) = answers(found, invite, 200, ONLY.replace("4000", "4002"))
    assert ok.code == 200 and ok.sdp is not None and "RTP/AVP 18 101" in ok.sdp and "G729/8000" in ok.sdp
    found.receive(wire(found._text("8101", "8102", "one", "ACK", 2, ok.to_tag)), PHONE)
    names = {one.remote.send_codec.name for one in found.asked(media.ConnectLeg)
             if isinstance(one, media.ConnectLeg) and one.remote.send_codec is not None}  # fmt: skip
    assert names == {"G729"}
    one, other = found.leg_at("8101"), found.leg_at("8102")
    found.driver.wait(1.1)  # nobody has been heard yet
    found.settle()
    assert found.hears(one.leg_id) == {other.leg_id} and found.hears(other.leg_id) == {one.leg_id}


def test_whoever_offers_ours_as_well_gets_ours() -> None:
    found = floor()
    ok = dials(found, "8102", BOTH)[-1]
    assert ok.code == 200 and ok.sdp is not None and "RTP/AVP 8" in ok.sdp


@pytest.mark.parametrize(("code", "cause"), [(486, "Q.850;cause=17"), (404, "Q.850;cause=1"), (603, "Q.850;cause=21")])
def test_a_caller_who_was_answered_to_hear_it_ring_is_told_by_bye_why_nobody_came(code: int, cause: str) -> None:
    found = floor()
    ok = dials(found, "8102", SDP)[-1]
    found.receive(wire(found._text("8101", "8102", "one", "ACK", 2, ok.to_tag)), PHONE)
    answers(found, found.rung("8102"), code)
    (bye,) = [one for one in requests(list(found.sent)) if one.method == "BYE"]
    assert bye.get("Reason").startswith(f"{cause};")


@pytest.mark.parametrize(("code", "told"), [(488, 488), (486, 486), (480, 480)])
def test_what_the_far_end_refuses_the_caller_is_told(code: int, told: int) -> None:
    found = floor()
    dials(found, "8102", ONLY)
    invite = found.rung("8102")
    (reply,) = answers(found, invite, code)
    assert reply.code == told and (told != 488 or "305 test" in reply.get("Warning"))
    assert "interaction.ended" in found.driver.kinds() and len(found.driver.switch.table.calls) == 0


def test_a_caller_who_gives_up_is_no_call_any_more() -> None:
    found = floor()
    dials(found, "8102", ONLY)
    text = found._text("8101", "8102", "one", "CANCEL", 2).replace("branch=", "branch=z9hG4bK1")
    assert [one.code for one in found.receive(wire(text), PHONE)] == [200, 487]
    assert len(found.driver.switch.table.calls) == 0


def test_a_number_with_a_greeting_needs_a_codec_of_ours() -> None:
    found = floor()
    reply = dials(found, "4008001000", ONLY)[-1]
    assert (reply.code, reply.get("Warning")) == (488, '305 test "no codec in common: offered G729"')
    assert found.driver.data("call.refused")[-1]["reason"] == "no codec in common: offered G729"


def test_terms_choose_ours_first() -> None:
    terms = sdp.Terms(passes=True)
    spoken, handed = sdp.remote_media(BOTH, terms).send_codec, sdp.remote_media(ONLY, terms).send_codec
    assert spoken is not None and handed is not None
    assert (spoken.name, handed.name, handed.fmtp) == ("PCMA", "G729", "annexb=no")
    with pytest.raises(sdp.NotAcceptable):
        sdp.remote_media(BOTH.replace("18 ", ""), sdp.Terms(only=handed))


# ---- a queue without a greeting --------------------------------------------------------------------------------------


class Quiet(Sounds):
    def greeting(self, flow_id: str) -> list[str]:
        return []


def queue() -> House:
    """An agent at his phone; callers of the queue hear nothing before he answers."""
    house = House()
    house.driver.switch.use(house.driver.switch.table.plan, Quiet())
    house.register("8101")
    return house


def ring(house: House) -> Request:
    """The phone's INVITE."""
    return next(one for one in house.to_phone() if one.method == "INVITE")


def picks_up(house: House, invite: Request, code: int, body: str = "") -> list[Response]:
    headers = {"Contact": ["<sip:8101@198.51.100.9:5070>"]} | ({"Content-Type": ["application/sdp"]} if body else {})
    reply = message.response_to(invite, code, to_tag="p", headers=headers, body=body.encode())
    return house.receive(reply.to_bytes(), PHONE)


def talking(house: House) -> str:
    """The handling of a caller who only speaks G.729."""
    assert [reply.code for reply in house.call(body=ONLY)] == [100, 180]
    ok = picks_up(house, ring(house), 200, ONLY.replace("4000", "4002"))[-1]
    assert ok.code == 200 and ok.sdp is not None and "RTP/AVP 18 101" in ok.sdp
    house.ack(ok)
    driver = house.driver
    agent = next(leg for leg in driver.switch.table.legs.values() if leg.agent_id == "a1")
    house.carry(
        driver.switch.media_report(media.LegAlive(number=9, measured_at=driver.now, leg_id=agent.leg_id), driver.now)
    )
    assert driver.distributor.floor.sessions["a1"].handling_id is not None
    return driver.distributor.floor.sessions["a1"].handling_id


def test_a_caller_of_a_queue_is_answered_when_an_agent_whose_phone_has_it_answers() -> None:
    house = queue()
    talking(house)
    kinds = house.driver.kinds()
    assert kinds.index("queue.entered") < kinds.index("handling.connected") and "queue.announced" not in kinds
    customer, agent = sorted(house.driver.switch.table.legs.values(), key=lambda leg: leg.role == "agent")
    assert (customer.state, agent.state) == ("up", "up") and customer.passed is not None and agent.passed is not None
    assert not house.asked(media.Play)


def test_an_agent_whose_phone_does_not_have_it_is_not_blamed_and_the_caller_is_told() -> None:
    house = queue()
    house.call(body=ONLY)
    reply = picks_up(house, ring(house), 488)[-1]
    assert reply.code == 488 and "codec" in reply.get("Warning")
    session = house.driver.distributor.floor.sessions["a1"]
    assert session.reachable and session.offer_id is None and session.missed == 0
    assert "interaction.ended" in house.driver.kinds() and not house.driver.switch.table.calls


def test_a_caller_who_gives_up_while_it_rings_at_his_end_leaves_nothing() -> None:
    house = queue()
    house.call(body=ONLY)
    text = CALL.format(number=1).rstrip("\n").replace("INVITE", "CANCEL")
    assert [reply.code for reply in house.receive(wire(text), CARRIER)] == [200, 487]
    assert house.driver.data("queue.left")[0]["outcome"] == "abandoned" and not house.driver.switch.table.calls


def test_what_would_mix_the_sound_is_refused_in_words() -> None:
    house = queue()
    handling = talking(house)
    switch, now = house.driver.switch, house.driver.now
    target = ("number", "13900002222")
    for verb in (
        lambda: switch.hold(handling, now),
        lambda: switch.consulting.consult(handling, target, now),
        lambda: switch.transfers.blind(handling, target, now),
        lambda: switch.parking.park(handling, now),
        lambda: switch.supervision.watch("a3", "a1", "listen", now),
    ):
        with pytest.raises(YingdaError, match="G729, which we only hand on") as refusal:
            verb()
        assert refusal.value.code == "codec_handed_on" and "G.711" in refusal.value.todo
