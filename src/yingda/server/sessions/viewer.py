"""Who looks: the signed-in user of a request, as every route and the feed know him."""

from __future__ import annotations

from dataclasses import dataclass

from yingda.server.permissions import Must, Role
from yingda.server.reach import Reach


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user with a session. `agent_id`: the agent he is, if he serves customers. `expires`: µs UTC.

    `reach`: whom he sees. `must`: what he has to do before anything else.
    """

    tenant: str
    user_id: str
    username: str
    role: Role
    agent_id: str | None
    session_id: str
    expires: int
    reach: Reach
    must: Must | None = None

    @property
    def who(self) -> str:
        """As the audit log and the ledger's `by` name him."""
        return f"user:{self.user_id}"
