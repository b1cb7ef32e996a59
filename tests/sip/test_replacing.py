"""A call takes another's place, and two calls of a phone become one: Replaces in INVITE and REFER, on the wire, through
endpoint, signalling and switch (RFC 3891, RFC 5589)."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.calls.driver import CENTRE, Driver
from tests.sip.test_endpoint import with_credentials
from tests.sip.test_signalling import PHONE, REGISTER, SUBSCRIBE, House
from tests.sip.wire import wire
from tests.sip.world import SDP
from yingda.calls.effects import Effect, MediaRequest, WireEffect
from yingda.calls.model import Leg, LegState
from yingda.calls.numbering import NumberPlan
from yingda.kernel.config.centre import Device
from yingda.kernel.event import Envelope
from yingda.media import protocol as media
from yingda.reports.books import Books
from yingda.sip import message
from yingda.sip.message import Request, Response

INVITE = """
INVITE sip:{called}@192.0.2.10 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bK-{name};rport
Max-Forwards: 70
From: <sip:{extension}@192.0.2.10>;tag={name}
To: <sip:{called}@192.0.2.10>{to_tag}
Call-ID: {name}
CSeq: {number} {method}
Contact: <sip:{extension}@198.51.100.9:5070>"""


class Floor(House):
    """Phones of a1 (8101, 8104) and a2 (8102), who serve one queue, and of a3 (8103), who serves none."""

    def __init__(self, *phones: str) -> None:
        super().__init__()
        first = CENTRE.agents[0]
        second = Device(id="d4", kind="sip", extension="8104")
        agents = [first.model_copy(update={"devices": [*first.devices, second]}), *CENTRE.agents[1:]]
        plan = NumberPlan(CENTRE.model_copy(update={"agents": agents}), 1)
        self.driver.switch.use(plan, self.driver.switch.table.sounds)
        self._done = self._refers = 0
        for extension in phones:
            self.register(extension)
        self.driver.devices.registered.add("8104")

    def carry(self, effects: list[Effect]) -> None:
        self.driver.do(effects)
        self.settle()

    def settle(self) -> None:
        """Carry out on the wire whatever the driver has collected."""
        while self._done < len(self.driver.effects):
            effect = self.driver.effects[self._done]
            self._done += 1
            if isinstance(effect, WireEffect):
                sent, more = self.signalling.perform(effect, self.driver.now)
                self.wire(sent)
                self.carry(more)

    # ---- scenes ---------------------------------------------------------------------------------------------------

    def customer(self) -> str:
        """A caller waits; the key of his leg."""
        _, ok = self.call()
        self.ack(ok)
        leg = next(leg.leg_id for leg in self.legs() if leg.role == "customer")
        self.driver.end_greeting(leg)
        self.settle()
        return leg

    def rung(self, extension: str) -> Request:
        """The last INVITE that this phone got."""
        return [r for r in self.to_phone() if r.method == "INVITE" and f":{extension}@" in r.uri][-1]

    def reply(self, invite: Request, code: int, tag: str) -> None:
        contact = {"Contact": ["<sip:phone@198.51.100.9:5070>"]}
        body = SDP.encode() if code == 200 else b""
        typed = {"Content-Type": ["application/sdp"]} if body else {}
        data = message.response_to(invite, code, to_tag=tag, headers=contact | typed, body=body).to_bytes()
        self.receive(data, PHONE)
        if code == 200:
            for leg in self.legs():
                if leg.state is LegState.JOINING:
                    alive = media.LegAlive(number=2, measured_at=self.driver.now, leg_id=leg.leg_id)
                    self.carry(self.driver.switch.media_report(alive, self.driver.now))

    def dials(self, extension: str, called: str, name: str, more: str = "") -> Response:
        """A phone calls; the last reply, acknowledged if it is a 200."""
        text = self._text(extension, called, name, "INVITE", 1) + more
        data = wire(text + "\nContent-Type: application/sdp", SDP)
        (challenge,) = self.receive(data, PHONE)
        reply = self.receive(with_credentials(data, challenge, extension, "secret"), PHONE)[-1]
        if reply.code == 200:
            self.receive(wire(self._text(extension, called, name, "ACK", 2, reply.to_tag)), PHONE)
            for leg in self.legs():
                if leg.state is LegState.JOINING:
                    alive = media.LegAlive(number=2, measured_at=self.driver.now, leg_id=leg.leg_id)
                    self.carry(self.driver.switch.media_report(alive, self.driver.now))
        return reply

    def refers(self, extension: str, called: str, name: str, to_tag: str, refer_to: str) -> Response:
        """A phone transfers in a call that it has made."""
        self._refers += 1
        text = self._text(extension, called, name, "REFER", 2 + self._refers, to_tag)
        text = text.replace(f"z9hG4bK-{name}", f"z9hG4bK-refer{self._refers}")
        return self.receive(wire(f"{text}\nRefer-To: <{refer_to}>"), PHONE)[0]

    def _text(self, extension: str, called: str, name: str, method: str, number: int, to_tag: str = "") -> str:
        tag = f";tag={to_tag}" if to_tag else ""
        made = {"extension": extension, "called": called, "name": name, "method": method}
        text = INVITE.format(to_tag=tag, number=number, **made)
        text = text.replace("INVITE sip", f"{method} sip", 1)
        return text.replace(f"z9hG4bK-{name}", f"z9hG4bK-ack-{name}") if method == "ACK" else text

    # ---- looking in -----------------------------------------------------------------------------------------------

    def legs(self) -> list[Leg]:
        return [leg for leg in self.driver.switch.table.legs.values() if leg.state is not LegState.ENDING]

    def leg_at(self, device: str) -> Leg:
        (leg,) = [leg for leg in self.legs() if leg.device == device]
        return leg

    def hears(self, leg_id: str) -> set[str]:
        """Whom of those alive a leg hears, by all that media was told."""
        matrix: dict[tuple[str, str], float] = {}
        for effect in self.driver.effects:
            if isinstance(effect, MediaRequest) and isinstance(effect.command, media.SetGain):
                matrix |= {(sink, source): gain for sink, source, gain in effect.command.entries}
        alive = {leg.leg_id for leg in self.legs()}
        return {source for (sink, source), gain in matrix.items() if sink == leg_id and gain and source in alive}

    def to_devices(self, method: str) -> list[Request]:
        return [request for request in self.to_phone() if request.method == method]

    def state(self, agent: str) -> str:
        span = self.driver.distributor.floor.sessions[agent].span
        assert span is not None
        return span.state.value


def booked(driver: Driver) -> Books:
    """All that has happened, in strict books."""
    books = Books(strict=True)
    for number, event in enumerate(driver.events, 1):
        books.apply(
            Envelope(
                writer="test", n=number, stamp=event.at, seq=number, v=1, node="test", mono=0, config=1,
                kind=event.kind, at=event.at, by=event.by, tenant=event.tenant, interaction_id=event.interaction_id,
                data=dict(event.data),
            )
        )  # fmt: skip
    return books


def named(invite: Request, tag: str) -> str:
    """Our call to a phone as Replaces names it."""
    return f"{invite.call_id};to-tag={invite.from_tag};from-tag={tag}"


def escaped(call_id: str, to_tag: str, from_tag: str) -> str:
    """The same in a Refer-To."""
    return f"Replaces={call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}"


def talking() -> tuple[Floor, str, Request]:
    """a1 talks with a customer, by 8101; the customer's leg, and the INVITE to the phone."""
    floor = Floor("8101", "8102", "8103")
    customer = floor.customer()
    invite = floor.rung("8101")
    floor.reply(invite, 180, "p")
    floor.reply(invite, 200, "p")
    assert floor.state("a1") == "talking" and floor.hears(customer) == {floor.leg_at("8101").leg_id}
    return floor, customer, invite


