"""What of a broken run goes on: that on which its records, the ledger and media agree to the last leg.

A record is true if the ledger has nothing newer about its contact or agent. A contact goes on with all its legs, with
every agent who has a part in it and his whole session, or not at all; so does an agent with his call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yingda.calls.adoption.records import Contact, Record, Seat, engaged
from yingda.kernel.event import Envelope
from yingda.routing.recovery import Books, Open, opened

NAMED = ("agent_id", "session_id", "handling_id")
"""Fields by which an event is about an agent, beside its contact."""


@dataclass(frozen=True)
class Kept:
    """What a run wrote down. loose: ids of contacts whose record tells only whom to say good-bye."""

    records: list[Record] = field(default_factory=list)
    loose: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What goes on. names: its contacts, sessions and handlings; facts: the events of these, in order. farewell:
    dialogs of contacts that do not go on (`Endpoint.keep`)."""

    contacts: list[Contact] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    facts: list[Envelope] = field(default_factory=list)
    farewell: list[dict[str, Any]] = field(default_factory=list)

    @property
    def legs(self) -> set[str]:
        return {leg.leg_id for contact in self.contacts for leg in contact.legs}

    @property
    def recordings(self) -> set[str]:
        return {one.recording_id for contact in self.contacts for one in contact.call.running()}

    @property
    def since(self) -> int:
        """The number of the first event that is about something of it; 0 if nothing goes on."""
        return self.facts[0].n if self.facts else 0

    def goes_on(self, thing: str, one: Open) -> bool:
        """Of what the run left open (routing/recovery). A call for help is not kept."""
        if thing in ("session", "handling"):
            return one.ident in self.names
        return thing != "help" and one.began.interaction_id in self.names


def judge(kept: Kept, run: Sequence[Envelope], at_media: Mapping[str, int]) -> Verdict:
    """run: the events of the broken run. at_media: the legs that media still holds and that are not lost, each with the
    number of its process. What joined legs of several processes went with control."""
    latest, books = _latest(run), opened(run)
    contacts = {one.ident: one for one in kept.records if isinstance(one, Contact)}
    seats = {one.ident: one for one in kept.records if isinstance(one, Seat)}
    sound = {
        ident: one
        for ident, one in contacts.items()
        if ident not in kept.loose and latest.get(ident, 0) <= one.n and _agrees(one, books, at_media)
    }
    seated = {ident: one for ident, one in seats.items() if _true(one, latest, books)}
    _together(sound, seated, books)
    farewell = [dialog for ident, one in contacts.items() if ident not in sound for dialog in one.dialogs]
    handlings = {seat.handling.handling_id for seat in seated.values() if seat.handling is not None}
    names = frozenset(sound) | {seat.session.session_id for seat in seated.values()} | handlings
    facts = [fact for fact in run if _about(fact) & names]
    return Verdict(list(sound.values()), list(seated.values()), names, facts, farewell)


def _latest(run: Iterable[Envelope]) -> dict[str, int]:
    """The number of the last event about each contact, agent, session and handling."""
    return {name: fact.n for fact in run for name in _about(fact)}


def _about(fact: Envelope) -> set[str]:
    named = {str(fact.data[name]) for name in NAMED if fact.data.get(name)}
    return named | {fact.interaction_id} if fact.interaction_id is not None else named


def _agrees(contact: Contact, books: Books, at_media: Mapping[str, int]) -> bool:
    """The books have the same legs, place in a queue and recordings open, and media the same legs."""
    legs = {leg.leg_id for leg in contact.legs}
    entries = {contact.entry.entry_id} if contact.entry is not None else set()
    recordings = {one.recording_id for one in contact.call.running()}
    return (
        legs <= at_media.keys()
        and len({at_media[leg_id] for leg_id in legs}) == 1
        and legs == _of(contact, books["leg"])
        and entries == _of(contact, books["entry"])
        and recordings == _of(contact, books["recording"])
        and contact.ident in books["interaction"]
        and not _of(contact, books["run"])
        and not _of(contact, books["offer"])
    )


def _of(contact: Contact, things: Mapping[str, Open]) -> set[str]:
    return {one.ident for one in things.values() if one.began.interaction_id == contact.ident}


def _true(seat: Seat, latest: Mapping[str, int], books: Books) -> bool:
    """Nothing newer is known of him; nothing rings at his place, and nothing but calls is in his hands."""
    session, handling = seat.session, seat.handling
    names = (seat.ident, session.session_id, handling.handling_id if handling else "")
    return (
        max(latest.get(name, 0) for name in names) <= seat.n
        and session.session_id in books["session"]
        and (handling is None or handling.handling_id in books["handling"])
        and not engaged(session)
    )


def _together(contacts: dict[str, Contact], seats: dict[str, Seat], books: Books) -> None:
    """Take out contacts of which an agent is missing, and agents without their contact, until all have one another."""
    while True:
        live = {seat.handling.handling_id: seat for seat in seats.values() if seat.handling and seat.handling.live}
        parted = [ident for ident, one in contacts.items() if _talks(one, books) - live.keys()]
        lost = [
            seat.ident
            for seat in seats.values()
            if (seat.handling is not None and seat.handling.live and seat.handling.interaction_id not in contacts)
            or (seat.session.watched is not None and seat.session.watched not in live)
        ]
        if not parted and not lost:
            return
        for ident in parted:
            del contacts[ident]
        for ident in lost:
            del seats[ident]


def _talks(contact: Contact, books: Books) -> set[str]:
    """The handlings of those who have a part in it now."""
    begun = books["handling"]
    return {ident for ident in _of(contact, begun) if not begun[ident].released}
