"""The rows of figures, one a quarter hour of UTC (metrics.md section 4): numerators and denominators, never ratios.

C rows belong to the interval of their anchor, S rows are cut at every boundary. Half hours, days and months in any zone
are sums of these rows. Only what is decided stands in them; what is still open is added by those who ask, with their
`now`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yingda.kernel.clock import SECOND
from yingda.reports.rows import Row

QUARTER = 900 * SECOND
"""µs"""

CAUSES = ("first", "again", "transfer", "returned", "agent_lost", "overflow", "moved", "callback", "campaign")
OUTCOMES = ("answered", "abandoned", "overflowed", "callback", "diverted", "turned_away", "failed")
OFFER_OUTCOMES = (
    *("accepted", "declined", "no_answer", "customer_left"),
    *("answered_elsewhere", "recalled", "device_failed", "agent_lost"),
)
ORIGINS = ("offer", "pickup", "direct", "transfer", "takeover", "consult", "conference", "dial", "internal")
CONTACT_OUTCOMES = (
    *("merged", "answered", "abandoned", "overflowed", "callback", "diverted", "turned_away"),
    *("self_served", "message_left", "forwarded", "left_in_flow", "direct_missed", "refused", "failed"),
    *("reached", "not_reached", "internal"),
)
CALLBACK_RESULTS = ("reached", "exhausted", "expired", "cancelled_by_customer", "cancelled_by_staff", "superseded")
ATTEMPT_RESULTS = ("connected", "busy", "no_answer", "rejected", "invalid", "agent_no_answer")
REFUSALS = ("no_channel", "limit", "down", "carrier")
TRANSFERS = ("blind", "attended", "takeover")
EXITS = ("done", "queue", "transfer", "message", "callback", "agent", "hangup", "error", "limit")


def quarter_of(at: int) -> int:
    """The beginning of the quarter hour `at` lies in."""
    return at - at % QUARTER


def parts(start: int, end: int) -> list[tuple[int, int]]:
    """[start, end) cut at the quarter hours: (quarter, µs) in order, nothing for an empty span."""
    quarter = start - start % QUARTER
    if end <= quarter + QUARTER:
        return [(quarter, end - start)] if end > start else []
    cut = []
    while start < end:
        stop = min(quarter + QUARTER, end)
        cut.append((quarter, stop - start))
        start = quarter = stop
    return cut


def overlap(start: int, end: int, quarter: int) -> int:
    """µs of [start, end) that lie in the quarter."""
    return max(0, min(end, quarter + QUARTER) - max(start, quarter))


@dataclass(slots=True)
class QueueQuarter(Row):
    """What entered one queue in one quarter hour and what became of it (C); its length's area and who left (S)."""

    TABLE: ClassVar[str] = "queue_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "queue_id", "medium", "quarter")
    tenant_id: str
    queue_id: str
    medium: str
    quarter: int
    offered: int = 0
    cause_first: int = 0
    cause_again: int = 0
    cause_transfer: int = 0
    cause_returned: int = 0
    cause_agent_lost: int = 0
    cause_overflow: int = 0
    cause_moved: int = 0
    cause_callback: int = 0
    cause_campaign: int = 0
    answered: int = 0
    abandoned: int = 0
    overflowed: int = 0
    callback: int = 0
    diverted: int = 0
    turned_away: int = 0
    failed: int = 0
    short: int = 0  # abandoned within short_s
    abandoned_in_target: int = 0  # abandoned later than that, within the target
    hit: int = 0
    miss: int = 0
    void: int = 0
    wait_answered_us: int = 0
    wait_abandoned_us: int = 0
    wait_overflowed_us: int = 0
    wait_callback_us: int = 0
    wait_diverted_us: int = 0
    wait_turned_away_us: int = 0
    wait_failed_us: int = 0
    wait_short_us: int = 0
    served_home: int = 0
    served_elsewhere: int = 0
    served_for_others: int = 0
    overflow_in: int = 0
    overflow_out: int = 0  # to a queue of ours
    announced: int = 0  # entries that heard an announcement
    fast_clear_down: int = 0
    estimates: int = 0  # answered entries that had been told an estimate
    estimate_error_us: int = 0
    estimate_error_abs_us: int = 0
    area_us: int = 0  # S: ∫ queue length
    waited_us: int = 0  # S: the parts of the waits that are over
    waiting_start: int = 0  # S: length at the beginning
    waiting_low: int = 0  # G
    waiting_high: int = 0  # G
    longest_wait_us: int = 0  # G: the longest wait there was in it, of those who have left
    left_here: int = 0  # S: entries that left in this quarter hour, whenever they entered


@dataclass(slots=True)
class QueueLine(Row):
    """The length of a queue since `at`: the counter whose area is `area_us`."""

    TABLE: ClassVar[str] = "queue_lines"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "queue_id", "medium")
    tenant_id: str
    queue_id: str
    medium: str
    length: int
    at: int


@dataclass(slots=True)
class _OfAgentInQueue(Row):
    """What one agent did for one queue."""

    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "agent_id", "queue_id", "medium", "quarter")
    tenant_id: str
    agent_id: str
    queue_id: str
    medium: str
    quarter: int


