"""/messages. Whom one arrives at hears of it by the live document messages/<user>: how many are unread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool

from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server.control import ask
from yingda.server.deps import House, InHouse, SignedIn
from yingda.server.masking import masked
from yingda.server.messages import service
from yingda.server.messages.schemas import MessageIn, MessagePage
from yingda.server.refusals import documented
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/messages", tags=["messages"])


@router.get("", response_model=MessagePage, responses=documented(400), summary="Messages that came, or that one sent")
def list_messages(
    house: InHouse,
    viewer: SignedIn,
    box: Literal["in", "out"] = "in",
    cursor: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    now, directory = house.deps.clock.now(), house.directory()
    with reading(house.deps.store.business) as connection:
        if box == "in":
            rows, following = service.inbox(connection, viewer.tenant, viewer.user_id, cursor, limit, now)
        else:
            rows, following = service.outbox(connection, viewer.tenant, viewer.user_id, cursor, limit)
        count = service.unread(connection, viewer.tenant, viewer.user_id, now)["unread"]
    blank = {"read": None, "recipients": 0, "read_by": 0}
    names = {user.id: user.display_name for user in directory.users.values()}
    items = [{**blank, **row, "sender_name": names.get(row["sender"]) or _number(row, viewer)} for row in rows]
    return {"items": items, "unread": count, "next_cursor": following}


@router.post("", status_code=201, responses=documented(409), summary="Write to colleagues")
async def send_message(order: MessageIn, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    sent = await run_in_threadpool(_send, house, viewer, order)
    await _tell(house, viewer.tenant, sent["users"])
    await _to_phones(house, viewer, order, sent)
    return {"message_id": sent["message_id"], "recipients": len(sent["users"])}


@router.post("/{message_id}/read", status_code=204, responses=documented(404), summary="Say that one has read it")
async def read_message(message_id: Annotated[str, Path(max_length=64)], house: InHouse, viewer: SignedIn) -> None:
    await run_in_threadpool(_mark, house, viewer, message_id)
    await _tell(house, viewer.tenant, [viewer.user_id])


def _number(row: dict[str, Any], viewer: Viewer) -> str:
    """Where a text came from that no user sent; empty if that was withheld."""
    number = row["number"] or ""
    return masked(number) if viewer.role == "agent" else number


def _send(house: House, viewer: Viewer, order: MessageIn) -> dict[str, Any]:
    if viewer.role == "agent" and any(one.kind == "everybody" for one in order.to):
        raise YingdaError("not_allowed", "Only leaders write to everybody.", todo="Choose a team or people.")
    directory, now = house.directory(), house.deps.clock.now()
    with writing(house.deps.store.business) as connection:
        return service.send(connection, viewer.tenant, viewer.user_id, order, directory, now)


def _mark(house: House, viewer: Viewer, message_id: str) -> None:
    with writing(house.deps.store.business) as connection:
        service.mark_read(connection, viewer.tenant, viewer.user_id, message_id, house.deps.clock.now())


async def _tell(house: House, tenant: str, users: Iterable[str]) -> None:
    """Through control's live documents, so that every web plane and every window hears of it in order."""
    docs = await run_in_threadpool(_unread, house, tenant, sorted(users))
    await ask(house.deps.control, "notices.give", {"docs": docs})


async def _to_phones(house: House, viewer: Viewer, order: MessageIn, sent: dict[str, Any]) -> None:
    """What a desk phone can show of it, where it takes texts."""
    writer = house.directory().users[viewer.user_id]
    body = {
        "message_id": sent["message_id"],
        "users": sorted(sent["users"]),
        "user_id": writer.id,
        "username": writer.username,
        "name": writer.display_name,
        "text": order.text,
        "urgent": order.urgent,
    }
    await ask(house.deps.control, "texts.give", body)


def _unread(house: House, tenant: str, users: list[str]) -> dict[str, dict[str, Any]]:
    now = house.deps.clock.now()
    with reading(house.deps.store.business) as connection:
        return {user: service.unread(connection, tenant, user, now) for user in users}
