"""Who waits, who is idle, and who comes next.

An index only: it is told of every change by the owner (`Pools`) and can be rebuilt from what the owner keeps. The rule:

* An entry can be served by the idle agents of its pools, less those it is barred from. It goes to the agent of the
  lowest rank in the first of its pools that has one.
* A queue may keep some of its idle agents for its own entries: entries of other queues then get only those beyond.
* Of all entries that can be served, the best in `Order` is served first: the higher band of priority, then the queue
  that is most behind its goal, then who has waited longest. Entries in skill-score queues compete by score before that:
  only the one with the best score of all speaks for them.

Nothing eligible is ever left over, so a change can only concern what it touched: the entry that begins to wait, the
agent who becomes idle (`_fresh_…`). And of those who wait in one pool from one queue only the head can be the best for
an agent. Both together keep a decision at O(pools of the agent × log n), however many wait or are idle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from yingda.routing.line import Line, Place
from yingda.routing.pool import Pool

_NOBODY: frozenset[str] = frozenset()
_Found = tuple[Pool, str]
"""Where the two meet, and the agent."""
Home = tuple[str, str]
"""A queue, and the line in it (`capacity.line_of`)."""


class Turn(NamedTuple):
    """The place of an entry: the lowest comes first. band: minus the priority, or 0 where priority counts as time;
    since: from when its wait counts (µs); number: no two are alike."""

    band: int
    since: int
    number: int


class Order(Protocol):
    """What the order of entries depends on besides their turns. Neither may fall while an entry waits."""

    def lateness(self, queue_id: str, waited: int) -> int:
        """How far a queue is behind its goal when its entry has waited so long (µs); 0 without goals."""
        ...

    def time_score(self, queue_id: str, waited: int) -> int | None:
        """What the wait adds to a skill score; None for a queue that does not go by scores."""
        ...


class PlainOrder:
    """First in, first out."""

    def lateness(self, queue_id: str, waited: int) -> int:
        return 0

    def time_score(self, queue_id: str, waited: int) -> int | None:
        return None


class Choice(msgspec.Struct, frozen=True):
    """An entry, the agent it goes to and the pool they met in, with what the decision saw: how many waited in the
    entry's queue for the same line, and how many were idle in the pool."""

    entry_id: str
    agent_id: str
    pool: Pool
    waiting: int
    idle: int


class _Waiting(msgspec.Struct, frozen=True):
    turn: Turn
    queue_id: str
    pools: tuple[Pool, ...]
    home: Home


