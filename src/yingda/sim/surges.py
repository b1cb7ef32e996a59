"""What leaders do in a surge: lend agents, end shifts, keep callers for somebody, move them, flush a queue."""

from __future__ import annotations

from collections.abc import Callable

from yingda.kernel.clock import SECOND
from yingda.routing.escalating import HIGHEST
from yingda.sim.agents import Agent
from yingda.sim.seen import SeenEntry
from yingda.sim.world import World


class Leader:
    """Acts at random on whoever is there."""

    def __init__(self, world: World, agents: dict[str, Agent]) -> None:
        self._world = world
        self._agents = agents

    def act(self) -> None:
        deeds: tuple[Callable[[], None], ...] = (
            *(self._lend, self._lend, self._give_back, self._end_a_shift, self._reserve, self._release, self._prefer),
            *(self._move, self._flush, self._announce, self._force_out),
        )
        self._world.rng.choice(deeds)()

    def _lend(self) -> None:
        world = self._world
        agent_id, queue_id = world.rng.choice(world.plan.agents), world.rng.choice(sorted(world.rules.queues))
        if agent_id not in world.rules.agents:
            return
        until = world.now + world.some((1, 6))
        world.hazards.hit("lent")
        world.watch.lent[agent_id, queue_id] = until
        world.do(world.core.leaders.lend, agent_id, queue_id, until)

    def _give_back(self) -> None:
        world = self._world
        if world.watch.lent:
            world.hazards.hit("given_back")
            loan = world.rng.choice(sorted(world.watch.lent))
            world.watch.home_again(loan)
            world.do(world.core.leaders.give_back, *loan)

    def _end_a_shift(self) -> None:
        world = self._world
        agent_id = world.rng.choice(world.plan.agents)
        seen = world.watch.agents.get(agent_id)
        if seen is None:
            return
        world.hazards.hit(f"shift_ends_while_{seen.state}")
        seen.leaving = True
        world.do(world.core.end_shift, agent_id)
        world.after(world.some(world.plan.temper.away), self._agents[agent_id].sign_in)

    def _force_out(self) -> None:
        """Somebody who has items open, if there is one: they must wait again."""
        world = self._world
        serving = sorted(agent_id for agent_id, seen in world.watch.agents.items() if seen.items)
        if not serving:
            return
        agent_id = world.rng.choice(serving)
        world.hazards.hit("forced_out_with_items")
        if world.do(world.core.sign_out, agent_id, "leader") is not None:
            world.after(world.some(world.plan.temper.away), self._agents[agent_id].sign_in)

    def _reserve(self) -> None:
        world, entry = self._world, self._somebody()
        agents = sorted(world.rules.agents)
        if entry is None or not agents:
            return
        agent_id, steps = world.rng.choice(agents), world.rng.randint(1, 4)
        world.hazards.hit("reserved")
        world.watch.reserved(entry, agent_id, world.now + steps * world.plan.grid)
        world.do(world.core.leaders.reserve, entry.entry_id, agent_id, steps * world.plan.grid / SECOND)

    def _release(self) -> None:
        world, entry = self._world, self._somebody()
        if entry is not None:
            world.watch.reserved(entry, None, None)
            world.do(world.core.leaders.release, entry.entry_id)

    def _prefer(self) -> None:
        """Whoever came last: where it changes most."""
        world = self._world
        entry = max(world.watch.entries.values(), key=lambda one: one.number, default=None)
        if entry is not None:
            world.hazards.hit("preferred")
            entry.priority = HIGHEST
            entry.patience(world.now)  # what is due at this instant takes place with it
            world.do(world.core.leaders.prefer, entry.entry_id)

    def _move(self) -> None:
        world, entry = self._world, self._somebody()
        if entry is not None and not entry.offers:
            world.hazards.hit("moved")
            world.do(world.core.leaders.move, entry.entry_id, world.rng.choice(sorted(world.rules.queues)))

    def _flush(self) -> None:
        world = self._world
        if world.rng.random() < 0.3:
            world.hazards.hit("flushed")
            world.do(world.core.leaders.flush, world.rng.choice(sorted(world.rules.queues)), "closing_time")

    def _announce(self) -> None:
        world, entry = self._world, self._somebody()
        if entry is not None:
            world.do(world.core.announced, entry.entry_id)

    def _somebody(self) -> SeenEntry | None:
        entries = self._world.watch.entries
        return entries[self._world.rng.choice(sorted(entries))] if entries else None
