"""/floor: the leader's view, and what he may do for an agent. Every intervention stands in the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from yingda.server.control import control_away
from yingda.server.deps import Address, InHouse, SignedIn
from yingda.server.desk.schemas import BusyOrder
from yingda.server.feed.visible import eyes_now, visible_docs
from yingda.server.floor.schemas import Floor
from yingda.server.floor.service import force
from yingda.server.refusals import documented

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 503))
AgentId = Annotated[str, Path(max_length=64)]


@router.get("", response_model=Floor, summary="All agents, queues and calls that the viewer may see")
async def read_floor(house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    documents = house.hub.documents
    if not documents.epoch:
        raise control_away()
    seen = visible_docs(documents.now, eyes_now(viewer.role, viewer.reach, documents.now, agent_id=viewer.agent_id))
    names = ("agents", "queues", "calls", "rooms")
    lists = {name: [doc for (kind, _), doc in seen.items() if kind == name] for name in names}
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
