"""Handlings: an agent's part in a contact, and its times by `handling.*` events alone (metrics.md sections 6, 7; H2).

An outbound contact is dialled until its customer is first connected. While connected the phase follows from two facts,
whether the customer is held and whether a third party is on the line: talking when he is not held, else consulting or
holding. A consultation holds the customer. A handling that was never connected, or that assisted, has no wrap-up.
"""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books import customers, gauges
from yingda.reports.books.contacts import work_done
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import ORIGINS, TRANSFERS, WorkQuarter, quarter_of
from yingda.reports.rows import Contact, Entry, Handling, Key

LEGAL: dict[str, frozenset[str]] = {  # phase → phases that may follow; metrics.md section 6
    "starting": frozenset({"talking", "assisting", "internal", "over"}),
    "dialling": frozenset({"talking", "over"}),
    "talking": frozenset({"holding", "consulting", "wrapup", "over"}),
    "holding": frozenset({"talking", "consulting", "wrapup", "over"}),
    "consulting": frozenset({"talking", "holding", "wrapup", "over"}),
    "assisting": frozenset({"over"}),
    "internal": frozenset({"over"}),
    "wrapup": frozenset({"over"}),
    "over": frozenset(),
}
TIMED = ("dialling", "talking", "holding", "consulting", "assisting", "internal", "wrapup")

_TIME_FIELDS = {phase: f"{phase}_us" for phase in TIMED}
_TRANSFER_FIELDS = {how: f"transferred_{how}" for how in TRANSFERS}
_ORIGIN_FIELDS = {origin: f"origin_{origin}" for origin in ORIGINS}
_PSEUDO_QUEUES = {"dial": "outbound", "internal": "internal"}
_QUEUED_ORIGINS = frozenset({"offer", "pickup"})
_IN_CALL = frozenset({"talking", "holding", "consulting"})
SOLO_MEDIA = frozenset({"voice", "callback"})
"""Media of which an agent has one at a time; of the others he may have several items open."""


def cohort_key(row: Handling) -> Key:
    """The WorkQuarter a handling counts in: by its connection, or its start when it was never connected."""
    anchor = row.started if row.connected is None else row.connected
    return (row.tenant_id, row.agent_id, row.queue_id, row.medium, quarter_of(anchor))


def started(books: Books, event: Envelope) -> None:
    data = event.data
    origin = data["origin"]
    if origin not in _ORIGIN_FIELDS:
        raise BooksError("unknown_origin", f"No handling can have the origin {origin!r}.")
    contact, at = books.contact_at(event.interaction_id, event)
    handling_id = data["handling_id"]
    entry_id, after_id = data.get("entry_id"), data.get("after_handling_id")
    entry = books.entries.need(entry_id) if entry_id else None
    row = Handling(
        handling_id=handling_id,
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        agent_id=data["agent_id"],
        session_id=data["session_id"],
        queue_id=_queue_of(books, origin, data.get("queue_id"), entry, after_id),
        medium=entry.medium if entry else contact.medium,
        role=data["role"],
        origin=origin,
        started=at,
        since=at,
        phase="dialling" if _is_dialled(contact, entry, data["role"], origin) else "starting",
        entry_id=entry_id,
        after_handling_id=after_id,
        test=contact.test,
    )
    books.handlings.add(handling_id, row)
    contact.open += 1
    contact.direct = contact.direct or origin == "direct"
    watch(books, row)


def _is_dialled(contact: Contact, entry: Entry | None, role: str, origin: str) -> bool:
    """Whether his customer is still to be called when the handling begins."""
    if origin == "dial" or (entry is not None and entry.medium == "callback"):
        return True
    return role == "primary" and contact.direction == "outbound" and contact.first_connected is None


def _queue_of(books: Books, origin: str, queue_id: str | None, entry: Entry | None, after_id: str | None) -> str:
    """The queue of the entry that brought it; a transfer to an agent keeps the queue of the handling before."""
    if entry is not None:
        return entry.queue_id
    if queue_id:
        return queue_id
    before = books.handlings.find(after_id) if after_id else None
    return before.queue_id if before is not None else _PSEUDO_QUEUES.get(origin, "direct")


