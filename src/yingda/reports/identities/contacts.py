"""C1, F1, F2 and R1: contacts, flows and recordings (metrics.md section 8)."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from yingda.reports.books import Books
from yingda.reports.flow_quarters import FlowQuarter, NodeQuarter
from yingda.reports.identities.broken import Broken, Findings
from yingda.reports.quarters import CONTACT_OUTCOMES, EXITS, ContactQuarter
from yingda.reports.rows import Contact, Key, Recording

_outcomes = attrgetter(*CONTACT_OUTCOMES)
_exits = attrgetter(*(f"exit_{name}" for name in EXITS))


def check_quarter(books: Books, key: Key, row: ContactQuarter) -> Findings:
    """C1 of one row."""
    settled, live = sum(_outcomes(row)), books.live.count(key)
    if row.contacts != settled + live:
        yield Broken("C1", key, f"{row.contacts} contacts, {settled} by outcome and {live} live")


def check_settled(row: Contact) -> Findings:
    """C1: what has ended has an outcome, for nothing of it can wait or run on."""
    if row.ended is not None and row.outcome is None:
        yield Broken(
            "C1", row.interaction_id, f"it has ended, with {row.waiting} entries waiting, {row.inside} runs inside"
        )


def check_flow(books: Books, key: Key, row: FlowQuarter) -> Findings:
    """F1 of one row."""
    left, inside = sum(_exits(row)), books.inside.count(key)
    if row.runs != left + inside:
        yield Broken("F1", key, f"{row.runs} runs, {left} by exit and {inside} inside")


def check_node(books: Books, key: Key, row: NodeQuarter) -> Findings:
    """F2 of one row."""
    inside = books.inside_node.count(key)
    if row.visits != row.passed + row.left + inside:
        yield Broken("F2", key, f"{row.visits} visits, {row.passed} went on, {row.left} left, {inside} inside")


def check_edges(books: Books) -> Findings:
    """F2: who went on from a node, or out of the flow there, went by one of its edges."""
    by_edge: Counter[Key] = Counter()
    for edge in books.edge_quarters.rows.values():
        by_edge[(edge.tenant_id, edge.flow_id, edge.version, edge.node_id, edge.quarter)] += edge.passed
    for key, row in books.node_quarters.rows.items():
        if row.passed + row.left != by_edge[key]:
            yield Broken("F2", key, f"{row.passed} went on, {row.left} left, {by_edge[key]} by edges")


def check_recording(books: Books, row: Recording) -> Findings:
    """R1 of one recording: it belongs to a connected handling and is running, ended with a length, or missing."""
    handling = books.handlings.find(row.handling_id)
    if handling is None or handling.connected is None:
        yield Broken("R1", row.recording_id, f"the handling {row.handling_id} was never connected")
    told = row.duration_ms is not None if row.state == "ended" else row.state in ("running", "missing")
    if not told:
        yield Broken("R1", row.recording_id, f"it is {row.state}, without a length")
