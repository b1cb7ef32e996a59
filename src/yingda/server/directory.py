"""The people and queues of one version of the configuration, found by what requests name them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from yingda.kernel.config import versions
from yingda.kernel.config.centre import Agent, Centre, Queue, User
from yingda.kernel.config.models import ConfigVersion
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import Store, reading


@dataclass(frozen=True, slots=True)
class Directory:
    """An immutable look-up of one version."""

    version: int
    centre: Centre
    users: Mapping[str, User]
    usernames: Mapping[str, User]
    agents: Mapping[str, Agent]
    agents_by_username: Mapping[str, Agent]
    queues: Mapping[str, Queue]

    @classmethod
    def of(cls, version: int, centre: Centre) -> Directory:
        return cls(
            version,
            centre,
            users={user.id: user for user in centre.users},
            usernames={user.username: user for user in centre.users},
            agents={agent.id: agent for agent in centre.agents},
            agents_by_username={agent.user: agent for agent in centre.agents},
            queues={queue.id: queue for queue in centre.queues},
        )

    def agent_of(self, user: User) -> Agent | None:
        """The agent that this user is, if he serves customers."""
        return self.agents_by_username.get(user.username)

    def agent_name(self, agent_id: str) -> str:
        """The display name, or "" for an agent of an older version."""
        agent = self.agents.get(agent_id)
        user = self.usernames.get(agent.user) if agent is not None else None
        return user.display_name if user is not None else ""

    def agent_number(self, agent_id: str) -> str:
        agent = self.agents.get(agent_id)
        return agent.number if agent is not None else ""

    def queue_name(self, queue_id: str) -> str:
        queue = self.queues.get(queue_id)
        return queue.name if queue is not None else ""


class CurrentDirectory:
    """The directory of the version in force: each call asks for its number, and reads it when that has moved."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant
        self._known: Directory | None = None

    def __call__(self) -> Directory:
        """Raises YingdaError("no_configuration") before the first version. May block: call it in a thread."""
        known = self._known
        newest = sa.select(sa.func.max(ConfigVersion.version)).where(ConfigVersion.tenant_id == self._tenant)
        with reading(self._store.business) as connection:
            number = connection.execute(newest).scalar()
            if known is not None and known.version == number:
                return known
            version = versions.current(connection, self._tenant)
        if version is None:
            raise YingdaError(
                "no_configuration",
                "This centre is not configured yet.",
                todo="Publish a centre with: yingda apply FILE",
            )
        self._known = Directory.of(version.version, version.centre)
        return self._known
