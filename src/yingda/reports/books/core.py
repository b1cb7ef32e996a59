"""The books: every event folded once, in order, into the rows of `rows.py` and `quarters.py` (metrics.md 4 to 7).

Pure and deterministic: no clock, no database. What is open stays in memory; what is over may be put away and is fetched
back when a late event (a form, a correction) names it. Each thing has a module of its own with a table of its events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from yingda.kernel.event import Envelope
from yingda.reports.books.shelf import BooksError, Cohort, Fetch, Recent, Shelf
from yingda.reports.customer_rows import Callback, LeftMessage, Missed, Survey
from yingda.reports.flow_quarters import EdgeQuarter, FlowQuarter, NodeQuarter
from yingda.reports.quarters import (
    AgentQuarter,
    CallbackQuarter,
    ContactQuarter,
    GaugeLine,
    GaugeQuarter,
    QueueLine,
    QueueQuarter,
    StateQuarter,
    SurveyQuarter,
    TrunkQuarter,
    WorkQuarter,
)
from yingda.reports.rows import (
    Anomaly,
    Contact,
    Entry,
    Handling,
    Key,
    Leg,
    Offer,
    Plane,
    Recording,
    Row,
    Run,
    Session,
    Setting,
    StateSpan,
)

Fold = Callable[["Books", Envelope], None]

AgentKey = tuple[str, str]
"""(tenant, agent_id)"""
AgentPhase = tuple[str, str, str]
"""(tenant, agent_id, phase or state)"""


class Archive(Protocol):
    """What was folded and put away long ago, for the corrections that need it again."""

    def events(self, interaction_id: str, before_seq: int) -> Iterable[Envelope]:
        """The contact's events before `before_seq`, in order."""

    def spans(self, tenant: str, work: Collection[Key]) -> Iterable[Key]:
        """The keys of the spans that these handlings and offers occupied."""


