"""What an agent serves and can, changed from the floor: a version of the centre, at once, within the leader's reach."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from tests.server.centre import NOON, Place
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Agent, Centre, Skill
from yingda.kernel.store import reading, writing
from yingda.server.models import AuditLine

pytestmark = pytest.mark.anyio


def in_force(place: Place) -> tuple[int, Centre]:
    with reading(place.store.business) as connection:
        present = versions.current(connection)
    assert present is not None
    return present.version, present.centre


def skilled(place: Place) -> None:
    """A second version: two skills, one of which a queue needs and one agent has."""
    version, centre = in_force(place)
    queues = [
        queue.model_copy(update={"needs": "英语 >= 3"}) if queue.name == "咨询" else queue for queue in centre.queues
    ]
    agents = [_with_english(agent) if agent.number == "1019" else agent for agent in centre.agents]
    skills = [Skill(id="s1", name="英语"), Skill(id="s2", name="退货")]
    changed = Centre.model_validate(
        centre.model_copy(update={"queues": queues, "agents": agents, "skills": skills}).model_dump()
    )
    with writing(place.store.business) as connection:
        versions.publish(connection, changed, version, "system", NOON)


def _with_english(agent: Agent) -> Agent:
    return Agent.model_validate({**agent.model_dump(), "skills": [{"skill": "英语", "level": 5, "preference": 9}]})


def agent_of(place: Place, number: str) -> Agent:
    return next(agent for agent in in_force(place)[1].agents if agent.number == number)


async def test_a_leader_changes_what_an_agent_serves_and_can(place: Place) -> None:
    skilled(place)
    agent_id, both = place.agent("lilei").id, [place.queue("售后").id, place.queue("咨询").id]
    path = f"/api/v1/floor/agents/{agent_id}/skills"
    async with place.signed_in("wang") as leader, place.signed_in("hanmei") as agent:
        shown = (await leader.get(path)).json()
        assert (shown["queues"], shown["skills"], shown["known_skills"]) == ([both[0]], [], ["英语", "退货"])
        order = {"version": shown["version"], "queues": both, "skills": [{"skill": "退货", "level": 7}]}
        assert (await agent.put(path, json=order)).status_code == 403
        done = await leader.put(path, json=order)
        assert (done.status_code, done.json()["version"], done.json()["queues"]) == (200, shown["version"] + 1, both)
        late = await leader.put(path, json=order)
        assert (late.status_code, late.json()["code"]) == (409, "config_stale")
    changed = agent_of(place, "1023")
    assert (changed.queues, [(one.skill, one.level) for one in changed.skills]) == (["售后", "咨询"], [("退货", 7)])
    assert ("config.published", {"version": shown["version"] + 1}) in place.control.asked
    with reading(place.store.business) as connection:
        actions = connection.execute(sa.select(AuditLine.action).where(AuditLine.object == f"agent:{agent_id}"))
        assert list(actions.scalars()) == ["floor.skills"]


async def test_of_two_changes_at_once_one_is_made_and_one_refused(place: Place) -> None:
    skilled(place)
    queues = [place.queue("售后").id, place.queue("咨询").id]
    paths = [f"/api/v1/floor/agents/{place.agent(name).id}/skills" for name in ("lilei", "hanmei")]
    async with place.signed_in("wang") as one, place.signed_in("root") as other:
        version = (await one.get(paths[0])).json()["version"]
        orders = [{"version": version, "queues": queues, "skills": [{"skill": "英语", "level": n}]} for n in (3, 4)]
        done = await asyncio.gather(one.put(paths[0], json=orders[0]), other.put(paths[1], json=orders[1]))
    assert sorted(answer.status_code for answer in done) == [200, 409]
    (refused,) = (answer.json() for answer in done if answer.status_code == 409)
    assert refused["code"] == "config_stale"
    assert in_force(place)[0] == version + 1


async def test_a_level_changes_and_the_rest_of_the_line_stays(place: Place) -> None:
    skilled(place)
    path = f"/api/v1/floor/agents/{place.agent('hanmei').id}/skills"
    async with place.signed_in("wang") as leader:
        shown = (await leader.get(path)).json()
        order = {key: shown[key] for key in ("version", "queues")} | {"skills": [{"skill": "英语", "level": 9}]}
        assert (await leader.put(path, json=order)).status_code == 200
    (line,) = agent_of(place, "1019").skills
    assert (line.level, line.preference) == (9, 9)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"queues": ["nowhere"]}, 409, "unknown_queue"),
        ({"skills": [{"skill": "法语", "level": 1}]}, 409, "unknown_skill"),
        ({"skills": []}, 409, "skills_needed"),
        ({"skills": [{"skill": "英语", "level": 10}]}, 422, "invalid"),
        ({"version": 0}, 422, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused(place: Place, change: dict[str, Any], status: int, code: str) -> None:
    skilled(place)
    path = f"/api/v1/floor/agents/{place.agent('hanmei').id}/skills"
    async with place.signed_in("wang") as leader:
        shown = (await leader.get(path)).json()
        order = {key: shown[key] for key in ("version", "queues", "skills")} | change
        answer = await leader.put(path, json=order)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert in_force(place)[0] == shown["version"]
