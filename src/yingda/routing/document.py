"""A centre's document as the rules distribution goes by, names turned into ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from yingda.kernel.calendar import Calendar, calendar_of
from yingda.kernel.config.centre import Agent, Centre, Queue
from yingda.kernel.config.centre import Capacity as Document
from yingda.kernel.config.sites import Site
from yingda.kernel.config.waiting import Overflow
from yingda.routing.capacity import DIGITAL, Capacity
from yingda.routing.rules import (
    AgentProfile,
    Arrival,
    CallbackRules,
    Escalation,
    Goals,
    QueueRules,
    Reason,
    Rules,
    Skill,
    Weights,
)

Ids = Mapping[str, str]


def rules_of(centre: Centre, version: int = 0) -> Rules:
    """A centre's document as rules. A part without an id (a document never published) goes by its name or number."""
    queue_ids = {queue.name: queue.id or queue.name for queue in centre.queues}
    agent_ids = {agent.number: agent.id or agent.number for agent in centre.agents}
    zone = centre.centre.time_zone
    calendars = {calendar.name: calendar_of(calendar, zone) for calendar in centre.calendars}
    capacity = centre.centre.routing.capacity
    profiles = [_profile(agent, queue_ids, capacity, calendars) for agent in centre.agents]
    queues = [_queue_rules(queue, queue_ids, agent_ids, calendars, centre.sites) for queue in centre.queues]
    return Rules(
        queues={queue.queue_id: queue for queue in queues},
        agents={profile.agent_id: profile for profile in profiles},
        reasons={r.id or r.name: Reason(r.reason_class, r.most, r.limit_s) for r in centre.busy_reasons},
        version=version,
        point_s=centre.centre.routing.priority_point_s,
        by_goals=centre.centre.routing.by_goals,
        zone=zone,
        names=queue_ids,
        calendars=calendars,
        stale_s=centre.centre.sites.stale_s,
    )


def _queue_rules(
    queue: Queue, queue_ids: Ids, agent_ids: Ids, calendars: Mapping[str, Calendar], sites: Sequence[Site]
) -> QueueRules:
    return QueueRules(
        queue_id=queue_ids[queue.name],
        target_s=queue.target_s,
        short_s=min(queue.short_s, queue.target_s),  # never above the target (metrics.md section 5)
        ring_limit_s=queue.ring_limit_s,
        wrapup_s=queue.wrapup_s,
        longest_wait_s=queue.longest_wait_s,
        needs=queue.needs,
        strategy=queue.strategy,
        order=tuple(agent_ids[number] for number in queue.order if number in agent_ids),
        weights=Weights(**queue.weights.model_dump()),
        goals=Goals(**queue.goals.model_dump()),
        protected=queue.protected,
        last_agent_s=queue.last_agent_s,
        arrivals=tuple(Arrival(**rule.model_dump()) for rule in queue.arrivals),
        escalations=tuple(
            Escalation(
                name=rule.name,
                after_s=rule.after_s,
                when=rule.when,
                also=queue_ids.get(rule.also or ""),
                needs=rule.needs,
                move=queue_ids.get(rule.move or ""),
                turn_away=rule.turn_away,
                overflow=rule.overflow is not None,
                sites=_sites(rule.overflow, queue, sites),
                sooner_s=rule.overflow.sooner_s if rule.overflow is not None else 0,
            )
            for rule in queue.escalations
        ),
        auto_answer=queue.auto_answer,
        gap_s=queue.gap_s,
        wrapup_min_s=queue.wrapup_min_s,
        mandatory=queue.mandatory_wrapup,
        min_agents=queue.min_agents,
        keep_free=queue.keep_free,
        callbacks=CallbackRules(**queue.callbacks.model_dump() | {"retry_s": tuple(queue.callbacks.retry_s)}),
        hours=calendars.get(queue.calendar or ""),
    )


def _sites(overflow: Overflow | None, queue: Queue, sites: Sequence[Site]) -> tuple[str, ...]:
    """The sister centres a rule may send callers of this queue to, in the order of the document."""
    if overflow is None or overflow.then != "site":
        return ()
    fit = (site for site in sites if any(line.queue == queue.name for line in site.queues))
    return tuple(site.id or site.name for site in fit if not overflow.sites or site.name in overflow.sites)


def _capacity(given: Document) -> Capacity:
    items = {medium: getattr(given, medium) for medium in DIGITAL if getattr(given, medium)}
    return Capacity(items, given.calls, given.blend)


def _profile(agent: Agent, queue_ids: Ids, capacity: Document, calendars: Mapping[str, Calendar]) -> AgentProfile:
    return AgentProfile(
        agent_id=agent.id or agent.number,
        queues=tuple(dict.fromkeys(queue_ids[name] for name in agent.queues if name in queue_ids)),
        no_answer_busy_after=agent.no_answer_busy_after,
        skills={line.skill: Skill(line.level, line.preference, line.exclude) for line in agent.skills},
        capacity=_capacity(agent.capacity or capacity),
        shift=calendars.get(agent.shift or ""),
    )
