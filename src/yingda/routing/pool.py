"""A pool: agents an entry may wait for. Entries wait in pools, idle agents stand in them; who shares one can meet."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Pool(NamedTuple):
    """Those of a queue who also meet `needs`. instead: the needs take the place of the queue's own (an escalation that
    asks for less). agent_id: nobody but him, whatever he can. line: the digital medium there is to be room for; "" for
    what takes an agent whole (`capacity`)."""

    queue_id: str
    needs: str = ""
    instead: bool = False
    agent_id: str = ""
    line: str = ""

    @property
    def group(self) -> Pool:
        """Whom it consists of, whatever they are free for."""
        return self._replace(line="") if self.line else self


@lru_cache(maxsize=4096)
def own_pool(queue_id: str, needs: str, line: str) -> Pool:
    """Of an entry's home queue; almost every entry asks for one of a few."""
    return Pool(queue_id, needs, line=line)
