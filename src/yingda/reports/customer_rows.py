"""The projected rows of what customers were promised, left, missed and said of us: call-backs, messages, missed
numbers, surveys. What `rows.py` says of rows holds for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from yingda.reports.rows import Row


@dataclass(slots=True)
class Callback(Row):
    """A call that was asked for or is owed, until it is closed. window: as JSON; promised_by: µs UTC."""

    TABLE: ClassVar[str] = "callbacks"
    KEY: ClassVar[tuple[str, ...]] = ("callback_id",)
    callback_id: str
    tenant_id: str
    source: str
    requested: int
    last_at: int
    promised_by: int
    window: str | None = None
    interaction_id: str | None = None  # the contact that asked
    entry_id: str | None = None
    queue_id: str | None = None
    party_ref: str | None = None
    test: bool = False
    attempts: int = 0
    calling: bool = False  # an attempt is under way
    first_attempt: int | None = None
    last_result: str | None = None
    closed: int | None = None
    result: str | None = None


@dataclass(slots=True)
class LeftMessage(Row):
    """What a caller has left for a queue or an agent (语音留言). recorded_at: when he began to speak. heard: first
    played by somebody. cleared: somebody has seen to it; by whom, as the event says."""

    TABLE: ClassVar[str] = "left_messages"
    KEY: ClassVar[tuple[str, ...]] = ("message_id",)
    message_id: str
    tenant_id: str
    interaction_id: str
    received: int
    recorded_at: int
    duration_ms: int
    queue_id: str | None = None
    agent_id: str | None = None
    heard: int | None = None
    cleared: int | None = None
    cleared_by: str | None = None


@dataclass(slots=True)
class Missed(Row):
    """One number that was not served (漏话), until it is answered or reached. calls: how often since it was last so."""

    TABLE: ClassVar[str] = "missed"
    KEY: ClassVar[tuple[str, ...]] = ("tenant_id", "party_ref")
    tenant_id: str
    party_ref: str
    first_at: int
    last_at: int
    interaction_id: str  # of the last
    outcome: str
    queue_id: str | None = None
    dialled: str | None = None
    calls: int = 1
    attempts: int = 0  # calls to this number since then
    tried_at: int | None = None
    cleared: int | None = None
    cleared_how: str | None = None  # answered, reached
    cleared_by: str | None = None  # interaction_id


@dataclass(slots=True)
class Survey(Row):
    """A customer asked to rate a handling (满意度评价). score: what he answered to that question, in
    points of five. resolved: to whether his case was."""

    TABLE: ClassVar[str] = "surveys"
    KEY: ClassVar[tuple[str, ...]] = ("survey_id",)
    survey_id: str
    tenant_id: str
    interaction_id: str
    handling_id: str
    agent_id: str
    queue_id: str
    medium: str
    offered: int
    test: bool = False
    ended: int | None = None
    result: str | None = None  # answered, declined, none
    score: int | None = None
    resolved: bool | None = None
