"""Several phones of one user ring at once: who gets the call, what the others are told, and what counts when none takes
it (RFC 3261 sections 13.2.2.4, 16.6, 16.7; RFC 3326), through endpoint, signalling and switch."""

from __future__ import annotations

import msgspec
import pytest

from tests.sip.test_endpoint import change, with_credentials
from tests.sip.test_replacing import Floor, named
from tests.sip.test_signalling import PHONE, REGISTER
from tests.sip.wire import wire
from tests.sip.world import SDP
from yingda.calls.calling import SILENCE, best
from yingda.calls.effects import AnswerDevice
from yingda.kernel.clock import SECOND
from yingda.media import protocol as media
from yingda.sip import message
from yingda.sip.flow import Flow
from yingda.sip.message import Headers, Request
from yingda.sip.session import COMPLETED_ELSEWHERE, DECLINED_ELSEWHERE

SOFT = Flow("udp", PHONE.local, ("198.51.100.8", 5080))
THIRD = Flow("udp", PHONE.local, ("198.51.100.7", 5090))
INSTANCE = ';+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'


class Desk(Floor):
    """a1 is signed in at 8101, which is a phone on his desk and one on his screen."""

    def __init__(self, soft: str = "", desk: str = "", third: str | None = None) -> None:
        super().__init__()
        self.enrolled = 0
        self.enrol(PHONE, desk)
        self.enrol(SOFT, soft)
        if third is not None:
            self.enrol(THIRD, third)
        self.driver.sign_in("a1")

    def enrol(self, flow: Flow, more: str, headers: str = "", user: str = "8101") -> None:
        """A phone registers. more: parameters of its contact, or what it has instead of its own address."""
        host, port = flow.remote
        self.enrolled += 1
        text = REGISTER.format(extension="8101").replace("198.51.100.9:5070", f"{host}:{port}") + headers
        text = text.replace(f"<sip:8101@{host}", f"<sip:{user}@{host}").replace("\nMax", f"{more}\nMax")
        data = change(
            change(wire(text), "Call-ID: register", f"Call-ID: reg{self.enrolled}"),
            "z9hG4bK",
            f"z9hG4bK{self.enrolled}",
        )
        (challenge,) = self.receive(data, flow)
        (ok,) = self.receive(with_credentials(data, challenge, "8101", "secret"), flow)
        assert ok.code == 200, ok.reason
        self.driver.now += 1

    def at(self, flow: Flow) -> list[Request]:
        """What this phone has got."""
        read = (message.parse(send.data) for send in self.sent if send.flow.remote == flow.remote)
        return [one for one in read if isinstance(one, Request)]

    def invite(self, flow: Flow) -> Request:
        return [one for one in self.at(flow) if one.method == "INVITE"][-1]

    def says(self, flow: Flow, code: int, request: Request | None = None, more: Headers | None = None) -> None:
        """A phone answers; its sound goes to a port of its own."""
        host, port = flow.remote
        headers: Headers = {"Contact": [f"<sip:8101@{host}:{port}>"]} | (more or {})
        body = SDP.replace("4000", str(port - 1_000)) if code == 200 and request is None else ""
        if body:
            headers["Content-Type"] = ["application/sdp"]
        answered = request or self.invite(flow)
        reply = message.response_to(answered, code, to_tag=f"t{port}", headers=headers, body=body.encode())
        self.receive(reply.to_bytes(), flow)

    def methods(self, flow: Flow) -> list[str]:
        return [one.method for one in self.at(flow)]

    def reasons(self, flow: Flow) -> list[str]:
        return [one.get("Reason") for one in self.at(flow) if one.method == "CANCEL"]

    def answered_at(self) -> list[int]:
        """Ports of phones to which media was told to send an agent's sound."""
        told = (one.remote.address for one in self.asked(media.ConnectLeg) if isinstance(one, media.ConnectLeg))
        return [address[1] for address in told if address is not None and address[1] > 4_001]

    def outcome(self) -> str:
        (ended,) = self.driver.data("offer.ended")
        return str(ended["outcome"])

    def until(self, due: int) -> None:
        """Time goes on, for signalling and the wire."""
        while (next_due := min(filter(None, (self.signalling.next_timer(), self.endpoint.next_timer())))) <= due:
            self.driver.now = max(self.driver.now, next_due)
            self.wire(self.endpoint.handle_timer(self.driver.now))
            effects, sent = self.signalling.handle_timer(self.driver.now)
            self.carry(effects)
            self.wire(sent)
        self.driver.now = due


def ringing(desk: Desk, *flows: Flow) -> Desk:
    """A customer calls; these phones say that they ring."""
    desk.customer()
    for flow in flows:
        desk.says(flow, 180)
    return desk


# ---- together --------------------------------------------------------------------------------------------------------


