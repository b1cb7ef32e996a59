"""Are the far ends of our trunks there? Each is asked by OPTIONS now and then (RFC 3261 section 11), and calls show it
too; sans-IO.

    trunk   event                                                             next
    up      every far end is dead: it missed MISSES answers in a row,         down
             or a call just failed there and its rest is not over
    up      the whole trunk is barred (no address is known, not registered)   down
    down    one far end answers, or its rest is over; no bar stands           up

No answer, 408 and 5xx are misses; any other reply, a refusal too, shows that somebody is there. Who misses once is
asked again soon. Where a call failed, a far end that has answered us before has to answer again before it gets the
next one; of one that answers no OPTIONS nothing can be known but by calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from yingda.kernel.clock import SECOND
from yingda.sip.flow import Address

MISSES = 2
AGAIN_S = 5
"""From a miss to the next question."""


class TrunkState(Enum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class FarEnd:
    """One address of a trunk. period_s: seconds from one question to the next, 0: it is never asked. first_s: seconds
    to the first."""

    trunk: str
    transport: str
    address: Address
    period_s: float
    first_s: float = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """why: a word for what bars the trunk as a whole; empty: its far ends are dead (or it is up)."""

    trunk: str
    state: TrunkState
    why: str = ""


class _Watch:
    """due: when to ask, None: never. rests_until: left alone after a call failed there; 0: not. answers: it has
    answered a question."""

    __slots__ = ("answers", "due", "misses", "rests_until")

    def __init__(self, due: int | None) -> None:
        self.due, self.misses, self.rests_until, self.answers = due, 0, 0, False

    @property
    def dead(self) -> bool:
        return self.misses >= MISSES or self.rests_until > 0


class TrunkHealth:
    """`due` says whom to ask; `asked` and `answered` what became of it. A trunk is up until the opposite is known."""

    def __init__(self) -> None:
        self._watches: dict[FarEnd, _Watch] = {}
        self._open: dict[str, FarEnd] = {}
        self._bars: dict[str, str] = {}
        self._down: set[str] = set()

    def watch(self, far_ends: list[FarEnd], now: int) -> list[Changed]:
        """These from now on. What is known of the others is forgotten; a trunk nobody asks any more counts as up."""
        self._watches = {end: self._watches.get(end) or _begun(end, now) for end in far_ends}
        concerned = self._down | {end.trunk for end in far_ends}
        return [changed for trunk in sorted(concerned) if (changed := self._judge(trunk)) is not None]

    def state(self, trunk: str) -> TrunkState:
        return TrunkState.DOWN if trunk in self._down else TrunkState.UP

    def alive(self, trunk: str, transport: str, address: Address) -> bool:
        """May a call be sent there? What nobody watches is alive."""
        ends = (watch for end, watch in self._watches.items() if _is(end, trunk, transport, address))
        return not any(watch.dead for watch in ends)

    def next_timer(self) -> int | None:
        dues = (due for watch in self._watches.values() for due in (watch.due, watch.rests_until or None))
        return min((due for due in dues if due is not None), default=None)

    def due(self, now: int) -> list[FarEnd]:
        """Whom to ask now; each comes again after its period."""
        late = [end for end, watch in self._watches.items() if watch.due is not None and watch.due <= now]
        for end in late:
            self._watches[end].due = now + int(end.period_s * SECOND)
        return late

    def rested(self, now: int) -> list[Changed]:
        """Far ends whose rest is over may be tried again."""
        over = [end for end, watch in self._watches.items() if 0 < watch.rests_until <= now]
        for end in over:
            watch = self._watches[end]
            watch.rests_until = 0
            if watch.answers and watch.due is not None:
                watch.misses, watch.due = MISSES, now
        trunks = dict.fromkeys(end.trunk for end in over)
        return [changed for trunk in trunks if (changed := self._judge(trunk)) is not None]

    def asked(self, key: str, end: FarEnd) -> None:
        """The question is on its way under this key."""
        self._open[key] = end

    def answered(self, key: str, code: int, now: int) -> Changed | None:
        """The final reply to a question, 408 for none."""
        end = self._open.pop(key, None)
        watch = self._watches.get(end) if end is not None else None
        if end is None or watch is None:
            return None
        missed = code == 408 or code >= 500
        watch.misses = watch.misses + 1 if missed else 0
        watch.answers = watch.answers or not missed
        if 0 < watch.misses < MISSES and watch.due is not None:
            watch.due = min(watch.due, now + AGAIN_S * SECOND)
        return self._judge(end.trunk)

    def failed(self, trunk: str, transport: str, address: Address, until: int) -> Changed | None:
        """A call failed there: it is left alone until then (µs)."""
        for end, watch in self._watches.items():
            if _is(end, trunk, transport, address):
                watch.rests_until = max(watch.rests_until, until)
        return self._judge(trunk)

    def bar(self, trunk: str, why: str) -> Changed | None:
        """The trunk as a whole cannot be used, for this reason; empty: it can."""
        if why:
            self._bars[trunk] = why
        else:
            self._bars.pop(trunk, None)
        return self._judge(trunk)

    def barred(self, trunk: str) -> str:
        """Why the trunk as a whole cannot be used; empty: it can."""
        return self._bars.get(trunk, "")

    def _judge(self, trunk: str) -> Changed | None:
        """Has the trunk gone, or come back?"""
        ends = [watch for end, watch in self._watches.items() if end.trunk == trunk]
        why = self._bars.get(trunk, "")
        down = bool(why) or (bool(ends) and all(watch.dead for watch in ends))
        if down == (trunk in self._down):
            return None
        if down:
            self._down.add(trunk)
            return Changed(trunk, TrunkState.DOWN, why)
        self._down.discard(trunk)
        return Changed(trunk, TrunkState.UP)


def _begun(end: FarEnd, now: int) -> _Watch:
    return _Watch(now + int(end.first_s * SECOND) if end.period_s else None)


def _is(end: FarEnd, trunk: str, transport: str, address: Address) -> bool:
    return end.trunk == trunk and end.transport == transport and end.address == address
