"""A brake on floods: how much a stranger may say (P-13: established calls and the web stay untouched).

A stranger is an address that is no trunk's and that no device of ours registered from. Each has a bucket: BURST
messages at once, RATE a second in the long run; what is more is dropped unread and counted. An office whose phones all
register at once behind one address stays below that, and has no limit any more once one of them is in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from yingda.kernel.clock import SECOND

RATE = 100
BURST = 1_000
LOOK_AGAIN = 2 * SECOND
"""So long an address counts as what it was found to be."""
MOST = 20_000


class _Source:
    __slots__ = ("free", "known", "looked", "stamp")

    def __init__(self, now: int) -> None:
        self.free, self.stamp = float(BURST), now
        self.known, self.looked = False, now - LOOK_AGAIN


class Brake:
    """known: is this address a trunk's or a device's?"""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sources)

    def passes(self, host: str, now: int) -> bool:
        source = self._sources.get(host)
        if source is None:
            source = self._sources[host] = _Source(now)
            if len(self._sources) > MOST:
                self._sources.popitem(last=False)
        if now - source.looked >= LOOK_AGAIN:
            source.known, source.looked = self._known(host), now
            self._sources.move_to_end(host)
        if source.known:
            return True
        source.free = min(BURST, source.free + (now - source.stamp) * RATE / SECOND)
        source.stamp = now
        if source.free < 1:
            return False
        source.free -= 1
        return True
