"""Queue entries and the length of queues (metrics.md sections 4, 5 and 7).

Two ways lead to a queue's waiting time and stay apart, so that Q7 can compare them: every entry adds its own wait when
it leaves, and a counter of the queue's length is integrated over time (`_move_line`).
"""

from __future__ import annotations

from yingda.kernel.clock import SECOND
from yingda.kernel.event import Envelope
from yingda.reports.books.contacts import quarter as contact_quarter
from yingda.reports.books.contacts import settle
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import CAUSES, OUTCOMES, QUARTER, QueueLine, QueueQuarter, parts, quarter_of
from yingda.reports.rows import Contact, Entry, Key
from yingda.reports.verdicts import verdict

FAST_CLEAR_DOWN = 5 * SECOND
OWN_QUEUE = "queue:"
"""`queue.left.to` begins so when the entry went to a queue of ours; otherwise site: or number:."""

_MOVED = frozenset({"overflow", "moved"})
_CAUSE_FIELDS = {cause: f"cause_{cause}" for cause in CAUSES}
_WAIT_FIELDS = {outcome: f"wait_{outcome}_us" for outcome in OUTCOMES}


def cohort_key(entry: Entry) -> Key:
    """The QueueQuarter an entry counts in."""
    return (entry.tenant_id, entry.queue_id, entry.medium, quarter_of(entry.entered))


def entered(books: Books, event: Envelope) -> None:
    data = event.data
    cause = data["cause"]
    if cause not in _CAUSE_FIELDS:
        raise BooksError("unknown_cause", f"No entry can have the cause {cause!r}.")
    contact, at = books.contact_at(event.interaction_id, event)
    entry_id = data["entry_id"]
    entry = Entry(
        entry_id=entry_id,
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        queue_id=data["queue_id"],
        medium="callback" if cause == "callback" else contact.medium,
        cause=cause,
        entered=at,
        arrived_at=data["arrived_at"],
        priority=data["priority"],
        target_us=round(data["target_s"] * SECOND),
        short_us=round(data["short_s"] * SECOND),
        from_entry_id=data.get("from_entry_id"),
        test=contact.test,
    )
    if cause in _MOVED:
        books.entries.need(entry.from_entry_id).successors += 1
    books.entries.add(entry_id, entry)
    _note_entry(books, contact, entry)
    if not entry.test:
        _credit_entered(books, entry)


def _note_entry(books: Books, contact: Contact, entry: Entry) -> None:
    """What the contact keeps of its entries."""
    if contact.entries == 0:
        contact.first_queue_id = entry.queue_id
        contact.first_entered = entry.entered
        contact.first_target_us = entry.target_us
        contact.first_short_us = entry.short_us
        if not contact.test:
            contact_quarter(books, contact).queued += 1
    if contact.goal_at is not None and contact.person_at is None:
        contact.person_at = entry.entered
    contact.entries += 1
    contact.waiting += 1
    contact.open += 1


def _credit_entered(books: Books, entry: Entry) -> None:
    key = cohort_key(entry)
    row = books.queue_quarters.either(key, QueueQuarter)
    row.offered += 1
    field = _CAUSE_FIELDS[entry.cause]
    setattr(row, field, getattr(row, field) + 1)
    if entry.cause in _MOVED:
        row.overflow_in += 1
    watch(books, entry)
    _move_line(books, entry, entry.entered, 1)


def watch(books: Books, entry: Entry) -> None:
    """Count it among those who wait (also when the books are opened again)."""
    books.waiting.enter(cohort_key(entry), entry.entry_id, entry)
    books.queued.enter((entry.tenant_id, entry.queue_id, entry.medium), entry.entry_id, entry)


def widened(books: Books, event: Envelope) -> None:
    entry = _still_waiting(books, event)
    books.contact_at(entry.interaction_id, event)
    entry.also_queues += 1


def announced(books: Books, event: Envelope) -> None:
    entry = _still_waiting(books, event)
    _, at = books.contact_at(entry.interaction_id, event)
    if entry.announced == 0 and not entry.test:
        books.queue_quarters.either(cohort_key(entry), QueueQuarter).announced += 1
    entry.announced += 1
    entry.announced_at = at
    entry.position = event.data["position"]
    entry.estimate_us = round(event.data["estimate_s"] * SECOND)


def _still_waiting(books: Books, event: Envelope) -> Entry:
    entry = books.entries.need(event.data["entry_id"])
    if entry.left is not None:
        raise BooksError("already_left", f"The entry {entry.entry_id} has left its queue.")
    return entry