def test_both_phones_ring_at_once_and_the_first_answer_has_the_call() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    one, other = desk.invite(PHONE), desk.invite(SOFT)
    assert (one.call_id, one.from_tag, one.cseq) == (other.call_id, other.from_tag, other.cseq)
    assert one.via.branch != other.via.branch and (one.uri, other.uri) == (
        "sip:8101@198.51.100.9:5070", "sip:8101@198.51.100.8:5080",
    )  # fmt: skip
    desk.says(PHONE, 200)
    assert desk.methods(PHONE) == ["INVITE", "ACK"] and desk.methods(SOFT) == ["INVITE", "CANCEL"]
    assert desk.reasons(SOFT) == [COMPLETED_ELSEWHERE] and desk.answered_at() == [4070]
    assert desk.driver.kinds().count("leg.answered") == 2  # the customer's and the agent's
    desk.says(SOFT, 487)
    assert desk.methods(SOFT)[-1] == "ACK" and len(desk.signalling) == 2
    assert "device_failed" not in str(desk.driver.data("offer.ended"))


def test_a_late_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    desk.says(SOFT, 200)
    desk.says(PHONE, 200)
    assert desk.methods(PHONE) == ["INVITE", "CANCEL", "ACK", "BYE"] and desk.methods(SOFT) == ["INVITE", "ACK"]
    assert desk.answered_at() == [4080] and "interaction.ended" not in desk.driver.kinds()


def test_a_phone_that_has_not_said_anything_gets_its_cancel_when_it_does() -> None:
    desk = ringing(Desk(), PHONE)
    desk.says(PHONE, 200)
    assert desk.methods(SOFT) == ["INVITE"]  # RFC 3261 section 9.1
    desk.says(SOFT, 180)
    assert desk.methods(SOFT) == ["INVITE", "CANCEL"] and desk.reasons(SOFT) == [COMPLETED_ELSEWHERE]


def test_one_that_is_busy_lets_the_other_ring() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    desk.says(SOFT, 486)
    assert "offer.ended" not in desk.driver.kinds() and desk.methods(PHONE) == ["INVITE"]
    desk.says(PHONE, 200)
    assert desk.answered_at() == [4070] and desk.signalling.to_state()["calling"] == {}


@pytest.mark.parametrize("code", [600, 603, 607])
def test_who_declines_everywhere_ends_it_for_all(code: int) -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    desk.says(SOFT, code)
    assert desk.methods(PHONE) == ["INVITE", "CANCEL"] and desk.reasons(PHONE) == [DECLINED_ELSEWHERE]
    assert desk.outcome() == ("device_failed" if code == 607 else "declined")


def test_the_offer_that_is_taken_back_is_taken_back_at_both() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    leg = next(leg for leg in desk.legs() if leg.role == "customer")
    desk.carry(desk.driver.switch.cleared(leg.leg_id, desk.driver.now))
    assert desk.methods(PHONE) == desk.methods(SOFT) == ["INVITE", "CANCEL"]


@pytest.mark.parametrize("flow", [PHONE, SOFT])
def test_who_picks_the_call_up_ends_it_at_both(flow: Flow) -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    desk.register("8102")
    picked = desk.dials("8102", "8101", "pick", f"\nReplaces: {named(desk.invite(flow), f't{flow.remote[1]}')}")
    assert picked.code == 200
    both = [[one.method for one in desk.at(one) if one.method == "CANCEL"] for one in (PHONE, SOFT)]
    assert both == [["CANCEL"], ["CANCEL"]]


def test_watchers_see_one_call_however_many_phones_ring() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    shown: list[int] = []
    desk.endpoint.show_lamps = lambda aor, lamps, now: shown.append(len(lamps)) or []  # type: ignore[method-assign, func-returns-value]
    desk.says(SOFT, 486)
    desk.says(PHONE, 200)
    assert shown and set(shown) == {1}


def test_the_answer_key_is_pressed_where_there_is_one() -> None:
    desk = Desk()
    desk.enrol(SOFT, "", "Allow-Events: talk\n")
    ringing(desk, PHONE, SOFT)
    assert desk.endpoint.abilities("8101").talk
    sent, _ = desk.signalling.perform(AnswerDevice(desk.leg_at("8101").leg_id), desk.driver.now)
    desk.wire(sent)
    assert desk.methods(SOFT) == ["INVITE", "NOTIFY"] and desk.methods(PHONE) == ["INVITE"]


def test_sound_before_the_answer_is_only_that_of_who_answers() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    invite = desk.invite(SOFT)
    early = message.response_to(
        invite, 183, to_tag="t5080", headers={"Contact": ["<sip:8101@198.51.100.8:5080>"], "Require": ["100rel"],
                                              "RSeq": ["1"], "Content-Type": ["application/sdp"]}, body=SDP.encode(),
    )  # fmt: skip
    desk.receive(early.to_bytes(), SOFT)
    update = wire(
        f"UPDATE sip:y@192.0.2.10 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.8:5080;branch=z9hG4bK-u;rport\n"
        f"From: {invite.get('To')};tag=t5080\nTo: {invite.get('From')}\nCall-ID: {invite.call_id}\nCSeq: 1 UPDATE\n"
        "Max-Forwards: 70\nContact: <sip:8101@198.51.100.8:5080>\nContent-Type: application/sdp",
        SDP.replace("4000", "4999"),
    )
    assert [reply.code for reply in desk.receive(update, SOFT)] == [200]
    desk.says(PHONE, 200)
    assert desk.answered_at() == [4070]