class Books:
    """Feed it events with `apply`; read its shelves.

    strict: a contradiction raises BooksError (simulation, verification). Otherwise it is put down as an anomaly and
    changes nothing, or only what stands without the contradiction. fetch: where rows that are not in memory can be read
    back from; without it nothing is ever put away. archive: where a contact can be looked up whole; without it nobody
    can be made a test contact afterwards.
    """

    def __init__(self, *, strict: bool = True, fetch: Fetch | None = None, archive: Archive | None = None) -> None:
        self.strict = strict
        self.archive = archive
        self.contacts = Shelf(Contact, fetch)
        self.legs = Shelf(Leg, fetch)
        self.entries = Shelf(Entry, fetch)
        self.offers = Shelf(Offer, fetch)
        self.handlings = Shelf(Handling, fetch)
        self.sessions = Shelf(Session, fetch)
        self.spans = Shelf(StateSpan, fetch)
        self.runs = Shelf(Run, fetch)
        self.recordings = Shelf(Recording, fetch)
        self.callbacks = Shelf(Callback, fetch)
        self.left_messages = Shelf(LeftMessage, fetch)
        self.missed = Shelf(Missed, fetch)
        self.surveys = Shelf(Survey, fetch)
        self.settings = Shelf(Setting, fetch)
        self.planes = Shelf(Plane, fetch)
        self.anomalies = Shelf(Anomaly, fetch)
        self.queue_quarters = Shelf(QueueQuarter, fetch)
        self.lines = Shelf(QueueLine, fetch)
        self.work_quarters = Shelf(WorkQuarter, fetch)
        self.agent_quarters = Shelf(AgentQuarter, fetch)
        self.state_quarters = Shelf(StateQuarter, fetch)
        self.contact_quarters = Shelf(ContactQuarter, fetch)
        self.flow_quarters = Shelf(FlowQuarter, fetch)
        self.node_quarters = Shelf(NodeQuarter, fetch)
        self.edge_quarters = Shelf(EdgeQuarter, fetch)
        self.trunk_quarters = Shelf(TrunkQuarter, fetch)
        self.callback_quarters = Shelf(CallbackQuarter, fetch)
        self.gauge_quarters = Shelf(GaugeQuarter, fetch)
        self.gauge_lines = Shelf(GaugeLine, fetch)
        self.survey_quarters = Shelf(SurveyQuarter, fetch)
        self.shelves: tuple[Shelf[Any], ...] = tuple(vars(self)[name] for name in SHELVES)

        self.live: Cohort[Contact] = Cohort()  # by ContactQuarter key: not settled
        self.waiting: Cohort[Entry] = Cohort()  # by QueueQuarter key: not left
        self.queued: Cohort[Entry] = Cohort()  # by QueueLine key: not left
        self.pending: Cohort[Offer] = Cohort()  # by WorkQuarter key: not ended
        self.pending_of: Cohort[Offer] = Cohort()  # by (tenant, agent): not ended
        self.handling_of: Cohort[Handling] = Cohort()  # by (tenant, agent): not over
        self.session_of: dict[AgentKey, Session] = {}
        self.handling_time: dict[AgentPhase, int] = {}  # µs by `handling.*` events, phases that are over
        self.span_time: dict[AgentPhase, int] = {}  # µs by `agent.*` events, spans that are over
        self.inside: Cohort[Run] = Cohort()  # by FlowQuarter key: not left
        self.inside_node: Cohort[Run] = Cohort()  # by NodeQuarter key: there now
        self.owed: Cohort[Callback] = Cohort()  # by CallbackQuarter key: not closed
        self.asked: Cohort[Survey] = Cohort()  # by SurveyQuarter key: not ended
        self.recent = Recent()  # by (tenant, party_ref): who called last

    def apply(self, envelope: Envelope) -> None:
        """Fold one event. Kinds without a projection change nothing."""
        fold = FOLDS.get(envelope.kind)
        if fold is None:
            return
        if self.strict:
            fold(self, envelope)
            return
        try:
            fold(self, envelope)
        except BooksError as error:
            self._put_down(envelope, error)

    def complain(self, envelope: Envelope, error: BooksError) -> None:
        """A contradiction that the fold can get over: strict books stop here, others put it down and go on."""
        if self.strict:
            raise error
        self._put_down(envelope, error)

    def _put_down(self, envelope: Envelope, error: BooksError) -> None:
        key = (envelope.tenant, envelope.writer, envelope.n)
        self.anomalies.rows[key] = self.anomalies.dirty[key] = Anomaly(
            writer=envelope.writer,
            n=envelope.n,
            seq=envelope.seq,
            at=envelope.at,
            kind=envelope.kind,
            code=error.code,
            sentence=error.sentence,
            tenant_id=envelope.tenant,
        )

    def contact_at(self, interaction_id: str | None, envelope: Envelope) -> tuple[Contact, int]:
        """The contact an event hangs on, and the event's time.

        Raises BooksError when the contact is unknown. Its time never goes back (law 2): an event dated before the
        latest one counts at that one's time, which is right for an `estimated` end after a crash (section 9) and a
        fault otherwise.
        """
        contact = self.contacts.need(interaction_id)
        contact.last_at = at = self.not_before(contact.last_at, envelope)
        return contact, at

    def not_before(self, last_at: int, envelope: Envelope) -> int:
        """The event's time, but never before `last_at`."""
        if envelope.at >= last_at:
            return envelope.at
        if not envelope.data.get("estimated"):
            what = f"{envelope.kind} at {envelope.at} follows an event at {last_at}."
            self.complain(envelope, BooksError("time_went_back", what))
        return last_at

    def take_dirty(self) -> dict[type[Row], Mapping[Key, Row]]:
        """The rows changed since the last call, by table; tables without a change are left out."""
        return {shelf.table: shelf.take_dirty() for shelf in self.shelves if shelf.dirty}


SHELVES = (
    *("contacts", "legs", "entries", "offers", "handlings", "sessions", "spans", "runs", "recordings", "planes"),
    *("callbacks", "left_messages", "missed", "surveys", "settings", "anomalies"),
    *("queue_quarters", "lines", "work_quarters", "agent_quarters", "state_quarters"),
    *("contact_quarters", "flow_quarters", "node_quarters", "edge_quarters"),
    *("trunk_quarters", "callback_quarters", "gauge_quarters", "gauge_lines", "survey_quarters"),
)

FOLDS: dict[str, Fold] = {}
"""Kind → fold; filled by the modules of this package."""
