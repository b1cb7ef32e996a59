"""/floor/agents/{id}/skills: which queues an agent serves and what he is asked for (SUP-11).

In force at once, as a version of the centre, until somebody changes it again. The audit log and the ledger know."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from yingda.kernel.config import versions
from yingda.kernel.config.centre import Agent, AgentSkill, Centre
from yingda.kernel.config.problems import CentreError
from yingda.kernel.errors import YingdaError
from yingda.server.configuring import Hand, hand_of, in_force, tell_control
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk.schemas import Id, Order
from yingda.server.floor import service
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 404, 503))
AgentId = Annotated[str, Path(max_length=64)]
MOST = 200


class SkillLine(Order):
    """A skill of an agent's, by its name, from 1 to 9."""

    skill: Annotated[str, Field(min_length=1, max_length=200)]
    level: Annotated[int, Field(ge=1, le=9)]


class SkillsOrder(Order):
    """All that he serves and can from now on. version: of the centre that the change was made from."""

    version: Annotated[int, Field(ge=1, le=1 << 53)]
    queues: Annotated[list[Id], Field(max_length=MOST)]
    skills: Annotated[list[SkillLine], Field(max_length=MOST)]


class AgentSkills(SkillsOrder):
    """queues: ids within the asker's reach. known_skills: of the centre. elsewhere: how many queues lie beyond it."""

    known_skills: list[str]
    elsewhere: int


@router.get("/agents/{agent_id}/skills", response_model=AgentSkills, summary="What an agent serves and can")
async def read_agent_skills(agent_id: AgentId, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    await service.need_agent(house, viewer, agent_id)
    return await run_in_threadpool(_shown, house, viewer, agent_id)


@router.put(
    "/agents/{agent_id}/skills",
    response_model=AgentSkills,
    responses=documented(409),
    summary="Change what an agent serves and can, at once (调整技能)",
)
async def change_agent_skills(
    agent_id: AgentId, order: SkillsOrder, house: InHouse, viewer: SignedIn, address: Address, request: Request
) -> dict[str, Any]:
    await service.need_agent(house, viewer, agent_id)
    await run_in_threadpool(_change, hand_of(house, viewer, address, request), agent_id, order)
    await tell_control(house)
    return await run_in_threadpool(_shown, house, viewer, agent_id)


# ---- within --------------------------------------------------------------------------------------------------------


def _change(hand: Hand, agent_id: str, order: SkillsOrder) -> None:
    """Raises config_stale, unknown_queue, unknown_skill, skills_needed."""
    version, centre = in_force(hand.house, hand.viewer)
    if version != order.version:
        raise versions.stale(version, order.version)
    agent = _of(centre, agent_id)
    changed = agent.model_copy(
        update={"queues": _queues(centre, hand.viewer, agent, order), "skills": _skills(centre, agent, order)}
    )
    agents = [changed if one.id == agent_id else one for one in centre.agents]
    try:
        hand.apply(centre.model_copy(update={"agents": agents}), version)
    except CentreError as error:
        words = "; ".join(str(problem) for problem in error.problems)
        raise YingdaError("skills_needed", f"This cannot be taken from the agent: {words}.") from error
    hand.note("floor.skills", f"agent:{agent_id}")


def _queues(centre: Centre, viewer: Viewer, agent: Agent, order: SkillsOrder) -> list[str]:
    """By name, in the centre's order; those beyond the viewer's reach stay as they are."""
    wanted = set(order.queues)
    if wanted - {queue.id for queue in centre.queues if viewer.reach.has_queue(queue.id)}:
        raise YingdaError("unknown_queue", "There is no such queue.", where="queues")
    return [
        queue.name
        for queue in centre.queues
        if (queue.id in wanted if viewer.reach.has_queue(queue.id) else queue.name in agent.queues)
    ]


def _skills(centre: Centre, agent: Agent, order: SkillsOrder) -> list[AgentSkill]:
    """A level changes; what else stands in his résumé of a skill (preference, never) stays."""
    if unknown := {line.skill for line in order.skills} - {skill.name for skill in centre.skills}:
        raise YingdaError("unknown_skill", f"There is no such skill: {', '.join(sorted(unknown))}.", where="skills")
    had = {line.skill: line for line in agent.skills}
    levels = {line.skill: line.level for line in order.skills}
    return [had.get(name, AgentSkill(skill=name)).model_copy(update={"level": level}) for name, level in levels.items()]


def _shown(house: House, viewer: Viewer, agent_id: str) -> dict[str, Any]:
    version, centre = in_force(house, viewer)
    agent = _of(centre, agent_id)
    served = [queue for queue in centre.queues if queue.name in agent.queues]
    mine = [queue.id for queue in served if viewer.reach.has_queue(queue.id)]
    return {
        "version": version,
        "queues": mine,
        "skills": [{"skill": line.skill, "level": line.level} for line in agent.skills],
        "known_skills": [skill.name for skill in centre.skills],
        "elsewhere": len(served) - len(mine),
    }


def _of(centre: Centre, agent_id: str) -> Agent:
    agent = next((one for one in centre.agents if one.id == agent_id), None)
    if agent is None:
        raise not_found("agent")
    return agent
