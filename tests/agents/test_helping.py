"""Calls for help: who may ask, who has seen and answered, how each ends; what ledger and screens say of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls.driver import CENTRE, Driver
from yingda.agents import commands
from yingda.agents.desk import Desk
from yingda.agents.live import LiveBoard
from yingda.calls.effects import Effect
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.kinds import REGISTRY, validate
from yingda.routing.effects import Append

LEADER = "user:u9"


class Helped(Driver):
    """A driver whose events also reach the desk's calls for help and a board, as the conductor does it."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.switch, self.devices, CENTRE)
        self.board = LiveBoard("e1", self.switch, CENTRE, self.desk.helping.doc)
        self.board.flush(self.now)

    def do(self, effects: list[Any]) -> list[Any]:
        done = super().do(effects)
        for effect in done:
            if isinstance(effect, Append):
                self.board.touch(effect.events)
                more: list[Effect] = list(self.desk.helping.follow(effect.events, self.now))
                if more:
                    self.do(more)
        return done

    def give(self, method: str, by: str = "agent:a1", **body: Any) -> None:
        _, effects = commands.run(self.desk, method, {"agent_id": "a1", "by": by, **body}, self.now)
        self.do(effects)

    def shown(self) -> dict[str, Any] | None:
        self.board.flush(self.now)
        doc = self.board.agent("a1")
        assert doc is not None
        asked: dict[str, Any] | None = doc["help"]
        return asked

    def ends(self) -> list[object]:
        return [data["why"] for data in self.data("help.ended")]


@pytest.fixture
def driver() -> Helped:
    driver = Helped()
    driver.sign_in("a1", "a3")
    driver.do(driver.desk.set_busy("a3", "not_ready", driver.now))
    driver.reach_queue("c1")
    driver.agent_answers()
    return driver


def refused(driver: Helped, method: str, **body: Any) -> str:
    with pytest.raises(YingdaError) as caught:
        driver.give(method, **body)
    return caught.value.code


def test_a_call_for_help_from_asking_to_the_end_of_the_call(driver: Helped) -> None:
    driver.give("desk.help", reason="upset", text="客户要求升级")
    shown = driver.shown()
    assert shown is not None
    assert (shown["state"], shown["text"], shown["seen"]) == ("asked", "客户要求升级", 0)
    for _ in range(2):
        driver.give("floor.see_help", LEADER)
    driver.give("floor.answer_help", LEADER, how="coming")
    shown = driver.shown()
    assert shown is not None
    assert (shown["state"], shown["seen"], shown["how"]) == ("answered", 1, "coming")
    driver.give("desk.hang_up")
    assert driver.shown() is None
    kinds = [kind for kind in driver.kinds() if kind.startswith("help.")]
    assert kinds == ["help.asked", "help.seen", "help.answered", "help.ended"]
    assert driver.ends() == ["call_over"]
    assert "客户" not in str([driver.data(kind) for kind in kinds])


def test_a_leader_who_listens_has_answered(driver: Helped) -> None:
    driver.give("desk.help", reason="unsure")
    driver.do(driver.desk.leading.supervise("a3", "a1", "listen", driver.now))
    leader = next(leg for leg in driver.switch.table.legs.values() if leg.role == "leader")
    driver.agent_answers(leader.leg_id)
    shown = driver.shown()
    assert shown is not None
    assert (shown["state"], shown["how"]) == ("answered", "listen")
    assert driver.desk.helping.next_timer() is None, "one that was answered does not expire"


def test_what_nobody_answers_expires(driver: Helped) -> None:
    driver.give("desk.help", reason="emergency")
    due = driver.desk.helping.next_timer()
    assert due == driver.now + CENTRE.centre.desk.help_expires_s * SECOND
    driver.do(driver.desk.helping.handle_timer(due - 1))
    assert driver.ends() == []
    driver.do(driver.desk.helping.handle_timer(due))
    assert (driver.ends(), driver.desk.helping.next_timer()) == (["expired"], None)


def test_it_can_be_taken_back_and_asked_again(driver: Helped) -> None:
    for _ in range(2):
        driver.give("desk.help", reason="other")
        assert refused(driver, "desk.help", reason="other") == "already_asked"
        driver.give("desk.cancel_help")
    assert driver.ends() == ["cancelled", "cancelled"]


def test_what_makes_no_sense_is_refused(driver: Helped) -> None:
    for method, body in (("desk.cancel_help", {}), ("floor.see_help", {}), ("floor.answer_help", {"how": "coming"})):
        assert refused(driver, method, **body) == "no_help"
    assert refused(driver, "desk.help", reason="bored") == "bad_command"
    driver.give("desk.hang_up")
    driver.give("desk.finish_wrapup")
    assert refused(driver, "desk.help", reason="other") == "no_call"
    driver.give("desk.sign_out")
    assert refused(driver, "desk.help", reason="other") == "agent_not_signed_in"


def test_every_kind_is_one_of_the_registry(driver: Helped) -> None:
    driver.give("desk.help", reason="unsure")
    driver.give("floor.see_help", LEADER)
    driver.give("floor.answer_help", LEADER, how="message", said="按政策可退")
    shown = driver.shown()
    assert shown is not None and shown["said"] == "按政策可退"
    driver.give("desk.cancel_help")
    said = [event for event in driver.events if event.kind.startswith("help.")]
    assert {validate(event).name for event in said} == {kind for kind in REGISTRY if kind.startswith("help.")}
