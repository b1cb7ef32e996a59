"""A floor as plain data, and back: another process goes on exactly where the one before it stopped."""

from __future__ import annotations

from collections.abc import Iterable

from yingda.routing.entry import Entry
from yingda.routing.estimates import Estimates
from yingda.routing.floor import Floor, loan_id
from yingda.routing.goals import Goals
from yingda.routing.handling import Handling
from yingda.routing.session import Session
from yingda.routing.sites import Sites
from yingda.routing.state import Saved
from yingda.routing.timers import Due


def save(floor: Floor) -> Saved:
    """Between inputs only: nothing may be waiting for `flush`."""
    return Saved(
        rules=floor.rules,
        closing=floor.closing,
        now=floor.now,
        number=floor.count,
        entries=list(floor.entries.values()),
        offers=list(floor.offers.values()),
        handlings=list(floor.handlings.values()),
        sessions=list(floor.sessions.values()),
        forms=list(floor.forms.values()),
        loans=list(floor.loans.values()),
        marks=list(floor.goals.marks.values()),
        paces=list(floor.estimates.paces.values()),
        sites=list(floor.sites.loads.values()),
    )


def restore(floor: Floor, saved: Saved) -> None:
    """Into an empty floor. Lines and deadlines are built again from what is kept."""
    floor.rules, floor.closing, floor.now, floor.count = saved.rules, saved.closing, saved.now, saved.number
    floor.entries = {entry.entry_id: entry for entry in saved.entries}
    floor.offers = {offer.offer_id: offer for offer in saved.offers}
    floor.handlings = {handling.handling_id: handling for handling in saved.handlings}
    floor.sessions = {session.agent_id: session for session in saved.sessions}
    floor.forms = {form.handling_id: form for form in saved.forms}
    floor.loans = {loan_id(loan): loan for loan in saved.loans}
    floor.goals, floor.estimates = Goals(floor.rules, saved.marks), Estimates(saved.paces)
    floor.sites = Sites(saved.sites)
    floor.rebuild()
    _set_timers(floor, saved)


def adopt(
    floor: Floor, entries: Iterable[Entry], handlings: Iterable[Handling], sessions: Iterable[Session], now: int
) -> None:
    """What a process before this one left, into a floor that has its rules and nobody yet: waits and spans run on."""
    floor.arrive_at(now)
    floor.entries.update((entry.entry_id, entry) for entry in entries)
    floor.handlings.update((handling.handling_id, handling) for handling in handlings)
    floor.sessions.update((session.agent_id, session) for session in sessions)
    places = [session.idle_place[1] for session in floor.sessions.values() if session.idle_place is not None]
    floor.count = max(floor.count, *places, *(entry.number for entry in floor.entries.values()), 0)
    floor.rebuild()
    _set_timers(floor, save(floor))


def _set_timers(floor: Floor, saved: Saved) -> None:
    for entry in saved.entries:
        _time_entry(floor, entry)
    for item, loan in floor.loans.items():
        floor.timers.set(loan.until, Due.LOAN, item)
    for offer in saved.offers:
        floor.timers.set(offer.due, Due.OFFER, offer.offer_id)
    for handling in saved.handlings:
        if handling.due is not None:
            floor.timers.set(handling.due, Due.WRAPUP, handling.handling_id)
    for session in saved.sessions:
        if session.break_due is not None:
            floor.timers.set(session.break_due, Due.BREAK, session.agent_id)
        if session.shift_ends is not None:
            floor.timers.set(session.shift_ends, Due.SHIFT, session.agent_id)


def _time_entry(floor: Floor, entry: Entry) -> None:
    for until in entry.refusals.values():
        floor.timers.set(until, Due.RETRY, entry.entry_id)
    if entry.deadline is not None:
        floor.timers.set(entry.deadline, Due.LONGEST_WAIT, entry.entry_id)
    if entry.step_at is not None:
        floor.timers.set(entry.step_at, Due.TIER, entry.entry_id)