# ---- one after the other ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [PHONE, SOFT])
def test_those_wanted_less_are_called_when_all_before_them_could_not_be_reached(first: Flow) -> None:
    desk = ringing(Desk(third=";q=0.3"))
    assert desk.methods(THIRD) == []
    second = SOFT if first is PHONE else PHONE
    desk.says(first, 503)
    assert desk.methods(THIRD) == []
    desk.says(second, 410)
    assert desk.methods(THIRD) == ["INVITE"] and desk.invite(THIRD).call_id != desk.invite(PHONE).call_id
    desk.says(THIRD, 200)
    assert desk.answered_at() == [4090]


@pytest.mark.parametrize("codes", [(486, 503), (503, 486)])
def test_what_one_of_them_refuses_goes_no_lower(codes: tuple[int, int]) -> None:
    desk = ringing(Desk(third=";q=0.3"), PHONE, SOFT)
    desk.says(PHONE, codes[0])
    desk.says(SOFT, codes[1])
    assert desk.methods(THIRD) == [] and desk.outcome() == "declined"


@pytest.mark.parametrize(
    ("soft", "desk_own", "user"),
    [(INSTANCE + ";reg-id=2", INSTANCE + ";reg-id=1", "8101"), ("", "", "8101-restarted")],
    ids=["connections of one phone", "left behind by a phone at its own address"],
)
def test_one_phone_is_called_once(soft: str, desk_own: str, user: str) -> None:
    desk = Desk(soft, desk_own)
    if not soft:
        desk.enrol(SOFT, "", user=user)
    ringing(desk)
    invites = [one for flow in (PHONE, SOFT) for one in desk.at(flow) if one.method == "INVITE"]
    both = {f"sip:{user}@198.51.100.8:5080", "sip:8101@198.51.100.9:5070"}
    assert {one.uri for one in invites} == ({"sip:8101@198.51.100.8:5080"} if soft else both)
    assert len(invites) == (1 if soft else 2)


def test_a_phone_that_two_ways_lead_to_rings_once() -> None:
    desk = ringing(Desk(), PHONE)
    desk.says(SOFT, 482)
    desk.says(PHONE, 486)
    assert desk.outcome() == "declined"


# ---- one that says nothing -------------------------------------------------------------------------------------------


def test_a_contact_left_behind_holds_nobody_up() -> None:
    desk = ringing(Desk(third=""), PHONE)
    began = desk.driver.now
    desk.says(PHONE, 486)
    desk.until(began + SILENCE - SECOND)
    assert "offer.ended" not in desk.driver.kinds()
    state = msgspec.json.decode(msgspec.json.encode(desk.signalling.to_state()))
    desk.signalling.restore(state)
    desk.until(began + SILENCE)
    assert desk.outcome() == "declined" and len(desk.signalling) == 1
    assert desk.signalling.next_timer() is None


def test_after_the_first_seconds_it_does_so_at_once() -> None:
    desk = ringing(Desk(), PHONE)
    desk.until(desk.driver.now + SILENCE + SECOND)
    desk.says(PHONE, 486)
    assert desk.outcome() == "declined"


def test_one_that_has_said_something_rings_on() -> None:
    desk = ringing(Desk(), PHONE, SOFT)
    began = desk.driver.now
    desk.says(PHONE, 486)
    desk.until(began + SILENCE + SECOND)
    assert "offer.ended" not in desk.driver.kinds() and desk.methods(SOFT) == ["INVITE"]
    desk.says(SOFT, 480)
    assert desk.outcome() == "declined"


# ---- what counts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "counts"),
    [
        ([503, 486], 486), ([486, 603], 603), ([408, 480], 480), ([480, 486], 480), ([500, 404], 404),
        ([302, 486], 302), ([503, 500], 503), ([430], 430), ([600, 302], 600), ([482, 503], 482),
    ],
)  # fmt: skip
def test_the_best_answer(codes: list[int], counts: int) -> None:
    assert best(codes) == counts


def test_nothing_is_left_of_the_forks() -> None:
    desk = ringing(Desk(third=""), PHONE, SOFT)
    desk.says(PHONE, 200)
    desk.says(SOFT, 487)
    desk.until(desk.driver.now + 70 * SECOND)  # the third never says a word
    live = desk.endpoint.live()
    assert (live["calls"], live["dialogs"], len(desk.signalling)) == (2, 2, 2)
