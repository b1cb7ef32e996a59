"""Texts (MESSAGE): whose desk each is for, what its sender is told, and what the books say of it (`calls/texts`)."""

from __future__ import annotations

import msgspec
import pytest

from tests.calls.driver import CENTRE
from tests.sip.test_endpoint import with_credentials
from tests.sip.test_signalling import CALL, CARRIER, PHONE, REGISTER, House
from tests.sip.wire import wire
from yingda.calls.effects import Effect, KeepText
from yingda.calls.numbering import NumberPlan
from yingda.calls.phone_texts import SeatText, arrived
from yingda.calls.texts import LONGEST
from yingda.kernel.clock import SECOND
from yingda.sip import message
from yingda.sip.message import Request, Response

WORDS = "secret words"
FROM_PHONE = """
MESSAGE sip:{to}@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bK-text{to};rport
From: <sip:8102@192.0.2.10>;tag=t
To: <sip:{to}@192.0.2.10>
Call-ID: text{to}
CSeq: 1 MESSAGE
Max-Forwards: 70
Content-Type: text/plain
"""


class Office(House):
    """keeps: whether the store takes the texts that come to a desk."""

    keeps = True

    def __init__(self, *, trusts_identity: bool = True) -> None:
        super().__init__(trusts_identity=trusts_identity)
        self.kept: list[KeepText] = []

    def carry(self, effects: list[Effect]) -> None:
        super().carry([effect for effect in effects if not isinstance(effect, KeepText)])
        for effect in effects:
            if isinstance(effect, KeepText):
                self.kept.append(effect)
                done, answers = self.signalling.texts.kept(effect, self.keeps, self.driver.now)
                self.carry(done)
                self.wire(answers)

    def text(self, to: str, words: str = WORDS) -> Response:
        """From the phone of the second agent."""
        data = wire(FROM_PHONE.format(to=to).rstrip("\n"), words)
        (challenge,) = self.receive(data, PHONE)
        (reply,) = self.receive(with_credentials(data, challenge, "8102", "secret"), PHONE)
        return reply

    def from_carrier(self, to: str) -> Response:
        text = CALL.format(number=7).rstrip("\n").replace("INVITE", "MESSAGE").replace("4008001000", to)
        (reply,) = self.receive(wire(text + "\nContent-Type: text/plain", WORDS), CARRIER)
        return reply

    def in_call(self, ok: Response, number: int) -> Response:
        """From the caller of the one call there is. number: counts his requests."""
        text = CALL.format(number=1).rstrip("\n").replace("INVITE", "MESSAGE").replace("-1;", f"-text{number};")
        text = text.replace("CSeq: 1", f"CSeq: {number}").replace(
            "To: <sip:4008001000@192.0.2.10>", f"To: {ok.get('To')}"
        )
        (reply,) = self.receive(wire(text + "\nContent-Type: text/plain", WORDS), CARRIER)
        return reply

    def books(self, kind: str) -> list[dict[str, object]]:
        found = self.driver.data(kind)
        assert WORDS not in str(found)
        return found


@pytest.mark.parametrize("to", ["8101", "1001", "01055501001"], ids=["device", "agent ID", "direct number"])
def test_a_text_from_a_phone_is_put_before_the_agent_it_is_for(to: str) -> None:
    office = Office()
    agents = [
        one.model_copy(update={"direct_number": "01055501001"} if one.id == "a1" else {}) for one in CENTRE.agents
    ]
    plan = NumberPlan(CENTRE.model_copy(update={"agents": agents}), 2)
    office.driver.switch.use(plan, office.driver.switch.table.sounds)
    assert office.text(to).code == 202  # it waits for him
    office.driver.sign_in("a1")
    (kept,) = office.kept
    assert (kept.to_agents, kept.from_agent, kept.text) == (("a1",), "a2", WORDS)
    (came,) = office.books("message.received")
    assert (came["author"], came["agent_id"], came["party_ref"]) == ("agent", "a1", "ref:8102")


def test_an_agent_who_is_signed_in_has_it_at_once() -> None:
    office = Office()
    office.driver.sign_in("a1")
    assert office.text("8101").code == 200


def test_a_text_by_a_trusted_trunk_names_its_number() -> None:
    office = Office()
    assert office.from_carrier("8103").code == 202
    (kept,) = office.kept
    assert (kept.to_agents, kept.from_agent, kept.from_number) == (("a3",), None, "+8613800001111")
    assert office.books("message.received")[0]["author"] == "customer"


@pytest.mark.parametrize(
    ("to", "code", "sentence"),
    [("4008001000", 405, "not for this number"), ("7777", 404, "Nobody has this number")],
)
def test_who_reads_no_texts_is_told_with_the_cause(to: str, code: int, sentence: str) -> None:
    office = Office()
    reply = office.text(to)
    assert reply.code == code and sentence in reply.get("Warning") and office.kept == []
    assert (code != 405) or "MESSAGE" not in reply.all("Allow")
    (refused,) = office.books("message.refused")
    assert (refused["release_code"], refused["dialled"], refused["party_ref"]) == (code, to, "ref:8102")


def test_a_trunk_that_may_say_anything_of_its_callers_brings_no_texts() -> None:
    office = Office(trusts_identity=False)
    reply = office.from_carrier("8101")
    assert reply.code == 403 and "this trunk" in reply.get("Warning") and office.kept == []
    assert office.books("message.refused")[0]["trunk_id"] == "t1"


