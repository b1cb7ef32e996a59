"""Data scopes: whom a leader sees and may act upon, by every road that leads to an agent or a contact."""

from __future__ import annotations

import pytest

from tests.server.books import answered_call, put
from tests.server.centre import NOON, Place
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Agent, Centre, CentreInfo, Queue, Team, User
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import writing
from yingda.reports.rows import Contact
from yingda.server.reach import EVERYWHERE, Reach, reach_of

pytestmark = pytest.mark.anyio


def town() -> Centre:
    """Three teams, two of one department; li leads the first and serves in the second."""
    return Centre(
        centre=CentreInfo(name="town"),
        teams=[
            Team(id="t1", name="east", department="sales"),
            Team(id="t2", name="west", department="sales"),
            Team(id="t3", name="care"),
        ],
        queues=[Queue(id="q1", name="orders"), Queue(id="q2", name="complaints")],
        users=[User(id="u1", username="li", display_name="Li", role="leader", leads=["east"])],
        agents=[
            Agent(id="a1", number="1", user="one", team="east", queues=["orders"]),
            Agent(id="a2", number="2", user="li", team="west"),
            Agent(id="a3", number="3", user="three", team="west"),
            Agent(id="a4", number="4", user="four", team="care", queues=["complaints"]),
        ],
    )


@pytest.mark.parametrize(
    ("user", "agent", "seen", "queues"),
    [
        ({"role": "agent"}, "a1", {"a1"}, {"q1"}),
        ({"role": "agent"}, None, set(), set()),
        ({"role": "agent", "scope": "team"}, "a2", {"a2", "a3"}, set()),
        ({"role": "leader", "leads": ["east"]}, "a2", {"a1", "a2", "a3"}, {"q1"}),
        ({"role": "leader", "leads": ["care"], "scope": "own"}, "a3", {"a3"}, set()),
        ({"role": "leader", "scope": "department"}, "a1", {"a1", "a2", "a3"}, {"q1"}),
        ({"role": "leader", "leads": ["care"], "scope": "department"}, None, {"a4"}, {"q2"}),
    ],
)
def test_the_reach_of_a_scope(user: dict[str, object], agent: str | None, seen: set[str], queues: set[str]) -> None:
    centre = town()
    person = User.model_validate({"username": "x", "display_name": "X", **user})
    reach = reach_of(centre, person, next((one for one in centre.agents if one.id == agent), None))
    assert reach == Reach(frozenset(seen), frozenset(queues))


@pytest.mark.parametrize("user", [{"role": "admin"}, {"role": "leader"}, {"role": "agent", "scope": "all"}])
def test_who_sees_everybody(user: dict[str, object]) -> None:
    person = User.model_validate({"username": "x", "display_name": "X", **user})
    assert reach_of(town(), person, None) == EVERYWHERE


def split(place: Place) -> None:
    """A second team with Han Meimei in it; Wang leads the first alone."""
    centre = place.centre
    users = [user.model_copy(update={"leads": ["一班"]}) if user.username == "wang" else user for user in centre.users]
    agents = [one.model_copy(update={"team": "二班"}) if one.user == "hanmei" else one for one in centre.agents]
    teams = [*centre.teams, Team(id="second", name="二班")]
    changed = centre.model_copy(update={"users": users, "agents": agents, "teams": teams})
    with writing(place.store.business) as connection:
        versions.publish(connection, changed, 1, "system", NOON)


def unanswered(place: Place, name: str, queue: str) -> None:
    """A caller whom nobody answered in this queue."""
    first = {"first_queue_id": place.queue(queue).id, "outcome": "abandoned", "ended": NOON}
    put(place, Contact(name, DEFAULT_TENANT, "voice", "inbound", NOON, NOON, **first))  # type: ignore[arg-type]  # mixed


async def test_a_team_leader_lists_reads_and_hears_his_team_only(place: Place) -> None:
    split(place)
    answered_call(place, "ours", "lilei")
    answered_call(place, "theirs", "hanmei")
    unanswered(place, "lost", "售后")
    unanswered(place, "lost elsewhere", "咨询")
    async with place.signed_in("wang") as browser:
        listed = {item["interaction_id"] for item in (await browser.get("/api/v1/calls")).json()["items"]}
        assert listed == {"ours", "lost"}
        for path, status in {
            "calls/ours": 200,
            "calls/lost": 200,
            "calls/theirs": 404,
            "calls/lost elsewhere": 404,
            "recordings/ours-r": 200,
            "recordings/theirs-r": 404,
        }.items():
            assert (await browser.get(f"/api/v1/{path}")).status_code == status, path


async def test_a_team_leader_sees_and_commands_his_team_only(place: Place) -> None:
    split(place)
    ours, theirs = place.agent("lilei").id, place.agent("hanmei").id
    for number, agent_id in enumerate((ours, theirs)):
        doc = {"id": agent_id, "number": str(number), "name": "x", "state": "idle", "queues": []}
        place.control.change({("agents", agent_id): doc})
    await place.control.followed(place.app.state.house.hub)
    async with place.signed_in("wang") as browser:
        floor = (await browser.get("/api/v1/floor")).json()
        assert [agent["id"] for agent in floor["agents"]] == [ours]
        answers = [await browser.post(f"/api/v1/floor/agents/{one}/idle") for one in (ours, theirs)]
    assert [answer.status_code for answer in answers] == [204, 404]
    assert [body["agent_id"] for method, body in place.control.asked if method == "desk.idle"] == [ours]
