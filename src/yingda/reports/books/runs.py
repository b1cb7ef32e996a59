"""Flow runs: by exit, by node, and what they say of the contact (metrics.md section 7, flows; F1, F2)."""

from __future__ import annotations

from yingda.kernel.event import Envelope
from yingda.reports.books.contacts import settle
from yingda.reports.books.core import FOLDS, Books
from yingda.reports.books.shelf import BooksError
from yingda.reports.flow_quarters import EXIT, EdgeQuarter, FlowQuarter, NodeQuarter
from yingda.reports.quarters import EXITS, quarter_of
from yingda.reports.rows import Key, Run

_EXIT_FIELDS = {name: f"exit_{name}" for name in EXITS}


def cohort_key(run: Run) -> Key:
    """The FlowQuarter a run counts in."""
    return (run.tenant_id, run.flow_id, run.version, quarter_of(run.entered))


def node_key(run: Run, node_id: str) -> Key:
    """The NodeQuarter of one of the run's nodes."""
    return (run.tenant_id, run.flow_id, run.version, node_id, quarter_of(run.entered))


def entered(books: Books, event: Envelope) -> None:
    data = event.data
    contact, at = books.contact_at(event.interaction_id, event)
    run = Run(
        run_id=data["run_id"],
        tenant_id=event.tenant,
        interaction_id=contact.interaction_id,
        flow_id=data["flow_id"],
        version=data["version"],
        self_service=data["self_service"],
        entered=at,
        test=contact.test,
    )
    books.runs.add(run.run_id, run)
    contact.runs += 1
    contact.inside += 1
    contact.open += 1
    watch(books, run)
    if not run.test:
        books.flow_quarters.either(cohort_key(run), FlowQuarter).runs += 1


def watch(books: Books, run: Run) -> None:
    """Count it among those inside (also when the books are opened again)."""
    if not run.test:
        books.inside.enter(cohort_key(run), run.run_id, run)
        if run.node_id is not None:
            books.inside_node.enter(node_key(run, run.node_id), run.run_id, run)


def _inside(books: Books, event: Envelope) -> Run:
    run = books.runs.need(event.data["run_id"])
    if run.left is not None:
        raise BooksError("already_left", f"The run {run.run_id} has left its flow.")
    return run


def node_entered(books: Books, event: Envelope) -> None:
    run = _inside(books, event)
    at = books.contact_at(run.interaction_id, event)[1]
    before, run.node_id = run.node_id, event.data["node_id"]
    since, run.node_since = run.node_since, at
    run.nodes += 1
    if run.test:
        return
    if before is not None:
        key = node_key(run, before)
        node = books.node_quarters.either(key, NodeQuarter)
        node.passed += 1
        node.time_us += at - since
        _leave_by(books, run, before, event.data["node_id"])
        books.inside_node.leave(key, run.run_id)
    key = node_key(run, event.data["node_id"])
    books.node_quarters.either(key, NodeQuarter).visits += 1
    books.inside_node.enter(key, run.run_id, run)


def _leave_by(books: Books, run: Run, node_id: str, edge: str) -> None:
    """The way out of a node is told by where it leads: `by_edge` of the event names where it came from."""
    key = (run.tenant_id, run.flow_id, run.version, node_id, edge, quarter_of(run.entered))
    books.edge_quarters.either(key, EdgeQuarter).passed += 1


def goal_reached(books: Books, event: Envelope) -> None:
    run = _inside(books, event)
    contact, at = books.contact_at(run.interaction_id, event)
    if run.goal_at is None and not run.test:
        books.flow_quarters.either(cohort_key(run), FlowQuarter).goals += 1
    run.goal, run.goal_at = event.data["goal"], at
    contact.goal_at, contact.person_at = at, None


def person_requested(books: Books, event: Envelope) -> None:
    run = _inside(books, event)
    contact, at = books.contact_at(run.interaction_id, event)
    if run.person_at is None and not run.test:
        books.flow_quarters.either(cohort_key(run), FlowQuarter).persons += 1
    run.person_at = contact.person_at = at


def left(books: Books, event: Envelope) -> None:
    exit_ = event.data["exit"]
    if exit_ not in _EXIT_FIELDS:
        raise BooksError("unknown_exit", f"No run can leave by {exit_!r}.")
    run = _inside(books, event)
    contact, at = books.contact_at(run.interaction_id, event)
    run.left, run.exit = at, exit_
    contact.inside -= 1
    contact.open -= 1
    contact.last_exit = exit_
    if run.self_service:
        contact.self_service_us += at - run.entered
    if not run.test:
        _credit(books, run, at, event.data["node_id"])
    settle(books, contact)


def _credit(books: Books, run: Run, at: int, node_id: str) -> None:
    row = books.flow_quarters.either(cohort_key(run), FlowQuarter)
    field = _EXIT_FIELDS[run.exit or ""]
    setattr(row, field, getattr(row, field) + 1)
    row.time_us += at - run.entered
    books.inside.leave(cohort_key(run), run.run_id)
    if run.node_id is not None:
        books.inside_node.leave(node_key(run, run.node_id), run.run_id)
        node = books.node_quarters.either(node_key(run, node_id), NodeQuarter)
        node.left += 1
        _leave_by(books, run, node_id, f"{EXIT}{run.exit}")
        node.time_us += at - run.node_since
        node.hangups += run.exit == "hangup"
        node.errors += run.exit == "error"


FOLDS |= {
    "flow.entered": entered,
    "flow.node_entered": node_entered,
    "flow.goal_reached": goal_reached,
    "flow.person_requested": person_requested,
    "flow.left": left,
}
