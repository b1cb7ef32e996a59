"""The rules of the desk: an agent acts for himself only, and needs control's documents to see where he stands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from yingda.kernel.errors import YingdaError
from yingda.kernel.store import writing
from yingda.server.control import ask, control_away
from yingda.server.deps import House
from yingda.server.desk.schemas import Disposition
from yingda.server.directory import Directory
from yingda.server.feed.visible import eyes_now, visible_docs
from yingda.server.models import HandlingNote
from yingda.server.reach import Reach
from yingda.server.sessions.viewer import Viewer


def own_agent(viewer: Viewer) -> str:
    """The agent behind the viewer; a user who serves no customers has no desk."""
    if viewer.agent_id is None:
        raise YingdaError(
            "no_agent",
            "This user is not an agent and has no desk.",
            todo="An administrator can make the user an agent.",
        )
    return viewer.agent_id


def read_desk(house: House, viewer: Viewer, directory: Directory) -> dict[str, Any]:
    """The desk as `schemas.Desk` shows it, out of the documents that the hub follows (so: on the event loop)."""
    agent_id = own_agent(viewer)
    docs = house.hub.documents.now
    eyes = eyes_now("agent", Reach(frozenset((agent_id,))), docs, agent_id=agent_id)
    agent = docs.get(("agents", agent_id))
    if agent is None:
        raise control_away()
    seen = visible_docs(docs, eyes)
    return {
        "agent": agent,
        "call": next(
            (doc for (kind, ident), doc in seen.items() if kind == "calls" and ident in eyes.interactions), None
        ),
        "queues": [doc for (kind, _), doc in seen.items() if kind == "queues"],
        "busy_reasons": [reason.model_dump() for reason in directory.centre.busy_reasons],
        "now": house.deps.clock.now(),
    }


def leaders_of(house: House, viewer: Viewer) -> int:
    """How many others who lead this agent have a screen of this plane open."""
    seen = (browser.viewer for browser in house.hub.browsers)
    leaders = {one.user_id for one in seen if one.role != "agent" and one.reach.has_agent(viewer.agent_id)}
    return len(leaders - {viewer.user_id})


async def act(house: House, viewer: Viewer, command: str, **fields: Any) -> dict[str, Any]:
    """Carry a command of the agent's own to control: `desk.<command>`."""
    agent_id = own_agent(viewer)
    return await ask(house.deps.control, f"desk.{command}", {"agent_id": agent_id, "by": f"agent:{agent_id}", **fields})


def keep_note(house: House, viewer: Viewer, disposition: Disposition) -> None:
    """Keep the note of a handling that control has just let this agent dispose of; the last one counts."""
    key = {"tenant_id": viewer.tenant, "handling_id": disposition.handling_id}
    row = {**key, "agent_id": own_agent(viewer), "at": house.deps.clock.now(), "note": disposition.note}
    with writing(house.deps.store.business) as connection:
        connection.execute(sa.delete(HandlingNote).filter_by(**key))
        connection.execute(sa.insert(HandlingNote), row)
