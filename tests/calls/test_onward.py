"""<transfer> from a flow to numbers and agents: what callers hear, what flows are told, and that nobody is lost."""

from __future__ import annotations

import pytest

from tests.calls.driver import CENTRE, REMOTE, Driver
from yingda.calls import flow_protocol as flows
from yingda.calls.effects import EndCall, FlowRequest, InviteDevice, InviteNumber, MediaRequest
from yingda.calls.model import Call, Leg, Phase, Why
from yingda.calls.numbering import NumberPlan
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Centre
from yingda.media import protocol as media

NUMBER = "tel:+86-21-6123-4567"


def centre() -> Centre:
    document = CENTRE.model_dump()
    document["documents"] = [{"id": "d1", "name": "menu", "text": "<vxml/>"}]
    document["flows"][0]["document"] = "menu"
    return Centre.model_validate(document)


class Scene(Driver):
    """c1 is in the flow; a1 and a2 are free."""

    def __init__(self) -> None:
        super().__init__()
        found = centre()
        self.distributor.configure(found, self.now)
        self.switch.use(NumberPlan(found, 1), self.switch.table.sounds)
        self.sign_in("a3")
        self.dial("c1")
        self.do(self.switch.acknowledged("c1", self.now))
        self.run = self.call.run_id or ""
        self.effects.clear()

    @property
    def call(self) -> Call:
        return self.switch.table.calls[self.switch.table.legs["c1"].interaction_id]

    @property
    def party(self) -> Leg:
        return next(leg for leg in self.switch.table.open_legs(self.call) if leg.why is Why.ONWARD)

    def transfer(self, kind: str, destination: str = NUMBER, **more: object) -> None:
        data: dict[str, str | float] = {"grade": "gold"}
        act = flows.Transfer(request=7, kind=kind, destination=destination, data=data, **more)  # type: ignore[arg-type]
        self.acts(act)

    def acts(self, *acts: flows.AnyAct) -> None:
        self.do(self.switch.flow_acts(self.run, acts, self.now))

    def answers(self, *, seconds: float = 0) -> str:
        leg_id = self.party.leg_id
        self.do(self.switch.ringing(leg_id, self.now))
        self.do(self.switch.answered(leg_id, REMOTE, self.now))
        self.do(self.switch.media_report(media.LegAlive(number=2, measured_at=self.now, leg_id=leg_id), self.now))
        self.wait(seconds)
        return leg_id

    def told(self) -> list[tuple[str, int]]:
        """Results of transfers, with how long they talked (ms)."""
        bodies = [one.body for one in self.effects if isinstance(one, FlowRequest)]
        events = [body.event for body in bodies if isinstance(body, flows.Told)]
        return [(one.result, one.duration_ms) for one in events if isinstance(one, flows.Transferred)]

    def plays(self) -> list[list[str]]:
        commands = [one.command for one in self.effects if isinstance(one, MediaRequest)]
        return [one.items for one in commands if isinstance(one, media.Play) and one.leg_id == "c1"]


def test_a_bridge_lasts_until_the_far_end_hangs_up_and_the_flow_goes_on() -> None:
    scene = Scene()
    scene.transfer("bridge", audio=["file:/hold.wav"])
    (invited,) = [one for one in scene.effects if isinstance(one, InviteNumber)]
    assert invited.number == "+862161234567" and invited.on_behalf_of == scene.call.caller
    assert scene.plays() == [["file:/hold.wav"]]
    party = scene.answers(seconds=12)
    assert {entry[:2] for entry in scene.call.heard} == {("c1", party), (party, "c1")}
    assert scene.told() == []
    scene.do(scene.switch.cleared(party, scene.now))
    assert scene.told() == [("far_end_disconnect", 12_000)]
    assert scene.call.phase is Phase.GREETING and not scene.call.heard and scene.call.data == {"grade": "gold"}
    scene.acts(flows.Play(request=8, items=["file:/on.wav"]))
    assert scene.plays()[-1] == ["file:/on.wav"]


@pytest.mark.parametrize(
    ("way", "result"),
    [("key", "near_end_disconnect"), ("time", "maxtime_disconnect"), ("fault", "network_disconnect")],
)
def test_other_ends_of_a_bridge(way: str, result: str) -> None:
    scene = Scene()
    scene.transfer("bridge", maximum_ms=30_000)
    party = scene.answers(seconds=5)
    if way == "key":
        scene.acts(flows.EndTransfer(request=7))
    elif way == "time":
        scene.wait(26)
    else:
        scene.do(scene.switch.broken(party, scene.now))
    assert scene.told() == [(result, 30_000 if way == "time" else 5_000)]
    assert party not in {leg.leg_id for leg in scene.switch.table.open_legs(scene.call)}


