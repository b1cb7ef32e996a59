"""The rules of the floor: a leader acts on whom he sees, in his own name, and the audit log knows."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool

from yingda.kernel.store import writing
from yingda.server import audit
from yingda.server.control import ask
from yingda.server.deps import House
from yingda.server.feed.visible import eyes_now, visible
from yingda.server.refusals import not_found
from yingda.server.sessions.viewer import Viewer


async def force(house: House, viewer: Viewer, address: str, agent_id: str, command: str, **fields: Any) -> None:
    """`desk.<command>` for an agent within reach."""
    await need_agent(house, viewer, agent_id)
    await ask(house.deps.control, f"desk.{command}", {"agent_id": agent_id, "by": viewer.who, **fields})
    await note(house, viewer, address, f"floor.{command}", f"agent:{agent_id}")


async def need_agent(house: House, viewer: Viewer, agent_id: str) -> None:
    """Refuses an agent who is not there, or not for these eyes."""
    directory = await run_in_threadpool(house.directory)
    known = agent_id in directory.agents or ("agents", agent_id) in house.hub.documents.now
    if not known or not viewer.reach.has_agent(agent_id):
        raise not_found("agent")


async def need_queue(house: House, viewer: Viewer, queue_id: str) -> None:
    """Refuses a queue that is not there, or not for these eyes."""
    directory = await run_in_threadpool(house.directory)
    known = any(queue.id == queue_id for queue in directory.centre.queues)
    if not known or not viewer.reach.has_queue(queue_id):
        raise not_found("queue")


def need_entry(house: House, viewer: Viewer, entry_id: str) -> None:
    """Refuses a caller who does not wait, or not in a queue of these eyes."""
    for (kind, _), doc in house.hub.documents.now.items():
        if kind == "calls" and doc.get("entry_id") == entry_id and viewer.reach.has_queue(str(doc.get("queue_id"))):
            return
    raise not_found("entry")


def need_in_flow(house: House, viewer: Viewer, contact_id: str) -> None:
    """Refuses a caller who is in no flow, or not for these eyes."""
    docs = house.hub.documents.now
    doc = docs.get(("calls", contact_id))
    eyes = eyes_now(viewer.role, viewer.reach, docs, agent_id=viewer.agent_id)
    if doc is None or doc.get("flow") is None or visible(("calls", contact_id), doc, eyes) is None:
        raise not_found("contact")


async def note(house: House, viewer: Viewer, address: str, command: str, thing: str) -> None:
    """Into the audit log."""
    await run_in_threadpool(_write, house, viewer, audit.Deed(viewer.who, command, thing, address))


def _write(house: House, viewer: Viewer, deed: audit.Deed) -> None:
    with writing(house.deps.store.business) as connection:
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
