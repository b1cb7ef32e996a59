"""Dead calls end: a leg that should bring sound and is silent for a minute, unless somebody holds."""

from __future__ import annotations

import msgspec
import pytest

from tests.calls.driver import Driver
from yingda.calls.effects import EndCall
from yingda.calls.media_reports import SILENCE_LIMIT_S
from yingda.media import protocol as media

CASES = [
    (30, "sendrecv", True, False),
    (60, "sendrecv", True, True),
    (60, "sendonly", True, False),
    (300, "inactive", True, False),
    (300, "sendrecv", False, False),
]


@pytest.mark.parametrize(("seconds", "direction", "heard", "ends"), CASES)
def test_a_minute_of_silence_ends_a_call_that_nobody_holds(
    seconds: int, direction: str, heard: bool, ends: bool
) -> None:
    """A leg that has never been heard is not ended for it: its signalling tells whether it lives."""
    driver = Driver(1)
    driver.sign_in("a1")
    driver.reach_queue("c1")
    driver.agent_answers()
    if heard:
        driver.do(driver.switch.media_report(media.LegAlive(number=1, measured_at=driver.now, leg_id="c1"), driver.now))
    table = driver.switch.table
    leg = table.legs["c1"]
    assert leg.remote is not None and SILENCE_LIMIT_S == 60
    leg.remote = msgspec.structs.replace(leg.remote, direction=direction)
    report = media.LegSilent(number=1, measured_at=driver.now, leg_id="c1", seconds=seconds)
    driver.do(driver.switch.media_report(report, driver.now))
    assert ("interaction.ended" in driver.kinds()) == ends and (not table.calls) == ends
    assert (
        EndCall("c1", code=408) in driver.effects
    ) == ends  # the cause that BYE names: 102, recovery on timer expiry