def test_a_text_too_long_for_a_desk_is_refused() -> None:
    office = Office()
    assert office.text("8101", "x" * LONGEST).code == 202
    assert office.text("8103", "x" * (LONGEST + 1)).code == 413


def test_a_text_that_cannot_be_kept_may_be_sent_again_later() -> None:
    office = Office()
    office.keeps = False
    reply = office.text("8101")
    assert (reply.code, reply.get("Retry-After")) == (500, "60") and office.books("message.received") == []


def test_a_text_in_a_call_is_for_the_agent_who_talks_with_its_sender() -> None:
    office = Office()
    office.driver.sign_in("a1")
    _, ok = office.call()
    office.ack(ok)
    (call,) = office.driver.switch.table.calls.values()
    assert office.in_call(ok, 2).code == 488  # nobody is there yet
    office.driver.end_greeting(call.customer)
    office.driver.agent_answers()
    assert office.in_call(ok, 3).code == 200
    (kept,) = office.kept
    assert (kept.to_agents, kept.from_number, kept.handling_id) == (("a1",), "+8613800001111", call.handling_id)
    (refused,), (came,) = office.books("message.refused"), office.books("message.received")
    assert refused["release_code"] == 488 and came["handling_id"] == call.handling_id


def test_a_text_of_an_agent_in_a_call_is_for_the_other_agents_in_it() -> None:
    """His own customer has no desk: the phone is told so."""
    office = Office()
    office.driver.sign_in("a1")
    office.driver.reach_queue("c1")
    leg_id = office.driver.agent_answers()
    leg = office.driver.switch.table.legs[leg_id]
    call = office.driver.switch.table.call_of(leg)
    assert [one.agent_id for one in office.signalling.texts._listeners(call, leg)] == []


def test_a_number_plan_knows_whom_a_text_is_for() -> None:
    plan = NumberPlan(CENTRE, 1)
    assert [plan.reader(one) for one in ("8102", "1003", "4008001000", "9")] == ["a2", "a3", None, None]


# ---- to phones -------------------------------------------------------------------------------------------------------

TAKES = "Allow: INVITE, ACK, BYE, MESSAGE\n"
TEXT = SeatText(message_id="m1", readers=("a1", "a2"), text=WORDS, sender="1002", name="李雷", from_agent="a2")


def phones(office: Office, allow: str = TAKES) -> None:
    """The phone of each agent is there."""
    for extension in ("8101", "8102"):
        office.proved(extension, REGISTER.format(extension=extension).rstrip("\n") + "\n" + allow)
    office.sent.clear()


def to_phones(office: Office, text: SeatText = TEXT) -> list[Request]:
    office.wire(office.signalling.phone_texts.send(text, office.driver.now))
    return [one for one in office.to_phone() if one.method == "MESSAGE"]


def test_a_text_at_a_desk_is_shown_on_its_readers_phone_and_not_on_its_writers() -> None:
    office = Office()
    phones(office)
    (text,) = to_phones(office)
    assert (text.uri, text.text) == ("sip:8101@198.51.100.9:5070", WORDS)
    assert "Contact" not in text.headers and text.get("From").startswith('"李雷" <sip:1002@test>')
    office.receive(message.response_to(text, 200).to_bytes(), PHONE)
    (sent,) = office.books("message.sent")
    assert sent == {"message_id": "m1", "agent_id": "a1", "medium": "chat", "author": "agent"}
    assert len(office.signalling.phone_texts) == 0


def test_a_phone_that_does_not_say_that_it_takes_texts_gets_none() -> None:
    office = Office()
    phones(office, "Allow: INVITE, ACK, BYE\n")
    assert to_phones(office) == [] and office.books("message.sent") == []


@pytest.mark.parametrize("code", [405, 488])
def test_a_phone_that_refuses_a_text_gets_it_once_and_the_books_say_why(code: int) -> None:
    office = Office()
    phones(office)
    (text,) = to_phones(office)
    office.receive(message.response_to(text, code).to_bytes(), PHONE)
    (refused,) = office.books("message.refused")
    assert (refused["release_code"], refused["dialled"], refused["agent_id"]) == (code, "8101", "a1")
    assert len([one for one in office.to_phone() if one.method == "MESSAGE"]) == 1


def test_a_phone_that_says_nothing_gets_it_no_second_time() -> None:
    office = Office()
    phones(office)
    to_phones(office)
    while (due := office.endpoint.next_timer()) is not None and due < office.driver.now + 40 * SECOND:
        office.driver.now = due
        office.wire(office.endpoint.handle_timer(due))
    assert office.books("message.refused")[0]["release_code"] == 408
    assert len({one.call_id for one in office.to_phone() if one.method == "MESSAGE"}) == 1


def test_what_a_datagram_cannot_hold_is_cut_off_with_an_ellipsis() -> None:
    office = Office()
    phones(office)
    (text,) = to_phones(office, msgspec.structs.replace(TEXT, text="长" * LONGEST))
    assert text.text is not None and set(text.text) == {"长", "…"} and text.text.endswith("…")
    (raw,) = [send.data for send in office.sent if send.data.startswith(b"MESSAGE")]
    assert 1_100 < len(raw) <= 1_300


def test_a_text_that_came_for_an_agent_goes_on_to_his_phone() -> None:
    office = Office()
    phones(office)
    office.text("8101")
    (kept,) = office.kept
    passed_on = arrived(kept, office.driver.switch.table.plan)
    (text,) = to_phones(office, passed_on)
    assert text.uri.startswith("sip:8101@") and "<sip:1002@test>" in text.get("From")
