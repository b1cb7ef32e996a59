"""The projected rows of things: contacts, legs, entries, offers, handlings, sessions, runs (metrics.md section 1).

A row is everything the books know of a thing; nothing the fold needs later stands anywhere else, so that books read
back from tables go on exactly as books that never stopped (M3). Times are µs UTC, fields ending in `_us` are durations
in µs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

Key = Hashable


class Row:
    """A line of a table. TABLE: its name. KEY: the fields that identify it; their value, or a tuple, is the key."""

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]

    @classmethod
    def key_getter(cls) -> Callable[[Row], Key]:
        return attrgetter(*cls.KEY)

    def key(self) -> Key:
        return self.key_getter()(self)


@dataclass(slots=True)
class Contact(Row):
    """One customer, one medium, once: the call record. `outcome` is set once it has ended and nothing of it waits."""

    TABLE: ClassVar[str] = "contacts"
    KEY: ClassVar[tuple[str, ...]] = ("interaction_id",)
    interaction_id: str
    tenant_id: str
    medium: str
    direction: str
    started: int
    last_at: int  # time of the latest event that hangs on it: never goes back
    party_ref: str | None = None
    withheld: bool = False
    dialled: str | None = None
    trunk_id: str | None = None
    campaign_id: str | None = None
    parent_id: str | None = None
    relation: str | None = None
    call_type: str | None = None
    test: bool = False
    repeat: bool = False  # the same customer had begun another within the repeat window
    again: bool = False  # the same customer began another within it
    ended: int | None = None
    ended_by: str | None = None
    reason: str | None = None
    release_code: int | None = None
    outcome: str | None = None
    verdict: str | None = None  # of contact_service_level; none without an entry
    merged_into: str | None = None
    open: int = 1  # things not over: itself, legs, entries, offers, handlings, runs, recordings
    entries: int = 0
    waiting: int = 0  # entries not left
    runs: int = 0
    inside: int = 0  # runs not left
    handled: int = 0  # primary handlings connected
    direct: bool = False  # was put straight to an agent, without a queue
    first_queue_id: str | None = None
    first_agent_id: str | None = None
    first_entered: int | None = None
    first_target_us: int = 0
    first_short_us: int = 0
    first_connected: int | None = None
    last_left: int | None = None
    last_outcome: str | None = None  # of the last entry that left
    last_short: bool = False
    last_exit: str | None = None  # of the last run that left
    goal_at: int | None = None
    person_at: int | None = None  # asked for a person, or queued, after the goal counts against self-service
    self_service_us: int = 0
    wait_us: int = 0
    talking_us: int = 0
    holding_us: int = 0
    occupied_us: int = 0  # all agents' time on it, assistants included


@dataclass(slots=True)
class Leg(Row):
    """One party's channel."""

    TABLE: ClassVar[str] = "legs"
    KEY: ClassVar[tuple[str, ...]] = ("leg_id",)
    leg_id: str
    tenant_id: str
    interaction_id: str
    role: str
    direction: str
    device: str | None
    trunk_id: str | None
    created: int
    alerting: int | None = None
    answered: int | None = None
    ended: int | None = None
    ended_by: str | None = None
    release_code: int | None = None
    received: int | None = None
    lost: int | None = None
    mos_milli: int | None = None  # MOS in thousandths: whole numbers are the same in every database
    one_way: bool = False


@dataclass(slots=True)
class Entry(Row):
    """One stay in one home queue. The target in force stands in it, so a changed setting changes no past figure."""

    TABLE: ClassVar[str] = "entries"
    KEY: ClassVar[tuple[str, ...]] = ("entry_id",)
    entry_id: str
    tenant_id: str
    interaction_id: str
    queue_id: str
    medium: str
    cause: str
    entered: int
    arrived_at: int
    priority: int
    target_us: int
    short_us: int
    from_entry_id: str | None = None
    test: bool = False
    also_queues: int = 0  # widened into
    announced: int = 0
    position: int | None = None  # told last
    estimate_us: int | None = None
    announced_at: int | None = None
    offers: int = 0
    accepted: int = 0  # offers accepted: one at most (O2)
    handlings: int = 0  # connected, by offer or pick-up: one if answered, else none (O3)
    successors: int = 0  # entries overflowed or moved out of this one (Q4)
    left: int | None = None
    outcome: str | None = None
    verdict: str | None = None
    short: bool = False
    served_queue_id: str | None = None
    handling_id: str | None = None
    to_target: str | None = None


