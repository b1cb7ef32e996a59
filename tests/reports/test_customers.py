"""Repeat calls and missed calls, told as stories of one number (metrics.md section 7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports import owed, talks
from tests.reports.talks import Call
from tests.reports.world import MINUTE, World
from yingda.reports.books import Books
from yingda.reports.customer_rows import Missed

HOUR = 60 * MINUTE
PARTY = "party-x"


class Story:
    """A world in which one number calls and is called."""

    def __init__(self) -> None:
        self.world = World(seed=1, agents=1, queues=1)
        self.world.sign_in(self.world.agents[0])

    def wait(self, span: int) -> Story:
        self.world.now += span
        return self

    def abandoned(self, *, withheld: bool = False, test: bool = False) -> Story:
        call = self._begin("inbound", withheld=withheld, test=test)
        entry = owed.enter(self.world, call, "queue-0", "first")
        self.wait(MINUTE)
        self.world.emit("queue.left", call.contact, entry_id=entry, outcome="abandoned")
        talks.end(self.world, call, "customer")
        return self

    def spoken(self, direction: str, *, reached: bool = True) -> Story:
        """He rings and is served, or he is called."""
        call, agent = self._begin(direction), self.world.agents[0]
        talk = talks.begin(self.world, call, agent, "direct" if direction == "inbound" else "dial", connect=reached)
        self.wait(MINUTE)
        self.world.emit("handling.released", call.contact, handling_id=talk.handling, ended_by="customer")
        talks.end(self.world, call, "customer")
        return self

    def configured(self, hours: int) -> Story:
        after = {"name": "x", "reports": {"repeat_h": hours}}
        self.world.emit("config.changed", entity="centre", id="", version=2, before={}, after=after)
        return self

    def _begin(self, direction: str, **facts: Any) -> Call:
        return owed.begin(self.world, direction, party=PARTY, **facts)

    def books(self) -> Books:
        books = Books()
        for event in self.world.events:
            books.apply(event)
        return books


def standing(story: Story) -> Missed | None:
    row = story.books().missed.rows.get(("default", PARTY))
    return row if row is not None and row.cleared is None else None


def repeats(story: Story) -> int:
    return sum(row.repeat_call for row in story.books().contact_quarters.rows.values())


def test_one_row_a_number_however_often_it_was_missed() -> None:
    row = standing(Story().abandoned().wait(HOUR).abandoned().wait(HOUR).abandoned())
    assert row is not None and (row.calls, row.attempts) == (3, 0) and row.last_at > row.first_at


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_who_is_answered_or_reached_is_missed_no_longer(direction: str) -> None:
    assert standing(Story().abandoned().wait(HOUR).spoken(direction)) is None


def test_a_call_that_does_not_reach_him_is_one_more_try() -> None:
    row = standing(Story().abandoned().wait(HOUR).spoken("outbound", reached=False))
    assert row is not None and row.attempts == 1 and row.tried_at is not None


def test_missed_again_after_he_was_served_counts_from_one() -> None:
    row = standing(Story().abandoned().abandoned().spoken("outbound").wait(HOUR).abandoned())
    assert row is not None and row.calls == 1


def test_nobody_can_call_back_a_withheld_number_and_tests_are_not_missed() -> None:
    assert standing(Story().abandoned(withheld=True)) is None
    assert standing(Story().abandoned(test=True)) is None


def test_a_repeat_is_the_same_number_within_a_day() -> None:
    assert repeats(Story().abandoned().wait(23 * HOUR).abandoned()) == 1
    assert repeats(Story().abandoned().wait(25 * HOUR).abandoned()) == 0
    assert repeats(Story().abandoned(withheld=True).wait(HOUR).abandoned(withheld=True)) == 0


def test_the_window_counts_from_its_change_on_and_never_for_what_was() -> None:
    assert repeats(Story().configured(1).abandoned().wait(2 * HOUR).abandoned()) == 0
    assert repeats(Story().abandoned().wait(2 * HOUR).abandoned().configured(1).wait(2 * HOUR).abandoned()) == 1
