"""Faxes on a number for people (TEL-41): a false ring in which the fax shows itself, and where its call goes on."""

from __future__ import annotations

import pytest

from tests.calls.driver import CENTRE, Driver, Sounds
from yingda.calls.effects import EndCall, InviteNumber, MediaRequest
from yingda.calls.model import Phase, Why
from yingda.calls.numbering import NumberPlan
from yingda.media import protocol as media

FAX, RING_S = "01055508888", 5


class Office(Driver):
    """One number, with a fax beside the people."""

    def __init__(self) -> None:
        super().__init__()
        self.publish()
        self.sign_in("a1")

    def publish(self) -> None:
        numbers = [number.model_copy(update={"fax_number": FAX, "fax_ring_s": RING_S}) for number in CENTRE.numbers]
        self.switch.use(NumberPlan(CENTRE.model_copy(update={"numbers": numbers}), 1), Sounds())

    def answered(self) -> None:
        self.dial("c1")
        self.do(self.switch.acknowledged("c1", self.now))

    def tone(self, tone: str, leg: str = "c1") -> None:
        report = media.ToneHeard(number=1, measured_at=self.now, leg_id=leg, tone=tone)
        self.do(self.switch.media_report(report, self.now))

    def asked(self, kind: type[media.Command]) -> list[media.AnyCommand]:
        requests = [effect for effect in self.effects if isinstance(effect, MediaRequest)]
        return [request.command for request in requests if isinstance(request.command, kind)]

    def fax_leg(self) -> str:
        return next(leg.leg_id for leg in self.switch.table.legs.values() if leg.why is Why.FORWARD)


@pytest.fixture
def scene() -> Office:
    office = Office()
    office.answered()
    return office


def test_a_person_hears_ringing_a_little_longer_and_then_his_flow(scene: Office) -> None:
    assert [type(command) for command in scene.asked(media.Listen)] == [media.Listen]
    (ring,) = scene.asked(media.Play)
    assert isinstance(ring, media.Play) and (ring.items, ring.loop) == (["tone:ringback"], True)
    scene.wait(RING_S - 1)
    assert "flow.entered" not in scene.kinds()
    scene.wait(1)
    assert "flow.entered" in scene.kinds() and scene.asked(media.StopPlay)
    scene.tone("cng")  # too late: he talks with us already
    assert not [effect for effect in scene.effects if isinstance(effect, InviteNumber)]


def test_a_fax_is_put_through_to_its_own_number(scene: Office) -> None:
    scene.wait(2)
    scene.tone("ced")  # the tone of one that answers
    scene.tone("cng")
    (invite,) = [effect for effect in scene.effects if isinstance(effect, InviteNumber)]
    assert invite.number == scene.switch.table.plan.canonical(FAX) or invite.number == FAX
    assert [data["exit"] for data in scene.data("flow.left")] == ["transfer"]
    scene.agent_answers(scene.fax_leg())
    (call,) = scene.switch.table.calls.values()
    assert call.phase is Phase.TALKING and scene.asked(media.StopPlay) and call.play_id is None
    assert "queue.entered" not in scene.kinds() and "flow.node_entered" not in scene.kinds()
    scene.wait(RING_S)
    scene.tone("cng")
    assert scene.kinds().count("flow.entered") == 1
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.kinds()[-1] == "interaction.ended" or "interaction.ended" in scene.kinds()


def test_a_fax_that_nobody_takes_does_not_ring_at_agents(scene: Office) -> None:
    scene.tone("cng")
    scene.do(scene.switch.refused(scene.fax_leg(), "busy", 486, scene.now))
    assert [effect.leg_id for effect in scene.effects if isinstance(effect, EndCall)][-1] == "c1"
    assert "queue.entered" not in scene.kinds() and not [
        one for one in scene.switch.table.calls.values() if one.entry_id
    ]


def test_who_hangs_up_in_the_false_ring_leaves_nothing(scene: Office) -> None:
    scene.do(scene.switch.cleared("c1", scene.now))
    scene.wait(RING_S)
    assert "flow.entered" not in scene.kinds() and "interaction.ended" in scene.kinds()


@pytest.mark.parametrize("fax", [True, False])
def test_it_outlives_a_restart(scene: Office, fax: bool) -> None:
    scene.wait(2)
    scene.restart()
    scene.publish()
    if fax:
        scene.tone("cng")
    scene.wait(RING_S)
    assert bool([effect for effect in scene.effects if isinstance(effect, InviteNumber)]) is fax
    assert "flow.entered" in scene.kinds()


def test_a_number_without_a_fax_listens_to_nobody() -> None:
    driver = Driver()
    driver.dial("c1")
    driver.do(driver.switch.acknowledged("c1", driver.now))
    commands = [effect.command for effect in driver.effects if isinstance(effect, MediaRequest)]
    assert "flow.entered" in driver.kinds() and not [one for one in commands if isinstance(one, media.Listen)]
