"""A mobile as an agent's device at the switch: rung by trunk, taken by a key, and otherwise a device like any other."""

from __future__ import annotations

import pytest

from tests.calls.driver import CENTRE, REMOTE, Devices, Driver, Sounds
from yingda.agents.desk import Desk
from yingda.agents.handset import Handset
from yingda.calls.effects import EndCall, InviteDevice, InviteNumber, MediaRequest, RefuseRefer
from yingda.calls.model import LegState, Why
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

ROAMS = "13900001111"


def roaming(*, asks_key: bool = True) -> Centre:
    """The test centre; a1 and a2 have a mobile in place of their phones."""
    raw = CENTRE.model_dump(mode="json")
    for agent, number in zip(raw["agents"][:2], (ROAMS, "13900002222"), strict=True):
        agent["devices"] = [agent["devices"][0] | {"kind": "mobile", "number": number, "asks_key": asks_key}]
    return Centre.model_validate(raw)


class Roaming(Driver):
    def __init__(self, *, asks_key: bool = True) -> None:
        self.centre = roaming(asks_key=asks_key)
        super().__init__()
        self.devices.registered = {"8103"}
        self.sign_in("a1")

    def _fresh(self) -> Switch:
        plan = NumberPlan(self.centre, 1)
        return Switch(self.ids, plan, self.distributor, Sounds(), self.devices, keep_number=lambda n: f"ref:{n}")

    def offered(self) -> str:
        """A caller waits, and the mobile rings."""
        self.reach_queue("c1")
        return self.rings(self.agent_leg())

    def rings(self, leg_id: str) -> str:
        self.do(self.switch.seized(leg_id, "t1", self.now))
        self.do(self.switch.ringing(leg_id, self.now))
        return leg_id

    def picks_up(self, leg_id: str) -> str:
        self.do(self.switch.answered(leg_id, REMOTE, self.now))
        self.do(self.switch.media_report(media.LegAlive(number=2, measured_at=self.now, leg_id=leg_id), self.now))
        return leg_id

    def presses(self, leg_id: str, digit: str = "1") -> None:
        heard = media.DigitHeard(number=3, measured_at=self.now, leg_id=leg_id, digit=digit, duration_ms=100)
        self.do(self.switch.media_report(heard, self.now))

    def takes(self, leg_id: str) -> str:
        self.presses(self.picks_up(self.rings(leg_id)))
        return leg_id

    def state(self, agent: str = "a1") -> str:
        span = self.distributor.floor.sessions[agent].span
        assert span is not None
        return span.state.value

    def leg(self, why: Why) -> str:
        legs = [leg for leg in self.switch.table.legs.values() if leg.why is why and leg.state is not LegState.ENDING]
        return legs[-1].leg_id

    def played(self, leg_id: str) -> list[media.Play]:
        commands = [effect.command for effect in self.effects if isinstance(effect, MediaRequest)]
        return [one for one in commands if isinstance(one, media.Play) and one.leg_id == leg_id]

    def outcome(self) -> object:
        return self.data("offer.ended")[-1]["outcome"]


@pytest.fixture
def scene() -> Roaming:
    return Roaming()


def test_an_offer_rings_the_mobile_by_trunk_and_the_key_takes_it(scene: Roaming) -> None:
    leg = scene.offered()
    (invite,) = [effect for effect in scene.effects if isinstance(effect, InviteNumber)]
    assert (invite.number, invite.on_behalf_of, invite.display) == (ROAMS, "+8613800001111", "")
    assert not any(isinstance(effect, InviteDevice) for effect in scene.effects)
    scene.picks_up(leg)
    assert (scene.state(), scene.switch.table.legs[leg].state) == ("ringing", LegState.RINGING)
    (asked,) = scene.played(leg)
    assert asked.items[0] == "file:press-one.wav" and asked.loop
    scene.presses(leg, "2")
    assert scene.state() == "ringing"
    scene.presses(leg)
    assert scene.state() == "talking" and scene.switch.table.legs[leg].state is LegState.UP
    created = scene.data("leg.created")[-1]
    assert (created["trunk_id"], created["device"], created["role"]) == ("t1", "8101", "agent")
    assert ROAMS not in str([dict(event.data) for event in scene.events])
    scene.do(scene.switch.cleared(leg, scene.now))
    assert scene.state() == "wrapup" and scene.data("interaction.ended")[0]["ended_by"] == "agent"


def test_without_the_key_whoever_answers_has_it() -> None:
    scene = Roaming(asks_key=False)
    scene.picks_up(scene.offered())
    assert scene.state() == "talking"


def test_a_mailbox_that_answers_has_nobody(scene: Roaming) -> None:
    leg = scene.picks_up(scene.offered())
    scene.wait(16)
    assert EndCall(leg) in scene.effects and scene.outcome() == "no_answer"
    assert "handling.started" not in scene.kinds()


def test_who_hangs_up_without_the_key_has_not_answered(scene: Roaming) -> None:
    scene.do(scene.switch.cleared(scene.picks_up(scene.offered()), scene.now))
    assert scene.outcome() == "no_answer"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("busy", "declined"), ("rejected", "declined"), ("no_answer", "no_answer"), ("invalid", "device_failed"),
     ("congestion", "device_failed")],
)  # fmt: skip
def test_what_the_trunk_says_is_what_a_device_says(scene: Roaming, said: str, outcome: str) -> None:
    scene.do(scene.switch.refused(scene.offered(), said, 486, scene.now))
    assert scene.outcome() == outcome


