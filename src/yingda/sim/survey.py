"""Many worlds in a row, and what they came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from yingda.routing.distributor import Distributor
from yingda.sim.broken import BrokenError
from yingda.sim.full import full
from yingda.sim.ledger import WorldBooks
from yingda.sim.small import small
from yingda.sim.world import Books, World


class Maker(Protocol):
    def __call__(self, seed: int, distributor: type[Distributor] = ..., books: Books | None = ...) -> World: ...


MAKERS: Final[Mapping[str, Maker]] = {"small": small, "full": full}


@dataclass(slots=True)
class Tally:
    """seconds: processor time. broken: the first seed that broke, and `why`."""

    worlds: int = 0
    steps: int = 0
    events: int = 0
    seconds: float = 0.0
    hazards: Counter[str] = field(default_factory=Counter)
    broken: int | None = None
    why: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "worlds": self.worlds,
            "steps": self.steps,
            "events": self.events,
            "seconds": round(self.seconds, 3),
            "ms_per_world": round(1000 * self.seconds / max(1, self.worlds), 3),
            "hazards": dict(sorted(self.hazards.items())),
            "broken": self.broken,
            "why": self.why,
        }


def survey(
    kind: str,
    seeds: Iterable[int],
    distributor: type[Distributor] = Distributor,
    books: Callable[[], Books] = WorldBooks,
) -> Tally:
    """Runs worlds until one breaks. kind: small or full."""
    tally = Tally()
    began = time.process_time()
    for seed in seeds:
        world = MAKERS[kind](seed, distributor, books())
        try:
            world.run()
        except BrokenError as broken:
            tally.broken, tally.why = seed, str(broken)
        tally.worlds += 1
        tally.steps += world.steps
        tally.events += len(world.events)
        tally.hazards.update(world.hazards.counts)
        if tally.broken is not None:
            break
    tally.seconds = time.process_time() - began
    return tally
