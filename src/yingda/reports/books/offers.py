"""Offers: one presentation of an entry to an agent, with exactly one outcome (metrics.md sections 3 and 7)."""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books.contacts import occupied
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import OFFER_OUTCOMES, WorkQuarter, quarter_of
from yingda.reports.rows import Key, Offer

_OUTCOMES = frozenset(OFFER_OUTCOMES)


def cohort_key(offer: Offer) -> Key:
    """The WorkQuarter an offer counts in."""
    return (offer.tenant_id, offer.agent_id, offer.queue_id, offer.medium, quarter_of(offer.made))


def made(books: Books, event: Envelope) -> None:
    data = event.data
    entry = books.entries.need(data["entry_id"])
    if entry.left is not None:
        raise BooksError("already_left", f"The entry {entry.entry_id} was offered after it had left its queue.")
    contact, at = books.contact_at(entry.interaction_id, event)
    offer_id = data["offer_id"]
    offer = Offer(
        offer_id=offer_id,
        tenant_id=event.tenant,
        interaction_id=entry.interaction_id,
        entry_id=entry.entry_id,
        agent_id=data["agent_id"],
        queue_id=data["queue_id"],
        medium=entry.medium,
        device=data["device"],
        made=at,
        test=entry.test,
    )
    books.offers.add(offer_id, offer)
    entry.offers += 1
    contact.open += 1
    watch(books, offer)
    if not offer.test:
        books.work_quarters.either(cohort_key(offer), WorkQuarter).offers += 1


def watch(books: Books, offer: Offer) -> None:
    """Count it among those pending (also when the books are opened again)."""
    books.pending_of.enter((offer.tenant_id, offer.agent_id), offer.offer_id, offer)
    if not offer.test:
        books.pending.enter(cohort_key(offer), offer.offer_id, offer)


def alerting(books: Books, event: Envelope) -> None:
    offer = _still_pending(books, event)
    offer.alerting = books.contact_at(offer.interaction_id, event)[1]


def _still_pending(books: Books, event: Envelope) -> Offer:
    offer = books.offers.need(event.data["offer_id"])
    if offer.ended is not None:
        raise BooksError("ended_twice", f"The offer {offer.offer_id} has ended already.")
    return offer


def ended(books: Books, event: Envelope) -> None:
    outcome = event.data["outcome"]
    if outcome not in _OUTCOMES:
        raise BooksError("unknown_outcome", f"No offer can have the outcome {outcome!r}.")
    offer = _still_pending(books, event)
    contact, at = books.contact_at(offer.interaction_id, event)
    offer.ended = at
    offer.outcome = outcome
    contact.open -= 1
    books.pending_of.leave((offer.tenant_id, offer.agent_id), offer.offer_id)
    if outcome == "accepted":
        books.entries.need(offer.entry_id).accepted += 1
        occupied(books, contact, at - offer.made)  # ringing that was answered is work
    if not offer.test:
        key = cohort_key(offer)
        books.pending.leave(key, offer.offer_id)
        row = books.work_quarters.either(key, WorkQuarter)
        setattr(row, outcome, getattr(row, outcome) + 1)
        if outcome == "accepted" and offer.alerting is not None:
            row.ring_us += at - offer.alerting


FOLDS |= {"offer.made": made, "offer.alerting": alerting, "offer.ended": ended}
