"""The day others build on: complete, legal, believable, and the same for a seed."""

from __future__ import annotations

from collections import Counter

import pytest

from yingda.kernel.event import Event
from yingda.routing.recovery import closing_events
from yingda.sim.day import events
from yingda.sim.ledger import WorldBooks


@pytest.fixture(scope="module")
def day() -> list[Event]:
    return events(5)


def test_a_day_has_its_contacts_and_all_of_them_end(day: list[Event]) -> None:
    kinds = Counter(event.kind for event in day)
    assert 2_000 <= kinds["interaction.started"] <= 2_200
    for begun, ended in {
        "interaction.started": "interaction.ended",
        "leg.created": "leg.ended",
        "flow.entered": "flow.left",
        "queue.entered": "queue.left",
        "offer.made": "offer.ended",
        "handling.started": "handling.released",
        "recording.started": "recording.ended",
        "agent.signed_in": "agent.signed_out",
    }.items():
        assert kinds[begun] == kinds[ended] > 0
    assert closing_events(day, day[-1].at) == []


def test_it_is_believable(day: list[Event]) -> None:
    outcomes = Counter(event.data["outcome"] for event in day if event.kind == "queue.left")
    assert outcomes["answered"] > 0.8 * sum(outcomes.values())
    assert outcomes["abandoned"] > 0
    assert any(event.data["test"] for event in day if event.kind == "interaction.started")
    assert 10 < (day[-1].at - day[0].at) / 3_600_000_000 < 16


def test_its_books_add_up(day: list[Event]) -> None:
    books = WorldBooks()
    for event in day:
        books.record(event)
    books.finish(day[-1].at)


def test_a_seed_gives_the_same_day() -> None:
    assert events(9, contacts=100) == events(9, contacts=100)
    assert events(9, contacts=100) != events(10, contacts=100)
