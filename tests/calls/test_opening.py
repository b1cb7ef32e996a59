"""What a queue has said when a call is answered: into one ear each, over a talk that is turned down meanwhile."""

from __future__ import annotations

import pytest

from tests.calls import driver as driving
from tests.calls.driver import Driver
from yingda.calls.effects import MediaRequest
from yingda.calls.numbering import NumberPlan
from yingda.media import protocol as media


def answered(driver: Driver, opening: list[str], *, recording: bool = True) -> str:
    """The agent's leg."""
    queues = [queue.model_copy(update={"opening": opening, "recording": recording}) for queue in driving.CENTRE.queues]
    driver.switch.table.plan = NumberPlan(driving.CENTRE.model_copy(update={"queues": queues}), 1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    return driver.agent_answers()


def plays(driver: Driver) -> list[media.Play]:
    commands = [effect.command for effect in driver.effects if isinstance(effect, MediaRequest)]
    once = [one for one in commands if isinstance(one, media.Play) and not one.loop]
    return [one for one in once if one.items != ["file:greeting.wav"]]


def gain(driver: Driver, sink: str, source: str) -> float:
    """As media was told last."""
    commands = [effect.command for effect in driver.effects if isinstance(effect, MediaRequest)]
    told = [entry for one in commands if isinstance(one, media.SetGain) for entry in one.entries]
    return next(gain for who, whom, gain in reversed(told) if (who, whom) == (sink, source))


@pytest.mark.parametrize("recording", [True, False])
def test_each_hears_his_own_and_the_talk_is_as_loud_as_before_afterwards(recording: bool) -> None:
    driver = Driver()
    agent = answered(driver, ["agent_id", "queue_name", "beep"], recording=recording)
    beep = ["tone:beep"] if recording else []
    number, name = [f"file:{digit}.wav" for digit in "1001"], f"file:{driving.CENTRE.queues[0].id}.wav"
    said = plays(driver)
    assert [(play.leg_id, play.items) for play in said] == [("c1", [*beep, *number]), (agent, [*beep, name])]
    for play, other in zip(said, (agent, "c1"), strict=True):
        assert gain(driver, play.leg_id, other) == 0.25
        over = media.PlayEnded(
            number=9, measured_at=driver.now, play_id=play.play_id, leg_id=play.leg_id, why="finished"
        )
        driver.do(driver.switch.media_report(over, driver.now))
        assert gain(driver, play.leg_id, other) == 1.0
    (call,) = driver.switch.table.calls.values()
    assert (call.announcing, call.briefing) == (None, None)


def test_only_what_is_wanted_is_said() -> None:
    driver = Driver()
    agent = answered(driver, ["queue_name"])
    assert [play.leg_id for play in plays(driver)] == [agent]
    quiet = Driver()
    answered(quiet, [])
    assert plays(quiet) == []
