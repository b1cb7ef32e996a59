"""A pool: agents an entry may wait for. Entries wait in pools, idle agents stand in them; who shares one can meet."""

from __future__ import annotations

from typing import NamedTuple


class Pool(NamedTuple):
    """Those of a queue who also meet `needs`. instead: the needs take the place of the queue's own (an escalation that
    asks for less). agent_id: nobody but him, whatever he can."""

    queue_id: str
    needs: str = ""
    instead: bool = False
    agent_id: str = ""
