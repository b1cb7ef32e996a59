"""The sparse gain matrix: who hears whom, and how loud. Pure bookkeeping; the mixer evaluates it.

A bridge is two entries, hold is two entries less and a player more, a conference of n is n·(n−1), silent listening
one or two. A row with one source at gain 1 is not mixed: it takes that source's payload as it comes.
Names are leg ids and `play:ID`; gains are linear, 0–16.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

Entry = tuple[str, str, float]
"""(sink, source, gain)."""

MAX_GAIN = 16.0


class RowKind(Enum):
    EMPTY = "empty"
    FORWARD = "forward"  # one source at gain 1
    MIXED = "mixed"


class GainMatrix:
    """Rows and columns of the entries that are not zero."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, float]] = {}
        self._columns: dict[str, dict[str, float]] = {}

    def change(self, entries: Iterable[Entry]) -> set[str]:
        """Change entries; answers every name whose row or column changed."""
        touched: set[str] = set()
        for sink, source, gain in entries:
            row = self._rows.get(sink, {})
            if row.get(source, 0.0) == gain:
                continue
            touched |= {sink, source}
            if gain:
                self._rows.setdefault(sink, {})[source] = gain
                self._columns.setdefault(source, {})[sink] = gain
            else:
                self._drop(sink, source)
        return touched

    def _drop(self, sink: str, source: str) -> None:
        for index, first, second in ((self._rows, sink, source), (self._columns, source, sink)):
            line = index[first]
            del line[second]
            if not line:
                del index[first]

    def remove(self, name: str) -> set[str]:
        """Everything it hears and everybody who hears it."""
        entries = [(name, source, 0.0) for source in self._rows.get(name, {})]
        entries += [(sink, name, 0.0) for sink in self._columns.get(name, {}) if sink != name]
        return self.change(entries)

    def row(self, sink: str) -> dict[str, float]:
        """What a sink hears: source to gain. Not to be changed."""
        return self._rows.get(sink, {})

    def sinks(self, source: str) -> dict[str, float]:
        """Who hears a source: sink to gain. Not to be changed."""
        return self._columns.get(source, {})

    def kind(self, sink: str) -> RowKind:
        row = self._rows.get(sink)
        if not row:
            return RowKind.EMPTY
        return RowKind.FORWARD if len(row) == 1 and next(iter(row.values())) == 1.0 else RowKind.MIXED

    def together(self, name: str) -> set[str]:
        """All names that are joined with it through entries: they share one phase."""
        found, ahead = {name}, [name]
        while ahead:
            current = ahead.pop()
            for other in (*self._rows.get(current, ()), *self._columns.get(current, ())):
                if other not in found:
                    found.add(other)
                    ahead.append(other)
        return found

    def entries(self) -> list[Entry]:
        return sorted((sink, source, gain) for sink, row in self._rows.items() for source, gain in row.items())
