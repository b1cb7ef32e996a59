"""The identities of metrics.md section 8 hold on seeded histories, after every instant and at the end."""

from __future__ import annotations

import pytest

from tests.reports.histories import history
from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger.kinds import validate
from yingda.reports.books import Books
from yingda.reports.identities import check, check_dirty


def steps(events: list[Envelope]) -> list[list[Envelope]]:
    """The events of one instant together."""
    grouped: list[list[Envelope]] = []
    for event in events:
        if grouped and grouped[-1][0].at == event.at:
            grouped[-1].append(event)
        else:
            grouped.append([event])
    return grouped


def test_the_histories_are_what_the_registry_allows() -> None:
    for event in history(1):
        validate(Event(kind=event.kind, at=event.at, interaction_id=event.interaction_id, data=event.data))


@pytest.mark.parametrize("seed", range(40))
def test_identities_hold_after_every_instant(seed: int) -> None:
    books = Books()
    for step in steps(history(seed)):
        for event in step:
            books.apply(event)
        assert check_dirty(books, step[0].at) == [], f"seed {seed} at {step[-1].seq}"
    assert check(books, step[0].at) == []


@pytest.mark.parametrize("seed", range(5))
def test_identities_hold_between_events_too(seed: int) -> None:
    """Everything open grows with `now`, on both sides of every identity."""
    books = Books()
    grouped = steps(history(seed, contacts=25))
    for number, step in enumerate(grouped[:-1]):
        for event in step:
            books.apply(event)
        if number % 7 == 0:
            until = (step[0].at + grouped[number + 1][0].at) // 2
            assert check(books, until) == [], f"seed {seed} at {step[-1].seq}"
