"""/floor/rooms: what leaders do in conference rooms, and hosts who are agents in theirs (TEL-43)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from yingda.server.control import ask
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.desk.schemas import Order
from yingda.server.feed.visible import eyes_now, visible
from yingda.server.floor import service
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/floor/rooms", tags=["floor"], responses=documented(403, 404, 409, 422, 503))
RoomId = Annotated[str, Path(max_length=64)]
LegId = Annotated[str, Path(max_length=64)]


class AddOrder(Order):
    """number: a colleague's agent ID or extension, or an outside number."""

    number: Annotated[str, Field(pattern=r"^[+]?[0-9*#]{1,24}$")]


class SwitchOrder(Order):
    on: bool


def need_room(house: House, viewer: Viewer, room_id: str) -> None:
    """Refuses a room that is not there, or not for these eyes; to an agent, one that he is not the host of."""
    docs = house.hub.documents.now
    doc, eyes = docs.get(("rooms", room_id)), eyes_now(viewer.role, viewer.reach, docs, agent_id=viewer.agent_id)
    if doc is None or visible(("rooms", room_id), doc, eyes) is None:
        raise not_found("conference room")
    members = doc["members"]
    assert isinstance(members, list)
    own = (one for one in members if one["agent_id"] == viewer.agent_id)
    if viewer.role == "agent" and not any(one["host"] and one["stage"] == "in" for one in own):
        raise not_found("conference room")


async def _order(
    house: House, viewer: Viewer, address: str, room_id: str, name: str, **fields: str | bool | None
) -> None:
    need_room(house, viewer, room_id)
    await ask(house.deps.control, f"room.{name}", {"room_id": room_id, "by": viewer.who, **fields})
    await service.note(house, viewer, address, f"room.{name}", f"room:{room_id}")


@router.post("/{room_id}/add", status_code=204, summary="Call somebody into a conference room")
async def room_add(room_id: RoomId, order: AddOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await _order(house, viewer, address, room_id, "add", number=order.number, agent_id=viewer.agent_id)


@router.post("/{room_id}/lock", status_code=204, summary="Let nobody but hosts in any more, or everybody again")
async def room_lock(room_id: RoomId, order: SwitchOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await _order(house, viewer, address, room_id, "lock", on=order.on)


@router.post("/{room_id}/quiet", status_code=204, summary="Mute all but the hosts, or nobody (全体静音)")
async def room_quiet(room_id: RoomId, order: SwitchOrder, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await _order(house, viewer, address, room_id, "quiet", on=order.on)


@router.post("/{room_id}/end", status_code=204, summary="End a conference for all")
async def room_end(room_id: RoomId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await _order(house, viewer, address, room_id, "end")


@router.post("/{room_id}/members/{leg_id}/mute", status_code=204, summary="Mute one of them, or no longer")
async def room_mute(
    room_id: RoomId, leg_id: LegId, order: SwitchOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    await _order(house, viewer, address, room_id, "mute", leg_id=leg_id, on=order.on)


@router.post(
    "/{room_id}/members/{leg_id}/host", status_code=204, summary="Make one of them a host (主持人), or no longer"
)
async def room_host(
    room_id: RoomId, leg_id: LegId, order: SwitchOrder, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    await _order(house, viewer, address, room_id, "host", leg_id=leg_id, on=order.on)


@router.post("/{room_id}/members/{leg_id}/remove", status_code=204, summary="Take one of them out")
async def room_remove(room_id: RoomId, leg_id: LegId, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await _order(house, viewer, address, room_id, "remove", leg_id=leg_id)
