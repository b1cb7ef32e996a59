"""When more comes in than can be served, new calls give way to those under way (TEL-38), sans-IO.

    state   what is seen of the socket                     next
    open    never empty for SHUT_AFTER                     shut: who calls anew gets 503 with Retry-After
    shut    emptied, and not found full again for CALM     open

A socket that is not emptied means that every message waits behind all that came before it: without a valve callers and
carriers say everything again, which makes it worse. A refusal costs a tenth of a call, and carriers go another way.
A machine that others kept busy for a while catches up by itself: nobody is refused for that.
"""

from __future__ import annotations

from yingda.kernel.clock import SECOND

SHUT_AFTER = 10 * SECOND
CALM = 2 * SECOND
RETRY_AFTER_S = 10


class Valve:
    """shut: are new calls to be refused?"""

    def __init__(self) -> None:
        self.shut = False
        self._behind_since: int | None = None
        self._last_behind = 0

    def saw(self, *, emptied: bool, now: int) -> bool:
        """So much was read at once that there may be more (not emptied), or all of it; has the state changed?"""
        if emptied:
            self._behind_since = None
            return self._move(self.shut and now - self._last_behind < CALM)
        self._last_behind = now
        self._behind_since = now if self._behind_since is None else self._behind_since
        return self._move(self.shut or now - self._behind_since >= SHUT_AFTER)

    def _move(self, shut: bool) -> bool:
        """The one place where the state changes."""
        changed, self.shut = shut is not self.shut, shut
        return changed
