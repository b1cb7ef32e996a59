"""Small worlds, for races: two or three agents, one or two queues, three to six callers, a coarse clock.

Every delay is a whole second and the limits are a few seconds, so hang-up, answer, time-out, sound, loss of the device
and restart keep meeting at the same instants.
"""

from __future__ import annotations

import random

from yingda.kernel.clock import SECOND
from yingda.routing.distributor import Distributor
from yingda.routing.rules import AgentProfile, QueueRules, Rules
from yingda.sim.cast import Cast
from yingda.sim.plan import Call, Plan, Temper
from yingda.sim.rich import enrich, mixed, wishful
from yingda.sim.world import Books, World

TEMPER = Temper(
    ring={
        "answer": 50,
        "decline": 12,
        "ignore": 12,
        "give_up": 6,
        "fail": 5,
        "lose_device": 7,
        "sign_out": 4,
        "busy_then_answer": 4,
    },
    media={"sound": 70, "late_first": 12, "fail": 10, "silence": 8},
    wrap={"finish": 2, "limit": 1, "extend": 1, "ready": 1, "dispose": 1, "direct": 1},
)
MISCHIEF = {"agent": 8, "caller": 2, "entry": 2, "configure": 2, "leader": 10}


def plan(seed: int) -> Plan:
    rng = random.Random(seed)
    queue_ids = ("sales", "service")[: rng.randint(1, 2)]
    agents = ("ann", "bob", "cleo")[: rng.randint(2, 3)]
    rules = Rules(
        queues={queue_id: _queue(rng, queue_id) for queue_id in queue_ids},
        agents={agent: AgentProfile(agent, _queues(rng, queue_ids), rng.choice((1, 1, 2))) for agent in agents},
        reasons={"break": "break"},
    )
    calls = tuple(_call(rng, queue_ids) for _ in range(rng.randint(3, 6)))
    rules = enrich(rules, seed, step_s=1)
    rules, calls = mixed(rules, wishful(calls, rules, seed), seed)
    return Plan(
        rules=rules,
        agents=agents,
        calls=calls,
        temper=TEMPER,
        mischief=tuple(rng.randint(0, 12) * SECOND for _ in range(rng.choice((0, 3, 5, 8)))),
        mischief_weights=MISCHIEF,
        restarts=rng.choice((0.0, 0.0, 0.1, 0.3)),
        crash=rng.randint(1, 14) * SECOND if rng.random() < 0.1 else None,
        step_limit=2_000,
    )


def _queue(rng: random.Random, queue_id: str) -> QueueRules:
    return QueueRules(
        queue_id,
        target_s=rng.choice((2, 5)),
        short_s=1,
        ring_limit_s=rng.choice((2, 3)),
        wrapup_s=rng.choice((0, 2, 3)),
        longest_wait_s=rng.choice((5, 8, 15, 30)),
    )


def _queues(rng: random.Random, queue_ids: tuple[str, ...]) -> tuple[str, ...]:
    served = tuple(queue_id for queue_id in queue_ids if rng.random() < 0.8)
    return served or queue_ids[:1]


def _call(rng: random.Random, queue_ids: tuple[str, ...]) -> Call:
    priority = 50 if rng.random() < 0.9 else 80
    return Call(
        rng.randint(0, 6) * SECOND, rng.choice(queue_ids), rng.randint(0, 12) * SECOND, priority, rng.random() < 0.03
    )


def small(seed: int, distributor: type[Distributor] = Distributor, books: Books | None = None) -> World:
    """A small world, ready to run."""
    world = World(seed, plan(seed), distributor)
    world.books = books
    Cast(world)
    return world
