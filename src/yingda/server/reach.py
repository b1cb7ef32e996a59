"""How far somebody sees: the data scope of a user (own, team, department or all) as the agents and queues within it.

The role says what one may do (`permissions.py`), the reach with whom. It is worked out of the configuration in force at
every request, so that a changed team counts from the next click. What lies outside it looks like what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yingda.kernel.config.centre import Agent, Centre, Scope, Team, User

_OF_ROLE: Mapping[str, Scope] = {"agent": "own", "leader": "all", "admin": "all"}


@dataclass(frozen=True, slots=True)
class Reach:
    """The agents within sight (None: everybody), and the queues that the configuration lets them serve."""

    agents: frozenset[str] | None
    queues: frozenset[str] = frozenset()

    @property
    def everywhere(self) -> bool:
        return self.agents is None

    def has_agent(self, agent_id: str | None) -> bool:
        return self.agents is None or agent_id in self.agents

    def has_queue(self, queue_id: str | None) -> bool:
        return self.agents is None or queue_id in self.queues


EVERYWHERE = Reach(None)


def scope_of(user: User) -> Scope:
    """The user's own setting; without one an agent sees himself, a leader his teams, or everybody if he leads none."""
    if user.scope is not None:
        return user.scope
    return "team" if user.role == "leader" and user.leads else _OF_ROLE[user.role]


def reach_of(centre: Centre, user: User, agent: Agent | None) -> Reach:
    """Whom this user sees. agent: the agent he is, if he serves customers; he always sees himself."""
    scope = scope_of(user)
    if scope == "all":
        return EVERYWHERE
    teams = _teams(centre, user, agent, scope)
    seen = [one for one in centre.agents if one.team in teams]
    if agent is not None and agent not in seen:
        seen.append(agent)
    return Reach(frozenset(one.id for one in seen), _queues(centre, seen))


def _teams(centre: Centre, user: User, agent: Agent | None, scope: Scope) -> frozenset[str]:
    if scope == "own":
        return frozenset()
    own = frozenset(user.leads) | ({agent.team} if agent is not None and agent.team is not None else frozenset())
    return own if scope == "team" else _departments_of(centre.teams, own)


def _departments_of(teams: Iterable[Team], own: frozenset[str]) -> frozenset[str]:
    """The teams of the same departments; a team without a department stands for itself."""
    teams = tuple(teams)
    departments = {team.department for team in teams if team.name in own and team.department is not None}
    return own | frozenset(team.name for team in teams if team.department in departments)


def _queues(centre: Centre, agents: Iterable[Agent]) -> frozenset[str]:
    names = {name for agent in agents for name in agent.queues}
    return frozenset(queue.id for queue in centre.queues if queue.name in names)
