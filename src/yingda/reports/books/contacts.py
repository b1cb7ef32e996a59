"""Contacts and legs: the call record, and what became of it (`contact_outcome`, metrics.md section 7).

A contact is *settled* when it has ended and nothing of it waits in a queue or runs in a flow: only then does its
outcome stand.
"""

from __future__ import annotations

from yingda.kernel.clock import SECOND
from yingda.kernel.event import Envelope
from yingda.reports.books import customers, trunks
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import ContactQuarter, quarter_of
from yingda.reports.rows import Contact, Handling, Key, Leg
from yingda.reports.verdicts import verdict

SHORT_CALL = 3 * SECOND

_EXIT_OUTCOMES = {"message": "message_left", "transfer": "forwarded", "agent": "direct_missed", "error": "failed"}
_FAULTS = frozenset({"error", "crash", "failed", "media_lost"})
"""Reasons of an end that are our fault."""


def cohort_key(contact: Contact) -> Key:
    """The ContactQuarter a contact counts in."""
    return (contact.tenant_id, contact.medium, contact.direction, quarter_of(contact.started))


def started(books: Books, event: Envelope) -> None:
    data = event.data
    interaction_id = event.interaction_id
    if interaction_id is None:
        raise BooksError("no_contact", "interaction.started names no contact.")
    contact = Contact(
        interaction_id=interaction_id,
        tenant_id=event.tenant,
        medium=data["medium"],
        direction=data["direction"],
        started=event.at,
        last_at=event.at,
        party_ref=data["party_ref"],
        withheld=data["withheld"],
        dialled=data["dialled"],
        trunk_id=data.get("trunk_id"),
        campaign_id=data.get("campaign_id"),
        parent_id=data.get("parent_id"),
        relation=data.get("relation"),
        test=data["test"],
    )
    books.contacts.add(interaction_id, contact)
    if not contact.test:
        quarter(books, contact).contacts += 1
        books.live.enter(cohort_key(contact), interaction_id, contact)
        customers.began(books, contact)


def quarter(books: Books, contact: Contact) -> ContactQuarter:
    return books.contact_quarters.either(cohort_key(contact), ContactQuarter)


def typed(books: Books, event: Envelope) -> None:
    contact, _ = books.contact_at(event.interaction_id, event)
    contact.call_type = event.data["call_type"]


def merged(books: Books, event: Envelope) -> None:
    """The contact `from_id` proves to be this one."""
    contact, _ = books.contact_at(event.interaction_id, event)
    other = books.contacts.need(event.data["from_id"])
    if other.merged_into is not None:
        raise BooksError("merged_twice", f"The contact {other.interaction_id} was merged already.")
    if other.outcome is not None and not other.test:
        credit(books, other, -1)
    other.merged_into = contact.interaction_id
    if other.outcome is not None:
        other.outcome = "merged"
        if not other.test:
            credit(books, other, 1)


def ended(books: Books, event: Envelope) -> None:
    contact = books.contacts.need(event.interaction_id)
    if contact.ended is not None:
        raise BooksError("ended_twice", f"The contact {contact.interaction_id} has ended already.")
    contact, at = books.contact_at(event.interaction_id, event)
    contact.ended = at
    contact.ended_by = event.data["ended_by"]
    contact.reason = event.data["reason"]
    contact.release_code = event.data["release_code"]
    contact.open -= 1
    settle(books, contact)


def settle(books: Books, contact: Contact) -> None:
    """Set the outcome, once, when the contact has ended and nothing of it waits or runs."""
    if contact.ended is None or contact.waiting or contact.inside or contact.outcome is not None:
        return
    contact.outcome = outcome_of(contact)
    contact.verdict = _verdict_of(contact)
    if not contact.test:
        books.live.leave(cohort_key(contact), contact.interaction_id)
        credit(books, contact, 1)
        customers.settled(books, contact)


def outcome_of(contact: Contact) -> str:
    """The first that applies, in the order of metrics.md section 7."""
    if contact.merged_into is not None:
        return "merged"
    if contact.direction == "internal":
        return "internal"
    if contact.direction == "outbound":
        return "reached" if contact.handled else "not_reached"
    if contact.handled:
        return "answered"
    if contact.last_outcome is not None:
        return contact.last_outcome
    return _outcome_without_entry(contact)


