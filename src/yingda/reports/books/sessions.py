"""Agent sessions cut into state spans (metrics.md section 6): state time by `agent.*` events, split at quarter hours.

Signed-in time comes from the session's own ends, state time from its spans; A1 to A3 compare them.
"""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books import gauges
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.handlings import signed_out as handlings_signed_out
from yingda.reports.books.shelf import BooksError
from yingda.reports.quarters import AgentQuarter, StateQuarter, parts
from yingda.reports.rows import Session, StateSpan

OFFLINE = "offline"
"""The absence of a session: never a span."""

OCCUPIED, AVAILABLE, OFF_CONTACT = "occupied", "available", "off_contact"

CLASSES: dict[str, str] = {
    **dict.fromkeys(("talking", "consulting", "holding", "assisting", "dialling", "wrapup", "serving"), OCCUPIED),
    **dict.fromkeys(("internal", "supervising", "busy", "unreachable"), OFF_CONTACT),
    **dict.fromkeys(("ringing", "idle"), AVAILABLE),  # ringing: occupied if the offer was accepted
}


def signed_in(books: Books, event: Envelope) -> None:
    data = event.data
    owner = (event.tenant, data["agent_id"])
    if owner in books.session_of:
        raise BooksError("signed_in_twice", f"The agent {data['agent_id']} is signed in already.")
    session = Session(
        session_id=data["session_id"],
        tenant_id=event.tenant,
        agent_id=data["agent_id"],
        signed_in=event.at,
        last_at=event.at,
        device=data["device"],
    )
    books.sessions.add(session.session_id, session)
    books.session_of[owner] = session
    gauges.move(books, (session.tenant_id, gauges.SIGNED_IN, ""), event.at, 1)


def state_changed(books: Books, event: Envelope) -> None:
    data = event.data
    session = _open_session(books, data["session_id"])
    if data["from"] != (session.state or OFFLINE):
        what = f"The agent {session.agent_id} is {session.state or OFFLINE}, not {data['from']}."
        books.complain(event, BooksError("state_does_not_follow", what))
    to = data["to"]
    if to != OFFLINE and to not in CLASSES:
        raise BooksError("unknown_state", f"No agent can be {to!r}.")
    session.last_at = at = books.not_before(session.last_at, event)
    _close_span(books, session, at)
    session.state = None if to == OFFLINE else to
    if to == "idle":
        gauges.move(books, (session.tenant_id, gauges.IDLE, ""), at, 1)
    if session.state is not None:
        session.spans += 1
        books.spans.add(
            (session.tenant_id, session.session_id, session.spans),
            StateSpan(
                session_id=session.session_id,
                number=session.spans,
                tenant_id=session.tenant_id,
                agent_id=session.agent_id,
                state=to,
                started=at,
                reason=data.get("reason"),
                reason_class=data.get("reason_class"),
                why=data["why"],
                handling_id=data.get("handling_id"),
                offer_id=data.get("offer_id"),
            ),
        )


def _open_session(books: Books, session_id: str) -> Session:
    session = books.sessions.need(session_id)
    if session.signed_out is not None:
        raise BooksError("signed_out_already", f"The session {session_id} is over.")
    return session


def present_span(books: Books, session: Session) -> StateSpan | None:
    """The span the agent is in now; None when he is in no state."""
    if session.state is None:
        return None
    return books.spans.find((session.tenant_id, session.session_id, session.spans))


def _close_span(books: Books, session: Session, at: int) -> None:
    span = present_span(books, session)
    if span is None:
        return
    books.spans.dirty[(span.tenant_id, span.session_id, span.number)] = span
    if span.state == "idle":
        gauges.move(books, (span.tenant_id, gauges.IDLE, ""), at, -1)
    span.ended = at
    span.state_class, span.test = _judge(books, span)
    session.spans_us += at - span.started
    account = (span.tenant_id, span.agent_id, span.state)
    books.span_time[account] = books.span_time.get(account, 0) + at - span.started
    for quarter, part in parts(span.started, at):
        key = (span.tenant_id, span.agent_id, quarter, span.state, span.state_class, span.reason or "", span.test)
        row = books.state_quarters.either(key, StateQuarter)
        row.reason_class = span.reason_class or ""
        row.time_us += part


def _judge(books: Books, span: StateSpan) -> tuple[str, bool]:
    """(class of a span, whether it was spent on a test contact)."""
    state_class = CLASSES[span.state]
    if span.handling_id is not None:
        handling = books.handlings.find(span.handling_id)
        return state_class, handling is not None and handling.test
    if span.offer_id is not None:
        offer = books.offers.find(span.offer_id)
        if offer is not None:
            accepted = span.state == "ringing" and offer.outcome == "accepted"
            return OCCUPIED if accepted else state_class, offer.test
    return state_class, False


def signed_out(books: Books, event: Envelope) -> None:
    session = _open_session(books, event.data["session_id"])
    session.last_at = at = books.not_before(session.last_at, event)
    _close_span(books, session, at)
    session.state = None
    session.signed_out = at
    session.why = event.data["why"]
    books.session_of.pop((session.tenant_id, session.agent_id), None)
    gauges.move(books, (session.tenant_id, gauges.SIGNED_IN, ""), at, -1)
    for quarter, part in parts(session.signed_in, at):
        key = (session.tenant_id, session.agent_id, quarter)
        books.agent_quarters.either(key, AgentQuarter).signed_in_us += part
    handlings_signed_out(books, session.tenant_id, session.agent_id, at)


FOLDS |= {
    "agent.signed_in": signed_in,
    "agent.state_changed": state_changed,
    "agent.signed_out": signed_out,
}
