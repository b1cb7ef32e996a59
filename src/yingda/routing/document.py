"""A centre's document as the rules distribution goes by, names turned into ids."""

from __future__ import annotations

from yingda.kernel.config.centre import Agent, Centre, Queue
from yingda.routing.rules import AgentProfile, QueueRules, Rules


def rules_of(centre: Centre, version: int = 0) -> Rules:
    """A centre's document as rules. A part without an id (a document never published) goes by its name or number."""
    queue_ids = {queue.name: queue.id or queue.name for queue in centre.queues}
    return Rules(
        queues={queue_ids[queue.name]: _queue_rules(queue, queue_ids[queue.name]) for queue in centre.queues},
        agents={profile.agent_id: profile for profile in (_profile(agent, queue_ids) for agent in centre.agents)},
        reasons={reason.id or reason.name: reason.reason_class for reason in centre.busy_reasons},
        version=version,
        names=queue_ids,
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
