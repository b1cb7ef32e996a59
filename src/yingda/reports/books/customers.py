"""What earlier contacts of the same number say: repeat calls, and missed calls (漏话; metrics.md section 7).

The repeat window may be configured; figures go by what `config.changed` said before the contact began (law 6). A missed
call stands until its number is answered or reached. Withheld numbers are nobody's.
"""

from __future__ import annotations

from yingda.kernel.clock import SECOND
from yingda.kernel.event import Envelope
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.customer_rows import Missed
from yingda.reports.quarters import ContactQuarter, quarter_of
from yingda.reports.rows import Contact, Setting

HOUR = 3_600 * SECOND
SELF_SERVICE_STAY = 5 * SECOND
REPEAT_HOURS = "repeat_h"
DEFAULT_REPEAT_HOURS = 24
MISSED = frozenset({"abandoned", "turned_away", "failed", "direct_missed"})


def repeat_window(books: Books, tenant: str) -> int:
    """µs within which another contact of the same customer is a repeat."""
    setting = books.settings.rows.get((tenant, REPEAT_HOURS))
    return (setting.value if setting else DEFAULT_REPEAT_HOURS) * HOUR


def began(books: Books, contact: Contact) -> None:
    """Look back: is it a repeat; is it one more try to reach who was missed?"""
    if contact.test or contact.withheld or not contact.party_ref:
        return
    place = (contact.tenant_id, contact.party_ref)
    if contact.direction == "outbound":
        missed = _standing(books, contact)
        if missed is not None:
            missed.attempts += 1
            missed.tried_at = contact.started
            books.missed.dirty[place] = missed
    elif contact.direction == "inbound":
        before = books.recent.note(place, contact.started, contact.interaction_id)
        if before is not None and contact.started - before[0] <= repeat_window(books, contact.tenant_id):
            _repeats(books, contact, before[1])


def _repeats(books: Books, contact: Contact, before_id: str) -> None:
    contact.repeat = True
    _row(books, contact).repeat_call += 1
    before = books.contacts.need(before_id)
    if not before.again:
        before.again = True
        if before.outcome is not None and before.direction == "inbound" and helped(before):
            _row(books, before).self_kept -= 1


def _row(books: Books, contact: Contact) -> ContactQuarter:
    key = (contact.tenant_id, contact.medium, contact.direction, quarter_of(contact.started))
    return books.contact_quarters.either(key, ContactQuarter)


def helped(contact: Contact) -> bool:
    """It stayed in self-service, reached a goal, and then neither asked for a person nor queued."""
    return contact.self_service_us >= SELF_SERVICE_STAY and contact.goal_at is not None and contact.person_at is None


def served(books: Books, contact: Contact, at: int) -> None:
    """A primary handling has connected: the customer is answered, or reached; what was missed of him is made good."""
    missed = _standing(books, contact)
    if missed is None or contact.test:
        return
    missed.cleared, missed.cleared_by = at, contact.interaction_id
    missed.cleared_how = "reached" if contact.direction == "outbound" else "answered"
    books.missed.dirty[(missed.tenant_id, missed.party_ref)] = missed


def _standing(books: Books, contact: Contact) -> Missed | None:
    """The missed row of the contact's number, if one stands. All that stand are in memory."""
    missed = books.missed.rows.get((contact.tenant_id, contact.party_ref))
    return missed if missed is not None and missed.cleared is None else None


def settled(books: Books, contact: Contact) -> None:
    """Put a caller whom nobody served among the missed, one row a number."""
    if contact.outcome not in MISSED or contact.test or contact.withheld or not contact.party_ref:
        return
    if contact.direction != "inbound":
        return
    key, at = (contact.tenant_id, contact.party_ref), contact.last_at
    row = books.missed.find(key)
    if row is None or row.cleared is not None:
        row = Missed(*key, first_at=at, last_at=at, interaction_id=contact.interaction_id, outcome="", calls=0)
    row.last_at, row.calls = at, row.calls + 1
    row.interaction_id, row.outcome = contact.interaction_id, contact.outcome
    row.queue_id, row.dialled = contact.first_queue_id, contact.dialled
    books.missed.rows[key] = books.missed.dirty[key] = row


def configured(books: Books, event: Envelope) -> None:
    """The centre's own part may set how long a repeat is a repeat."""
    after = event.data["after"]
    if event.data["entity"] != "centre" or not isinstance(after, dict):
        return
    reports = after.get("reports")
    hours = reports.get(REPEAT_HOURS) if isinstance(reports, dict) else None
    if isinstance(hours, int):
        key = (event.tenant, REPEAT_HOURS)
        row = books.settings.either(key, lambda tenant, name: Setting(tenant, name, 0))
        row.value = hours


FOLDS["config.changed"] = configured
