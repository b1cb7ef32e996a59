"""The part of a centre's configuration that distribution goes by, small and frozen, with ids as keys."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Agent, Centre, Queue

ReasonClass = Literal["work", "break"]

NO_ANSWER: Final = "no_answer"
DEVICE_FAILED: Final = "device_failed"
NOT_READY: Final = "not_ready"

_OWN_REASONS: Final[dict[str, ReasonClass]] = {NO_ANSWER: "work", DEVICE_FAILED: "work", NOT_READY: "work"}
"""Busy reasons every centre has: set by the house, or by an agent who signs in without being ready."""


class QueueRules(msgspec.Struct, frozen=True):
    """What holds for the entries of a queue. Times in seconds, as events carry them."""

    queue_id: str
    target_s: float = 20
    short_s: float = 5
    ring_limit_s: float = 20
    wrapup_s: float = 20
    longest_wait_s: float = 1_800


class AgentProfile(msgspec.Struct, frozen=True):
    """Which queues an agent serves, and after how many unanswered offers in a row he is taken to be away."""

    agent_id: str
    queues: tuple[str, ...] = ()
    no_answer_busy_after: int = 1


DIRECT: Final = QueueRules(queue_id="direct")
"""The pseudo-queue of calls straight to an agent (metrics.md section 4)."""


class Rules(msgspec.Struct, frozen=True):
    queues: dict[str, QueueRules] = {}
    agents: dict[str, AgentProfile] = {}
    reasons: dict[str, ReasonClass] = {}

    def reason_class(self, reason: str) -> ReasonClass | None:
        """work or break; None for a reason nobody has defined."""
        return self.reasons.get(reason) or _OWN_REASONS.get(reason)


def us(seconds: float) -> int:
    """Configured seconds in µs."""
    return round(seconds * SECOND)


def rules_of(centre: Centre) -> Rules:
    """A centre's document as rules. A part without an id (a document never published) goes by its name or number."""
    queue_ids = {queue.name: queue.id or queue.name for queue in centre.queues}
    return Rules(
        queues={queue_ids[queue.name]: _queue_rules(queue, queue_ids[queue.name]) for queue in centre.queues},
        agents={profile.agent_id: profile for profile in (_profile(agent, queue_ids) for agent in centre.agents)},
        reasons={reason.id or reason.name: reason.reason_class for reason in centre.busy_reasons},
    )


def _queue_rules(queue: Queue, queue_id: str) -> QueueRules:
    return QueueRules(
        queue_id=queue_id,
        target_s=queue.target_s,
        short_s=min(queue.short_s, queue.target_s),  # never above the target (metrics.md section 5)
        ring_limit_s=queue.ring_limit_s,
        wrapup_s=queue.wrapup_s,
        longest_wait_s=queue.longest_wait_s,
    )


def _profile(agent: Agent, queue_ids: dict[str, str]) -> AgentProfile:
    return AgentProfile(
        agent_id=agent.id or agent.number,
        queues=tuple(dict.fromkeys(queue_ids[name] for name in agent.queues if name in queue_ids)),
        no_answer_busy_after=agent.no_answer_busy_after,
    )