# ---- INVITE ----------------------------------------------------------------------------------------------------------


def test_another_device_of_the_agent_goes_on_with_his_call() -> None:
    floor, customer, invite = talking()
    handling = floor.leg_at("8101").handling_id
    assert floor.proved("8104", REGISTER.format(extension="8104")).code == 200
    assert floor.dials("8104", "8101", "swap", f"\nReplaces: {named(invite, 'p')}").code == 200
    new = floor.leg_at("8104")
    assert (new.handling_id, floor.hears(customer), floor.hears(new.leg_id)) == (handling, {new.leg_id}, {customer})
    assert [bye.uri for bye in floor.to_devices("BYE")] == ["sip:phone@198.51.100.9:5070"]
    kinds = floor.driver.kinds()
    assert kinds.count("handling.started") == 1 and "handling.released" not in kinds
    assert kinds.count("recording.started") == 1 and "recording.ended" not in kinds
    created, ended = floor.driver.data("leg.created")[-1], floor.driver.data("leg.ended")[-1]
    assert created["replaces_leg_id"] == ended["leg_id"] and "interaction.ended" not in kinds
    assert floor.state("a1") == "talking" and floor.endpoint.live()["calls"] == 3  # the BYE waits for its 200


def test_a_colleague_of_the_group_takes_a_talk_over() -> None:
    floor, customer, invite = talking()
    assert floor.dials("8102", "8101", "swap", f"\nReplaces: {named(invite, 'p')}").code == 200
    new = floor.leg_at("8102")
    assert floor.hears(customer) == {new.leg_id}
    assert (floor.state("a1"), floor.state("a2")) == ("wrapup", "talking")
    started = floor.driver.data("handling.started")
    assert [one["origin"] for one in started] == ["offer", "pickup"]
    assert started[1]["after_handling_id"] == started[0]["handling_id"]
    assert floor.driver.data("handling.transferred")[0]["how"] == "takeover"
    assert floor.driver.kinds().count("recording.started") == 2 and "interaction.ended" not in floor.driver.kinds()


