"""Which pools are open, who belongs to each, and at what rank: between what the floor owns and the router's lines.

A queue's own pool is always open. Others, which entries bring along (their own needs, an agent they wish for), are
opened when somebody waits there and closed some time after nobody does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Final

from yingda.routing.groups import Groups
from yingda.routing.pool import Pool
from yingda.routing.router import Order, Router, Turn
from yingda.routing.rules import Rules
from yingda.routing.state import Closing
from yingda.routing.strategies import STRATEGIES
from yingda.routing.strategies.base import Candidate, Measures

KEPT_OPEN: Final = 512
"""How many pools stay open in which nobody waits, for the next entry that asks for the same."""


class Pools:
    """One state of the rules. When they change, another one takes its place (`Floor.rebuild`)."""

    def __init__(
        self,
        rules: Rules,
        closing: Mapping[str, Closing],
        loans: Mapping[str, Collection[str]],
        order: Order,
    ) -> None:
        kept = {queue_id: queue.keep_free for queue_id, queue in rules.queues.items() if queue.keep_free}
        self.router = Router(order, kept)
        self.groups = Groups(rules, closing, loans)
        self._candidates: dict[str, Candidate] = {}
        self._of_agent: dict[str, list[Pool]] = {}
        self._own: set[Pool] = set()
        self._brought: OrderedDict[Pool, None] = OrderedDict()
        for queue_id in (*rules.queues, *closing):
            pool = Pool(queue_id)
            self._own.add(pool)
            self._admit(pool)

    def idle(self, candidate: Candidate) -> None:
        """He takes his place among the idle, in every pool he belongs to and is free for."""
        self._candidates[candidate.agent_id] = candidate
        pools = self._of_agent.get(candidate.agent_id, ())
        ranks = {pool: self._rank(pool, candidate) for pool in pools if candidate.free_for(pool.line)}
        self.router.agent_idle(candidate.agent_id, ranks)

    def gone(self, agent_id: str) -> None:
        self._candidates.pop(agent_id, None)
        self.router.agent_gone(agent_id)

    def waits(self, entry_id: str, queue_id: str, turn: Turn, pools: tuple[Pool, ...]) -> None:
        """In the pools, asked in this order."""
        if len(pools) > 1:
            pools = tuple(dict.fromkeys(pools))
        for pool in pools:
            self._open(pool)
        self.router.entry_waits(entry_id, queue_id, turn, pools)

    def measures(self, pool: Pool, agent_id: str) -> Measures:
        """What the pool's strategy goes by, of somebody who is idle."""
        wanted = self.groups.wanted(pool)
        return STRATEGIES[wanted.rules.strategy].measure(self._candidates[agent_id], wanted)

    def _rank(self, pool: Pool, candidate: Candidate) -> tuple[int, ...]:
        wanted = self.groups.wanted(pool)
        strategy = STRATEGIES[wanted.rules.strategy]
        return strategy.rank(strategy.measure(candidate, wanted))

    def _open(self, pool: Pool) -> None:
        if pool in self._own:
            return
        if pool in self._brought:
            self._brought.move_to_end(pool)
            return
        self._brought[pool] = None
        self._admit(pool)
        for agent_id in self.groups.members(pool) & self._candidates.keys():
            candidate = self._candidates[agent_id]
            if candidate.free_for(pool.line):
                self.router.stand(agent_id, pool, self._rank(pool, candidate))
        if len(self._brought) > KEPT_OPEN:
            self._tidy()

    def _admit(self, pool: Pool) -> None:
        for agent_id in self.groups.members(pool):
            self._of_agent.setdefault(agent_id, []).append(pool)

    def _tidy(self) -> None:
        """Closes the pool that nobody has asked for longest, if nobody waits there."""
        pool = next(iter(self._brought))
        if self.router.waits_in(pool):
            self._brought.move_to_end(pool)
            return
        del self._brought[pool]
        self.router.close(pool)
        for agent_id in self.groups.members(pool):
            self._of_agent[agent_id].remove(pool)
