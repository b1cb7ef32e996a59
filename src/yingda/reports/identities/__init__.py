"""What must always hold (metrics.md section 8), as named checks over the books.

`check` looks at every row, `check_dirty` only at those an event has touched since the last call: cheap enough to run
after every step of a simulation. Both need books that keep everything (no `fetch`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from yingda.reports.books import Books
from yingda.reports.books.core import AgentKey
from yingda.reports.identities import contacts, queues, totals, trunks, work
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import AgentQuarter, StateQuarter, quarter_of
from yingda.reports.rows import Key, Session, StateSpan

__all__ = ["Broken", "check", "check_dirty"]

AgentQuarterKey = tuple[str, str, int]


def check(books: Books, now: int, keys: Iterable[Key] | None = None) -> list[Broken]:
    """Every identity on every row at `now` (µs UTC). keys: report only what concerns these."""
    found = [*_queue_findings(books, now), *_work_findings(books, now), *_contact_findings(books)]
    found += [*_trunk_findings(books), *trunks.check_time(books, now), *totals.check_totals(books, now)]
    if keys is None:
        return found
    wanted = set(keys)
    return [broken for broken in found if broken.key in wanted]


def _queue_findings(books: Books, now: int) -> Findings:
    for key, row in books.queue_quarters.rows.items():
        yield from queues.check_quarter(books, key, row, now)
    for entry in books.entries.rows.values():
        yield from queues.check_entry(books, entry)
    yield from queues.check_across(books)


def _work_findings(books: Books, now: int) -> Findings:
    for key, row in books.work_quarters.rows.items():
        yield from work.check_quarter(books, key, row)
    agents = {(session.tenant_id, session.agent_id) for session in books.sessions.rows.values()}
    for agent in agents:
        yield from work.check_offers(books, agent)
        yield from work.check_times(books, agent, now)
    spans: dict[str, list[StateSpan]] = defaultdict(list)
    for span in books.spans.rows.values():
        spans[span.session_id].append(span)
    for session in books.sessions.rows.values():
        yield from work.check_session(books, session, now)
        yield from work.check_gapless(spans[session.session_id], session)
    wanted: set[AgentQuarterKey] = {(row.tenant_id, row.agent_id, row.quarter) for row in _agent_rows(books)}
    yield from _agent_quarter_findings(books, wanted, now)


def _agent_rows(books: Books) -> Iterable[AgentQuarter | StateQuarter]:
    yield from books.agent_quarters.rows.values()
    yield from books.state_quarters.rows.values()


def _agent_quarter_findings(books: Books, wanted: set[AgentQuarterKey], now: int) -> Findings:
    times: dict[AgentQuarterKey, dict[str, int]] = {key: {} for key in wanted}
    for row in books.state_quarters.rows.values():
        by_class = times.get((row.tenant_id, row.agent_id, row.quarter))
        if by_class is not None:
            by_class[row.state_class] = by_class.get(row.state_class, 0) + row.time_us
    for key, by_class in times.items():
        tenant, agent_id, quarter = key
        signed = books.agent_quarters.rows.get(key)
        yield from work.check_agent_quarter(
            books, (tenant, agent_id), quarter, now, by_class, signed.signed_in_us if signed else 0
        )


def _contact_findings(books: Books) -> Findings:
    for key, contact_row in books.contact_quarters.rows.items():
        yield from contacts.check_quarter(books, key, contact_row)
    for contact in books.contacts.rows.values():
        yield from contacts.check_settled(contact)
    for key, flow_row in books.flow_quarters.rows.items():
        yield from contacts.check_flow(books, key, flow_row)
    for key, node_row in books.node_quarters.rows.items():
        yield from contacts.check_node(books, key, node_row)
    yield from contacts.check_edges(books)
    for recording in books.recordings.rows.values():
        yield from contacts.check_recording(books, recording)


def _trunk_findings(books: Books) -> Findings:
    for key, row in books.trunk_quarters.rows.items():
        yield from trunks.check_quarter(key, row)
    for key, owed in books.callback_quarters.rows.items():
        yield from trunks.check_callbacks(books, key, owed)
    for key, rated in books.survey_quarters.rows.items():
        yield from trunks.check_surveys(books, key, rated)


def check_dirty(books: Books, now: int) -> list[Broken]:
    """Every identity that concerns a row touched since the last call, at `now` (µs UTC). Takes the dirty marks away."""
    found: list[Broken] = []
    across = False
    for key, row in books.queue_quarters.take_dirty().items():
        found += queues.check_quarter(books, key, row, now)
        across = across or bool(row.served_for_others or row.served_elsewhere)
    for entry in books.entries.take_dirty().values():
        found += queues.check_entry(books, entry)
        across = across or entry.left is None
    if across:
        found += queues.check_across(books)
    for key, figures in books.work_quarters.take_dirty().items():
        found += work.check_quarter(books, key, figures)
    found += _dirty_agents(books, now)
    found += _dirty_contacts(books)
    return found


def _dirty_agents(books: Books, now: int) -> list[Broken]:
    found: list[Broken] = []
    sessions: Iterable[Session] = books.sessions.take_dirty().values()
    agents: set[AgentKey] = set()
    wanted: set[AgentQuarterKey] = set()
    for session in sessions:
        found += work.check_session(books, session, now)
        agents.add((session.tenant_id, session.agent_id))
        wanted.add((session.tenant_id, session.agent_id, quarter_of(now)))
    for handling in books.handlings.take_dirty().values():
        agents.add((handling.tenant_id, handling.agent_id))
    for offer in books.offers.take_dirty().values():
        agents.add((offer.tenant_id, offer.agent_id))
    for agent in agents:
        found += work.check_offers(books, agent)
        found += work.check_times(books, agent, now)
    books.spans.take_dirty()
    for row in books.state_quarters.take_dirty().values():
        wanted.add((row.tenant_id, row.agent_id, row.quarter))
    for signed in books.agent_quarters.take_dirty().values():
        wanted.add((signed.tenant_id, signed.agent_id, signed.quarter))
    if wanted:
        found += _agent_quarter_findings(books, wanted, now)
    return found


def _dirty_contacts(books: Books) -> list[Broken]:
    found: list[Broken] = []
    for key, row in books.contact_quarters.take_dirty().items():
        found += contacts.check_quarter(books, key, row)
    for key, flow in books.flow_quarters.take_dirty().items():
        found += contacts.check_flow(books, key, flow)
    for key, node in books.node_quarters.take_dirty().items():
        found += contacts.check_node(books, key, node)
    for recording in books.recordings.take_dirty().values():
        found += contacts.check_recording(books, recording)
    for key, trunk in books.trunk_quarters.take_dirty().items():
        found += trunks.check_quarter(key, trunk)
    for key, owed in books.callback_quarters.take_dirty().items():
        found += trunks.check_callbacks(books, key, owed)
    for key, rated in books.survey_quarters.take_dirty().items():
        found += trunks.check_surveys(books, key, rated)
    for shelf in books.shelves:  # what no identity of its own concerns
        shelf.dirty.clear()
    return found