def watch(books: Books, row: Handling) -> None:
    """Count it among the handlings that are not over (also when the books are opened again)."""
    books.handling_of.enter((row.tenant_id, row.agent_id), row.handling_id, row)


def connected(books: Books, event: Envelope) -> None:
    row, contact, at = _underway(books, event)
    if row.connected is not None:
        raise BooksError("connected_twice", f"The handling {row.handling_id} is connected already.")
    row.connected = at
    if row.medium not in SOLO_MEDIA and not row.test:
        gauges.move(books, (row.tenant_id, gauges.ITEMS, row.agent_id), at, 1)
    if row.role == "assisting":
        _enter(books, row, contact, "assisting", at)
        if not row.test:
            books.work_quarters.either(cohort_key(row), WorkQuarter).assisted += 1
        return
    _enter(books, row, contact, "internal" if row.origin == "internal" else "talking", at)
    contact.handled += 1
    customers.served(books, contact, at)
    if contact.first_connected is None:
        contact.first_connected = at
        contact.first_agent_id = row.agent_id
    if row.entry_id is not None and row.origin in _QUEUED_ORIGINS:
        books.entries.need(row.entry_id).handlings += 1
    if not row.test:
        credit_connected(books, row, 1)


def _underway(books: Books, event: Envelope) -> tuple[Handling, Contact, int]:
    row = books.handlings.need(event.data["handling_id"])
    if row.phase == "over":
        raise BooksError("already_over", f"The handling {row.handling_id} is over.")
    contact, at = books.contact_at(row.interaction_id, event)
    return row, contact, at


def _enter(books: Books, row: Handling, contact: Contact, phase: str, at: int) -> None:
    """The one setter of the phase: what was goes on the account of the old one."""
    old = row.phase
    if phase == old:
        return
    if phase not in LEGAL[old]:
        raise BooksError("illegal_phase", f"The handling {row.handling_id} cannot go from {old} to {phase}.")
    field = _TIME_FIELDS.get(old)
    if field is not None:
        span = at - row.since
        setattr(row, field, getattr(row, field) + span)
        if row.medium in SOLO_MEDIA:
            account = (row.tenant_id, row.agent_id, old)
            books.handling_time[account] = books.handling_time.get(account, 0) + span
        work_done(books, contact, row, old, span)
    row.phase, row.since = phase, at
    if phase == "over":
        row.over = at
        contact.open -= 1
        books.handling_of.leave((row.tenant_id, row.agent_id), row.handling_id)
        if row.connected is not None and row.medium not in SOLO_MEDIA and not row.test:
            gauges.move(books, (row.tenant_id, gauges.ITEMS, row.agent_id), at, -1)
        if not row.test:
            credit_times(books, row, 1)


def credit_connected(books: Books, row: Handling, sign: int) -> None:
    """A primary handling that connected, into its row of figures (1) or out of it (-1)."""
    figures = books.work_quarters.either(cohort_key(row), WorkQuarter)
    figures.handled += sign
    field = _ORIGIN_FIELDS[row.origin]
    setattr(figures, field, getattr(figures, field) + sign)


def credit_times(books: Books, row: Handling, sign: int) -> None:
    """The times of a handling that is over belong whole to its quarter hour."""
    figures = books.work_quarters.either(cohort_key(row), WorkQuarter)
    for field in _TIME_FIELDS.values():
        setattr(figures, field, getattr(figures, field) + sign * getattr(row, field))
    figures.consults += sign * (row.consults > 0)
    if row.transfers:
        _credit_transfer(figures, row, sign)
    if row.connected is not None and row.released is not None and row.role == "primary" and row.origin != "internal":
        figures.call_us += sign * (row.released - row.connected)


