"""A small centre and a way to read effects, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from yingda.kernel.clock import SECOND
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append, Connect, Effect, Ring
from yingda.routing.rules import AgentProfile, QueueRules, Rules

T = TypeVar("T")
START = 1_700_000_000 * SECOND


def rules(agents: Sequence[str] = ("ann", "bob"), **queue: Any) -> Rules:
    """One queue `sales`, served by all."""
    return Rules(
        queues={"sales": QueueRules("sales", **queue)},
        agents={agent: AgentProfile(agent, ("sales",)) for agent in agents},
        reasons={"lunch": "break"},
    )


class Bench:
    """A distributor with time in seconds from the start; keeps every event, each one validated."""

    def __init__(self, given: Rules | None = None) -> None:
        self.core = Distributor(seeded_ids(7), given or rules())
        self.events: list[Event] = []
        self.effects: list[Effect] = []

    def at(self, seconds: float) -> int:
        return START + round(seconds * SECOND)

    def did(self, effects: list[Effect]) -> list[Effect]:
        assert not any(isinstance(effect, Append) for effect in effects[1:]), "the append comes first, and alone"
        for effect in effects:
            for event in effect.events if isinstance(effect, Append) else ():
                validate(event)
                self.events.append(event)
        self.effects += effects
        return effects

    def sign_in(self, *agents: str) -> None:
        for number, agent in enumerate(agents):
            self.did(self.core.sign_in(agent, f"phone-{agent}", self.at(number - len(agents))))

    def enter(self, entry: str, seconds: float, queue: str = "sales") -> list[Effect]:
        return self.did(self.core.enter(entry, f"contact-{entry}", queue, self.at(seconds)))

    def talk(self, seconds: float, entry: str = "e1") -> str:
        """Brings an entry through to talking; answers the handling's id."""
        ring = one(self.enter(entry, seconds), Ring)
        self.did(self.core.alerting(ring.offer_id, ring.token, self.at(seconds)))
        connect = one(self.did(self.core.answered(ring.offer_id, ring.token, self.at(seconds + 1))), Connect)
        self.did(self.core.connected(connect.offer_id, connect.token, self.at(seconds + 2)))
        return str(self.last("handling.started")["handling_id"])

    def timers(self, until: float) -> None:
        """Lets everything fall due in its turn."""
        while (due := self.core.next_timer()) is not None and due <= self.at(until):
            self.did(self.core.handle_timer(due))

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [dict(event.data) for event in self.events if event.kind == kind]

    def last(self, kind: str) -> dict[str, Any]:
        return self.said(kind)[-1]

    def states(self, agent: str) -> list[str]:
        session = next(s["session_id"] for s in self.said("agent.signed_in") if s["agent_id"] == agent)
        return [change["to"] for change in self.said("agent.state_changed") if change["session_id"] == session]


def one(effects: Sequence[Effect], kind: type[T]) -> T:
    found = [effect for effect in effects if isinstance(effect, kind)]
    assert len(found) == 1, f"{kind.__name__}: {effects}"
    return found[0]
