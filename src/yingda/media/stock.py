"""Control's side of the stock: how many legs a media process shall have open ahead, and which is given out next.

Pure: time (µs) comes in, orders go out. A caller's 200 and an agent's INVITE need nothing of media but a leg's ports;
taken from here they leave in the same turn. The stock follows what was used in the last quarter of a second, and is
small in a centre at rest.

    state   by                           next
    CLOSED  the connection stands        OPEN, empty
    OPEN    the connection is lost       CLOSED: what it holds and has ordered is worth nothing, and never given out

A leg is given out once: it leaves the stock with that. What was ordered of an earlier connection is not taken in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from yingda.kernel.clock import SECOND
from yingda.media.protocol import ReadyLeg, StockLegs

WINDOW = SECOND // 4
LEAST, MOST = 8, 128
"""In stock when nothing happens, and ever. 128 last for 250 ms of 200 calls/s, with two legs each."""
WORTH = 4
"""Fewer missing legs wait for the next: an order has a price of its own."""
AT_ONCE = 16
"""In one order: 1 ms for media, whose packets wait meanwhile."""


class Stock:
    """Of one connection after the other."""

    def __init__(self) -> None:
        self._open = False
        self._legs: deque[ReadyLeg] = deque()
        self._used: deque[int] = deque(maxlen=MOST)  # when
        self._most = MOST
        self._orders = 0
        self._order: StockLegs | None = None  # that was not carried out yet,
        self._waiting = False  # and whose answer is on its way

    def __len__(self) -> int:
        return len(self._legs)

    def open(self) -> None:
        self.close()
        self._open = True

    def close(self) -> None:
        self._open, self._order, self._waiting = False, None, False
        self._legs.clear()

    def take(self, now: int) -> ReadyLeg | None:
        """The one that has been ready longest; None: media must be asked."""
        self._used.append(now)
        return self._legs.popleft() if self._legs else None

    def wanted(self, now: int) -> int:
        while self._used and now - self._used[0] > WINDOW:
            self._used.popleft()
        return min(self._most, LEAST + len(self._used))

    def order(self, now: int) -> StockLegs | None:
        """What media shall do about it now, one order at a time; one that was refused is repeated."""
        if not self._open or self._waiting:
            return None
        if self._order is None:
            self._order = self._balance(self.wanted(now), len(self._legs))
        self._waiting = self._order is not None
        return self._order

    def _balance(self, wanted: int, held: int) -> StockLegs | None:
        """What is given back is out of stock with that."""
        missing, surplus = wanted - held, held - 2 * wanted
        if missing < (WORTH if held else 1) and surplus <= 0:
            return None
        self._orders += 1
        if missing > 0:
            return StockLegs(order=self._orders, more=min(missing, AT_ONCE))
        ports = [self._legs.popleft().address[1] for _ in range(min(surplus, AT_ONCE))]
        return StockLegs(order=self._orders, surplus=ports)

    def arrived(self, order: int, legs: Sequence[ReadyLeg], most: int) -> None:
        if self._waiting and order == self._orders:
            self._order, self._waiting, self._most = None, False, min(most, MOST)
            self._legs.extend(legs)

    def refused(self, order: int) -> None:
        """Nobody knows whether media did it."""
        if order == self._orders:
            self._waiting = False

    def next_timer(self) -> int | None:
        """When to look for what is too much; None: not before the next use."""
        if self._waiting or len(self._legs) <= 2 * LEAST:
            return None
        return self._used[-1] + WINDOW + 1 if self._used else 0
