"""Trial calls (试拨): a device of the centre dials a code and is in a text that nobody has published."""

from __future__ import annotations

import pytest

from tests.calls.driver import REMOTE, Driver
from yingda.agents.handset import Handset, To
from yingda.calls import flow_protocol as flows
from yingda.calls.effects import Arrival, FlowRequest, MediaRequest, RefuseCall
from yingda.calls.model import Phase
from yingda.calls.trials import LASTS, MOST, PREFIX
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media

TEXT = "<vxml/>"


class Scene(Driver):
    """A draft of `new.vxml` has a code; a1 is signed in at 8101, 8102 is a phone at which nobody is."""

    def __init__(self) -> None:
        super().__init__()
        self.sign_in("a1")
        self.handset = Handset(self.switch)
        self.code = self.switch.trials.open("new.vxml", TEXT, "main", self.now).code

    def dials(self, leg_id: str, extension: str, called: str | None = None) -> None:
        """A device of ours dials, and hears us."""
        dialled = called or self.code
        self.do(self.switch.arrive(Arrival(leg_id, extension, dialled, None, REMOTE, extension=extension), self.now))
        if leg_id in self.switch.table.legs:
            self.do(self.switch.acknowledged(leg_id, self.now))

    @property
    def started(self) -> list[flows.Start]:
        found = (one.body for one in self.effects if isinstance(one, FlowRequest))
        return [body for body in found if isinstance(body, flows.Start)]

    def told(self) -> list[flows.AnyHappened]:
        found = (one.body for one in self.effects if isinstance(one, FlowRequest))
        return [body.event for body in found if isinstance(body, flows.Told)]

    def acts(self, *acts: flows.AnyAct) -> None:
        self.do(self.switch.flow_acts(self.started[-1].session_id, acts, self.now))

    def state(self) -> str:
        span = self.distributor.floor.sessions["a1"].span
        assert span is not None
        return span.state.value


@pytest.mark.parametrize("extension", ["8101", "8102"])
def test_a_phone_that_dials_the_code_is_in_the_text(extension: str) -> None:
    scene = Scene()
    scene.dials("c1", extension)
    (start,) = scene.started
    assert (start.document, start.texts, start.flow) == ("new.vxml", {"new.vxml": TEXT}, "main")
    assert start.session["caller"] == extension and start.session["queue"] == "sales"
    scene.acts(flows.Entered(node="new.vxml#main/ask"), flows.Play(request=1, items=["file:/hello.wav"]))
    asked = [one.command for one in scene.effects if isinstance(one, MediaRequest)]
    assert [one.leg_id for one in asked if isinstance(one, media.Play)] == ["c1"]
    heard = media.DigitHeard(number=3, measured_at=scene.now, leg_id="c1", digit="7", duration_ms=100)
    scene.do(scene.switch.media_report(heard, scene.now))
    assert scene.told() == [flows.Key(key="7")]
    (contact,) = scene.data("interaction.started")
    assert (contact["test"], contact["direction"]) == (True, "internal")
    assert scene.state() == ("internal" if extension == "8101" else "idle")


def test_the_desk_rings_its_own_phone_types_keys_and_hangs_up() -> None:
    scene = Scene()
    scene.do(scene.handset.dial("a1", To(kind="number", id=scene.code), scene.now))
    assert not scene.started and scene.state() == "internal"
    scene.agent_answers()
    assert len(scene.started) == 1
    scene.do(scene.handset.digits("a1", "42#", scene.now))
    assert scene.told() == [flows.Key(key="4"), flows.Key(key="2"), flows.Key(key="#")]
    handling = scene.distributor.floor.sessions["a1"].handling_id
    assert handling is not None
    scene.do(scene.switch.hang_up(handling, scene.now))
    (left,) = scene.data("flow.left")
    assert left["exit"] == "hangup" and scene.state() == "idle"
    assert scene.kinds()[-1] == "interaction.ended" and not scene.switch.table.calls


def test_the_text_ends_the_call_and_a_queue_takes_it_as_a_test() -> None:
    scene = Scene()
    scene.dials("c1", "8101")
    scene.acts(flows.Exit(fault="", disconnect=False, values={}, data={}))
    assert scene.data("flow.left")[0]["exit"] == "done" and not scene.switch.table.calls
    scene.sign_in("a2")
    scene.dials("c2", "8101")
    scene.acts(flows.Transfer(request=1, kind="blind", destination="queue:sales", data={}))
    (call,) = scene.switch.table.calls.values()
    assert scene.distributor.floor.entries[call.entry_id or ""].test
    ring = next(leg for leg in scene.switch.table.legs.values() if leg.offer_id)
    assert ring.agent_id == "a2", "who tries it is offered nothing"
    scene.agent_answers(ring.leg_id)
    assert call.phase is Phase.TALKING
    scene.do(scene.switch.cleared("c2", scene.now))
    assert not scene.switch.table.calls and scene.state() == "idle"


def test_it_breaks_as_for_every_caller() -> None:
    scene = Scene()
    scene.dials("c1", "8102")
    scene.do(scene.switch.flow_lost(scene.started[0].session_id, "gone", scene.now))
    assert scene.data("flow.left")[0]["exit"] == "error"
    assert next(iter(scene.switch.table.calls.values())).phase is Phase.WAITING


def test_a_code_that_is_over_is_refused_in_words() -> None:
    scene = Scene()
    scene.dials("c1", "8102", f"{PREFIX}00000")
    scene.now += LASTS + SECOND
    scene.dials("c2", "8102")
    refused = [one for one in scene.effects if isinstance(one, RefuseCall)]
    assert [one.leg_id for one in refused] == ["c1", "c2"] and not scene.started
    with pytest.raises(YingdaError, match="not good any more"):
        scene.handset.dial("a1", To(kind="number", id=scene.code), scene.now)


def test_callers_from_outside_cannot_dial_it() -> None:
    scene = Scene()
    scene.dial("c1", scene.code)
    assert not scene.started and "call.refused" in scene.kinds()


def test_trials_are_limited_and_make_room_with_time() -> None:
    scene = Scene()
    for _ in range(MOST - 1):
        scene.switch.trials.open("new.vxml", TEXT, "main", scene.now)
    with pytest.raises(YingdaError, match="open already"):
        scene.switch.trials.open("new.vxml", TEXT, "main", scene.now)
    scene.now += LASTS
    assert scene.switch.trials.open("new.vxml", TEXT, "", scene.now).flow.name == ""
