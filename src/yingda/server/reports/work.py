"""/missed, /callbacks and corrections of contacts: what is done about figures, beside reading them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from yingda.kernel.store import writing
from yingda.server import audit
from yingda.server.calls.records import Records
from yingda.server.control import ask
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk import service as desk
from yingda.server.desk.service import own_agent
from yingda.server.floor.service import need_agent, note
from yingda.server.refusals import documented
from yingda.server.reports import owed
from yingda.server.reports.corrections import Corrections, event_of
from yingda.server.reports.schemas import AssignOrder, CallbackPage, Correction, MissedPage, OwedQuery
from yingda.server.sessions.viewer import Viewer

router = APIRouter(tags=["reports"], responses=documented(404, 409))
Id = Annotated[str, Path(max_length=64)]


@router.get("/missed", response_model=MissedPage, summary="Missed calls (漏话), one row a number")
def list_missed(query: Annotated[OwedQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    offset = int(query.cursor or 0)
    items, total = owed.missed_page(house, viewer, offset, query.limit)
    return _page(items, total, offset)


@router.get("/callbacks", response_model=CallbackPage, summary="Call-backs that are owed, the earliest promise first")
def list_callbacks(query: Annotated[OwedQuery, Query()], house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    offset = int(query.cursor or 0)
    items, total = owed.callback_page(house, viewer, offset, query.limit)
    return _page(items, total, offset)


def _page(items: list[dict[str, Any]], total: int, offset: int) -> dict[str, Any]:
    after = offset + len(items)
    return {"items": items, "next_cursor": str(after) if items and after < total else None, "total": total}


@router.post("/missed/{contact_id}/claim", status_code=204, summary="Take a missed call upon oneself (认领)")
def claim_missed(contact_id: Id, house: InHouse, viewer: SignedIn) -> None:
    owed.claim(house, viewer, contact_id)


@router.post("/missed/{contact_id}/release", status_code=204, summary="Give it back")
def release_missed(contact_id: Id, house: InHouse, viewer: SignedIn) -> None:
    owed.release(house, viewer, contact_id)


@router.post("/missed/{contact_id}/call", status_code=204, responses=documented(503), summary="Claim it and call")
async def call_missed(contact_id: Id, house: InHouse, viewer: SignedIn) -> None:
    await run_in_threadpool(owed.claim, house, viewer, contact_id)
    number = await run_in_threadpool(owed.number_of, house, viewer, contact_id)
    await desk.act(house, viewer, "dial", to={"kind": "number", "id": number})


@router.post("/callbacks/{callback_id}/take", status_code=204, responses=documented(503), summary="Call now, oneself")
async def take_callback(callback_id: Id, house: InHouse, viewer: SignedIn) -> None:
    await run_in_threadpool(owed.need_callback, house, viewer, callback_id)
    await _pull(house, viewer, "callback.take", callback_id, agent_id=own_agent(viewer))


@router.post(
    "/callbacks/{callback_id}/assign", status_code=204, responses=documented(503), summary="Keep it for an agent"
)
async def assign_callback(
    callback_id: Id, order: AssignOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    """He gets it as soon as he is free; after `seconds` it is for its queue again."""
    await run_in_threadpool(owed.need_callback, house, viewer, callback_id)
    await need_agent(house, viewer, order.agent_id)
    await _pull(house, viewer, "callback.assign", callback_id, agent_id=order.agent_id, seconds=order.seconds)
    await note(house, viewer, address, "callback.assign", f"callback:{callback_id}")


@router.post(
    "/callbacks/{callback_id}/cancel", status_code=204, responses=documented(503), summary="Call nobody (撤销)"
)
async def cancel_callback(callback_id: Id, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await run_in_threadpool(owed.need_callback, house, viewer, callback_id)
    await _pull(house, viewer, "callback.cancel", callback_id)
    await note(house, viewer, address, "callback.cancel", f"callback:{callback_id}")


async def _pull(house: House, viewer: Viewer, lever: str, callback_id: str, **fields: str | float) -> None:
    await ask(house.deps.control, lever, {"callback_id": callback_id, "by": viewer.who, **fields})


@router.post("/calls/{interaction_id}/corrections", status_code=204, summary="Put something right, with a reason")
def correct_call(
    interaction_id: Id, order: Correction, request: Request, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    call = Records(house.deps.store, house.directory(), viewer).detail(interaction_id)
    event = event_of(call, order, viewer.who, house.deps.clock.now())
    corrections = request.app.state.corrections
    assert isinstance(corrections, Corrections)
    with writing(house.deps.store.business) as connection:
        deed = audit.Deed(viewer.who, "contact.corrected", f"{order.field}:{interaction_id}", address)
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
    corrections.write(event)
