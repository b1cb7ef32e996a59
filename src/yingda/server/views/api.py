"""/views: everybody keeps his own; leaders share theirs. That shares no data: filters act within one's reach."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query
from sqlalchemy.exc import IntegrityError

from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.kernel.store import reading, writing
from yingda.server.deps import InHouse, SignedIn
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer
from yingda.server.views.models import SavedView
from yingda.server.views.schemas import NewView, Room, ViewIn, Views

router = APIRouter(prefix="/views", tags=["desk"])
ViewId = Annotated[str, Path(max_length=64)]
MOST = 100
"""Views of one user."""
_views = SavedView.__table__


@router.get("", response_model=Views, summary="One's own views of a room, and the shared ones")
def list_views(house: InHouse, viewer: SignedIn, room: Annotated[Room, Query()]) -> dict[str, Any]:
    seen = sa.or_(_views.c.owner == viewer.user_id, _views.c.shared)
    query = sa.select(_views).where(_views.c.tenant_id == viewer.tenant, _views.c.room == room, seen)
    with reading(house.deps.store.business) as connection:
        rows = connection.execute(query.order_by(_views.c.name, _views.c.view_id)).mappings().all()
    users = house.directory().users
    names = {ident: user.display_name for ident, user in users.items()}
    items = [{**row, "mine": row["owner"] == viewer.user_id, "owner_name": names.get(row["owner"], "")} for row in rows]
    return {"items": items}


@router.post("", status_code=201, responses=documented(409), summary="Save a view under a name")
def create_view(order: NewView, house: InHouse, viewer: SignedIn) -> dict[str, str]:
    _may_share(viewer, order)
    view_id = new_id()
    row = {"view_id": view_id, "tenant_id": viewer.tenant, "owner": viewer.user_id, "changed": house.deps.clock.now()}
    mine = (_views.c.tenant_id == viewer.tenant, _views.c.owner == viewer.user_id)
    try:
        with writing(house.deps.store.business) as connection:
            if connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one() >= MOST:
                raise YingdaError("too_many_views", f"You have {MOST} views.", todo="Remove some first.")
            connection.execute(sa.insert(SavedView), {**row, **order.model_dump()})
    except IntegrityError as error:
        raise _taken() from error
    return {"view_id": view_id}


@router.put("/{view_id}", status_code=204, responses=documented(404, 409), summary="Change a view of one's own")
def change_view(view_id: ViewId, order: ViewIn, house: InHouse, viewer: SignedIn) -> None:
    _may_share(viewer, order)
    values = {**order.model_dump(), "changed": house.deps.clock.now()}
    try:
        with writing(house.deps.store.business) as connection:
            if not connection.execute(sa.update(SavedView).where(*_own(viewer, view_id)).values(values)).rowcount:
                raise not_found("view")
    except IntegrityError as error:
        raise _taken() from error


@router.delete("/{view_id}", status_code=204, responses=documented(404), summary="Remove a view of one's own")
def remove_view(view_id: ViewId, house: InHouse, viewer: SignedIn) -> None:
    with writing(house.deps.store.business) as connection:
        if not connection.execute(sa.delete(SavedView).where(*_own(viewer, view_id))).rowcount:
            raise not_found("view")


def _own(viewer: Viewer, view_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_views.c.tenant_id == viewer.tenant, _views.c.owner == viewer.user_id, _views.c.view_id == view_id)


def _may_share(viewer: Viewer, order: ViewIn) -> None:
    if order.shared and viewer.role == "agent":
        raise YingdaError("not_allowed", "Only leaders share views.", todo="Save it for yourself.")


def _taken() -> YingdaError:
    return YingdaError("view_taken", "You have a view of this name.", where="name", todo="Choose another name.")
