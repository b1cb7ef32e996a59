"""Are the far ends of our trunks there? Each is asked by OPTIONS now and then (RFC 3261 section 11); sans-IO.

    trunk   event                                                        next
    up      every far end missed MISSES answers in a row                 down
    down    one far end answers                                          up

No answer, 408 and 5xx are misses; any other reply, a refusal too, shows that somebody is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from yingda.kernel.clock import SECOND
from yingda.sip.flow import Address

MISSES = 2


class TrunkState(Enum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class FarEnd:
    """One address of a trunk. period_s: seconds from one question to the next."""

    trunk: str
    transport: str
    address: Address
    period_s: float


@dataclass(frozen=True, slots=True)
class Changed:
    trunk: str
    state: TrunkState


class _Watch:
    __slots__ = ("due", "misses")

    def __init__(self, due: int) -> None:
        self.due, self.misses = due, 0


class TrunkHealth:
    """`due` says whom to ask; `asked` and `answered` what became of it. A trunk is up until the opposite is known."""

    def __init__(self) -> None:
        self._watches: dict[FarEnd, _Watch] = {}
        self._open: dict[str, FarEnd] = {}
        self._down: set[str] = set()

    def watch(self, far_ends: list[FarEnd], now: int) -> list[Changed]:
        """These from now on. What is known of the others is forgotten; a trunk nobody asks any more counts as up."""
        self._watches = {end: self._watches.get(end) or _Watch(now) for end in far_ends}
        gone = self._down - {end.trunk for end in far_ends}
        self._down -= gone
        return [Changed(trunk, TrunkState.UP) for trunk in sorted(gone)]

    def state(self, trunk: str) -> TrunkState:
        return TrunkState.DOWN if trunk in self._down else TrunkState.UP

    def next_timer(self) -> int | None:
        return min((watch.due for watch in self._watches.values()), default=None)

    def due(self, now: int) -> list[FarEnd]:
        """Whom to ask now; each comes again after its period."""
        late = [end for end, watch in self._watches.items() if watch.due <= now]
        for end in late:
            self._watches[end].due = now + int(end.period_s * SECOND)
        return late

    def asked(self, key: str, end: FarEnd) -> None:
        """The question is on its way under this key."""
        self._open[key] = end

    def answered(self, key: str, code: int) -> Changed | None:
        """The final reply to a question, 408 for none."""
        end = self._open.pop(key, None)
        watch = self._watches.get(end) if end is not None else None
        if end is None or watch is None:
            return None
        missed = code == 408 or code >= 500
        watch.misses = watch.misses + 1 if missed else 0
        dead = all(one.misses >= MISSES for other, one in self._watches.items() if other.trunk == end.trunk)
        if dead and end.trunk not in self._down:
            self._down.add(end.trunk)
            return Changed(end.trunk, TrunkState.DOWN)
        if not missed and end.trunk in self._down:
            self._down.discard(end.trunk)
            return Changed(end.trunk, TrunkState.UP)
        return None
