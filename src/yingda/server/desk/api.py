"""/desk: thin resources; every command goes to control in the agent's own name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from yingda.media.condition import LIMITS
from yingda.server.deps import InHouse, SignedIn
from yingda.server.desk import service
from yingda.server.desk.schemas import (
    BusyOrder,
    Desk,
    Disposition,
    ExtendWrapup,
    HelpAsked,
    HelpOrder,
    Phone,
    ScriptOut,
    SignInAtDesk,
)
from yingda.server.desk.scripts import script_of
from yingda.server.feed.schemas import LiveAgent
from yingda.server.guard import phone_url
from yingda.server.refusals import documented

router = APIRouter(prefix="/desk", tags=["desk"], responses=documented(409, 503))


@router.get("", response_model=Desk, summary="The own desk: state, call, queues, busy reasons")
async def read_desk(house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return service.read_desk(house, viewer, await run_in_threadpool(house.directory))


@router.post("/sign-in", response_model=LiveAgent, summary="Sign in at a device (签入)")
async def desk_sign_in(order: SignInAtDesk, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return await service.act(house, viewer, "sign_in", extension=order.extension, ready=order.ready)


@router.post("/sign-out", status_code=204, summary="Sign out (签出)")
async def desk_sign_out(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "sign_out")


@router.post("/idle", status_code=204, summary="Take offers (示闲)")
async def desk_idle(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "idle")


@router.post("/busy", status_code=204, summary="Take no offers, with a reason (示忙)")
async def desk_busy(order: BusyOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "busy", reason=order.reason)


@router.post("/hang-up", status_code=204, summary="End the own call (挂断)")
async def desk_hang_up(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "hang_up")


@router.post("/hold", status_code=204, summary="Hold the customer (保持)")
async def desk_hold(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "hold")


@router.post("/retrieve", status_code=204, summary="Take the customer back (取回)")
async def desk_retrieve(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "retrieve")


@router.post("/accept", status_code=204, summary="Take what is shown and rings no phone (接受)")
async def desk_accept(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "accept")


@router.post("/decline", status_code=204, summary="Refuse the offer that rings (拒接)")
async def desk_decline(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "decline")


@router.post("/help", response_model=HelpAsked, summary="Ask the leaders for help (求助)")
async def desk_help(order: HelpOrder, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    await service.act(house, viewer, "help", reason=order.reason, text=order.text)
    return {"watching": service.leaders_of(house, viewer)}


@router.post("/help/cancel", status_code=204, summary="Take the call for help back")
async def desk_cancel_help(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "cancel_help")


@router.post("/wrap-up/finish", status_code=204, summary="End wrap-up now")
async def desk_finish_wrapup(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "finish_wrapup")


@router.post("/wrap-up/extend", status_code=204, summary="Make wrap-up longer")
async def desk_extend_wrapup(order: ExtendWrapup, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "extend_wrapup", seconds=order.seconds)


@router.post("/disposition", status_code=204, summary="Say what the contact came to (小结)")
async def desk_disposition(order: Disposition, house: InHouse, viewer: SignedIn) -> None:
    decided = {"handling_id": order.handling_id, "codes": order.codes, "resolved": order.resolved}
    await service.act(house, viewer, "dispose", **decided)
    await run_in_threadpool(service.keep_note, house, viewer, order)


@router.get(
    "/script/{interaction_id}",
    response_model=ScriptOut,
    responses=documented(404),
    summary="What to say in a contact in hand (话术)",
)
def read_desk_script(
    interaction_id: Annotated[str, Path(max_length=64)], house: InHouse, viewer: SignedIn
) -> dict[str, Any]:
    return script_of(house, viewer, interaction_id)


@router.get("/phone", response_model=Phone, summary="A SIP account of short life for the own browser device")
async def read_desk_phone(request: Request, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    account = await service.act(house, viewer, "phone")
    url = phone_url(request.scope, house.deps.options)
    return {**account, "limits": LIMITS, "websocket_url": url, "uri": f"sip:{account['extension']}@yingda"}
