"""Recordings, one a handling (R1) and one an outside party it consulted, messages that callers leave, and what the
planes said of themselves (metrics.md section 9)."""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.customer_rows import LeftMessage
from yingda.reports.rows import Plane, Recording


def started(books: Books, event: Envelope) -> None:
    row = _begin(books, event, event.data["recording_id"])
    books.contacts.need(row.interaction_id).open += 1


def _begin(books: Books, event: Envelope, recording_id: str) -> Recording:
    handling = books.handlings.need(event.data["handling_id"])
    row = Recording(
        recording_id=recording_id,
        tenant_id=event.tenant,
        interaction_id=handling.interaction_id,
        handling_id=handling.handling_id,
        started=event.at,
        test=handling.test,
        leg_id=event.data.get("leg_id"),
    )
    return books.recordings.add(recording_id, row)


def _running(books: Books, event: Envelope) -> Recording:
    row = books.recordings.need(event.data["recording_id"])
    if row.state != "running":
        raise BooksError("ended_twice", f"The recording {row.recording_id} is {row.state}.")
    return row


def paused(books: Books, event: Envelope) -> None:
    _running(books, event).pauses += 1


def resumed(books: Books, event: Envelope) -> None:
    _running(books, event)


def ended(books: Books, event: Envelope) -> None:
    row = _running(books, event)
    row.state, row.ended = "ended", event.at
    row.duration_ms = event.data["duration_ms"]
    row.checksum = event.data["checksum"]
    books.contacts.need(row.interaction_id).open -= 1


def missing(books: Books, event: Envelope) -> None:
    """The file that is due is not there: one that had begun, or none at all (then it goes by its handling)."""
    recording_id = event.data.get("recording_id") or f"missing-{event.data['handling_id']}"
    row = books.recordings.find(recording_id)
    if row is None:
        row = _begin(books, event, recording_id)
    elif row.state == "running":
        books.contacts.need(row.interaction_id).open -= 1
    books.recordings.dirty[recording_id] = row
    row.state, row.ended, row.reason = "missing", event.at, event.data["reason"]


# -- messages that callers leave ---------------------------------------------------------------------------------


def left(books: Books, event: Envelope) -> None:
    """Texts have no file, and are not of these."""
    data = event.data
    if data["medium"] != "voice" or data.get("recorded_at") is None:
        return
    contact, at = books.contact_at(event.interaction_id, event)
    row = LeftMessage(
        message_id=data["message_id"],
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        received=at,
        recorded_at=data["recorded_at"],
        duration_ms=data["duration_ms"],
        queue_id=data.get("queue_id"),
        agent_id=data.get("agent_id"),
    )
    books.left_messages.add(row.message_id, row)


def heard(books: Books, event: Envelope) -> None:
    row = books.left_messages.need(event.data["message_id"])
    row.heard = event.at if row.heard is None else row.heard


def cleared(books: Books, event: Envelope) -> None:
    """Two may press at once: the first has."""
    row = books.left_messages.need(event.data["message_id"])
    if row.cleared is None:
        row.cleared, row.cleared_by = event.at, event.by


# -- planes -----------------------------------------------------------------------------------------------------

_STATES = {"plane.started": "running", "plane.alive": "running", "plane.stopped": "stopped", "plane.lost": "lost"}


def plane(books: Books, event: Envelope) -> None:
    name, state = event.data["plane"], _STATES[event.kind]
    row = books.planes.find(name)
    if row is None:
        row = books.planes.add(name, Plane(name, event.data["version"], state, since=event.at, alive=event.at))
    books.planes.dirty[name] = row
    if state != row.state or event.kind == "plane.started":
        row.state, row.since = state, event.at
    row.version = event.data["version"]
    if state == "running":
        row.alive = event.at


FOLDS |= {
    "recording.started": started,
    "recording.paused": paused,
    "recording.resumed": resumed,
    "recording.ended": ended,
    "recording.missing": missing,
    "message.received": left,
    "message.heard": heard,
    "message.cleared": cleared,
    **dict.fromkeys(_STATES, plane),
}
