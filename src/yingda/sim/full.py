"""Full worlds, for the books: nine agents, three queues, sixty callers, with legs, flows and recordings."""

from __future__ import annotations

import random

from yingda.kernel.clock import MS, SECOND
from yingda.routing.distributor import Distributor
from yingda.routing.rules import AgentProfile, QueueRules, Rules
from yingda.sim.cast import Cast
from yingda.sim.plan import Call, Plan, Temper
from yingda.sim.rich import enrich, mixed, wishful
from yingda.sim.small import MISCHIEF
from yingda.sim.world import Books, World

GRID = 500 * MS
AGENTS = tuple(f"agent-{number}" for number in range(1, 10))
QUEUES = {
    "sales": QueueRules("sales", target_s=20, short_s=5, ring_limit_s=8, wrapup_s=10, longest_wait_s=90),
    "service": QueueRules("service", target_s=30, short_s=5, ring_limit_s=10, wrapup_s=20, longest_wait_s=120),
    "hotline": QueueRules("hotline", target_s=10, short_s=3, ring_limit_s=6, wrapup_s=0, longest_wait_s=60),
}
TEMPER = Temper(
    ring={
        "answer": 76,
        "decline": 6,
        "ignore": 5,
        "give_up": 2,
        "fail": 2,
        "lose_device": 4,
        "sign_out": 2,
        "busy_then_answer": 3,
    },
    media={"sound": 88, "late_first": 5, "fail": 4, "silence": 3},
    wrap={"finish": 6, "limit": 3, "extend": 2, "ready": 2, "dispose": 6, "direct": 1},
    answer=(1, 20),
    connect=(0, 2),
    greeting=(4, 16),
    talk=(8, 160),
    wrapup=(2, 50),
    away=(10, 120),
    in_talk=0.3,
)
LENGTH = 600 * SECOND


def plan(seed: int) -> Plan:
    rng = random.Random(seed)
    queue_ids = tuple(QUEUES)
    agents = {agent: _profile(rng, agent, queue_ids) for agent in AGENTS}
    calls = tuple(_call(rng, queue_ids) for _ in range(60))
    rules = enrich(Rules(queues=QUEUES, agents=agents, reasons={"break": "break"}), seed, step_s=10)
    rules, calls = mixed(rules, wishful(calls, rules, seed), seed)
    return Plan(
        rules=rules,
        agents=AGENTS,
        calls=calls,
        temper=TEMPER,
        grid=GRID,
        mischief=tuple(rng.randrange(LENGTH // GRID) * GRID for _ in range(18)),
        mischief_weights=MISCHIEF,
        restarts=0.02,
        crash=rng.randrange(LENGTH) if rng.random() < 0.1 else None,
        legs=True,
    )


def _profile(rng: random.Random, agent: str, queue_ids: tuple[str, ...]) -> AgentProfile:
    served = tuple(queue_id for queue_id in queue_ids if rng.random() < 0.6)
    return AgentProfile(agent, served or (rng.choice(queue_ids),), rng.choice((1, 1, 2, 3)))


def _call(rng: random.Random, queue_ids: tuple[str, ...]) -> Call:
    return Call(
        at=rng.randrange(LENGTH // GRID) * GRID,
        queue_id=rng.choice(queue_ids),
        patience=rng.randrange(-4, 240) * GRID,
        priority=rng.choice((50, 50, 50, 50, 80)),
        test=rng.random() < 0.02,
    )


def full(seed: int, distributor: type[Distributor] = Distributor, books: Books | None = None) -> World:
    """A full world, ready to run."""
    world = World(seed, plan(seed), distributor)
    world.books = books
    Cast(world)
    return world
