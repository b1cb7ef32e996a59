"""/floor/queues: what leaders do to a queue in a surge, each with an end if it goes on. The audit log knows of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as Folder
from typing import Annotated, Any

from fastapi import APIRouter, Path

from yingda.server.control import ask
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.floor.schemas import Announcements, EmergencyOrder, FlushOrder, GiveBackOrder, LoanOrder
from yingda.server.floor.service import need_agent, need_queue, note
from yingda.server.refusals import documented
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 404, 409, 503))
QueueId = Annotated[str, Path(max_length=64)]

MADE = frozenset(("spoken", "music"))
"""Folders below the prompts' that we fill ourselves."""
MOST_FILES = 500


@router.get("/announcements", response_model=Announcements, summary="Recorded announcements there are")
def list_announcements(house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return {"files": sorted(_files(house.deps.options.prompts))[:MOST_FILES]}


def _files(folder: Folder) -> Iterator[str]:
    for path in folder.rglob("*.wav"):
        name = path.relative_to(folder)
        if name.parts[0] not in MADE and path.is_file():
            yield name.as_posix()


@router.post("/queues/{queue_id}/flush", status_code=204, summary="Let all who wait go (清空队列)")
async def floor_flush(
    queue_id: QueueId, house: InHouse, viewer: SignedIn, address: Address, order: FlushOrder | None = None
) -> None:
    """They are told so first; whom an agent has answered stays with him."""
    order = order or FlushOrder()
    if order.to is not None:
        await need_queue(house, viewer, order.to)
    await _pull(house, viewer, address, "queue.flush", queue_id, then=order.then, to=order.to or "")


@router.post(
    "/queues/{queue_id}/emergency", status_code=204, summary="Switch the emergency announcement on or off (紧急公告)"
)
async def floor_emergency(
    queue_id: QueueId, order: EmergencyOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    """While it is on, everybody who waits hears it first."""
    fields: dict[str, Any] = {"announce": order.announce, "seconds": order.seconds} if order.on else {}
    await _pull(house, viewer, address, "queue.emergency", queue_id, on=order.on, **fields)


@router.post("/queues/{queue_id}/lend", status_code=204, summary="Let an agent also serve this queue for a time (借调)")
async def floor_lend(queue_id: QueueId, order: LoanOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await need_agent(house, viewer, order.agent_id)
    await _pull(house, viewer, address, "agent.lend", queue_id, agent_id=order.agent_id, seconds=order.seconds)


@router.post("/queues/{queue_id}/give-back", status_code=204, summary="End a loan before its time (归还)")
async def floor_give_back(
    queue_id: QueueId, order: GiveBackOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    await need_agent(house, viewer, order.agent_id)
    await _pull(house, viewer, address, "agent.give_back", queue_id, agent_id=order.agent_id)


async def _pull(house: House, viewer: Viewer, address: str, lever: str, queue_id: str, **fields: Any) -> None:
    await need_queue(house, viewer, queue_id)
    await ask(house.deps.control, lever, {"queue_id": queue_id, "by": viewer.who, **fields})
    await note(house, viewer, address, lever, f"queue:{queue_id}")
