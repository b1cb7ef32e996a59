"""The decision, recomputed the slow and plain way: every entry against every agent, no index, nothing kept.

It shares nothing with the router but the text of the rules: who belongs to a pool, what a strategy prefers and which
entry comes first are all written a second time, as the requirements say them. Worlds and benchmarks compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from yingda.kernel.language.needs import AND, Needs, Term, parse
from yingda.routing.capacity import Capacity
from yingda.routing.pool import Pool
from yingda.routing.rules import DIRECT, QueueRules, Rules, Skill, us

Lateness = Callable[[str, int], int]
"""(queue, µs waited) → how far it is behind its goal."""


@dataclass(slots=True)
class Free:
    """An agent who may be offered something. place: since when, and a number that no two share. calls, media: what he
    has room for."""

    agent_id: str
    place: tuple[int, ...]
    handled: int = 0
    offered: int = 0
    calls: bool = True
    media: Collection[str] = ()


def room(capacity: Capacity, in_hand: Sequence[str]) -> tuple[bool, frozenset[str]]:
    """(whether he may have a call, media he may have one more of). in_hand: the media of his open items."""
    shares = {medium: Fraction(1, most) for medium, most in capacity.items.items() if most}
    left = 1 - sum((shares.get(medium, Fraction(1)) for medium in in_hand), start=Fraction(0))
    calls = capacity.calls and (not in_hand or capacity.blend == "calls_first")
    return calls, frozenset(medium for medium, share in shares.items() if share <= left)


@dataclass(slots=True)
class Caller:
    """Somebody who waits. pools: in the order they are asked. barred: agents he is not offered to for now."""

    entry_id: str
    queue_id: str
    priority: int
    arrived_at: int
    number: int
    pools: Sequence[Pool]
    barred: Collection[str] = ()


@dataclass(slots=True)
class Oracle:
    """Of one state of the rules. finishing: queue taken out → its last rules and its agents. lent: (agent, queue)."""

    rules: Rules
    finishing: Mapping[str, tuple[QueueRules, Collection[str]]] = field(default_factory=dict)
    lent: Collection[tuple[str, str]] = ()
    lateness: Lateness = lambda _queue, _waited: 0
    _known: dict[Pool, dict[str, bool]] = field(default_factory=dict)

    def decide(self, callers: Sequence[Caller], free: Sequence[Free], now: int) -> tuple[str, str, Pool] | None:
        """(entry, agent, pool), or None if nobody can be served."""
        rooms: dict[Pool, list[Free]] = {}
        pairs = [(caller, found) for caller in callers if (found := self._pairs(caller, free, rooms))]
        if not pairs:
            return None
        scored = [(c, p) for c, p in pairs if self._queue(c.queue_id).strategy == "skill_score"]
        finalists = [(c, p) for c, p in pairs if self._queue(c.queue_id).strategy != "skill_score"]
        if scored:
            finalists.append(min(scored, key=lambda one: self._by_score(one[0], one[1], now)))
        caller, found = min(finalists, key=lambda one: self._by_turn(one[0], now))
        agent, pool = self.ranked(caller, found)[0]
        return caller.entry_id, agent.agent_id, pool

    def ranked(self, caller: Caller, pairs: Iterable[tuple[Free, Pool]]) -> list[tuple[Free, Pool]]:
        """All agents of the first pool that has one, the best first."""
        first = min((caller.pools.index(pool) for _, pool in pairs), default=0)
        within = [(agent, pool) for agent, pool in pairs if caller.pools.index(pool) == first]
        return sorted(within, key=lambda pair: self._rank(*pair))

    def everybody(self, caller: Caller, free: Sequence[Free]) -> list[tuple[Free, Pool]]:
        """Whom he may have all at once."""
        rooms: dict[Pool, list[Free]] = {}
        found = self.ranked(caller, self._pairs(caller, free, rooms))
        if not found:
            return []
        pool = found[0][1]
        return found[: len(rooms[pool]) - self._kept(caller, pool)]

    def _kept(self, caller: Caller, pool: Pool) -> int:
        """How many of the pool are kept for others."""
        queue = self.rules.queues.get(pool.queue_id)
        return queue.keep_free if queue is not None and pool.queue_id != caller.queue_id else 0

    def belongs(self, agent_id: str, pool: Pool) -> bool:
        if pool.agent_id:
            return agent_id == pool.agent_id
        if (agent_id, pool.queue_id) in self.lent:
            return True
        queue, own = self._queue(pool.queue_id), parse(pool.needs)
        if pool.queue_id not in self.rules.queues:
            done_by = self.finishing.get(pool.queue_id, (DIRECT, ()))[1]
            return agent_id in done_by and self._meets(agent_id, own, queue)
        if not queue.needs:
            profile = self.rules.agents.get(agent_id)
            return profile is not None and pool.queue_id in profile.queues and self._meets(agent_id, own, queue)
        if pool.instead:
            return self._meets(agent_id, own, queue)
        return self._meets(agent_id, parse(queue.needs), queue) and self._meets(agent_id, own, queue)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _queue(self, queue_id: str) -> QueueRules:
        return self.rules.queues.get(queue_id) or self.finishing.get(queue_id, (DIRECT, ()))[0]

    def _pairs(self, caller: Caller, free: Sequence[Free], rooms: dict[Pool, list[Free]]) -> list[tuple[Free, Pool]]:
        """rooms: pool → those of `free` who belong to it, as far as found out already."""
        for pool in caller.pools:
            if pool not in rooms:
                rooms[pool] = self._within(pool, free)
        open_to_him = [pool for pool in caller.pools if len(rooms[pool]) > self._kept(caller, pool)]
        barred = caller.barred
        return [(agent, pool) for pool in open_to_him for agent in rooms[pool] if agent.agent_id not in barred]

    def _within(self, pool: Pool, free: Sequence[Free]) -> list[Free]:
        known = self._known.setdefault(pool, {})
        for agent in free:
            if agent.agent_id not in known:
                known[agent.agent_id] = self.belongs(agent.agent_id, pool)
        line = pool.line
        return [one for one in free if known[one.agent_id] and (line in one.media if line else one.calls)]

    def _skills(self, agent_id: str) -> Mapping[str, Skill]:
        profile = self.rules.agents.get(agent_id)
        return profile.skills if profile is not None else {}

    def _meets(self, agent_id: str, needs: Needs, queue: QueueRules) -> bool:
        has = {name: skill.level for name, skill in self._skills(agent_id).items() if not skill.exclude}
        soft = queue.strategy == "skill_score"
        if not needs.steps:
            return agent_id in self.rules.agents
        if not soft:
            return agent_id in self.rules.agents and needs.met_by(has)
        return any(all(term.level == 0 or term.skill in has for term in way) for way in _ways(needs))

    def _since(self, caller: Caller) -> int:
        return caller.arrived_at - us(caller.priority * self.rules.point_s)

    def _by_turn(self, caller: Caller, now: int) -> tuple[int, ...]:
        since = self._since(caller)
        strict = 0 if self.rules.point_s else -caller.priority
        return (strict, -self.lateness(caller.queue_id, now - since), since, caller.number)

    def _by_score(self, caller: Caller, pairs: Sequence[tuple[Free, Pool]], now: int) -> tuple[int, ...]:
        strict, late, since, number = self._by_turn(caller, now)
        weights = self._queue(caller.queue_id).weights
        longest = max(1, us(weights.time_to_max_s))
        time = weights.queue_time * (1000 * min(max(0, now - since), longest) // longest)
        score = max(self._score(agent, pool) for agent, pool in pairs) + time
        return (strict, late, -score, since, number)

    def _score(self, agent: Free, pool: Pool) -> int:
        queue = self._queue(pool.queue_id)
        if queue.strategy != "skill_score":
            return 0
        return score(self._needs(pool), self._skills(agent.agent_id), queue)

    def _needs(self, pool: Pool) -> Needs:
        own = parse(pool.needs)
        return own if pool.instead else parse(self._queue(pool.queue_id).needs).joined(own)

    def _rank(self, agent: Free, pool: Pool) -> tuple[int, ...]:
        queue = self._queue(pool.queue_id)
        prefers = 0
        if queue.strategy == "fewest_calls":
            prefers = agent.handled
        elif queue.strategy == "even_share":
            prefers = agent.offered
        elif queue.strategy == "fixed_order":
            prefers = [*queue.order, agent.agent_id].index(agent.agent_id)
        elif queue.strategy == "most_qualified":
            skills = self._skills(agent.agent_id)
            asked = {term.skill for way in _ways(self._needs(pool)) for term in way if term.level}
            prefers = -sum(s.level for name, s in skills.items() if name in asked and not s.exclude)
        elif queue.strategy == "skill_score":
            prefers = -self._score(agent, pool)
        return (prefers, *agent.place)


def _ways(needs: Needs) -> list[list[Term]]:
    """Every way to meet the needs: the alternatives of all ORs multiplied out. Only for needs of a few terms."""
    stack: list[list[list[Term]]] = []
    for step in needs.steps:
        if isinstance(step, Term):
            stack.append([[step]])
        else:
            right, left = stack.pop(), stack.pop()
            stack.append([one + other for one, other in product(left, right)] if step == AND else left + right)
    return stack[0] if stack else [[]]


def score(needs: Needs, skills: Mapping[str, Skill], queue: QueueRules) -> int:
    """The five terms of ACD-14 that concern the agent, weighed: of the way in which he lacks least."""
    has = {name: skill for name, skill in skills.items() if not skill.exclude}

    def sums(way: list[Term]) -> tuple[int, ...]:
        asked = [term for term in way if term.level]
        levels = [has[term.skill].level if term.skill in has else 0 for term in asked]
        pairs = list(zip(asked, levels, strict=True))
        return (
            sum(max(0, term.level - level) for term, level in pairs),
            sum(term.level for term in asked),
            sum(max(0, level - term.level) for term, level in pairs),
            sum(9 - term.level for term in asked),
            sum(skills[term.skill].preference - 1 for term in asked if term.skill in skills),
            len(asked),
            sum(term.skill in has for term in way if not term.level),
            len(way) - len(asked),
        )

    short, wanted, above, room, liking, count, held, barred = min(map(sums, _ways(needs)))

    def share(part: int, whole: int) -> int:
        return 1000 * part // whole if whole else 0

    weights = queue.weights
    return (
        weights.preference * share(liking, 8 * count)
        - weights.under * share(short, wanted)
        - weights.over * share(above, room)
        - weights.extra * share(max(0, len(has) - count), len(has))
        - weights.prohibited * share(held, barred)
    )
