"""The books of a world: its events as envelopes, folded by the reports' own projections, and their identities."""

from __future__ import annotations

from yingda.kernel.event import Envelope, Event
from yingda.reports.books import Books
from yingda.reports.identities import Broken, check, check_dirty
from yingda.sim.broken import BrokenError

WRITER = "sim"


def envelope(event: Event, n: int) -> Envelope:
    """The event as it would stand in the ledger, as the n-th of one writer. Causes are left out."""
    return Envelope(
        writer=WRITER,
        n=n,
        stamp=event.at,
        kind=event.kind,
        v=1,
        at=event.at,
        by=event.by,
        node=WRITER,
        tenant=event.tenant,
        mono=0,
        config=1,
        data=dict(event.data),
        interaction_id=event.interaction_id,
        seq=n,
    )


class WorldBooks:
    """Strict books: a contradiction between events raises at once, a broken identity after the step."""

    def __init__(self) -> None:
        self.books = Books(strict=True)
        self._n = 0

    def record(self, event: Event) -> None:
        self._n += 1
        self.books.apply(envelope(event, self._n))

    def check(self, now: int) -> None:
        """Identities Q1–Q8, O1–O3, H1–H2, A1–A3 and the rest, of whatever changed."""
        _demand_none(check_dirty(self.books, now))

    def finish(self, now: int) -> None:
        """All of them, on every row."""
        _demand_none(check(self.books, now))


def _demand_none(found: list[Broken]) -> None:
    if found:
        raise BrokenError("; ".join(str(broken) for broken in found[:3]))