class Router:
    """kept: queue → how many of its idle agents are for its own entries alone."""

    def __init__(self, order: Order | None = None, kept: Mapping[str, int] | None = None) -> None:
        self._order = order or PlainOrder()
        self._kept = kept or {}
        self._waiting: dict[Pool, dict[str, Line]] = {}
        self._idle: dict[Pool, Line] = {}
        self._entries: dict[str, _Waiting] = {}
        self._counts: dict[Home, int] = {}
        self._agents: dict[str, set[Pool]] = {}
        self._barred_agents: dict[str, set[str]] = {}
        self._barred_entries: dict[str, set[str]] = {}
        self._fresh_entries: set[str] = set()
        self._fresh_agents: set[str] = set()

    # -- what the owner tells ---------------------------------------------------------------------------------------

    def entry_waits(self, entry_id: str, queue_id: str, turn: Turn, pools: tuple[Pool, ...]) -> None:
        """queue_id: its home queue. pools: in the order they are asked. Also for one who waits in fewer already."""
        self.entry_gone(entry_id)
        home = (queue_id, pools[0].line)
        self._entries[entry_id] = _Waiting(turn, queue_id, pools, home)
        self._counts[home] = self._counts.get(home, 0) + 1
        for pool in pools:
            homes = self._waiting.setdefault(pool, {})
            line = homes.get(queue_id)
            if line is None:
                line = homes[queue_id] = Line()
            line.join(entry_id, turn)
        self._fresh_entries.add(entry_id)

    def entry_gone(self, entry_id: str) -> None:
        """It is offered or has left. Bars stay: they are lifted by `unbar`."""
        waiting = self._entries.pop(entry_id, None)
        if waiting is None:
            return
        self._counts[waiting.home] -= 1
        for pool in waiting.pools:
            homes = self._waiting[pool]
            if not homes[waiting.queue_id].leave(entry_id):
                del homes[waiting.queue_id]
                if not homes:
                    del self._waiting[pool]
        self._fresh_entries.discard(entry_id)

    def agent_idle(self, agent_id: str, ranks: Mapping[Pool, Place]) -> None:
        """In all these pools, at his rank in each."""
        self._agents[agent_id] = set(ranks)
        for pool, rank in ranks.items():
            self._line_of_idle(pool).join(agent_id, rank)
        self._fresh_agents.add(agent_id)

    def stand(self, agent_id: str, pool: Pool, rank: Place) -> None:
        """In one pool more; for those who are idle. Whoever waits there is told apart."""
        self._line_of_idle(pool).join(agent_id, rank)
        self._agents[agent_id].add(pool)

    def _line_of_idle(self, pool: Pool) -> Line:
        line = self._idle.get(pool)
        if line is None:
            line = self._idle[pool] = Line()
        return line

    def agent_gone(self, agent_id: str) -> None:
        for pool in self._agents.pop(agent_id, ()):
            if not self._idle[pool].leave(agent_id):
                del self._idle[pool]
        self._fresh_agents.discard(agent_id)

    def close(self, pool: Pool) -> None:
        """Nobody waits there any more; the idle need not stand there."""
        for agent_id in self._idle.pop(pool, ()):
            self._agents[agent_id].discard(pool)

    def bar(self, entry_id: str, agent_id: str) -> None:
        """This entry is not for this agent until `unbar`."""
        self._barred_agents.setdefault(entry_id, set()).add(agent_id)
        self._barred_entries.setdefault(agent_id, set()).add(entry_id)

    def unbar(self, entry_id: str, agents: Iterable[str]) -> None:
        for agent_id in agents:
            _strike(self._barred_agents, entry_id, agent_id)
            _strike(self._barred_entries, agent_id, entry_id)
        if entry_id in self._entries:
            self._fresh_entries.add(entry_id)

    # -- what it answers --------------------------------------------------------------------------------------------

    def choose(self, now: int = 0) -> Choice | None:
        """The next pair, or None when nobody who waits can be served. The owner then takes both out of the lines."""
        if not self._fresh_entries and not self._fresh_agents:
            return None
        candidates = self._candidates()
        entry_id = self._best(candidates, now)
        if entry_id is None:
            return None
        found = candidates[entry_id] or self._agent_for(entry_id)
        assert found is not None
        pool, agent_id = found
        waiting = self._counts[self._entries[entry_id].home]
        return Choice(entry_id, agent_id, pool, waiting, len(self._idle[pool]))

    def best(self, entry_id: str, pool: Pool, most: int) -> list[tuple[str, Place]]:
        """The first few agents of a pool whom the entry may go to, with their ranks."""
        line = self._idle.get(pool)
        if line is None:
            return []
        heads = line.heads(most, self._barred_agents.get(entry_id, _NOBODY))
        return [(agent_id, line.place(agent_id)) for agent_id in heads]

    def is_idle(self, agent_id: str) -> bool:
        return agent_id in self._agents

    def idle_agents(self) -> Iterable[str]:
        return self._agents.keys()

    def waits_in(self, pool: Pool) -> bool:
        """Whether anybody does."""
        return pool in self._waiting

    def waiting(self, queue_id: str) -> list[str]:
        """The entries of a queue that nobody is offered, in order."""
        found = [entry_id for entry_id, waiting in self._entries.items() if waiting.queue_id == queue_id]
        return sorted(found, key=lambda entry_id: self._entries[entry_id].turn)

    def count(self, queue_id: str, line: str = "") -> int:
        """How many entries of a queue's line nobody is offered."""
        return self._counts.get((queue_id, line), 0)

    def spare(self, entry_id: str, pool: Pool) -> int:
        """How many idle agents of the pool the entry may have."""
        idle = self.idle_count(pool)
        foreign = self._kept and self._entries[entry_id].queue_id != pool.queue_id
        return max(0, idle - self._kept.get(pool.queue_id, 0)) if foreign else idle

    def idle(self, queue_id: str) -> list[str]:
        """The idle agents of a queue, in the order of their ranks."""
        return list(self._idle.get(Pool(queue_id), ()))

    def idle_count(self, pool: Pool) -> int:
        return len(self._idle.get(pool, ()))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _candidates(self) -> dict[str, _Found | None]:
        """What the fresh ones bring up, with the agent if he has been looked for; those who bring up nothing need not
        be asked again."""
        candidates: dict[str, _Found | None] = {}
        for entry_id in tuple(self._fresh_entries):
            found = self._agent_for(entry_id)
            if found is None:
                self._fresh_entries.discard(entry_id)
            else:
                candidates[entry_id] = found
        for agent_id in tuple(self._fresh_agents):
            heads = self._entries_for(agent_id)
            if self._kept:
                heads = [entry_id for entry_id in heads if self._agent_for(entry_id) is not None]
                heads += self._freed_by(agent_id)
            if heads:
                candidates.update((entry_id, None) for entry_id in heads if entry_id not in candidates)
            else:
                self._fresh_agents.discard(agent_id)
        return candidates

    def _best(self, candidates: Collection[str], now: int) -> str | None:
        """The best scored one against the best of the others."""
        if len(candidates) < 2:
            return next(iter(candidates), None)
        plain: list[tuple[Place, str]] = []
        scored: list[tuple[Place, Place, str]] = []
        for entry_id in candidates:
            waiting = self._entries[entry_id]
            band, since, number = waiting.turn
            late = -self._order.lateness(waiting.queue_id, now - since)
            time = self._order.time_score(waiting.queue_id, now - since)
            if time is None:
                plain.append(((band, late, since, number), entry_id))
            else:
                score = self._score(entry_id, waiting) + time
                scored.append(((band, late, -score, since, number), (band, late, since, number), entry_id))
        if scored:
            _, place, entry_id = min(scored)
            plain.append((place, entry_id))
        return min(plain)[1]

    def _score(self, entry_id: str, waiting: _Waiting) -> int:
        """The best score any idle agent has for it; ranks in scored pools begin with minus the score."""
        barred = self._barred_agents.get(entry_id, _NOBODY)
        scores = []
        for pool in waiting.pools:
            line = self._line(entry_id, pool) if self._kept else self._idle.get(pool)
            agent_id = line.first(barred) if line is not None else None
            if line is not None and agent_id is not None:
                scored = self._order.time_score(pool.queue_id, 0) is not None
                scores.append(-line.place(agent_id)[0] if scored else 0)
        return max(scores)

    def _agent_for(self, entry_id: str) -> _Found | None:
        barred = self._barred_agents.get(entry_id, _NOBODY)
        for pool in self._entries[entry_id].pools:
            line = self._line(entry_id, pool) if self._kept else self._idle.get(pool)
            agent_id = line.first(barred) if line is not None else None
            if agent_id is not None:
                return pool, agent_id
        return None

    def _freed_by(self, agent_id: str) -> Iterable[str]:
        """Where idle agents are kept for a queue's own: that one more is idle may free another one for a stranger."""
        for pool in self._agents[agent_id]:
            if pool.queue_id in self._kept:
                for home, line in self._waiting.get(pool, {}).items():
                    if home != pool.queue_id:
                        yield from islice((entry_id for entry_id in line if self._agent_for(entry_id)), 1)

    def _line(self, entry_id: str, pool: Pool) -> Line | None:
        """The idle of the pool, if the entry may have any of them."""
        line = self._idle.get(pool)
        return line if line is not None and self.spare(entry_id, pool) else None

    def _entries_for(self, agent_id: str) -> list[str]:
        """Of each pool he stands in and each queue that waits there, the first he may have."""
        barred = self._barred_entries.get(agent_id, _NOBODY)
        waiting = self._waiting
        heads = [
            line.first(barred) for pool in self._agents[agent_id] if pool in waiting for line in waiting[pool].values()
        ]
        return [entry_id for entry_id in heads if entry_id is not None]


def _strike(table: dict[str, set[str]], key: str, item: str) -> None:
    items = table.get(key)
    if items is not None:
        items.discard(item)
        if not items:
            del table[key]