def _outcome_without_entry(contact: Contact) -> str:
    if contact.goal_at is not None and contact.person_at is None:
        return "self_served"
    if contact.last_exit in _EXIT_OUTCOMES:
        return _EXIT_OUTCOMES[contact.last_exit]
    if contact.reason in _FAULTS:
        return "failed"
    if contact.direct:
        return "direct_missed"
    if contact.runs or contact.ended_by == "customer":
        return "left_in_flow"
    return "refused"


def _verdict_of(contact: Contact) -> str | None:
    """`contact_service_level`: first entered → first connected (none: last left), under the first queue's target."""
    if contact.first_entered is None or contact.outcome is None:
        return None
    until = contact.first_connected if contact.first_connected is not None else contact.last_left
    if until is None:
        return None
    wait = max(0, until - contact.first_entered)
    return verdict(contact.outcome, wait, contact.first_target_us, contact.first_short_us)


def credit(books: Books, contact: Contact, sign: int) -> None:
    """Put the settled contact into its row of figures (1), or take it out again (-1)."""
    row = quarter(books, contact)
    outcome = contact.outcome or ""
    setattr(row, outcome, getattr(row, outcome) + sign)
    if outcome == "abandoned" and contact.last_short:
        row.abandoned_short += sign
    if contact.verdict is not None and outcome != "merged":
        setattr(row, contact.verdict, getattr(row, contact.verdict) + sign)
    if contact.first_connected is not None and contact.ended is not None:
        row.connected += sign
        row.delay_us += sign * (contact.first_connected - contact.started)
        row.short_call += sign * (contact.ended - contact.first_connected < SHORT_CALL)
    if contact.self_service_us >= customers.SELF_SERVICE_STAY:
        row.self_service += sign
        helped = customers.helped(contact)
        row.self_helped += sign * helped
        row.self_kept += sign * (helped and not contact.again)
        row.contained += sign * (not contact.entries and not contact.handled)


def work_done(books: Books, contact: Contact, handling: Handling, phase: str, span: int) -> None:
    """An agent was occupied with the contact for `span` µs, also after it has settled (wrap-up)."""
    if phase == "talking":
        contact.talking_us += span
    elif phase == "holding":
        contact.holding_us += span
    if phase != "internal":
        occupied(books, contact, span)


def occupied(books: Books, contact: Contact, span: int) -> None:
    """So many µs more of some agent's time went into the contact (`work_per_contact`)."""
    contact.occupied_us += span
    if not contact.test and span:
        quarter(books, contact).occupied_us += span


# -- legs -------------------------------------------------------------------------------------------------------


def leg_created(books: Books, event: Envelope) -> None:
    data = event.data
    contact, at = books.contact_at(event.interaction_id, event)
    leg_id = data["leg_id"]
    leg = Leg(
        leg_id=leg_id,
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        role=data["role"],
        direction=data["direction"],
        device=data["device"],
        trunk_id=data.get("trunk_id"),
        created=at,
    )
    books.legs.add(leg_id, leg)
    contact.open += 1
    if leg.trunk_id is not None and not contact.test:
        trunks.seized(books, leg)


def leg_alerting(books: Books, event: Envelope) -> None:
    leg = books.legs.need(event.data["leg_id"])
    leg.alerting = books.contact_at(leg.interaction_id, event)[1]


def leg_answered(books: Books, event: Envelope) -> None:
    leg = books.legs.need(event.data["leg_id"])
    if leg.answered is not None:
        raise BooksError("answered_twice", f"The leg {leg.leg_id} was answered already.")
    contact, leg.answered = books.contact_at(leg.interaction_id, event)
    if leg.trunk_id is not None and not contact.test:
        trunks.answered(books, leg)


def leg_ended(books: Books, event: Envelope) -> None:
    data = event.data
    leg = books.legs.need(data["leg_id"])
    if leg.ended is not None:
        raise BooksError("ended_twice", f"The leg {leg.leg_id} has ended already.")
    contact, leg.ended = books.contact_at(leg.interaction_id, event)
    if leg.trunk_id is not None and not contact.test:
        trunks.cleared(books, leg, leg.ended)
    leg.ended_by = data["ended_by"]
    leg.release_code = data["release_code"]
    leg.received = data["received"]
    leg.lost = data["lost"]
    leg.mos_milli = None if data["mos"] is None else round(data["mos"] * 1000)
    leg.one_way = data["one_way"]
    contact.open -= 1


FOLDS |= {
    "interaction.started": started,
    "interaction.typed": typed,
    "interaction.merged": merged,
    "interaction.ended": ended,
    "leg.created": leg_created,
    "leg.alerting": leg_alerting,
    "leg.answered": leg_answered,
    "leg.ended": leg_ended,
}