def left(books: Books, event: Envelope) -> None:
    data = event.data
    outcome = data["outcome"]
    if outcome not in _WAIT_FIELDS:
        raise BooksError("unknown_outcome", f"No entry can have the outcome {outcome!r}.")
    entry = _still_waiting(books, event)
    contact, at = books.contact_at(entry.interaction_id, event)
    wait = at - entry.entered
    entry.left = at
    entry.outcome = outcome
    entry.verdict = verdict(outcome, wait, entry.target_us, entry.short_us)
    entry.short = outcome == "abandoned" and wait <= entry.short_us
    entry.served_queue_id = data.get("served_queue_id")
    entry.handling_id = data.get("handling_id")
    entry.to_target = data.get("to")
    contact.waiting -= 1
    contact.open -= 1
    contact.wait_us += wait
    contact.last_left = at
    contact.last_outcome = outcome
    contact.last_short = entry.short
    if not entry.test:
        _credit_left(books, entry, at, wait)
    settle(books, contact)


def _credit_left(books: Books, entry: Entry, at: int, wait: int) -> None:
    key = cohort_key(entry)
    row = books.queue_quarters.either(key, QueueQuarter)
    outcome = entry.outcome or ""
    setattr(row, outcome, getattr(row, outcome) + 1)
    verdict_field = entry.verdict or ""
    setattr(row, verdict_field, getattr(row, verdict_field) + 1)
    wait_field = _WAIT_FIELDS[outcome]
    setattr(row, wait_field, getattr(row, wait_field) + wait)
    if outcome == "abandoned":
        _credit_abandoned(row, entry, at, wait)
    elif outcome == "answered":
        _credit_answered(books, row, entry, wait)
    elif outcome == "overflowed" and (entry.to_target or "").startswith(OWN_QUEUE):
        row.overflow_out += 1
    books.waiting.leave(key, entry.entry_id)
    books.queued.leave((entry.tenant_id, entry.queue_id, entry.medium), entry.entry_id)
    waited = 0
    for quarter, part in parts(entry.entered, at):
        split, waited = quarter_row(books, entry, quarter), waited + part
        split.waited_us += part
        split.longest_wait_us = max(split.longest_wait_us, waited)
    quarter_row(books, entry, quarter_of(at)).left_here += 1
    _move_line(books, entry, at, -1)


def _credit_abandoned(row: QueueQuarter, entry: Entry, at: int, wait: int) -> None:
    if entry.short:
        row.short += 1
        row.wait_short_us += wait
    elif wait <= entry.target_us:
        row.abandoned_in_target += 1
    if entry.announced_at is not None and at - entry.announced_at <= FAST_CLEAR_DOWN:
        row.fast_clear_down += 1


def _credit_answered(books: Books, row: QueueQuarter, entry: Entry, wait: int) -> None:
    if entry.served_queue_id in (None, entry.queue_id):
        row.served_home += 1
    else:
        row.served_elsewhere += 1
        server = (entry.tenant_id, entry.served_queue_id, entry.medium, quarter_of(entry.entered))
        books.queue_quarters.either(server, QueueQuarter).served_for_others += 1
    if entry.estimate_us is not None:
        row.estimates += 1
        row.estimate_error_us += entry.estimate_us - wait
        row.estimate_error_abs_us += abs(entry.estimate_us - wait)


def quarter_row(books: Books, entry: Entry, quarter: int) -> QueueQuarter:
    """The row of the entry's queue for any quarter hour, for what is split (S)."""
    return books.queue_quarters.either((entry.tenant_id, entry.queue_id, entry.medium, quarter), QueueQuarter)


def _move_line(books: Books, entry: Entry, at: int, step: int) -> None:
    """The queue's length changes by `step` at `at`; its area grows by what it was until then.

    An end dated back after a crash lies before the line's own time: then what was integrated since is put right.
    """
    key = (entry.tenant_id, entry.queue_id, entry.medium)
    line = books.lines.find(key)
    if line is None:
        line = books.lines.add(key, QueueLine(*key, length=0, at=at))
    if line.length and at > line.at:
        for row in _integrate(books, entry, line.at, at, line.length):
            row.waiting_low = row.waiting_high = line.length
    elif at < line.at:
        _integrate(books, entry, at, line.at, step)
    line.at = max(line.at, at)
    line.length += step
    books.lines.dirty[key] = line
    present = quarter_row(books, entry, quarter_of(line.at))
    present.waiting_low = min(present.waiting_low, line.length)
    present.waiting_high = max(present.waiting_high, line.length)


def _integrate(books: Books, entry: Entry, start: int, end: int, length: int) -> list[QueueQuarter]:
    """Add the area, and the length at the quarter hours that begin in (start, end]; the rows of these."""
    for quarter, part in parts(start, end):
        quarter_row(books, entry, quarter).area_us += length * part
    begun, boundary = [], quarter_of(start) + QUARTER
    while boundary <= end:
        begun.append(quarter_row(books, entry, boundary))
        begun[-1].waiting_start += length
        boundary += QUARTER
    return begun


FOLDS |= {
    "queue.entered": entered,
    "queue.widened": widened,
    "queue.announced": announced,
    "queue.left": left,
}
