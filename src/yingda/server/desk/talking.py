"""/desk: calls beyond answering and hanging up. Thin resources; every command goes to control in the agent's own name.

What comes of a command is seen in the live documents: `calls/{id}` (parties, parked, consult) and `agents/{id}` (rung,
handling, failure).
"""

from __future__ import annotations

from fastapi import APIRouter

from yingda.server.deps import InHouse, SignedIn
from yingda.server.desk import service
from yingda.server.desk.schemas import CallOrder, DigitsOrder, PickUpOrder, TakeOrder, ToFlow, TransferOrder
from yingda.server.refusals import documented

router = APIRouter(prefix="/desk", tags=["desk"], responses=documented(409, 503))


@router.post("/answer", status_code=204, summary="Have the own phone answer what rings (接听)")
async def desk_answer(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "answer")


@router.post("/dial", status_code=204, summary="Call a colleague or a number (拨号)")
async def desk_dial(order: CallOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "dial", to=order.to.model_dump())


@router.post("/pick-up", status_code=204, summary="Take a caller who waits or rings for others (代接)")
async def desk_pick_up(order: PickUpOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "pick_up", entry_id=order.entry_id)


@router.post("/consult", status_code=204, summary="Speak with somebody while the customer holds (咨询)")
async def desk_consult(order: CallOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "consult", to=order.to.model_dump())


@router.post("/swap", status_code=204, summary="Between the customer and the third party (切换)")
async def desk_swap(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "swap")


@router.post("/consult/cancel", status_code=204, summary="Dismiss the third party, back to the customer")
async def desk_cancel_consult(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "cancel_consult")


@router.post("/conference", status_code=204, summary="All into one talk (会议)")
async def desk_conference(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "conference")


@router.post("/transfer", status_code=204, summary="Hand over without speaking first (盲转)")
async def desk_transfer(order: TransferOrder, house: InHouse, viewer: SignedIn) -> None:
    if isinstance(order.to, ToFlow):
        await service.act(house, viewer, "send", flow=order.to.flow, back=order.to.back)
    else:
        await service.act(house, viewer, "transfer", to=order.to.model_dump())


@router.post("/transfer/complete", status_code=204, summary="Hand over to the third party (咨询转)")
async def desk_complete(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "complete")


@router.post("/survey", status_code=204, summary="Hang up by sending the customer to the survey (转评价)")
async def desk_survey(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "survey")


@router.post("/park", status_code=204, summary="Put the customer where any colleague can take him (驻留)")
async def desk_park(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "park")


@router.post("/take", status_code=204, summary="Take a parked customer")
async def desk_take(order: TakeOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "take", slot=order.slot)


@router.post("/mute", status_code=204, summary="The others no longer hear me (静音)")
async def desk_mute(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "mute")


@router.post("/unmute", status_code=204, summary="The others hear me again")
async def desk_unmute(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "unmute")


@router.post("/digits", status_code=204, summary="Send digits into the call (拨号盘)")
async def desk_digits(order: DigitsOrder, house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "digits", digits=order.digits)


@router.post("/announce", status_code=204, summary="Tell the customer the own agent ID (报工号)")
async def desk_announce(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "announce")


@router.post("/recording/pause", status_code=204, summary="Pause the recording for card data")
async def desk_pause_recording(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "pause_recording")


@router.post("/recording/resume", status_code=204, summary="Go on with the recording")
async def desk_resume_recording(house: InHouse, viewer: SignedIn) -> None:
    await service.act(house, viewer, "resume_recording")
