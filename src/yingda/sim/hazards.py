"""Which hazards the schedules of a world hit, so that a clean result is known to mean something."""

from __future__ import annotations

from collections import Counter


class Hazards:
    """Counts single hazards, and pairs of things that meet the same subject at the same instant (`hang_up+sound`)."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._moments: dict[str, tuple[int, list[str]]] = {}

    def hit(self, name: str) -> None:
        self.counts[name] += 1

    def touch(self, subject: str, what: str, at: int) -> None:
        """`what` happens to `subject` at `at` (µs): it makes a pair with everything else of this instant."""
        moment = self._moments.get(subject)
        if moment is None or moment[0] != at:
            self._moments[subject] = (at, [what])
            return
        for other in moment[1]:
            self.counts["+".join(sorted((other, what)))] += 1
        moment[1].append(what)
