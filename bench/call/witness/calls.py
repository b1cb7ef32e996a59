"""Call by call: what the peers saw against what the ledger and the books say of it."""

from __future__ import annotations

from collections.abc import Iterator

from bench.call.witness import phones
from bench.call.witness.accounts import Contact, Entry, Handling
from bench.call.witness.evidence import TOLERANCE_US, Evidence, Mismatch, Seen, expected_outcome


def check(evidence: Evidence) -> Iterator[Mismatch]:
    """Every call of the plan, and every contact of the books that nobody made."""
    yield from _existence(evidence)
    for number, seen in evidence.seen.items():
        yield from _peers_agree(evidence, seen)
        contact = evidence.contact(number)
        if contact is not None:
            yield from _lifetime(seen, contact)
            yield from _entry(seen, contact)
            yield from _offers(evidence, seen, contact)
            yield from _handling(evidence, seen, contact)
            yield from _books(evidence, seen, contact)


def _existence(evidence: Evidence) -> Iterator[Mismatch]:
    """One caller, one contact, one record: both ways."""
    for number in evidence.missing:
        yield Mismatch("call", f"{number} was to call, but no INVITE of his is on the wire")
    for number in evidence.seen:
        listed = evidence.books.contacts_of(number)
        if len(listed) != 1:
            yield Mismatch("record", f"{number} called once, the call list names him {len(listed)} times")
        elif listed[0] not in evidence.accounts.contacts:
            yield Mismatch("record", f"the ledger does not know the contact {listed[0]} of {number}")
    numbers = {contact: number for number in evidence.seen for contact in evidence.books.contacts_of(number)}
    for contact in evidence.accounts.contacts.values():
        if contact.interaction_id not in numbers:
            yield Mismatch("record", f"the ledger has a contact {contact.interaction_id} that nobody on the wire made")
    rows = [row["interaction_id"] for row in evidence.books.contacts]
    for interaction_id in sorted(set(rows) ^ set(numbers)):
        yield Mismatch("record", f"the contact {interaction_id} is in the call list or in the books, but not in both")


def _peers_agree(evidence: Evidence, seen: Seen) -> Iterator[Mismatch]:
    """The witnesses must agree among themselves, or they prove nothing; and with the plan."""
    number = seen.plan.number
    own = phones.sipp_call(evidence.artefacts / "callers" / number / "messages.log")
    if not own.dialled or own.answered != (seen.side.answered is not None):
        yield Mismatch("peers", f"the log of caller {number} and the wire disagree about whether he was connected")
    taken = seen.answered_by
    if taken is not None and (seen.talk is None or seen.talk.number != number):
        yield Mismatch("peers", f"the phone {taken.extension} does not say that it answered {number}, the wire does")
    outcome = "answered" if seen.answered else "abandoned"
    if outcome != seen.plan.outcome:
        yield Mismatch("plan", f"{number} was to be {seen.plan.outcome}, by the wire he was {outcome}")
    code = evidence.run["caller_codes"].get(number)
    if code != 0:
        yield Mismatch("plan", f"caller {number} did not get through his scenario (sipp ended with {code})")


def _lifetime(seen: Seen, contact: Contact) -> Iterator[Mismatch]:
    for what, said, wire in (("began", contact.started, seen.side.invited), ("ended", contact.ended, seen.ended)):
        if len(said) != 1:
            yield Mismatch(
                "lifetime", f"the ledger says {len(said)} times that the contact of {seen.plan.number} {what}"
            )
        else:
            yield from _near("lifetime", f"the contact of {seen.plan.number} {what}", said[0], wire)


def _entry(seen: Seen, contact: Contact) -> Iterator[Mismatch]:
    """One stay in the queue, with the right outcome and the right wait."""
    number = seen.plan.number
    if len(contact.entries) != 1:
        yield Mismatch("outcome", f"{number} queued once, the ledger has {len(contact.entries)} entries")
        return
    entry = contact.entries[0]
    outcome = "answered" if seen.answered else "abandoned"
    if entry.outcome != outcome:
        yield Mismatch("outcome", f"{number} was {outcome}, the ledger says {entry.outcome or 'nothing'}")
    if seen.queued is None:
        yield Mismatch("peers", f"{number} did not hear the greeting")
        return
    yield from _near("wait", f"{number} entered the queue", entry.entered, seen.queued)
    if entry.left is not None:
        until = seen.joined or seen.ended
        yield from _lasts("wait", f"the wait of {number}", entry.left - entry.entered, until - seen.queued)
        yield from _near("wait", f"{number} left the queue", entry.left, until)


def _offers(evidence: Evidence, seen: Seen, contact: Contact) -> Iterator[Mismatch]:
    number = seen.plan.number
    on_wire = [(offer.extension, expected_outcome(offer, seen)) for offer in seen.offers]
    said = [(evidence.extensions.get(offer.agent_id, "?"), offer.outcome) for offer in contact.offers]
    if on_wire != said:
        yield Mismatch("offers", f"{number} was offered {_told(on_wire)}, the ledger says {_told(said)}")
        return
    for offer, told in zip(seen.offers, contact.offers, strict=True):
        where = f"of {number} to {offer.extension}"
        yield from _near("offers", f"the offer {where} was made", told.made, offer.invited)
        end = seen.joined if offer.answered is not None and seen.answered else offer.ended
        if end is not None and told.ended is not None:
            yield from _near("offers", f"the offer {where} ended", told.ended, end)