def test_a_ringing_phone_is_picked_up_early_only_by_one_that_watches_it() -> None:
    """The lamp says how to name the call; the key beside it picks it up."""
    floor = Floor("8101", "8102")
    assert floor.proved("8102", SUBSCRIBE).code == 200
    customer = floor.customer()
    invite = floor.rung("8101")
    floor.reply(invite, 180, "p")
    (dialog,) = ElementTree.fromstring(floor.to_devices("NOTIFY")[-1].body)
    shown = f"{dialog.get('call-id')};to-tag={dialog.get('remote-tag')};from-tag={dialog.get('local-tag')}"
    assert shown == named(invite, "p")
    assert floor.dials("8102", "8101", "pick", f"\nReplaces: {shown};early-only").code == 200
    new = floor.leg_at("8102")
    assert floor.hears(customer) == {new.leg_id} and (floor.state("a1"), floor.state("a2")) == ("idle", "talking")
    (cancel,) = floor.to_devices("CANCEL")
    assert cancel.call_id == invite.call_id and "completed elsewhere" in cancel.get("Reason")
    floor.reply(invite, 487, "p")
    assert [one["outcome"] for one in floor.driver.data("offer.ended")] == ["answered_elsewhere", "accepted"]
    assert floor.driver.data("handling.started")[0]["origin"] == "pickup"


def test_the_agents_other_phone_picks_up_what_rings_at_the_first() -> None:
    floor = Floor("8101")
    floor.customer()
    invite = floor.rung("8101")
    floor.reply(invite, 180, "p")
    assert floor.proved("8104", REGISTER.format(extension="8104")).code == 200
    assert floor.dials("8104", "8101", "pick", f"\nReplaces: {named(invite, 'p')}").code == 200
    floor.reply(invite, 487, "p")
    assert floor.state("a1") == "talking" and floor.leg_at("8104").handling_id
    assert [one["outcome"] for one in floor.driver.data("offer.ended")] == ["accepted"]


def test_who_may_not_and_what_cannot_be_taken_over() -> None:
    floor, customer, invite = talking()
    refused = floor.dials("8103", "8101", "swap", f"\nReplaces: {named(invite, 'p')}")
    assert refused.code == 403 and "not yours" in refused.get("Warning")
    assert floor.driver.data("call.refused")[-1]["release_code"] == 403
    assert floor.dials("8102", "8101", "two", f"\nReplaces: {named(invite, 'p')};early-only").code == 486
    assert floor.dials("8102", "8101", "three", f"\nReplaces: {named(invite, 'other')}").code == 481
    assert [one["release_code"] for one in floor.driver.data("call.refused")] == [403, 486, 481]
    assert floor.hears(customer) == {floor.leg_at("8101").leg_id} and not floor.to_devices("BYE")
    ended = [one for one in floor.driver.kinds() if one in ("leg.ended", "handling.released")]
    assert ended == [] and floor.state("a1") == "talking"


