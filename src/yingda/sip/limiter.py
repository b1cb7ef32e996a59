"""A brake on guessing passwords: failed digest attempts per source.

Within WINDOW, after ACCOUNT_LIMIT failures of one username from one host, that pair gets 403 without a look at its
credentials until PENALTY has passed; after HOST_LIMIT failures of any names from one host (many agents may sit behind
one NAT, so it is far higher), that host gets no answer to anything that must be authenticated.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import Any

from yingda.kernel.clock import SECOND

WINDOW = 60 * SECOND
PENALTY = 60 * SECOND
ACCOUNT_LIMIT = 8
HOST_LIMIT = 200
MAX_ENTRIES = 20_000


class Brake(Enum):
    FREE = "free"
    REFUSE = "refuse"
    SILENT = "silent"


class AttemptLimiter:
    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[int, int]] = OrderedDict()  # key -> (count, until µs)

    def brake(self, host: str, username: str, now: int) -> Brake:
        if self._over(host, HOST_LIMIT, now):
            return Brake.SILENT
        return Brake.REFUSE if self._over(f"{host} {username}", ACCOUNT_LIMIT, now) else Brake.FREE

    def failed(self, host: str, username: str, now: int) -> None:
        self._raise(host, HOST_LIMIT, now)
        self._raise(f"{host} {username}", ACCOUNT_LIMIT, now)

    def succeeded(self, host: str, username: str) -> None:
        self._entries.pop(f"{host} {username}", None)

    def _over(self, key: str, limit: int, now: int) -> bool:
        count, until = self._entries.get(key, (0, 0))
        return count >= limit and now < until

    def _raise(self, key: str, limit: int, now: int) -> None:
        count, until = self._entries.get(key, (0, 0))
        count = count + 1 if now < until else 1
        until = now + PENALTY if count >= limit else until if count > 1 else now + WINDOW
        self._entries[key] = (count, until)
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def to_state(self) -> list[list[object]]:
        return [[key, count, until] for key, (count, until) in self._entries.items()]

    def restore(self, raw: list[list[Any]]) -> None:
        self._entries = OrderedDict((str(key), (int(count), int(until))) for key, count, until in raw)
