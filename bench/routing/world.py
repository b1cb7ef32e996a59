"""The large centre: drawn from a seed, and kept in the state the benchmark is about."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns, thread_time_ns

from yingda.kernel.clock import MS, SECOND
from yingda.kernel.ids import seeded_ids
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Connect, Effect, Ring
from yingda.routing.entry import EntryState
from yingda.routing.offering import Offering
from yingda.routing.router import Choice
from yingda.routing.rules import AgentProfile, QueueRules, Rules, Skill, Strategy
from yingda.routing.states import AgentState
from yingda.sim.oracle import Caller, Free, Oracle

SKILLS, QUEUES, WAITING = 500, 200, 5_000
BUSY, WITH_EXPRESSION, SCORED, CHECKED = 0.92, 0.2, 0.3, 0.01
EXPRESSIONS = 300
STEP = 20 * MS


@dataclass(slots=True)
class Checks:
    """wanted: the next decision is to be repeated. made: how many were."""

    wanted: bool = False
    made: int = 0
    mismatches: int = 0
    oracle: Oracle | None = None
    first: list[str] = field(default_factory=list)


class CheckedOffering(Offering):
    """Compares the router's choice with the oracle's whenever it is asked to."""

    checks: Checks

    def decide(self) -> None:
        if not self.checks.wanted:
            super().decide()
            return
        self.checks.wanted = False
        while True:
            expected = self._expected()
            choice = self._floor.router.choose(self._floor.now)
            self._compare(choice, expected)
            if choice is None:
                return
            self.make(choice)

    def _expected(self) -> tuple[str, str] | None:
        floor = self._floor
        callers = [
            Caller(e.entry_id, e.queue_id, e.priority, e.arrived_at, e.number, e.pools, e.refusals)
            for e in floor.entries.values()
            if e.state is EntryState.WAITING
        ]
        free = [
            Free(s.agent_id, s.idle_place, s.handled, s.offered)
            for s in floor.sessions.values()
            if s.span is not None and s.span.state is AgentState.IDLE and s.idle_place is not None
        ]
        checks = self.checks
        checks.oracle = checks.oracle or Oracle(floor.rules)
        found = checks.oracle.decide(callers, free, floor.now)
        checks.made += 1
        return found[:2] if found is not None else None

    def _compare(self, choice: Choice | None, expected: tuple[str, str] | None) -> None:
        made = (choice.entry_id, choice.agent_id) if choice is not None else None
        if made != expected:
            self.checks.mismatches += 1
            self.checks.first.append(f"{made}, the oracle says {expected}")


def rules(rng: random.Random, agents: int) -> Rules:
    names = [f"skill-{number}" for number in range(SKILLS)]
    queues = {}
    for number in range(QUEUES):
        queue_id, first, second = f"queue-{number}", *rng.sample(names, 2)
        needs = f"{first} >= {rng.randint(1, 5)}" + (f" OR {second} >= {rng.randint(1, 5)}" if number % 2 else "")
        strategy: Strategy = "skill_score" if number < SCORED * QUEUES else "longest_idle"
        queues[queue_id] = QueueRules(queue_id, needs=needs, strategy=strategy, wrapup_s=0, longest_wait_s=86_400)
    profiles = {}
    for number in range(agents):
        has = {name: Skill(rng.randint(1, 9), rng.randint(1, 9)) for name in rng.sample(names, rng.randint(3, 8))}
        profiles[f"agent-{number}"] = AgentProfile(f"agent-{number}", skills=has)
    return Rules(queues=queues, agents=profiles, reasons={"away": "work"})


class Centre:
    """A distributor kept at `WAITING` entries and `BUSY` of its agents; every input that decides is timed."""

    def __init__(self, agents: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rules = rules(self.rng, agents)
        self.checks = Checks()
        offering = type("Offering", (CheckedOffering,), {"checks": self.checks})
        self.core = type("Checked", (Distributor,), {"offering_class": offering})(seeded_ids(seed), self.rules)
        self.now = SECOND
        self.times_ns: list[int] = []
        self.cpu_ns: list[int] = []
        self._entries = 0
        self._talking: list[str] = []
        self._away: list[str] = []
        self._expressions = [self._expression() for _ in range(EXPRESSIONS)]
        self._timing = False
        self._fill()
        self._timing = True

    # -- the run ----------------------------------------------------------------------------------------------------

    def run(self, decisions: int) -> None:
        """Calls end and calls come in, in turns that keep the centre as full as it is."""
        while len(self.times_ns) < decisions:
            self.now += STEP
            floor = self.core.floor
            idle = sum(1 for _ in floor.router.idle_agents())
            if idle > (1 - BUSY) * len(self.rules.agents):
                self._send_away()
            elif self._away and self.rng.random() < 0.3:
                self._come_back()
            waiting = len(floor.entries)
            if waiting < WAITING or self.rng.random() < 0.5 or not self._talking:
                self._enter()
            else:
                self._release()
            while len(floor.entries) > WAITING:
                self.core.customer_left(next(iter(floor.entries)), self.now)

    # -- setting up -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        agents = list(self.rules.agents)
        self.rng.shuffle(agents)
        for number, agent_id in enumerate(agents):
            self.now += MS
            self.core.sign_in(agent_id, f"phone-{agent_id}", self.now, ready=False)
            if number < BUSY * 0.7 * len(agents):
                self.core.direct_connected(agent_id, f"direct-{agent_id}", self.now)
                self.core.set_idle(agent_id, self.now)
                self._talking.append(self.core.floor.sessions[agent_id].handling_id or "")
            elif number < BUSY * len(agents):
                self._away.append(agent_id)
            else:
                self.core.set_idle(agent_id, self.now)
        while len(self.core.floor.entries) < WAITING:
            self.now += MS
            self._enter()

    def _expression(self) -> str:
        one, two, three = (f"skill-{number}" for number in self.rng.sample(range(SKILLS), 3))
        shape = self.rng.choice(("{0} >= 3", "{0} OR {1} >= 4", "{0} AND NOT {2}", "({0} OR {1}) AND NOT {2}"))
        return shape.format(one, two, three)

    # -- inputs -----------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        self._entries += 1
        needs = self.rng.choice(self._expressions) if self.rng.random() < WITH_EXPRESSION else ""
        queue_id = f"queue-{self.rng.randrange(QUEUES)}"
        entry_id = f"entry-{self._entries}"
        priority = self.rng.choice((50, 50, 50, 80))
        enter = self.core.enter
        self._timed(lambda: enter(entry_id, f"c-{entry_id}", queue_id, self.now, needs=needs, priority=priority))

    def _release(self) -> None:
        number = self.rng.randrange(len(self._talking))
        self._talking[number], self._talking[-1] = self._talking[-1], self._talking[number]
        handling_id = self._talking.pop()
        self._timed(lambda: self.core.released(handling_id, "customer", self.now))

    def _come_back(self) -> None:
        agent_id = self._away.pop()
        self._timed(lambda: self.core.set_idle(agent_id, self.now))

    def _send_away(self) -> None:
        agent_id = next(iter(self.core.floor.router.idle_agents()))
        self.core.set_busy(agent_id, "away", self.now)
        self._away.insert(0, agent_id)

    def _timed(self, act: Callable[[], list[Effect]]) -> None:
        """An input that makes the distributor decide. What it offers is answered at once, untimed; so are the decisions
        that are repeated by the oracle."""
        checked = self.checks.wanted = self._timing and self.rng.random() < CHECKED
        began, worked = perf_counter_ns(), thread_time_ns()
        effects = act()
        took, used = perf_counter_ns() - began, thread_time_ns() - worked
        if self._timing and not checked:
            self.times_ns.append(took)
            self.cpu_ns.append(used)
        for effect in effects:
            if isinstance(effect, Ring):
                self._answer(effect)

    def _answer(self, ring: Ring) -> None:
        for effect in self.core.answered(ring.offer_id, ring.token, self.now):
            if isinstance(effect, Connect):
                self.core.connected(effect.offer_id, effect.token, self.now)
                self._talking.append(self.core.floor.sessions[ring.agent_id].handling_id or "")
