"""A seeded day of a centre, as one list of events: what a ledger of that day would hold.

For everybody who needs a believable day: projections, reports, rebuilds. Calls, waits, talks and breaks are the
distributor's own doing; legs, flows and recordings are written as the call model would.
"""

from __future__ import annotations

import random

from yingda.kernel.clock import MS, SECOND
from yingda.kernel.event import Event
from yingda.routing.rules import AgentProfile, QueueRules, Rules
from yingda.sim.cast import Cast
from yingda.sim.full import TEMPER as RESTLESS
from yingda.sim.plan import Call, Plan, Temper
from yingda.sim.world import World

HOUR = 3_600 * SECOND
OPEN = 12 * HOUR
SHAPE = (5, 9, 12, 12, 8, 7, 10, 11, 10, 8, 5, 3)
"""Share of the calls in each hour of the opening time."""

QUEUES = {
    "sales": QueueRules("sales", wrapup_s=20, longest_wait_s=600),
    "service": QueueRules("service", target_s=30, wrapup_s=45, longest_wait_s=900),
    "complaints": QueueRules("complaints", target_s=15, ring_limit_s=15, wrapup_s=60, longest_wait_s=600),
}
CONTACTS_PER_AGENT = 115
TEMPER = Temper(
    ring={**RESTLESS.ring, "answer": 900},
    media={"sound": 985, "late_first": 5, "fail": 6, "silence": 4},
    wrap={"dispose": 300, "finish": 100, "limit": 60, "extend": 10, "ready": 20, "direct": 5},
    answer=(800, 9_000),
    connect=(40, 400),
    greeting=(3_000, 9_000),
    talk=(5_000, 400_000),
    wrapup=(2_000, 60_000),
    away=(60_000, 900_000),
    twice=0.02,
    in_talk=0.1,
)


def plan(seed: int, contacts: int) -> Plan:
    rng = random.Random(seed)
    queue_ids = tuple(QUEUES)
    agents = tuple(f"agent-{number}" for number in range(1, max(4, contacts // CONTACTS_PER_AGENT) + 1))
    profiles = {agent: AgentProfile(agent, _served(rng, queue_ids)) for agent in agents}
    return Plan(
        rules=Rules(queues=QUEUES, agents=profiles, reasons={"break": "break"}),
        agents=agents,
        calls=tuple(_call(rng, queue_ids) for _ in range(contacts)),
        temper=TEMPER,
        grid=MS,
        mischief=tuple(rng.randrange(OPEN) for _ in range(4 * len(agents))),
        mischief_weights={"agent": 1},
        legs=True,
        step_limit=200 * contacts + 10_000,
    )


def _served(rng: random.Random, queue_ids: tuple[str, ...]) -> tuple[str, ...]:
    served = tuple(queue_id for queue_id in queue_ids if rng.random() < 0.6)
    return served or (rng.choice(queue_ids),)


def _call(rng: random.Random, queue_ids: tuple[str, ...]) -> Call:
    hour = rng.choices(range(len(SHAPE)), SHAPE)[0]
    queue_id = rng.choices(queue_ids, (5, 4, 1))[0]
    patience = round(rng.expovariate(1 / 180) * SECOND) - 2 * SECOND
    at = hour * HOUR + rng.randrange(HOUR)
    return Call(at, queue_id, patience + MS, test=rng.random() < 0.01)


def day(seed: int, contacts: int = 2_000) -> World:
    """The day as a world that has run: its events, and what the watch saw."""
    world = World(seed, plan(seed, contacts))
    Cast(world)
    return world.run()


def events(seed: int, contacts: int = 2_000) -> list[Event]:
    """The day's events in the ledger's order, from the first sign-in to the last sign-out; the same for a seed.

    Besides `contacts` calls that dial in there are a few calls straight to agents.
    """
    return day(seed, contacts).events
