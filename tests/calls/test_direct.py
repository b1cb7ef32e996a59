"""Calls to an agent's own outside number: at the switch, and a codec that is only handed on on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls.driver import CENTRE, REMOTE, Driver
from yingda.calls.effects import AnswerCall, Arrival, EndCall, InviteDevice, RefuseCall, RingCall
from yingda.calls.model import Why
from yingda.calls.numbering import NumberPlan
from yingda.media import protocol as media

OWN = "01055501001"
G729 = media.RemoteMedia(address=("192.0.2.1", 4000), send_codec=media.Codec("G729", 18))


class Scene(Driver):
    """a1 has a number of his own; a2 has none."""

    def __init__(self, *signed_in: str) -> None:
        super().__init__()
        agents = [CENTRE.agents[0].model_copy(update={"direct_number": OWN}), *CENTRE.agents[1:]]
        plan = NumberPlan(CENTRE.model_copy(update={"agents": agents}), 1)
        self.switch.use(plan, self.switch.table.sounds)
        self.sign_in(*signed_in)

    def rings(self) -> str:
        self.dial("c1", OWN)
        (leg,) = [leg for leg in self.switch.table.legs.values() if leg.why is Why.DIRECT]
        self.do(self.switch.ringing(leg.leg_id, self.now))
        return leg.leg_id

    def of(self, kind: type[Any]) -> list[Any]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def state(self) -> str:
        span = self.distributor.floor.sessions["a1"].span
        assert span is not None
        return span.state.value


def test_it_rings_at_his_device_and_the_caller_is_answered_when_he_answers() -> None:
    scene = Scene("a1", "a2")
    leg = scene.rings()
    assert scene.state() == "ringing" and [one.leg_id for one in scene.of(RingCall)] == ["c1"]
    assert scene.of(AnswerCall) == [] and [one.extension for one in scene.of(InviteDevice)] == ["8101"]
    scene.agent_answers(leg)
    assert [one.leg_id for one in scene.of(AnswerCall)] == ["c1"]
    scene.do(scene.switch.acknowledged("c1", scene.now))
    assert scene.state() == "talking" and scene.data("handling.started")[0]["origin"] == "direct"
    assert "queue.entered" not in scene.kinds() and "recording.started" in scene.kinds()
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.data("interaction.ended")[0]["ended_by"] == "customer" and EndCall(leg) in scene.effects
    assert scene.state() in ("wrapup", "idle") and not scene.switch.table.legs


def test_who_does_not_answer_or_has_a_call_already() -> None:
    scene = Scene("a1")
    scene.rings()
    scene.wait(26)
    (refused,) = scene.of(RefuseCall)
    assert (refused.leg_id, refused.code) == ("c1", 480) and scene.state() == "idle" and not scene.switch.table.calls
    scene.reach_queue("c2")
    scene.agent_answers()
    scene.dial("c3", OWN)
    assert scene.of(RefuseCall)[-1].code == 486 and scene.state() == "talking"


@pytest.mark.parametrize(("signed_in", "device"), [((), "8101"), (("a1",), "")], ids=["not signed in", "no device"])
def test_who_cannot_be_reached(signed_in: tuple[str, ...], device: str) -> None:
    scene = Scene(*signed_in)
    scene.devices.registered = {device}
    scene.dial("c1", OWN)
    assert [one.code for one in scene.of(RefuseCall)] == [480] and not scene.switch.table.calls
    assert scene.kinds()[-1] == "interaction.ended"


def test_the_caller_gives_up_while_it_rings() -> None:
    scene = Scene("a1")
    leg = scene.rings()
    scene.do(scene.switch.cleared("c1", scene.now, 487))
    assert EndCall(leg, code=487) in scene.effects and scene.state() == "idle" and not scene.switch.table.calls


def test_a_number_may_be_written_as_the_carrier_writes_it() -> None:
    plan = Scene().switch.table.plan
    assert [plan.direct_agent(number) for number in (OWN, "+861055501001", "01055501002")] == ["a1", "a1", None]


def test_a_codec_that_is_only_handed_on_is_offered_to_his_device_alone() -> None:
    scene = Scene("a1")
    arrival = Arrival("c1", "13800001111", OWN, "t1", G729)
    assert scene.switch.gestures.hands_on(arrival)
    scene.do(scene.switch.arrive(arrival, scene.now))
    (invite,) = scene.of(InviteDevice)
    assert invite.only is not None and invite.only.name == "G729"
    scene.do(scene.switch.refused(invite.leg_id, "device_failed", 488, scene.now))
    assert [one.code for one in scene.of(RefuseCall)] == [488]
    assert not scene.switch.gestures.hands_on(Arrival("c2", "13800001111", "4008001000", "t1", REMOTE))