def test_a_customer_who_gives_up_stops_it_while_the_key_is_asked_for(scene: Roaming) -> None:
    leg = scene.picks_up(scene.offered())
    scene.do(scene.switch.cleared("c1", scene.now))
    assert EndCall(leg) in scene.effects and scene.outcome() == "customer_left"
    scene.presses(leg)
    assert scene.state() == "idle"


def test_a_plane_that_starts_anew_still_waits_for_the_key(scene: Roaming) -> None:
    leg = scene.picks_up(scene.offered())
    scene.restart()
    scene.presses(leg)
    assert scene.state() == "talking"


def test_what_its_network_plays_is_not_for_the_customer(scene: Roaming) -> None:
    scene.reach_queue("c1")
    leg = scene.agent_leg()
    scene.do(scene.switch.seized(leg, "t1", scene.now))
    scene.do(scene.switch.early_media(leg, REMOTE, scene.now))
    assert scene.state() == "ringing" and not scene.switch.table.legs[leg].audible


def test_he_dials_from_the_desk_and_nobody_is_called_before_his_key(scene: Roaming) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a1", ("number", "13700003333"), scene.now)))
    own = scene.picks_up(scene.rings(scene.leg(Why.OWN)))
    assert [leg.why for leg in scene.switch.table.legs.values()] == [Why.OWN]
    scene.presses(own)
    assert scene.switch.table.legs[scene.leg(Why.CALLED)].number == "13700003333"
    invites = [effect.on_behalf_of for effect in scene.effects if isinstance(effect, InviteNumber)]
    assert invites == [None, None]


def test_he_gives_up_at_the_desk_while_his_mobile_rings(scene: Roaming) -> None:
    scene.do(scene.switch.act(lambda: scene.switch.dialling.dial("a1", ("number", "13700003333"), scene.now)))
    own = scene.rings(scene.leg(Why.OWN))
    scene.do(scene.switch.hang_up(scene.distributor.floor.sessions["a1"].handling_id or "", scene.now))
    assert EndCall(own) in scene.effects and scene.state() == "idle"
    assert scene.data("interaction.ended")[0]["ended_by"] == "agent" and not scene.switch.table.calls


def test_a_customer_is_handed_to_a_colleague_at_his_mobile(scene: Roaming) -> None:
    scene.presses(scene.picks_up(scene.offered()))
    scene.sign_in("a2")
    handling = scene.distributor.floor.sessions["a1"].handling_id or ""
    scene.do(scene.switch.act(lambda: scene.switch.transfers.blind(handling, ("agent", "a2"), scene.now)))
    scene.takes(scene.leg(Why.TRANSFER))
    assert scene.state("a2") == "talking"
    invite = [effect for effect in scene.effects if isinstance(effect, InviteNumber)][-1]
    assert (invite.number, invite.on_behalf_of) == ("13900002222", "+8613800001111")


def test_a_leader_listens_from_his_mobile(scene: Roaming) -> None:
    scene.presses(scene.picks_up(scene.offered()))
    scene.sign_in("a2")
    scene.do(scene.switch.act(lambda: scene.switch.supervision.watch("a2", "a1", "listen", scene.now)))
    scene.takes(scene.leg(Why.SUPERVISE))
    assert scene.data("supervision.started")[-1]["mode"] == "listen"


def test_a_colleague_is_consulted_at_his_mobile(scene: Roaming) -> None:
    one = scene.offered()
    scene.presses(scene.picks_up(one))
    scene.sign_in("a2")
    handling = scene.distributor.floor.sessions["a1"].handling_id or ""
    scene.do(scene.switch.act(lambda: scene.switch.consulting.consult(handling, ("agent", "a2"), scene.now)))
    scene.takes(scene.leg(Why.CONSULT))
    assert (scene.state("a1"), scene.state("a2")) == ("consulting", "assisting")
    scene.do(scene.switch.act(lambda: scene.switch.transfers.complete(handling, scene.now)))
    assert EndCall(one) in scene.effects and scene.state("a2") == "talking"


def test_the_desk_holds_and_hangs_up_but_does_not_answer(scene: Roaming) -> None:
    leg = scene.offered()
    with pytest.raises(YingdaError) as refused:
        Handset(scene.switch).answer("a1")
    assert refused.value.code == "answer_on_phone"
    scene.presses(scene.picks_up(leg))
    handling = scene.distributor.floor.sessions["a1"].handling_id or ""
    scene.do(scene.switch.hold(handling, scene.now))
    assert scene.switch.table.legs["c1"].sound == "music"
    scene.do(scene.switch.retrieve(handling, scene.now))
    scene.do(scene.switch.hang_up(handling, scene.now))
    assert EndCall(leg) in scene.effects


def test_a_transfer_that_the_network_asks_for_is_refused(scene: Roaming) -> None:
    leg = scene.offered()
    scene.presses(scene.picks_up(leg))
    scene.do(scene.switch.referred(leg, "13700003333", None, scene.now))
    assert any(isinstance(effect, RefuseRefer) for effect in scene.effects) and scene.state() == "talking"


def test_nobody_is_rung_off_duty(scene: Roaming) -> None:
    assert (scene.switch.stage.media_kind("8101"), scene.switch.stage.media_kind("8102")) == ("rtp", None)


def test_he_signs_in_without_a_registration_if_the_number_may_be_dialled(scene: Roaming) -> None:
    desk = Desk(scene.switch, Devices(), scene.centre)
    scene.do(desk.sign_in("a2", "8102", scene.now, ready=True))
    assert scene.state("a2") == "idle"
    scene.switch.table.plan.outward.trunks.clear()
    scene.do(desk.sign_out("a1", "self", scene.now))
    with pytest.raises(YingdaError) as refused:
        desk.sign_in("a1", "8101", scene.now, ready=True)
    assert refused.value.code == "no_route"
