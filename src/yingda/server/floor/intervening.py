"""/floor: leaders in calls and among those who wait. Every intervention stands in the audit log.

A leader speaks through a device of his own, which rings: so he is an agent as well (else 409 `no_agent`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from yingda.server.control import ask
from yingda.server.deps import Address, InHouse, SignedIn
from yingda.server.desk.service import own_agent
from yingda.server.floor import service
from yingda.server.floor.schemas import HelpAnswer, MoveOrder, ReserveOrder, SuperviseOrder
from yingda.server.refusals import documented

router = APIRouter(prefix="/floor", tags=["floor"], responses=documented(403, 404, 409, 503))
AgentId = Annotated[str, Path(max_length=64)]
EntryId = Annotated[str, Path(max_length=64)]
ContactId = Annotated[str, Path(max_length=64)]


@router.post("/agents/{agent_id}/supervise", status_code=204, summary="Listen, whisper, barge in, take over")
async def floor_supervise(
    agent_id: AgentId, order: SuperviseOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    leader = own_agent(viewer)
    await service.need_agent(house, viewer, agent_id)
    body = {"agent_id": agent_id, "leader_id": leader, "mode": order.mode, "by": viewer.who}
    await ask(house.deps.control, "floor.supervise", body)
    await service.note(house, viewer, address, f"floor.{order.mode}", f"agent:{agent_id}")


@router.post("/supervision/stop", status_code=204, summary="Off the call that I supervise")
async def floor_stop(house: InHouse, viewer: SignedIn) -> None:
    await ask(house.deps.control, "floor.stop", {"agent_id": own_agent(viewer), "by": viewer.who})


@router.post("/agents/{agent_id}/release", status_code=204, summary="End an agent's call (强拆)")
async def floor_release(agent_id: AgentId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await service.need_agent(house, viewer, agent_id)
    await ask(house.deps.control, "floor.release", {"agent_id": agent_id, "by": viewer.who})
    await service.note(house, viewer, address, "floor.release", f"agent:{agent_id}")


@router.post("/agents/{agent_id}/help/seen", status_code=204, summary="An agent's call for help is before my eyes")
async def floor_see_help(agent_id: AgentId, house: InHouse, viewer: SignedIn) -> None:
    await service.need_agent(house, viewer, agent_id)
    await ask(house.deps.control, "floor.see_help", {"agent_id": agent_id, "by": viewer.who})


@router.post("/agents/{agent_id}/help/answer", status_code=204, summary="Say that one helps (应答求助)")
async def floor_answer_help(
    agent_id: AgentId, order: HelpAnswer, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    await service.need_agent(house, viewer, agent_id)
    body = {"agent_id": agent_id, "by": viewer.who, "how": order.how, "said": order.said}
    await ask(house.deps.control, "floor.answer_help", body)
    await service.note(house, viewer, address, "floor.help", f"agent:{agent_id}")


@router.post("/entries/{entry_id}/pull", status_code=204, summary="Take a waiting caller oneself")
async def floor_pull(entry_id: EntryId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    service.need_entry(house, viewer, entry_id)
    body = {"agent_id": own_agent(viewer), "entry_id": entry_id, "by": viewer.who}
    await ask(house.deps.control, "desk.pick_up", body)
    await service.note(house, viewer, address, "floor.pull", f"entry:{entry_id}")


@router.post("/entries/{entry_id}/move", status_code=204, summary="Send a waiting caller to another queue")
async def floor_move(entry_id: EntryId, order: MoveOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    service.need_entry(house, viewer, entry_id)
    await service.need_queue(house, viewer, order.queue_id)
    body = {"entry_id": entry_id, "queue_id": order.queue_id, "by": viewer.who}
    await ask(house.deps.control, "entry.move", body)
    await service.note(house, viewer, address, "floor.move", f"entry:{entry_id}")


@router.post("/entries/{entry_id}/reserve", status_code=204, summary="Keep a waiting caller for one agent")
async def floor_reserve(
    entry_id: EntryId, order: ReserveOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    service.need_entry(house, viewer, entry_id)
    await service.need_agent(house, viewer, order.agent_id)
    body = {"agent_id": order.agent_id, "entry_id": entry_id, "seconds": order.seconds, "by": viewer.who}
    await ask(house.deps.control, "entry.reserve", body)
    await service.note(house, viewer, address, "floor.reserve", f"entry:{entry_id}")


@router.post("/entries/{entry_id}/prefer", status_code=204, summary="Serve a waiting caller before all others")
async def floor_prefer(entry_id: EntryId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    service.need_entry(house, viewer, entry_id)
    await ask(house.deps.control, "entry.prefer", {"entry_id": entry_id, "by": viewer.who})
    await service.note(house, viewer, address, "floor.prefer", f"entry:{entry_id}")


@router.post("/entries/{entry_id}/release", status_code=204, summary="Keep a waiting caller for nobody any more")
async def floor_release_entry(entry_id: EntryId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    service.need_entry(house, viewer, entry_id)
    await ask(house.deps.control, "entry.release", {"entry_id": entry_id, "by": viewer.who})
    await service.note(house, viewer, address, "floor.release_entry", f"entry:{entry_id}")


@router.post("/contacts/{contact_id}/queue", status_code=204, summary="Take a caller out of his flow, into a queue")
async def floor_take_out(
    contact_id: ContactId, order: MoveOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    """He waits like everybody else from then on, with what the flow knows of him."""
    service.need_in_flow(house, viewer, contact_id)
    await service.need_queue(house, viewer, order.queue_id)
    body = {"interaction_id": contact_id, "queue_id": order.queue_id, "by": viewer.who}
    await ask(house.deps.control, "flow.take_out", body)
    await service.note(house, viewer, address, "floor.take_out", f"contact:{contact_id}")