@dataclass(slots=True)
class Offer(Row):
    """One presentation to one agent."""

    TABLE: ClassVar[str] = "offers"
    KEY: ClassVar[tuple[str, ...]] = ("offer_id",)
    offer_id: str
    tenant_id: str
    interaction_id: str
    entry_id: str
    agent_id: str
    queue_id: str
    medium: str
    device: str | None
    made: int
    test: bool = False
    alerting: int | None = None
    ended: int | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Handling(Row):
    """One agent's part in one contact, with its times as `handling.*` events tell them."""

    TABLE: ClassVar[str] = "handlings"
    KEY: ClassVar[tuple[str, ...]] = ("handling_id",)
    handling_id: str
    tenant_id: str
    interaction_id: str
    agent_id: str
    session_id: str | None
    queue_id: str  # the entry's home queue, or direct, outbound, internal
    medium: str
    role: str
    origin: str
    started: int
    since: int  # when the present phase began
    phase: str = "starting"
    entry_id: str | None = None
    after_handling_id: str | None = None
    test: bool = False
    consult: bool = False  # a third party is on the line or being rung
    connected: int | None = None
    released: int | None = None
    released_by: str | None = None
    over: int | None = None
    ended_how: str | None = None
    extended_ms: int = 0
    consults: int = 0
    transfers: int = 0  # completed
    transfer_how: str | None = None  # of the first completed one
    transfer_target: str | None = None
    codes: str | None = None  # joined by "|"
    resolved: bool | None = None
    case_id: str | None = None
    disposed_seq: int = 0
    dialling_us: int = 0
    talking_us: int = 0
    holding_us: int = 0
    consulting_us: int = 0
    assisting_us: int = 0
    internal_us: int = 0
    wrapup_us: int = 0


@dataclass(slots=True)
class Session(Row):
    """An agent from sign-in to sign-out."""

    TABLE: ClassVar[str] = "sessions"
    KEY: ClassVar[tuple[str, ...]] = ("session_id",)
    session_id: str
    tenant_id: str
    agent_id: str
    signed_in: int
    last_at: int
    device: str | None = None
    signed_out: int | None = None
    why: str | None = None
    state: str | None = None  # none before the first agent.state_changed
    spans: int = 0  # number of spans, and the number of the present one
    spans_us: int = 0  # length of the closed ones


@dataclass(slots=True)
class StateSpan(Row):
    """One state of one session. `state_class`: occupied, available, off_contact; known when the span is over."""

    TABLE: ClassVar[str] = "state_spans"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "session_id", "number")
    tenant_id: str
    session_id: str
    number: int
    agent_id: str
    state: str
    started: int
    reason: str | None = None
    reason_class: str | None = None
    why: str | None = None
    handling_id: str | None = None
    offer_id: str | None = None
    ended: int | None = None
    state_class: str | None = None
    test: bool = False


@dataclass(slots=True)
class Run(Row):
    """A contact's stay in one flow."""

    TABLE: ClassVar[str] = "runs"
    KEY: ClassVar[tuple[str, ...]] = ("run_id",)
    run_id: str
    tenant_id: str
    interaction_id: str
    flow_id: str
    version: int
    self_service: bool
    entered: int
    test: bool = False
    node_id: str | None = None  # where it is, or left
    node_since: int = 0
    nodes: int = 0
    goal: str | None = None
    goal_at: int | None = None
    person_at: int | None = None
    left: int | None = None
    exit: str | None = None


@dataclass(slots=True)
class Recording(Row):
    """The audio of one handling: running, ended or missing. leg_id: of an outside party whom the agent consulted, if
    this is that consultation and not the talk."""

    TABLE: ClassVar[str] = "recordings"
    KEY: ClassVar[tuple[str, ...]] = ("recording_id",)
    recording_id: str
    tenant_id: str
    interaction_id: str | None
    handling_id: str
    started: int
    state: str = "running"
    test: bool = False
    pauses: int = 0
    ended: int | None = None
    duration_ms: int | None = None
    checksum: str | None = None
    reason: str | None = None
    leg_id: str | None = None


@dataclass(slots=True)
class Setting(Row):
    """A setting that figures depend on, as `config.changed` told it: from then on, never for what was."""

    TABLE: ClassVar[str] = "report_settings"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "name")
    tenant_id: str
    name: str
    value: int


@dataclass(slots=True)
class Plane(Row):
    """What a plane said of itself last; a crash is dated by `alive` (metrics.md 9)."""

    TABLE: ClassVar[str] = "planes"
    KEY: ClassVar[tuple[str, ...]] = ("plane",)
    plane: str
    version: str
    state: str
    since: int
    alive: int


@dataclass(slots=True)
class Anomaly(Row):
    """An event that contradicted the books: kept, told, and without effect on any figure."""

    TABLE: ClassVar[str] = "anomalies"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "writer", "n")
    tenant_id: str
    writer: str
    n: int
    seq: int
    at: int
    kind: str
    code: str
    sentence: str
