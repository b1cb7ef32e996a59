"""Who waits, who is idle, and who comes next: first in, first out, to the agent idle for longest.

An index only: it is told of every change by the owner (`Floor`) and can be rebuilt from what the owner keeps. The rule:
of all entries some idle agent may take, the one with the lowest place is served; of the agents who may take it, the one
who has been idle for longest. Nothing eligible is ever left over, so a change can only concern what it touched: the
entry that begins to wait, the agent who becomes idle (`_fresh_…`). That keeps a decision at O(log n).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from yingda.routing.line import Line, Place

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry and the agent it goes to, with what the decision saw: how many waited, how many were idle."""

    entry_id: str
    agent_id: str
    waiting: int
    idle: int


class Router:
    """Lines of waiting entries and of idle agents, one of each a queue."""

    def __init__(self) -> None:
        self._waiting: dict[str, Line] = {}
        self._idle: dict[str, Line] = {}
        self._entries: dict[str, tuple[str, Place]] = {}
        self._agents: dict[str, tuple[tuple[str, ...], Place]] = {}
        self._barred_agents: dict[str, set[str]] = {}
        self._barred_entries: dict[str, set[str]] = {}
        self._fresh_entries: set[str] = set()
        self._fresh_agents: set[str] = set()

    # -- what the owner tells ---------------------------------------------------------------------------------------

    def entry_waits(self, entry_id: str, queue_id: str, place: Place) -> None:
        self._entries[entry_id] = (queue_id, place)
        self._line(self._waiting, queue_id).join(entry_id, place)
        self._fresh_entries.add(entry_id)

    def entry_gone(self, entry_id: str) -> None:
        """It is offered or has left. Bars stay: they are lifted by `unbar`."""
        waiting = self._entries.pop(entry_id, None)
        if waiting is not None:
            self._waiting[waiting[0]].leave(entry_id)
            self._fresh_entries.discard(entry_id)

    def agent_idle(self, agent_id: str, queues: tuple[str, ...], place: Place) -> None:
        self._agents[agent_id] = (queues, place)
        for queue_id in queues:
            self._line(self._idle, queue_id).join(agent_id, place)
        self._fresh_agents.add(agent_id)

    def agent_gone(self, agent_id: str) -> None:
        idle = self._agents.pop(agent_id, None)
        if idle is not None:
            for queue_id in idle[0]:
                self._idle[queue_id].leave(agent_id)
            self._fresh_agents.discard(agent_id)

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

    def choose(self) -> Choice | None:
        """The next pair, or None when nobody who waits can be served. The owner then takes both out of the lines."""
        best = self._best_entry()
        if best is None:
            return None
        queue_id = self._entries[best][0]
        agent_id = self._agent_for(best)
        assert agent_id is not None
        return Choice(best, agent_id, len(self._waiting[queue_id]), len(self._idle[queue_id]))

    def waiting(self, queue_id: str) -> list[str]:
        """The entries of a queue that nobody is offered, in order."""
        return list(self._waiting.get(queue_id, ()))

    def idle(self, queue_id: str) -> list[str]:
        """The idle agents of a queue, longest idle first."""
        return list(self._idle.get(queue_id, ()))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _best_entry(self) -> str | None:
        """Of what the fresh ones bring up; those who bring up nothing need not be asked again."""
        candidates: list[tuple[Place, str]] = []
        for entry_id in tuple(self._fresh_entries):
            if self._agent_for(entry_id) is None:
                self._fresh_entries.discard(entry_id)
            else:
                candidates.append((self._entries[entry_id][1], entry_id))
        for agent_id in tuple(self._fresh_agents):
            best = self._entry_for(agent_id)
            if best is None:
                self._fresh_agents.discard(agent_id)
            else:
                candidates.append(best)
        return min(candidates)[1] if candidates else None

    def _agent_for(self, entry_id: str) -> str | None:
        line = self._idle.get(self._entries[entry_id][0])
        return line.first(self._barred_agents.get(entry_id, _NOBODY)) if line else None

    def _entry_for(self, agent_id: str) -> tuple[Place, str] | None:
        barred = self._barred_entries.get(agent_id, _NOBODY)
        heads: list[tuple[Place, str]] = []
        for queue_id in self._agents[agent_id][0]:
            line = self._waiting.get(queue_id)
            entry_id = line.first(barred) if line else None
            if entry_id is not None:
                heads.append((self._entries[entry_id][1], entry_id))
        return min(heads, default=None)

    @staticmethod
    def _line(lines: dict[str, Line], queue_id: str) -> Line:
        line = lines.get(queue_id)
        if line is None:
            line = lines[queue_id] = Line()
        return line


def _strike(table: dict[str, set[str]], key: str, item: str) -> None:
    items = table.get(key)
    if items is not None:
        items.discard(item)
        if not items:
            del table[key]