@pytest.mark.parametrize(
    ("outcome", "result"),
    [("busy", "busy"), ("rejected", "busy"), ("no_answer", "noanswer"), ("congestion", "network_busy"),
     ("invalid", "error.connection.noroute"), ("device_failed", "unknown")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["bridge", "consultation"])
def test_a_party_who_cannot_be_had_is_told_to_the_flow(kind: str, outcome: str, result: str) -> None:
    scene = Scene()
    scene.transfer(kind)
    scene.do(scene.switch.refused(scene.party.leg_id, outcome, 486, scene.now))
    assert scene.told() == [(result, 0)]
    assert scene.call.flow is not None and scene.call.phase is Phase.GREETING


def test_connecttimeout_is_how_long_it_rings() -> None:
    scene = Scene()
    scene.transfer("consultation", connect_ms=3_000)
    scene.do(scene.switch.ringing(scene.party.leg_id, scene.now))
    assert scene.plays() == [["tone:ringback"]]
    scene.wait(3.1)
    assert scene.told() == [("noanswer", 0)]


@pytest.mark.parametrize(
    ("destination", "kind", "result"),
    [
        ("tel:4008001000", "blind", "error.connection.noauthorization"),
        ("tel:+8816123", "bridge", "error.connection.noauthorization"),
        ("tel:", "bridge", "error.connection.baddestination"),
        ("sip:anybody@evil.example", "blind", "error.connection.noauthorization"),
        ("mailto:a@example.com", "blind", "error.unsupported.uri"),
        ("agent:9999", "blind", "error.connection.baddestination"),
        ("agent:1001", "blind", "noanswer"),
        ("queue:nowhere", "blind", "error.connection.baddestination"),
    ],
)
def test_destinations_that_are_refused(destination: str, kind: str, result: str) -> None:
    scene = Scene()
    scene.transfer(kind, destination)
    assert scene.told() == [(result, 0)]
    assert scene.call.flow is not None and not [one for one in scene.effects if isinstance(one, InviteNumber)]


@pytest.mark.parametrize("kind", ["blind", "consultation"])
@pytest.mark.parametrize("destination", ["agent:1003", "sip:8103@yingda"])
def test_an_agent_has_the_caller_as_his_own(kind: str, destination: str) -> None:
    scene = Scene()
    scene.transfer(kind, destination)
    assert [one for one in scene.effects if isinstance(one, InviteDevice)]
    scene.answers()
    assert scene.told() == [("connection.disconnect.transfer", 0)]
    assert scene.data("flow.left")[0]["exit"] == "agent"
    (started,) = scene.data("handling.started")
    assert (started["origin"], started["queue_id"], started["agent_id"]) == ("direct", "direct", "a3")
    assert scene.call.phase is Phase.TALKING and scene.call.handling_id == started["handling_id"]
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.kinds()[-1] == "interaction.ended"


def test_a_number_takes_the_caller_over() -> None:
    for kind in ("blind", "consultation"):
        scene = Scene()
        scene.transfer(kind)
        party = scene.answers()
        assert scene.data("flow.left")[0]["exit"] == "transfer"
        assert scene.told() == [("connection.disconnect.transfer", 0)]
        assert scene.call.phase is Phase.TALKING and scene.call.flow is None
        scene.do(scene.switch.cleared(party, scene.now))
        assert scene.kinds()[-1] == "interaction.ended"


def test_who_is_sent_off_in_vain_joins_the_queue() -> None:
    scene = Scene()
    scene.sign_in("a1")
    scene.transfer("blind")
    assert scene.call.flow is None
    scene.do(scene.switch.refused(scene.party.leg_id, "busy", 486, scene.now))
    (entered,) = scene.data("queue.entered")
    assert (entered["cause"], entered["queue_id"]) == ("first", "q1")
    scene.agent_answers()
    assert scene.call.phase is Phase.TALKING


def test_a_caller_who_hangs_up_takes_all_with_him() -> None:
    for talk in (False, True):
        scene = Scene()
        scene.transfer("bridge")
        party = scene.answers() if talk else scene.party.leg_id
        scene.do(scene.switch.cleared("c1", scene.now))
        assert EndCall(party, False) in scene.effects
        assert scene.told() == [("near_end_disconnect", 0)]
        assert scene.data("flow.left")[0]["exit"] == "hangup" and scene.kinds()[-1] == "interaction.ended"


def test_a_flow_that_breaks_leaves_a_talk_alone_and_a_ringing_agent_free() -> None:
    scene = Scene()
    scene.transfer("bridge")
    party = scene.answers()
    scene.do(scene.switch.flow_lost(None, "gone", scene.now))
    assert scene.call.phase is Phase.TALKING and EndCall(party, False) not in scene.effects
    scene = Scene()
    scene.transfer("consultation", "agent:1003")
    scene.do(scene.switch.flow_lost(None, "gone", scene.now))
    assert scene.call.phase is Phase.WAITING
    assert scene.distributor.floor.sessions["a3"].rung is None


def test_a_long_talk_is_not_cut_by_the_flows_limit() -> None:
    scene = Scene()
    scene.transfer("bridge")
    party = scene.answers(seconds=2_000)
    assert scene.told() == [] and scene.call.flow is not None
    scene.do(scene.switch.cleared(party, scene.now))
    scene.wait(1_801)
    assert scene.data("flow.left")[0]["exit"] == "limit"
    assert scene.now > 3_800 * SECOND