def _credit_transfer(figures: WorkQuarter, row: Handling, sign: int) -> None:
    figures.transferred += sign
    field = _TRANSFER_FIELDS[row.transfer_how or ""]
    setattr(figures, field, getattr(figures, field) + sign)


def held(books: Books, event: Envelope) -> None:
    row, contact, at = _in_call(books, event)
    _enter(books, row, contact, "consulting" if row.consult else "holding", at)


def retrieved(books: Books, event: Envelope) -> None:
    row, contact, at = _in_call(books, event)
    _enter(books, row, contact, "talking", at)


def consult_started(books: Books, event: Envelope) -> None:
    row, contact, at = _in_call(books, event)
    row.consult = True
    row.consults += 1
    _enter(books, row, contact, "consulting", at)


def consult_ended(books: Books, event: Envelope) -> None:
    row, contact, at = _in_call(books, event)
    row.consult = False
    if row.phase == "consulting":
        _enter(books, row, contact, "holding", at)


def _in_call(books: Books, event: Envelope) -> tuple[Handling, Contact, int]:
    found = _underway(books, event)
    if found[0].phase not in _IN_CALL:
        raise BooksError("not_in_call", f"{event.kind}: the handling {found[0].handling_id} is {found[0].phase}.")
    return found


def transferred(books: Books, event: Envelope) -> None:
    row = books.handlings.need(event.data["handling_id"])
    books.contact_at(row.interaction_id, event)
    if event.data["how"] not in _TRANSFER_FIELDS:
        raise BooksError("unknown_transfer", f"Nobody transfers by {event.data['how']!r}.")
    if event.data["result"] != "completed":
        return
    row.transfers += 1
    if row.transfers == 1:
        row.transfer_how, row.transfer_target = event.data["how"], event.data["target"]
        if row.phase == "over" and not row.test:
            _credit_transfer(books.work_quarters.either(cohort_key(row), WorkQuarter), row, 1)


def released(books: Books, event: Envelope) -> None:
    row, contact, at = _underway(books, event)
    if row.released is not None:
        raise BooksError("ended_twice", f"The handling {row.handling_id} was released already.")
    row.released = at
    row.released_by = event.data["ended_by"]
    _enter(books, row, contact, "wrapup" if row.phase in _IN_CALL else "over", at)


def wrapup_ended(books: Books, event: Envelope) -> None:
    row, contact, at = _underway(books, event)
    if row.released is None:
        raise BooksError("not_released", f"The wrap-up of {row.handling_id} ends before it began.")
    row.ended_how = event.data["ended_how"]
    row.extended_ms = event.data["extended_ms"]
    _enter(books, row, contact, "over", at)


def signed_out(books: Books, tenant: str, agent_id: str, at: int) -> None:
    """Who signs out has no wrap-up left; what he has not released stays, for H2 to find."""
    for row in list(books.handling_of.of((tenant, agent_id))):
        if row.phase == "wrapup":
            books.handlings.dirty[row.handling_id] = row
            close(books, row, books.contacts.need(row.interaction_id), max(at, row.since))


def close(books: Books, row: Handling, contact: Contact, at: int) -> None:
    """Its wrap-up is over, though nothing of the handling's own said so."""
    _enter(books, row, contact, "over", at)


def disposed(books: Books, event: Envelope) -> None:
    """May repeat, also after the wrap-up; the last one counts."""
    data = event.data
    row = books.handlings.need(data["handling_id"])
    row.codes = "|".join(data["codes"])
    row.resolved = data["resolved"]
    row.case_id = data.get("case_id")
    row.disposed_seq = event.seq


FOLDS |= {
    "handling.started": started,
    "handling.connected": connected,
    "handling.held": held,
    "handling.retrieved": retrieved,
    "handling.consult_started": consult_started,
    "handling.consult_ended": consult_ended,
    "handling.transferred": transferred,
    "handling.released": released,
    "handling.wrapup_ended": wrapup_ended,
    "handling.disposed": disposed,
}