def test_a_callers_exchange_hands_its_side_to_another_phone() -> None:
    floor, customer, _ = talking()
    (session,) = [one for one in floor.endpoint.to_state()["sessions"] if not one["made"]]
    (dialog,) = session["forks"]
    name = f"\nReplaces: {dialog['call_id']};to-tag={dialog['local_tag']};from-tag={dialog['remote_tag']}"
    other = name + "\nP-Asserted-Identity: <sip:13900009999@192.0.2.1>"
    assert floor.call(3, headers=other)[-1].code == 403  # the same trunk, but another caller
    trying, ok = floor.call(2, headers=name + "\nReferred-By: <sip:13800001111@192.0.2.1>")
    assert (trying.code, ok.code) == (100, 200)
    (leg,) = [leg for leg in floor.legs() if leg.role == "customer"]
    assert leg.leg_id != customer and floor.hears(leg.leg_id) == {floor.leg_at("8101").leg_id}
    moved = floor.asked(media.MoveRecording)
    assert [one.leg_id for one in moved if isinstance(one, media.MoveRecording)] == [leg.leg_id]
    assert "recording.ended" not in floor.driver.kinds() and floor.state("a1") == "talking"


def test_a_waiting_caller_keeps_his_place_on_the_other_phone() -> None:
    floor = Floor()
    floor.customer()
    (session,) = floor.endpoint.to_state()["sessions"]
    (dialog,) = session["forks"]
    name = f"\nReplaces: {dialog['call_id']};to-tag={dialog['local_tag']};from-tag={dialog['remote_tag']}"
    assert floor.call(2, headers=name)[-1].code == 200  # the same number by the same trunk
    (leg,) = floor.legs()
    play = floor.asked(media.Play)[-1]
    assert isinstance(play, media.Play) and play.leg_id == leg.leg_id and play.items == ["file:music.wav"]
    assert floor.driver.kinds().count("queue.entered") == 1 and "queue.left" not in floor.driver.kinds()


def test_a_call_given_up_before_it_took_the_place_changes_nothing() -> None:
    floor, customer, invite = talking()
    floor.driver.late.add("leg.create")
    reply = floor.dials("8102", "8101", "swap", f"\nReplaces: {named(invite, 'p')}")
    assert reply.code == 100
    text = floor._text("8102", "8101", "swap", "CANCEL", 2).replace("branch=", "branch=z9hG4bK1")
    assert [one.code for one in floor.receive(wire(text), PHONE)] == [200, 487]
    floor.driver.catch_up()
    floor.settle()
    assert floor.hears(customer) == {floor.leg_at("8101").leg_id} and not floor.to_devices("BYE")


# ---- REFER -----------------------------------------------------------------------------------------------------------


def answers(floor: Floor, extension: str, tag: str) -> Request:
    invite = floor.rung(extension)
    floor.reply(invite, 180, tag)
    floor.reply(invite, 200, tag)
    return invite


def told(floor: Floor) -> list[str]:
    return [one.body.decode().strip() for one in floor.to_devices("NOTIFY")]


def test_two_calls_of_one_phone_become_one() -> None:
    """Nobody is signed in: 8102 speaks with 8101 and with 8103, and joins them."""
    floor = Floor()
    for extension in ("8101", "8102", "8103"):
        assert floor.proved(extension, REGISTER.format(extension=extension)).code == 200
    first = floor.dials("8102", "8101", "one")
    answers(floor, "8101", "x")
    second = floor.dials("8102", "8103", "two")
    answers(floor, "8103", "y")
    assert (first.code, second.code) == (200, 200)
    attended = f"sip:8103@192.0.2.10?{escaped('two', second.to_tag, 'two')}"
    assert floor.refers("8102", "8101", "one", first.to_tag, attended).code == 202
    one, other = floor.leg_at("8101"), floor.leg_at("8103")
    assert floor.hears(one.leg_id) == {other.leg_id} and floor.hears(other.leg_id) == {one.leg_id}
    assert told(floor) == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]
    assert sorted(bye.call_id for bye in floor.to_devices("BYE")) == ["one", "two"]
    (merged,) = floor.driver.data("interaction.merged")
    ended = [event.interaction_id for event in floor.driver.events if event.kind == "interaction.ended"]
    assert ended == [merged["from_id"]] and len(floor.driver.switch.table.calls) == 1
    floor.carry(floor.driver.switch.cleared(one.leg_id, floor.driver.now))
    books = booked(floor.driver)
    assert {contact.outcome for contact in books.contacts.rows.values()} == {"internal", "merged"}
    assert all(contact.open == 0 for contact in books.contacts.rows.values())