@dataclass(slots=True)
class WorkQuarter(_OfAgentInQueue):
    """One agent's offers and handlings for one queue (C). Summed over queues: the agent's; over agents: the queue's."""

    TABLE: ClassVar[str] = "work_quarters"
    offers: int = 0
    accepted: int = 0
    declined: int = 0
    no_answer: int = 0
    customer_left: int = 0
    answered_elsewhere: int = 0
    recalled: int = 0
    device_failed: int = 0
    agent_lost: int = 0
    ring_us: int = 0  # alerting to ended, of the accepted
    handled: int = 0
    origin_offer: int = 0
    origin_pickup: int = 0
    origin_direct: int = 0
    origin_transfer: int = 0
    origin_takeover: int = 0
    origin_consult: int = 0
    origin_conference: int = 0
    origin_dial: int = 0
    origin_internal: int = 0
    transferred: int = 0  # handlings with a completed transfer
    transferred_blind: int = 0
    transferred_attended: int = 0
    transferred_takeover: int = 0
    consults: int = 0  # handlings with a consultation
    assisted: int = 0  # assisting handlings connected
    call_us: int = 0  # connected to released
    dialling_us: int = 0
    talking_us: int = 0
    holding_us: int = 0
    consulting_us: int = 0
    assisting_us: int = 0
    internal_us: int = 0
    wrapup_us: int = 0


@dataclass(slots=True)
class AgentQuarter(Row):
    """Time signed in (S), as the sessions tell it."""

    TABLE: ClassVar[str] = "agent_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "agent_id", "quarter")
    tenant_id: str
    agent_id: str
    quarter: int
    signed_in_us: int = 0


@dataclass(slots=True)
class StateQuarter(Row):
    """Time in one state (S), as the spans tell it. Time with test contacts stands apart and in no figure."""

    TABLE: ClassVar[str] = "state_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "agent_id", "quarter", "state", "state_class", "reason", "test")
    tenant_id: str
    agent_id: str
    quarter: int
    state: str
    state_class: str
    reason: str  # "" without one
    test: bool
    reason_class: str = ""
    time_us: int = 0


@dataclass(slots=True)
class ContactQuarter(Row):
    """Contacts begun in one quarter hour, by what became of them (C)."""

    TABLE: ClassVar[str] = "contact_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "medium", "direction", "quarter")
    tenant_id: str
    medium: str
    direction: str
    quarter: int
    contacts: int = 0
    queued: int = 0  # with an entry
    merged: int = 0
    answered: int = 0
    abandoned: int = 0
    overflowed: int = 0
    callback: int = 0
    diverted: int = 0
    turned_away: int = 0
    self_served: int = 0
    message_left: int = 0
    forwarded: int = 0
    left_in_flow: int = 0
    direct_missed: int = 0
    refused: int = 0
    failed: int = 0
    reached: int = 0
    not_reached: int = 0
    internal: int = 0
    abandoned_short: int = 0
    hit: int = 0
    miss: int = 0
    void: int = 0
    connected: int = 0  # had a first connection
    delay_us: int = 0  # started → first connected
    occupied_us: int = 0  # all agents' time on them
    short_call: int = 0
    self_service: int = 0  # stayed ≥ 5 s in a self-service flow
    self_helped: int = 0  # of these: reached a goal, and then neither asked for a person nor queued
    contained: int = 0  # of these: ended without an entry and without an agent
    self_kept: int = 0  # of the helped: not here again within the repeat window, so far
    repeat_call: int = 0


@dataclass(slots=True)
class TrunkQuarter(Row):
    """Channels of one trunk that were asked for (C, by the beginning of the leg). Its time is a gauge's area."""

    TABLE: ClassVar[str] = "trunk_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "trunk_id", "direction", "quarter")
    tenant_id: str
    trunk_id: str
    direction: str
    quarter: int
    attempts: int = 0
    seized: int = 0
    answered: int = 0
    refused_no_channel: int = 0
    refused_limit: int = 0
    refused_down: int = 0
    refused_carrier: int = 0


@dataclass(slots=True)
class CallbackQuarter(Row):
    """Call-backs asked for in one quarter hour, by what became of them (C)."""

    TABLE: ClassVar[str] = "callback_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "source", "quarter")
    tenant_id: str
    source: str
    quarter: int
    requested: int = 0
    reached: int = 0
    exhausted: int = 0
    expired: int = 0
    cancelled_by_customer: int = 0
    cancelled_by_staff: int = 0
    superseded: int = 0
    on_time: int = 0  # first attempt by the promised time
    late: int = 0  # first attempt, or the end without one, after it
    attempts: int = 0
    attempt_connected: int = 0
    attempt_busy: int = 0
    attempt_no_answer: int = 0
    attempt_rejected: int = 0
    attempt_invalid: int = 0
    attempt_agent_no_answer: int = 0


@dataclass(slots=True)
class SurveyQuarter(_OfAgentInQueue):
    """Surveys of an agent's handlings for a queue, by the interval in which they were offered (C)."""

    TABLE: ClassVar[str] = "survey_quarters"
    surveys: int = 0
    survey_answered: int = 0
    survey_declined: int = 0
    survey_none: int = 0
    satisfied: int = 0  # answered with the top two of five
    scored: int = 0  # answered with a score
    score_points: int = 0


@dataclass(slots=True)
class GaugeQuarter(Row):
    """A number that goes up and down, in one quarter hour (G, its area S): `books.gauges` says which there are."""

    TABLE: ClassVar[str] = "gauge_quarters"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "gauge", "thing", "quarter")
    tenant_id: str
    gauge: str
    thing: str
    quarter: int
    start: int = 0
    low: int = 0
    high: int = 0
    area_us: int = 0


@dataclass(slots=True)
class GaugeLine(Row):
    """What a gauge has stood at since `at`."""

    TABLE: ClassVar[str] = "gauge_lines"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "gauge", "thing")
    tenant_id: str
    gauge: str
    thing: str
    value: int
    at: int