def _told(offers: list[tuple[str, str]]) -> str:
    return ", ".join(f"to {extension} ({outcome})" for extension, outcome in offers) or "to nobody"


def _handling(evidence: Evidence, seen: Seen, contact: Contact) -> Iterator[Mismatch]:
    """Who talked with him, and for how long."""
    number, taken = seen.plan.number, seen.answered_by
    if taken is None or seen.joined is None:
        if contact.handlings:
            yield Mismatch("agent", f"nobody answered {number}, the ledger has a handling")
        return
    if len(contact.handlings) != 1:
        yield Mismatch("agent", f"one agent talked with {number}, the ledger has {len(contact.handlings)} handlings")
        return
    handling = contact.handlings[0]
    extension = evidence.extensions.get(handling.agent_id, "an unknown agent")
    if extension != taken.extension:
        yield Mismatch("agent", f"{number} was answered by {taken.extension}, the ledger says by {extension}")
    if handling.connected is None or handling.released is None:
        yield Mismatch("talk", f"the handling of {number} lacks its connection or its release")
        return
    talk = handling.released - handling.connected
    yield from _lasts("talk", f"the talk of {number}", talk, seen.ended - seen.joined)
    yield from _near("talk", f"the talk of {number} ended", handling.released, seen.ended)
    by = "customer" if seen.side.ended == seen.ended else "agent"
    if handling.ended_by != by:
        yield Mismatch("talk", f"the talk of {number} was ended by the {by}, the ledger says by {handling.ended_by}")


def _books(evidence: Evidence, seen: Seen, contact: Contact) -> Iterator[Mismatch]:
    """The tables say what the ledger says, to the µs."""
    number, interaction_id = seen.plan.number, contact.interaction_id
    outcome = "answered" if seen.answered else "abandoned"
    rows = evidence.books.row("contacts", interaction_id)
    if len(rows) != 1:
        yield Mismatch("books", f"the books have {len(rows)} rows for the contact of {number}")
        return
    row = rows[0]
    listed = next(call for call in evidence.books.calls if call["interaction_id"] == interaction_id)
    for place, said in (("books", row["outcome"]), ("call list", listed["outcome"])):
        if said != outcome:
            yield Mismatch("books", f"{number} was {outcome}, the {place} say {said}")
    wait = sum((entry.left or 0) - entry.entered for entry in contact.entries)
    talk = sum((handling.released or 0) - (handling.connected or 0) for handling in contact.handlings)
    for place, shown in (("books", row), ("call list", listed)):
        for what, said, told in (("wait", shown["wait_us"], wait), ("talk", shown["talking_us"], talk)):
            if said != told:
                yield Mismatch("books", f"the {what} of {number} is {said} µs in the {place}, {told} µs by the ledger")
    yield from _rows(evidence, number, contact)


def _rows(evidence: Evidence, number: str, contact: Contact) -> Iterator[Mismatch]:
    def entry_of(entry: Entry) -> tuple[object, ...]:
        return entry.entry_id, entry.entered, entry.left, entry.outcome

    def handling_of(handling: Handling) -> tuple[object, ...]:
        return handling.handling_id, handling.agent_id, handling.connected, handling.released, handling.wrapup_ended

    entries = evidence.books.row("entries", contact.interaction_id)
    handlings = evidence.books.row("handlings", contact.interaction_id)
    said: set[tuple[object, ...]] = {(row["entry_id"], row["entered"], row["left"], row["outcome"]) for row in entries}
    said |= {
        tuple(row[name] for name in ("handling_id", "agent_id", "connected", "released", "over")) for row in handlings
    }
    told = {entry_of(entry) for entry in contact.entries} | {handling_of(handling) for handling in contact.handlings}
    if said != told:
        yield Mismatch("books", f"the entries or handlings of {number} in the books are not those of the ledger")


def _near(kind: str, what: str, said: int, wire: int) -> Iterator[Mismatch]:
    if abs(said - wire) > TOLERANCE_US:
        yield Mismatch(kind, f"{what} {(said - wire) / 1000:+.0f} ms from the wire's time")


def _lasts(kind: str, what: str, said: int, wire: int) -> Iterator[Mismatch]:
    if abs(said - wire) > TOLERANCE_US:
        yield Mismatch(kind, f"{what} is {said / 1e6:.3f} s in the ledger, {wire / 1e6:.3f} s on the wire")


def deviations(evidence: Evidence) -> dict[str, float]:
    """How far the ledger was from the wire at most (ms), by what was compared."""
    waits: list[int] = []
    talks: list[int] = []
    for number, seen in evidence.seen.items():
        contact = evidence.contact(number)
        if contact is None or seen.queued is None:
            continue
        until = seen.joined or seen.ended
        waits += [e.left - e.entered - (until - seen.queued) for e in contact.entries if e.left is not None]
        if seen.joined is not None:
            talk = seen.ended - seen.joined
            talks += [h.released - h.connected - talk for h in contact.handlings if h.connected and h.released]
    return {
        name: max((abs(d) / 1000 for d in found), default=0.0) for name, found in (("wait", waits), ("talk", talks))
    }
