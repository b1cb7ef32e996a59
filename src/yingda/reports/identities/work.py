"""O1, O2, H1 to H3 and A1 to A3: offers, handlings and the agents' time (metrics.md section 8)."""

from __future__ import annotations

from operator import attrgetter

from yingda.reports.books import Books
from yingda.reports.books.core import AgentKey
from yingda.reports.books.handlings import SOLO_MEDIA
from yingda.reports.books.sessions import present_span
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import OFFER_OUTCOMES, ORIGINS, QUARTER, WorkQuarter, overlap
from yingda.reports.rows import Key, Session, StateSpan

SHARED_PHASES = ("talking", "holding", "consulting", "dialling", "wrapup")
"""What handlings and agent states both tell (H2)."""

_outcomes = attrgetter(*OFFER_OUTCOMES)
_origins = attrgetter(*(f"origin_{origin}" for origin in ORIGINS))


def check_quarter(books: Books, key: Key, row: WorkQuarter) -> Findings:
    """O1, H1 and H3 of one row."""
    ended, pending = sum(_outcomes(row)), books.pending.count(key)
    if row.offers != ended + pending:
        yield Broken("O1", key, f"{row.offers} offers made, {ended} ended and {pending} pending")
    by_origin = sum(_origins(row))
    if row.handled != by_origin:
        yield Broken("H1", key, f"{row.handled} handled, {by_origin} by origin")
    by_kind = row.transferred_blind + row.transferred_attended + row.transferred_takeover
    if row.transferred != by_kind:
        yield Broken("H1", key, f"{row.transferred} transferred, {by_kind} by kind")
    talked = row.talking_us + row.holding_us + row.consulting_us
    if row.call_us != talked:
        yield Broken("H3", key, f"{row.call_us} µs connected, {talked} µs talking, holding and consulting")


def check_offers(books: Books, agent: AgentKey) -> Findings:
    """The agent's half of O2; and what O1 counts as pending is so: its entry still waits."""
    pending = 0
    for offer in books.pending_of.of(agent):
        pending += offer.medium in SOLO_MEDIA
        entry = books.entries.find(offer.entry_id)
        if entry is None or entry.left is not None:
            yield Broken("O1", offer.offer_id, f"it is pending, but the entry {offer.entry_id} has left")
    if pending > 1:
        yield Broken("O2", agent, f"{pending} offers are pending at once")


def check_times(books: Books, agent: AgentKey, now: int) -> Findings:
    """H2 of one agent: the accounts of both paths, with what is open until `now`."""
    session = books.session_of.get(agent)
    span = present_span(books, session) if session else None
    handlings = tuple(books.handling_of.of(agent))
    for phase in SHARED_PHASES:
        account = (*agent, phase)
        by_handlings = books.handling_time.get(account, 0)
        for row in handlings:
            if row.phase == phase and row.medium in SOLO_MEDIA:
                by_handlings += now - row.since
        by_spans = books.span_time.get(account, 0)
        if span is not None and span.state == phase:
            by_spans += now - span.started
        if by_handlings != by_spans:
            yield Broken("H2", account, f"{by_handlings} µs by handlings, {by_spans} µs by states")


def check_session(books: Books, session: Session, now: int) -> Findings:
    """A1: the spans fill the session."""
    end = session.signed_out
    filled = session.spans_us
    if end is None:
        end = now
        span = present_span(books, session)
        if span is not None:
            filled += now - span.started
    if filled != end - session.signed_in:
        yield Broken("A1", session.session_id, f"{end - session.signed_in} µs signed in, the spans make {filled} µs")


def check_agent_quarter(
    books: Books, agent: AgentKey, quarter: int, now: int, by_class: dict[str, int], signed_in: int
) -> Findings:
    """A2 and A3 of one agent and quarter hour. by_class, signed_in: what the rows say; what is open is added here."""
    total = sum(by_class.values())
    session = books.session_of.get(agent)
    if session is not None:
        signed_in += overlap(session.signed_in, now, quarter)
        span = present_span(books, session)
        if span is not None:
            total += overlap(span.started, now, quarter)
    if total != signed_in:
        yield Broken("A2", (*agent, quarter), f"{signed_in} µs signed in, the states make {total} µs")
    if signed_in > QUARTER:
        yield Broken("A2", (*agent, quarter), f"{signed_in} µs signed in within a quarter hour")
    classed = sum(by_class.get(name, 0) for name in ("occupied", "available", "off_contact"))
    if classed != sum(by_class.values()):
        yield Broken("A3", (*agent, quarter), f"{classed} µs in the three classes, {sum(by_class.values())} µs in all")


def check_gapless(spans: list[StateSpan], session: Session) -> Findings:
    """A1: the spans of one session, in order, meet without gap or overlap."""
    at = session.signed_in
    for span in spans:
        if span.started != at:
            yield Broken("A1", session.session_id, f"span {span.number} starts at {span.started}, not at {at}")
        if span.ended is None:
            return
        at = span.ended
    if session.signed_out is not None and at != session.signed_out:
        yield Broken("A1", session.session_id, f"the last span ends at {at}, the session at {session.signed_out}")
