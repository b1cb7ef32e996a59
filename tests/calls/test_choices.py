"""Where a number leads its caller: by the hour, the calendar, the queue, the line, and who he is (IVR-18, IVR-27)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.calls.effects import AskWho
from yingda.calls.inbound import WHO_LIMIT
from yingda.calls.model import Known
from yingda.calls.numbering import NumberPlan
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Centre


class Scene(Driver):
    """f1 is the number's own flow; `choices` lead to f2, whose queue is q2."""

    def __init__(self, *when: str) -> None:
        super().__init__()
        document = CENTRE.model_dump()
        home = document["flows"][0]
        queue = document["queues"][0] | {"id": "q2", "name": "other"}
        document["queues"] = [*document["queues"], queue]
        document["flows"] = [*document["flows"], home | {"id": "f2", "name": "second", "queue": "other"}]
        document["calendars"] = [
            {"name": "days", "week": [{"days": [1, 2, 3, 4, 5], "begin": "09:00", "end": "18:00"}]}
        ]
        document["numbers"][0]["choices"] = [{"when": one, "flow": "second"} for one in when]
        found = Centre.model_validate(document)
        self.distributor.configure(found, self.now)
        self.switch.use(NumberPlan(found, 1), self.switch.table.sounds)
        self.home = home["id"]

    def at(self, text: str) -> None:
        zone = ZoneInfo(CENTRE.centre.time_zone)
        self.now = round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND

    def calls(self) -> str:
        self.dial("c1")
        self.do(self.switch.acknowledged("c1", self.now))
        return self.flow

    @property
    def flow(self) -> str:
        entered = self.data("flow.entered")
        return str(entered[-1]["flow_id"]) if entered else ""

    def told(self, known: Known) -> None:
        (asked,) = [effect for effect in self.effects if isinstance(effect, AskWho)]
        self.do(self.switch.known(asked.interaction_id, known, self.now))


@pytest.mark.parametrize(
    ("at", "second"), [("2027-03-01 10:00", False), ("2027-03-01 20:00", True), ("2027-03-07 10:00", True)]
)
def test_off_hours_have_a_flow_of_their_own(at: str, second: bool) -> None:
    scene = Scene('open("days") = 0')
    scene.at(at)
    assert scene.calls() == ("f2" if second else scene.home)
    call = next(iter(scene.switch.table.calls.values()))
    assert (call.queue_id == "q2") is second, "its queue is that of the flow"


@pytest.mark.parametrize(
    ("when", "second"),
    [
        ('data.caller = "+8613800001111"', True),
        ('data.caller = "+8613800002222"', False),
        ('data.called = "4008001000" and waiting("other") = 0', True),
        ('data.trunk = "nobody"', False),
    ],
)
def test_by_caller_line_and_floor(when: str, second: bool) -> None:
    scene = Scene(when)
    assert scene.calls() == "" and scene.flow == "", "who calls has been asked"
    scene.wait(WHO_LIMIT / SECOND)
    assert scene.flow == ("f2" if second else scene.home)


def test_the_first_choice_that_holds_counts() -> None:
    assert Scene("hour < 0", "hour >= 0").calls() == "f2"
    assert Scene("hour < 0").calls() != "f2"


def test_a_customer_is_waited_for_but_not_long() -> None:
    scene = Scene('data.grade = "VIP"')
    assert scene.calls() == ""
    scene.told(Known(data={"grade": "VIP"}))
    assert scene.flow == "f2"
    early = Scene('data.grade = "VIP"')
    early.dial("c1")
    early.told(Known(data={"grade": "VIP"}))
    early.do(early.switch.acknowledged("c1", early.now))
    assert early.flow == "f2"
    late = Scene('data.grade = "VIP"')
    late.calls()
    late.wait(WHO_LIMIT / SECOND)
    assert late.flow == late.home
    late.told(Known(data={"grade": "VIP"}))
    assert len(late.data("flow.entered")) == 1


def test_a_caller_who_hangs_up_while_he_is_looked_up_is_over() -> None:
    scene = Scene('data.grade = "VIP"')
    scene.calls()
    scene.do(scene.switch.cleared("c1", scene.now))
    assert scene.kinds()[-1] == "interaction.ended"
    scene.wait(1)
    assert not scene.data("flow.entered") and not scene.switch.table.calls
