"""/floor/queues/{id}/speaking: what a queue has said when a call is answered, and to who is on hold (CTI-29, CTI-08).

In force at once, as a version of the centre, until somebody changes it again. The audit log and the ledger know."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from yingda.kernel.config import versions
from yingda.kernel.config.centre import Centre, Queue
from yingda.kernel.config.waiting import Holding
from yingda.server.configuring import Hand, hand_of, in_force, tell_control
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk.schemas import Order
from yingda.server.floor import service
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 404, 503))
QueueId = Annotated[str, Path(max_length=64)]


class SpeakingOrder(Order):
    """opening: said when a call is answered. hold_every_s: seconds of music between the words to who is on hold, 0:
    never; null: as the centre has it. hold_beep: a tone instead of words. version: of the centre that the change was
    made from."""

    version: Annotated[int, Field(ge=1, le=1 << 53)]
    opening: Annotated[list[Literal["agent_id", "queue_name", "beep"]], Field(max_length=3)]
    hold_every_s: Annotated[int, Field(ge=0, le=3_600)] | None
    hold_beep: bool


@router.get("/queues/{queue_id}/speaking", response_model=SpeakingOrder, summary="What a queue has said by itself")
async def read_speaking(queue_id: QueueId, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    await service.need_queue(house, viewer, queue_id)
    return await run_in_threadpool(_shown, house, viewer, queue_id)


@router.put(
    "/queues/{queue_id}/speaking",
    response_model=SpeakingOrder,
    responses=documented(409),
    summary="Change what a queue has said by itself, at once (自动报工号、保持提醒)",
)
async def change_speaking(
    queue_id: QueueId, order: SpeakingOrder, house: InHouse, viewer: SignedIn, address: Address, request: Request
) -> dict[str, Any]:
    await service.need_queue(house, viewer, queue_id)
    await run_in_threadpool(_change, hand_of(house, viewer, address, request), queue_id, order)
    await tell_control(house)
    return await run_in_threadpool(_shown, house, viewer, queue_id)


def _change(hand: Hand, queue_id: str, order: SpeakingOrder) -> None:
    """Raises config_stale."""
    version, centre = in_force(hand.house, hand.viewer)
    if version != order.version:
        raise versions.stale(version, order.version)
    queue = _of(centre, queue_id)
    changed = queue.model_copy(
        update={"opening": list(dict.fromkeys(order.opening)), "holding": _holding(centre, queue, order)}
    )
    queues = [changed if one.id == queue_id else one for one in centre.queues]
    hand.apply(centre.model_copy(update={"queues": queues}), version)
    hand.note("floor.speaking", f"queue:{queue_id}")


def _holding(centre: Centre, queue: Queue, order: SpeakingOrder) -> Holding | None:
    """The words it has of its own stay."""
    if order.hold_every_s is None:
        return None
    had = queue.holding or centre.centre.holding
    return had.model_copy(update={"every_s": order.hold_every_s, "beep": order.hold_beep})


def _shown(house: House, viewer: Viewer, queue_id: str) -> dict[str, Any]:
    version, centre = in_force(house, viewer)
    queue = _of(centre, queue_id)
    return {
        "version": version,
        "opening": queue.opening,
        "hold_every_s": queue.holding.every_s if queue.holding is not None else None,
        "hold_beep": (queue.holding or centre.centre.holding).beep,
    }


def _of(centre: Centre, queue_id: str) -> Queue:
    queue = next((one for one in centre.queues if one.id == queue_id), None)
    if queue is None:
        raise not_found("queue")
    return queue
