"""Against guessing passwords: attempts per username and per address, in memory, of bounded size. Pure: time is given.

An attempt counts from the moment it begins, so a hundred at the same instant are a hundred; a right password takes
back the username's count, and of the address's its own attempt alone: a whole office signs in at eight o'clock, but
one account of his own must not buy an attacker a free list.
Each key has `burst` attempts, and gets one back every `refill` µs (a leaky bucket: only the time when it will be empty
is stored). The table keeps the `size` keys that were tried last. It lives in the process: a restart of the web plane
forgives everybody, which nobody outside can bring about.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from yingda.kernel.clock import SECOND


class AttemptLimit:
    """`take` says 0, or how long to wait (µs)."""

    def __init__(self, burst: int, refill: int, size: int = 10_000) -> None:
        self._burst, self._refill, self._size = burst, refill, size
        self._empty_at: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, now: int) -> int:
        with self._lock:
            empty_at = max(self._empty_at.get(key, 0), now)
            over = empty_at + self._refill - (now + self._burst * self._refill)
            if over > 0:
                return over
            self._empty_at[key] = empty_at + self._refill
            self._empty_at.move_to_end(key)
            while len(self._empty_at) > self._size:
                self._empty_at.popitem(last=False)
            return 0

    def give_back(self, key: str) -> None:
        """Undo one `take`."""
        with self._lock:
            if key in self._empty_at:
                self._empty_at[key] -= self._refill

    def forgive(self, key: str) -> None:
        with self._lock:
            self._empty_at.pop(key, None)


def username_limit() -> AttemptLimit:
    """Five at once, then one every half minute: about 2,900 guesses a day against one account."""
    return AttemptLimit(burst=5, refill=30 * SECOND)


def address_limit() -> AttemptLimit:
    """A whole office may sign in through one address: sixty wrong ones at once, then one every five seconds."""
    return AttemptLimit(burst=60, refill=5 * SECOND)
