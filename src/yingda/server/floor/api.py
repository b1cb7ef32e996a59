"""/floor: the leader's view, and what he may do for an agent. Every intervention stands in the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from yingda.server.control import ask, control_away
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk.schemas import BusyOrder
from yingda.server.feed.visible import eyes_now, visible_docs
from yingda.server.floor.schemas import EmergencyOrder, Floor, LoanOrder
from yingda.server.floor.service import force, note
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 503))
AgentId = Annotated[str, Path(max_length=64)]
QueueId = Annotated[str, Path(max_length=64)]


@router.get("", response_model=Floor, summary="All agents, queues and calls that the viewer may see")
async def read_floor(house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    documents = house.hub.documents
    if not documents.epoch:
        raise control_away()
    seen = visible_docs(documents.now, eyes_now(viewer.role, viewer.reach, documents.now))
    lists = {name: [doc for (kind, _), doc in seen.items() if kind == name] for name in ("agents", "queues", "calls")}
    reasons = (await run_in_threadpool(house.directory)).centre.busy_reasons
    return {**lists, "busy_reasons": [reason.model_dump() for reason in reasons], "now": house.deps.clock.now()}


@router.post(
    "/agents/{agent_id}/sign-out", status_code=204, responses=documented(404, 409), summary="Force sign-out (强制签出)"
)
async def floor_sign_out(agent_id: AgentId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await force(house, viewer, address, agent_id, "sign_out")


@router.post(
    "/agents/{agent_id}/idle", status_code=204, responses=documented(404, 409), summary="Force idle (强制示闲)"
)
async def floor_idle(agent_id: AgentId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await force(house, viewer, address, agent_id, "idle")


@router.post(
    "/agents/{agent_id}/busy", status_code=204, responses=documented(404, 409), summary="Force busy (强制示忙)"
)
async def floor_busy(agent_id: AgentId, order: BusyOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await force(house, viewer, address, agent_id, "busy", reason=order.reason)


@router.post(
    "/queues/{queue_id}/flush", status_code=204, responses=documented(404), summary="Let all who wait go (清空队列)"
)
async def floor_flush(queue_id: QueueId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    """They are told so first; whom an agent has answered stays with him."""
    await _pull(house, viewer, address, "queue.flush", queue_id)


@router.post(
    "/queues/{queue_id}/emergency",
    status_code=204,
    responses=documented(404),
    summary="Switch the emergency announcement on or off (紧急公告)",
)
async def floor_emergency(
    queue_id: QueueId, order: EmergencyOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    """While it is on, everybody who waits hears it first."""
    await _pull(house, viewer, address, "queue.emergency", queue_id, on=order.on)


@router.post(
    "/queues/{queue_id}/lend",
    status_code=204,
    responses=documented(404),
    summary="Let an agent also serve this queue for a time (借调)",
)
async def floor_lend(queue_id: QueueId, order: LoanOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    if not viewer.reach.has_agent(order.agent_id):
        raise not_found("agent")
    await _pull(house, viewer, address, "agent.lend", queue_id, agent_id=order.agent_id, seconds=order.seconds)


async def _pull(
    house: House, viewer: Viewer, address: str, lever: str, queue_id: str, **fields: str | float | bool
) -> None:
    directory = await run_in_threadpool(house.directory)
    if all(queue.id != queue_id for queue in directory.centre.queues):
        raise not_found("queue")
    await ask(house.deps.control, lever, {"queue_id": queue_id, "by": viewer.who, **fields})
    await note(house, viewer, address, lever, f"queue:{queue_id}")
