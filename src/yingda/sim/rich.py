"""What the rules of a world can be made of beyond first in, first out: drawn from a seed of its own.

Skills and needs, every strategy, wishes, escalations, goals and priorities that age. Half of the worlds stay plain, so
that what is simple is tried as often as before.
"""

from __future__ import annotations

import random
from dataclasses import replace as replace_call

from msgspec.structs import replace

from yingda.routing.capacity import Capacity
from yingda.routing.rules import AgentProfile, Arrival, Escalation, Goals, QueueRules, Rules, Skill, Weights
from yingda.sim.plan import Call

SKILLS = ("chinese", "english", "orders", "trainee")
NEEDS = (
    "",
    "",
    "chinese",
    "english >= 4",
    "chinese AND english >= 3",
    "chinese >= 5 OR english >= 5",
    "orders AND NOT trainee",
    "(chinese OR english) AND orders",
)
MEDIA = ("voice", "voice", "chat", "chat", "email", "callback")
STRATEGIES = (
    *("longest_idle", "fewest_calls", "even_share", "fixed_order"),
    *("most_qualified", "skill_score", "ring_all"),
)


def enrich(rules: Rules, seed: int, step_s: float) -> Rules:
    """The same queues and agents with more to decide. step_s: the usual time between two things (s)."""
    rng = random.Random(f"rich {seed}")
    if rng.random() < 0.5:
        return rules
    names = tuple(rules.queues)
    queues = {name: _queue(rng, queue, names, tuple(rules.agents), step_s) for name, queue in rules.queues.items()}
    agents = {name: _agent(rng, profile) for name, profile in rules.agents.items()}
    return replace(
        rules,
        queues=queues,
        agents=agents,
        point_s=rng.choice((0, 0, step_s / 10)),
        by_goals=rng.random() < 0.6,
        explain=rng.random() < 0.8,
    )


def wishful(calls: tuple[Call, ...], rules: Rules, seed: int) -> tuple[Call, ...]:
    """Some callers bring needs of their own, or wish for an agent."""
    rng = random.Random(f"wishes {seed}")
    if not any(profile.skills for profile in rules.agents.values()):
        return calls
    agents = tuple(rules.agents)
    return tuple(
        replace_call(
            call,
            needs=rng.choice(NEEDS) if rng.random() < 0.4 else "",
            wish=rng.choice(agents) if rng.random() < 0.3 else None,
            dedicated=rng.random() < 0.2,
            grade=rng.choice(("", "VIP")),
        )
        for call in calls
    )


def mixed(rules: Rules, calls: tuple[Call, ...], seed: int) -> tuple[Rules, tuple[Call, ...]]:
    """Two worlds in five are not of voice alone: agents with room for items, contacts by other media, call-backs."""
    rng = random.Random(f"media {seed}")
    if rng.random() < 0.6:
        return rules, calls
    agents = {name: replace(profile, capacity=_capacity(rng)) for name, profile in rules.agents.items()}
    calls = tuple(replace_call(call, medium=rng.choice(MEDIA)) for call in calls)
    return replace(rules, agents=agents), calls


def _capacity(rng: random.Random) -> Capacity:
    items = {medium: rng.choice((0, 1, 2, 3, 5)) for medium in ("chat", "email") if rng.random() < 0.8}
    return Capacity(items, calls=rng.random() < 0.85, blend=rng.choice(("apart", "calls_first")))


def _queue(
    rng: random.Random, queue: QueueRules, names: tuple[str, ...], agents: tuple[str, ...], step_s: float
) -> QueueRules:
    order = list(agents)
    rng.shuffle(order)
    return replace(
        queue,
        needs=rng.choice(NEEDS) if rng.random() < 0.5 else "",
        strategy=rng.choice(STRATEGIES),
        order=tuple(order[: rng.randint(0, len(order))]),
        weights=Weights(queue_time=rng.choice((0, 50, 100)), time_to_max_s=10 * step_s, over=rng.choice((0, 20))),
        goals=Goals(
            service_level=rng.choice((None, 0.8, 0.8)),
            abandon_rate=rng.choice((None, 0.05)),
            wait_s=rng.choice((None, step_s, 3 * step_s)),
        ),
        protected=rng.random() < 0.1,
        last_agent_s=rng.choice((0, 2 * step_s, 4 * step_s)),
        arrivals=(Arrival("vip", 'data.grade = "VIP"', priority=20),) if rng.random() < 0.3 else (),
        escalations=_escalations(rng, queue.queue_id, names, step_s),
        gap_s=rng.choice((0, 0, step_s)),
        wrapup_min_s=rng.choice((0, 0, step_s)),
        keep_free=rng.choice((0, 0, 0, 1)),
    )


def _escalations(rng: random.Random, own: str, names: tuple[str, ...], step_s: float) -> tuple[Escalation, ...]:
    found = []
    if rng.random() < 0.3:
        found.append(Escalation("less", rng.choice((step_s, 2 * step_s)), needs=rng.choice(NEEDS)))
    later = names[names.index(own) + 1 :]
    if later and rng.random() < 0.5:
        also = rng.choice(later)
        when = rng.choice(("", "", f'waiting("{own}") > 1', f'idle("{also}") >= 1'))
        found.append(Escalation("wider", rng.choice((0, step_s, 3 * step_s)), when, also=also))
    if later and rng.random() < 0.2:
        found.append(Escalation("elsewhere", rng.choice((2 * step_s, 4 * step_s)), move=rng.choice(later)))
    if rng.random() < 0.2:
        found.append(Escalation("away", rng.choice((step_s, 3 * step_s)), overflow=True))
    return tuple(found)


def _agent(rng: random.Random, profile: AgentProfile) -> AgentProfile:
    skills = {
        name: Skill(rng.randint(1, 9), rng.randint(1, 9), rng.random() < 0.05) for name in SKILLS if rng.random() < 0.7
    }
    return replace(profile, skills=skills)
