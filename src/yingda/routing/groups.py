"""Virtual groups: which agents a pool consists of (ACD-12, ACD-13).

A queue without needs is served by those who list it; with needs, by everybody whose résumé satisfies them. An entry may
bring needs of its own, which narrow its queue's group. Groups are computed from sets of agents by skill and level, so
that a new combination costs microseconds even with ten thousand agents.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from yingda.kernel.language.needs import Needs, Term, parse
from yingda.routing.pool import Pool
from yingda.routing.rules import DIRECT, QueueRules, Rules
from yingda.routing.state import Closing
from yingda.routing.strategies import SKILL_SCORE
from yingda.routing.strategies.base import Wanted

Agents = frozenset[str]
_NOBODY: Final[Agents] = frozenset()


class _Extent(NamedTuple):
    """A set of agents, or (inverted) everybody but them."""

    agents: Agents
    inverted: bool = False


def _both(left: _Extent, right: _Extent) -> _Extent:
    if left.inverted and right.inverted:
        return _Extent(left.agents | right.agents, inverted=True)
    if left.inverted:
        return _Extent(right.agents - left.agents)
    return _Extent(left.agents - right.agents if right.inverted else left.agents & right.agents)


def _either(left: _Extent, right: _Extent) -> _Extent:
    if left.inverted and right.inverted:
        return _Extent(left.agents & right.agents, inverted=True)
    if left.inverted:
        return _Extent(left.agents - right.agents, inverted=True)
    return _Extent(right.agents - left.agents, inverted=True) if right.inverted else _Extent(left.agents | right.agents)


_EVERYBODY: Final = _Extent(_NOBODY, inverted=True)


class Groups:
    """Of one state of the rules; build another when they change. loans: agent → queues he is lent to."""

    def __init__(
        self, rules: Rules, closing: Mapping[str, Closing], loans: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._rules = rules
        self._closing = closing
        self._lent: dict[str, set[str]] = {}
        for agent_id, queues in (loans or {}).items():
            for queue_id in queues:
                self._lent.setdefault(queue_id, set()).add(agent_id)
        self._listed: dict[str, list[str]] = {}
        self._skilled: dict[str, dict[str, int]] = {}
        for agent_id, profile in rules.agents.items():
            for queue_id in profile.queues:
                self._listed.setdefault(queue_id, []).append(agent_id)
            for skill, level in profile.levels().items():
                self._skilled.setdefault(skill, {})[agent_id] = level
        self._having: dict[Term, Agents] = {}
        self._members: dict[Pool, Agents] = {}
        self._wanted: dict[Pool, Wanted] = {}

    def rules_of(self, queue_id: str) -> QueueRules:
        """Also of a queue that is closing; of one that is gone, those of a queue with no wishes."""
        found = self._rules.queues.get(queue_id)
        if found is None and queue_id in self._closing:
            found = self._closing[queue_id].rules
        return found or DIRECT

    def wanted(self, pool: Pool) -> Wanted:
        """What whoever waits in the pool asks for."""
        wanted = self._wanted.get(pool)
        if wanted is None:
            rules = self.rules_of(pool.queue_id)
            wanted = self._wanted[pool] = Wanted(rules, _needs(rules.needs, pool))
        return wanted

    def members(self, pool: Pool) -> Agents:
        if pool.agent_id:
            return frozenset((pool.agent_id,))
        pool = pool.group
        members = self._members.get(pool)
        if members is None:
            members = self._members[pool] = self._find(pool)
        return members

    def _find(self, pool: Pool) -> Agents:
        wanted = self.wanted(pool)
        lent = frozenset(self._lent.get(pool.queue_id, ()))
        closing = self._closing.get(pool.queue_id) if pool.queue_id not in self._rules.queues else None
        if closing is not None:
            found, own = frozenset(closing.agents), parse(pool.needs)
        elif wanted.rules.needs:
            return self._satisfying(wanted.needs, wanted.rules) | lent
        else:
            found, own = frozenset(self._listed.get(pool.queue_id, ())), wanted.needs
        return (found & self._satisfying(own, wanted.rules) if own.steps else found) | lent

    def _satisfying(self, needs: Needs, rules: QueueRules) -> Agents:
        lenient = rules.strategy == SKILL_SCORE

        def of(term: Term) -> _Extent:
            if term.level == 0:
                return _EVERYBODY if lenient else _Extent(self._with(Term(term.skill, 1)), inverted=True)
            return _Extent(self._with(Term(term.skill, 1) if lenient else term))

        extent = needs.fold(of, _both, _either, empty=_EVERYBODY)
        return frozenset(self._rules.agents) - extent.agents if extent.inverted else extent.agents

    def _with(self, term: Term) -> Agents:
        agents = self._having.get(term)
        if agents is None:
            levels = self._skilled.get(term.skill, {})
            agents = self._having[term] = frozenset(a for a, level in levels.items() if level >= term.level)
        return agents


def _needs(own: str, pool: Pool) -> Needs:
    brought = parse(pool.needs)
    return brought if pool.instead else parse(own).joined(brought)