def test_the_customer_goes_to_whom_another_phone_of_the_agent_has_called() -> None:
    """Between two phones: 8101 has the customer, the same agent's 8104 has called a2; 8101 refers to that call."""
    floor = Floor("8101", "8102")
    customer = floor.customer()
    invite = floor.rung("8101")
    floor.reply(invite, 180, "p")
    floor.reply(invite, 200, "p")
    assert floor.proved("8104", REGISTER.format(extension="8104")).code == 200
    second = floor.dials("8104", "8102", "two")
    answers(floor, "8102", "y")
    assert (floor.state("a1"), floor.state("a2")) == ("talking", "internal")
    refer = floor._text("8101", "8101", "x", "REFER", 5).replace("Call-ID: x", f"Call-ID: {invite.call_id}")
    refer = refer.replace("From: <sip:8101@192.0.2.10>;tag=x", "From: <sip:8101@192.0.2.10>;tag=p")
    refer = refer.replace("To: <sip:8101@192.0.2.10>", f"To: {invite.get('From')}")
    reply = floor.receive(
        wire(f"{refer}\nRefer-To: <sip:8102@192.0.2.10?{escaped('two', second.to_tag, 'two')}>"), PHONE
    )
    assert reply[0].code == 202
    heir = floor.leg_at("8102")
    assert floor.hears(customer) == {heir.leg_id} and floor.hears(heir.leg_id) == {customer}
    assert (floor.state("a1"), floor.state("a2")) == ("wrapup", "talking")
    assert floor.driver.data("handling.transferred")[-1]["how"] == "attended"
    assert [one["origin"] for one in floor.driver.data("handling.started")] == ["offer", "internal", "transfer"]
    assert floor.driver.kinds().count("recording.started") == 2
    booked(floor.driver)


def test_the_customer_goes_to_whom_the_agent_has_reached_by_a_number_of_the_centre() -> None:
    """His second line is a contact of its own there, with a colleague of the queue."""
    floor, customer, invite = talking()
    second = floor.dials("8101", "4008001000", "two")
    guest = next(leg.leg_id for leg in floor.legs() if leg.role == "customer" and leg.device == "8101")
    floor.driver.end_greeting(guest)
    floor.settle()
    answers(floor, "8102", "y")
    refer = floor._text("8101", "8101", "x", "REFER", 5).replace("Call-ID: x", f"Call-ID: {invite.call_id}")
    refer = refer.replace("From: <sip:8101@192.0.2.10>;tag=x", "From: <sip:8101@192.0.2.10>;tag=p")
    refer = refer.replace("To: <sip:8101@192.0.2.10>", f"To: {invite.get('From')}")
    target = f"sip:4008001000@192.0.2.10?{escaped('two', second.to_tag, 'two')}"
    assert floor.receive(wire(f"{refer}\nRefer-To: <{target}>"), PHONE)[0].code == 202
    heir = floor.leg_at("8102")
    assert floor.hears(customer) == {heir.leg_id} and len(floor.legs()) == 2
    assert floor.state("a1") == "wrapup" and floor.state("a2") == "talking"
    assert len(floor.driver.switch.table.calls) == 1 and floor.driver.data("interaction.merged")
    floor.carry(floor.driver.switch.cleared(customer, floor.driver.now))
    assert {contact.outcome for contact in booked(floor.driver).contacts.rows.values()} == {"answered", "merged"}


def test_a_call_that_is_not_ones_own_is_not_joined() -> None:
    floor = Floor()
    for extension in ("8101", "8102", "8103"):
        assert floor.proved(extension, REGISTER.format(extension=extension)).code == 200
    first = floor.dials("8102", "8101", "one")
    answers(floor, "8101", "x")
    second = floor.dials("8103", "8101", "two")
    answers(floor, "8101", "z")
    attended = f"sip:8103@192.0.2.10?{escaped('two', second.to_tag, 'two')}"
    assert floor.refers("8102", "8101", "one", first.to_tag, attended).code == 403
    unknown = f"sip:8103@192.0.2.10?{escaped('none', 'a', 'b')}"
    assert floor.refers("8102", "8101", "one", first.to_tag, unknown).code == 403
    assert not floor.driver.data("interaction.merged") and not floor.to_devices("BYE")
