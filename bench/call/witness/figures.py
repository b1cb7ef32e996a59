"""The figures of today as the API gives them, counted again: from the wire where it shows them, else from the ledger.

Sums of metrics.md sections 5 to 7: outcomes, verdicts and waits of the queue; offers, talks and states of each agent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from bench.call.witness.accounts import Entry
from bench.call.witness.evidence import Evidence, Mismatch, expected_outcome

SECOND = 1_000_000


def check(evidence: Evidence) -> Iterator[Mismatch]:
    yield from _queue(evidence, _rows(evidence, "queues"))
    rows = {row["agent_number"]: row for row in _rows(evidence, "agent_figures")}
    for agent in evidence.plan.agents:
        if agent.number not in rows:
            yield Mismatch("figures", f"the figures of today have no row for agent {agent.number}")
        else:
            yield from _agent(evidence, agent.extension, rows[agent.number])


def _rows(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    answer = json.loads((evidence.artefacts / "api" / f"{name}.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = answer["rows"]
    return rows


def verdict(entry: Entry) -> str:
    """hit, miss or void (metrics.md section 5), for the outcomes that a run of this bench has."""
    wait = (entry.left or 0) - entry.entered
    if entry.outcome == "answered" and wait <= entry.target_s * SECOND:
        return "hit"
    return "void" if entry.outcome == "abandoned" and wait <= entry.short_s * SECOND else "miss"


def _queue(evidence: Evidence, rows: list[dict[str, Any]]) -> Iterator[Mismatch]:
    entries = [entry for contact in evidence.accounts.contacts.values() for entry in contact.entries]
    queued = [seen for seen in evidence.seen.values() if seen.queued is not None]
    verdicts = Counter(verdict(entry) for entry in entries)
    counted = {
        "offered": len(queued),
        "answered": sum(seen.answered for seen in queued),
        "abandoned": sum(not seen.answered for seen in queued),
        "short": verdicts["void"],
        **{name: verdicts[name] for name in ("hit", "miss", "void")},
        "wait_answered_us": sum((e.left or 0) - e.entered for e in entries if e.outcome == "answered"),
        "wait_abandoned_us": sum((e.left or 0) - e.entered for e in entries if e.outcome == "abandoned"),
    }
    for name, count in counted.items():
        said = sum(row["sums"][name] for row in rows)
        if said != count:
            yield Mismatch("figures", f"the queue's {name} of today is {said}, counted again it is {count}")


def _agent(evidence: Evidence, extension: str, row: dict[str, Any]) -> Iterator[Mismatch]:
    outcomes = Counter(
        expected_outcome(offer, evidence.seen[offer.number])
        for offer in evidence.wire.offers
        if offer.extension == extension and offer.number in evidence.seen
    )
    agent_id = next(agent for agent, device in evidence.extensions.items() if device == extension)
    spans: Counter[str] = Counter()
    for one, other in pairwise(evidence.accounts.changes.get(agent_id, [])):
        spans[one.after] += other.at - one.at
    counted = {
        "offers": outcomes.total(),
        "handled": outcomes["accepted"],
        **{name: outcomes[name] for name in ("accepted", "declined", "no_answer", "customer_left")},
        "talking_us": spans["talking"],
        "wrapup_us": spans["wrapup"],
        "signed_in_us": spans.total() - spans["offline"],
    }
    for name, count in counted.items():
        if (said := row["sums"][name]) != count:
            yield Mismatch("figures", f"{extension}'s {name} of today is {said}, counted again it is {count}")
    for state, spent in spans.items():
        if state != "offline" and (said := row["states"].get(state, 0)) != spent:
            yield Mismatch(
                "figures", f"{extension} was {state} for {said} µs today by the figures, {spent} µs by the ledger"
            )
