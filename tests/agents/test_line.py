"""A bad line is shown to the agent whose call it is, with its side, and gone when it is good again."""

from __future__ import annotations

from typing import Any

from tests.agents.test_live import Watched
from yingda.agents.shown import of_data
from yingda.media.condition import GOOD, Condition
from yingda.media.protocol import LegCondition

BAD = Condition("poor", "loss_up", 8.2)
SHOWN = {"grade": "poor", "cause": "loss_up", "value": 8.2}


def report(driver: Watched, leg_id: str, condition: Condition) -> None:
    said = LegCondition(number=1, measured_at=driver.now, leg_id=leg_id, condition=condition)
    driver.do(driver.switch.media_report(said, driver.now))


def handling(driver: Watched) -> dict[str, Any]:
    shown: dict[str, Any] = driver.docs()["agents"]["a1"]["handling"]
    return shown


def test_both_sides_of_a_talk_are_told_apart() -> None:
    driver = Watched(1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    device = driver.agent_answers()
    assert (handling(driver)["line"], handling(driver)["customer_line"]) == (None, None)
    events = len(driver.kinds())
    report(driver, device, BAD)
    report(driver, "c1", Condition("fair", "jitter", 55))
    assert handling(driver)["line"] == SHOWN
    assert handling(driver)["customer_line"]["cause"] == "jitter"
    report(driver, device, GOOD)
    assert handling(driver)["line"] is None
    assert len(driver.kinds()) == events


def test_private_values_of_attached_data_show_their_end_only() -> None:
    data: dict[str, str | float] = {"card": "6222021234567890", "pin": "12", "order": 8802}
    assert of_data(data, frozenset(("card", "pin"))) == {"card": "••••7890", "pin": "••••12", "order": 8802}
