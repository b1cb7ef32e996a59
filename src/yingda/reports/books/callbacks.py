"""Call-backs: asked for, attempted, closed with one result (metrics.md section 7; B1).

Their events hang on the contact that asked; the calls made for them are contacts of their own.
"""

from __future__ import annotations

import msgspec

from yingda.kernel.event import Envelope
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.customer_rows import Callback
from yingda.reports.quarters import ATTEMPT_RESULTS, CALLBACK_RESULTS, CallbackQuarter, quarter_of
from yingda.reports.rows import Key

_ATTEMPT_FIELDS = {result: f"attempt_{result}" for result in ATTEMPT_RESULTS}


def cohort_key(row: Callback) -> Key:
    """The CallbackQuarter a call-back counts in."""
    return (row.tenant_id, row.source, quarter_of(row.requested))


def requested(books: Books, event: Envelope) -> None:
    data = event.data
    callback_id, entry_id = data["callback_id"], data.get("entry_id")
    entry = books.entries.find(entry_id) if entry_id else None
    asked_by = event.interaction_id or (entry.interaction_id if entry else None)
    contact = books.contacts.find(asked_by) if asked_by else None
    row = Callback(
        callback_id=callback_id,
        tenant_id=event.tenant,
        source=data["source"],
        requested=event.at,
        last_at=event.at,
        promised_by=data["promised_by"],
        window=None if data["window"] is None else msgspec.json.encode(data["window"]).decode(),
        interaction_id=asked_by,
        entry_id=entry_id,
        queue_id=entry.queue_id if entry else None,
        party_ref=contact.party_ref if contact else None,
        test=contact is not None and contact.test,
    )
    books.callbacks.add(callback_id, row)
    watch(books, row)
    if not row.test:
        _figures(books, row).requested += 1


def watch(books: Books, row: Callback) -> None:
    """Count it among those that are open (also when the books are opened again)."""
    if not row.test:
        books.owed.enter(cohort_key(row), row.callback_id, row)


def _figures(books: Books, row: Callback) -> CallbackQuarter:
    return books.callback_quarters.either(cohort_key(row), CallbackQuarter)


def _still_open(books: Books, event: Envelope) -> tuple[Callback, int]:
    row = books.callbacks.need(event.data["callback_id"])
    if row.closed is not None:
        raise BooksError("closed_already", f"The call-back {row.callback_id} is closed.")
    row.last_at = books.not_before(row.last_at, event)
    return row, row.last_at


def attempt_started(books: Books, event: Envelope) -> None:
    row, at = _still_open(books, event)
    row.attempts += 1
    row.calling = True
    if row.first_attempt is None:
        row.first_attempt = at
        _judge_promise(books, row, at)
    if not row.test:
        _figures(books, row).attempts += 1


def _judge_promise(books: Books, row: Callback, at: int) -> None:
    if row.test:
        return
    if at <= row.promised_by:
        _figures(books, row).on_time += 1
    else:
        _figures(books, row).late += 1


def attempt_ended(books: Books, event: Envelope) -> None:
    result = event.data["result"]
    field = _ATTEMPT_FIELDS.get(result)
    if field is None:
        raise BooksError("unknown_result", f"No attempt can end with {result!r}.")
    row, _ = _still_open(books, event)
    row.calling, row.last_result = False, result
    if not row.test:
        figures = _figures(books, row)
        setattr(figures, field, getattr(figures, field) + 1)


def closed(books: Books, event: Envelope) -> None:
    """Closed unattempted after its promise it was late; before it, it was not due."""
    result = event.data["result"]
    if result not in CALLBACK_RESULTS:
        raise BooksError("unknown_result", f"No call-back can be closed as {result!r}.")
    row, at = _still_open(books, event)
    row.closed, row.result, row.calling = at, result, False
    if row.test:
        return
    figures = _figures(books, row)
    setattr(figures, result, getattr(figures, result) + 1)
    if row.first_attempt is None and at > row.promised_by:
        figures.late += 1
    books.owed.leave(cohort_key(row), row.callback_id)


FOLDS |= {
    "callback.requested": requested,
    "callback.attempt_started": attempt_started,
    "callback.attempt_ended": attempt_ended,
    "callback.closed": closed,
}
