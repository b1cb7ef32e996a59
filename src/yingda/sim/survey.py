"""Many worlds in a row, and what they came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from yingda.routing.distributor import Distributor
from yingda.sim.broken import BrokenError
from yingda.sim.full import full
from yingda.sim.ledger import WorldBooks
from yingda.sim.small import small
from yingda.sim.world import Books, World


class Maker(Protocol):
    def __call__(self, seed: int, distributor: type[Distributor] = ..., books: Books | None = ...) -> World: ...


SHARE: Final = 500
"""How many worlds a process is given at a time."""

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

    def add(self, other: Tally) -> None:
        """What other worlds came to; of two that broke, the one of the lower seed is kept."""
        self.worlds += other.worlds
        self.steps += other.steps
        self.events += other.events
        self.seconds += other.seconds
        self.hazards.update(other.hazards)
        if other.broken is not None and (self.broken is None or other.broken < self.broken):
            self.broken, self.why = other.broken, other.why


def survey_split(kind: str, seeds: range, processes: int | None = None) -> Tally:
    """The same worlds as `survey(kind, seeds)`, by several processes (None: one a core): the same tally but for the
    worlds after one that breaks."""
    tally = Tally()
    shares = [seeds[at : at + SHARE] for at in range(0, len(seeds), SHARE)]
    with ProcessPoolExecutor(processes) as pool:
        for part in pool.map(partial(survey, kind), shares):
            tally.add(part)
            if tally.broken is not None:
                pool.shutdown(cancel_futures=True)
                break
    return tally


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
