"""A small world that writes valid event histories from a seed: the stage; what happens on it stands in `histories.py`.

Scripts are generators that yield how long (µs) until they go on. Everything that happens at one instant of one script
is written without anything in between, as one append would be.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

from yingda.kernel.event import Envelope

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_780_000_200 * SECOND
"""A quarter hour of UTC, less 600 s: histories cross a boundary soon."""

Script = Generator[int, None, None]


class Agent:
    """Where an agent stands in the world."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.session = ""
        self.state = "offline"


class World:
    def __init__(self, seed: int, agents: int, queues: int, start: int = START) -> None:
        self.rng = random.Random(seed)
        self.now = start
        self.events: list[Envelope] = []
        self.agents = [Agent(f"agent-{number}") for number in range(agents)]
        self.queues = [f"queue-{number}" for number in range(queues)]
        self._scripts: list[tuple[int, int, Script]] = []
        self._order = 0
        self._ids = 0

    def new(self, noun: str) -> str:
        self._ids += 1
        return f"{noun}-{self._ids:06d}"

    def spawn(self, script: Script, delay: int = 0) -> None:
        self._order += 1
        heappush(self._scripts, (self.now + delay, self._order, script))

    def run(self) -> list[Envelope]:
        """Until nobody has anything left to do."""
        while self._scripts:
            self.now, _, script = heappop(self._scripts)
            delay = next(script, None)
            if delay is not None:
                self.spawn(script, delay)
        return self.events

    def emit(self, kind: str, contact: str | None = None, **data: Any) -> None:
        given = {name.rstrip("_"): value for name, value in data.items() if value is not None}
        self.events.append(self.envelope(kind, contact, given))

    def envelope(self, kind: str, contact: str | None, data: dict[str, Any]) -> Envelope:
        """The next event."""
        number = len(self.events) + 1
        return Envelope(
            writer="control",
            n=number,
            seq=number,
            stamp=self.now + number,
            kind=kind,
            v=1,
            at=self.now,
            by="system",
            node="test",
            tenant="default",
            mono=0,
            config=1,
            data=data,
            interaction_id=contact,
        )

    def seconds(self, least: float, most: float) -> int:
        """A random span in µs; now and then a round one, so that things meet at the same instant."""
        if self.rng.random() < 0.2:
            return self.rng.randint(int(least), int(most)) * SECOND
        return int(self.rng.uniform(least, most) * SECOND)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def idle(self) -> Agent | None:
        """Some idle agent."""
        free = [agent for agent in self.agents if agent.state == "idle"]
        return self.rng.choice(free) if free else None

    def closed(self) -> bool:
        """Everybody was here, and has gone home."""
        return all(agent.session and agent.state == "offline" for agent in self.agents)

    def state(self, agent: Agent, to: str, **named: Any) -> None:
        before, agent.state = agent.state, to
        self.emit("agent.state_changed", session_id=agent.session, from_=before, to=to, why="test", **named)

    def sign_in(self, agent: Agent) -> None:
        agent.session = self.new("session")
        self.emit("agent.signed_in", session_id=agent.session, agent_id=agent.name, device="desk")
        self.state(agent, "idle")

    def sign_out(self, agent: Agent, why: str = "self") -> None:
        agent.state = "offline"
        self.emit("agent.signed_out", session_id=agent.session, agent_id=agent.name, why=why)
