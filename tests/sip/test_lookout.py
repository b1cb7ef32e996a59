"""The lookout for trunks over a real endpoint: what goes on the wire, on the ledger, and to people."""

from __future__ import annotations

from tests.calls.driver import CENTRE, Driver
from tests.sip.test_endpoint import endpoint
from yingda.calls.effects import Alarm, Effect
from yingda.calls.lookout import TrunkLookout, Ways
from yingda.calls.numbering import NumberPlan
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.trunks import Route
from yingda.kernel.ledger.kinds import validate
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip import message
from yingda.sip.message import Request

HERE = ("192.0.2.10", 5060)


def centre(check_s: float | None, *hosts: str) -> Centre:
    found = list(hosts or ("192.0.2.1", "sip.example.com"))
    trunk = CENTRE.trunks[0].model_copy(update={"hosts": found, "check_s": check_s})
    return CENTRE.model_copy(update={"trunks": [trunk]})


class House:
    """A trunk with a far end that answers, or does not."""

    def __init__(self, check_s: float | None = 10, *hosts: str) -> None:
        self.driver = Driver(1)
        self.switch = self.driver.switch
        self.endpoint = endpoint()
        self.now = self.driver.now
        self.lookout = TrunkLookout(self.endpoint, self.switch, "test", Ways(lambda _, __: HERE))
        self.answers = True
        self.asked = 0
        self.effects: list[Effect] = []
        self.use(check_s, *hosts)

    def use(self, check_s: float | None, *hosts: str) -> None:
        self.switch.use(NumberPlan(centre(check_s, *hosts), 2), self.switch.table.sounds)

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += SECOND
            self.carry(self.endpoint.handle_timer(self.now))
            timer = self.lookout.next_timer()
            if timer is not None and timer <= self.now:
                effects, sent = self.lookout.handle_timer(self.now)
                self.effects += effects
                self.carry(sent)

    def carry(self, effects: list[sip.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, sip.OptionsAnswered):
                self.effects += self.lookout.answered(effect, self.now)
            elif isinstance(effect, sip.Send):
                self.asked += 1
                request = message.parse(effect.data)
                assert isinstance(request, Request) and request.method == "OPTIONS" and effect.flow.local == HERE
                if self.answers:
                    reply = message.response_to(request, 200, to_tag="x").to_bytes()
                    self.carry(self.endpoint.receive(reply, effect.flow, self.now))

    def states(self) -> list[tuple[str, str, int]]:
        events = [event for effect in self.effects if isinstance(effect, Append) for event in effect.events]
        for event in events:
            validate(event)
        return [(event.data["from"], event.data["to"], event.data["channels"]) for event in events]


def test_a_trunk_goes_down_and_comes_back_with_an_alarm_for_as_long() -> None:
    house = House()
    house.pass_time(30)
    assert house.asked == 3 and house.effects == []
    house.answers = False
    house.pass_time(90)
    assert house.states() == [("up", "down", 2)]
    alarms = [effect for effect in house.effects if isinstance(effect, Alarm)]
    assert [(alarm.kind, alarm.of) for alarm in alarms] == [("trunk_down", "t1")]
    assert alarms[0].sentence is not None and "line" in alarms[0].sentence
    house.answers = True
    house.pass_time(30)
    assert house.states() == [("up", "down", 2), ("down", "up", 2)]
    assert house.effects[-1] == Alarm("trunk_down", None, "t1")


def test_a_version_that_asks_no_more_takes_the_alarm_back() -> None:
    house = House()
    house.answers = False
    house.pass_time(90)
    house.use(0)
    house.pass_time(40)  # what was asked before is repeated until its time is over
    asked = house.asked
    house.pass_time(60)
    assert house.states()[-1] == ("down", "up", 2) and house.asked == asked


def test_a_trunk_with_one_address_and_no_other_is_not_asked_by_default() -> None:
    house = House(None)
    house.pass_time(100)
    assert house.asked == 0


def test_of_several_addresses_each_is_asked_by_default_unless_the_configuration_says_no() -> None:
    house = House(None, "192.0.2.1", "192.0.2.2")
    house.pass_time(299)
    assert house.asked == 0
    house.pass_time(32)
    assert house.asked == 4
    house.use(0, "192.0.2.1", "192.0.2.2")
    house.pass_time(60)
    assert house.asked == 4


def test_a_trunk_that_others_stand_in_for_is_asked_by_default() -> None:
    trunks = [CENTRE.trunks[0], CENTRE.trunks[0].model_copy(update={"id": "t2", "name": "other"})]
    assert NumberPlan(CENTRE.model_copy(update={"trunks": trunks}), 1).outward.has_others("t1")
    routes = [Route(name="rest", via=["line"])]
    assert not NumberPlan(CENTRE.model_copy(update={"trunks": trunks, "routes": routes}), 1).outward.has_others("t1")
