"""What is to blame for a bad line: by the table, from packets that came or did not, and from the far end's reports."""

from __future__ import annotations

import pytest

from tests.media.lab import Lab
from yingda.media import rtcp
from yingda.media.condition import GOOD, LIMITS, Condition, judge
from yingda.media.protocol import LegCondition


def told(lab: Lab) -> list[tuple[str, str]]:
    reports = [report for report in lab.reports if isinstance(report, LegCondition)]
    return [(report.condition.grade, report.condition.cause) for report in reports]


@pytest.mark.parametrize("cause", LIMITS)
def test_the_table_says_where_a_line_is_fair_and_where_poor(cause: str) -> None:
    fair, poor = LIMITS[cause]
    assert judge({cause: fair - 0.01}) == GOOD
    assert judge({cause: fair}) == Condition("fair", cause, round(fair, 1))
    assert judge({cause: poor}) == Condition("poor", cause, round(poor, 1))


def test_the_worst_is_named_and_the_first_of_equals() -> None:
    assert judge({"loss_up": 2.5, "delay": 700}).cause == "delay"
    assert judge({"loss_up": 9, "jitter": 90}).cause == "loss_up"


def test_a_good_line_is_no_news(lab: Lab) -> None:
    lab.phone("a")
    lab.run(16_000)
    assert told(lab) == []


def test_loss_on_the_way_up_is_told_once_and_its_end_too(lab: Lab) -> None:
    phone = lab.phone("a")
    phone.loss = lambda sequence: sequence % 10 == 0
    lab.run(16_000)
    assert told(lab) == [("poor", "loss_up")]
    phone.loss = None
    lab.run(11_000)
    assert told(lab)[-1] == ("good", "")


def test_a_phone_that_sends_nothing_is_silent(lab: Lab) -> None:
    phone = lab.phone("a")
    lab.run(1_000)
    phone.talking = False
    lab.run(11_000)
    assert told(lab)[-1] == ("poor", "silent")


def test_what_the_far_end_lost_and_how_long_the_way_is(lab: Lab) -> None:
    phone = lab.phone("a")
    lab.run(6_000)
    leg = lab.engine.legs["a"]

    def report(fraction: int, sent_ago_us: int) -> None:
        block = rtcp.Block(leg.line.ssrc, fraction, 0, 0, 0, rtcp.middle(lab.now - sent_ago_us), 0)
        raw = rtcp.report(phone.ssrc, "x", lab.now, None, block)
        lab.engine.relay.receive_rtcp(leg, raw, (phone.address[0], 5), lab.now)

    report(26, 20_000)
    lab.run(5_000)
    assert told(lab) == [("poor", "loss_down")]
    report(0, 400_000)
    lab.run(5_000)
    assert told(lab)[-1] == ("fair", "delay")
