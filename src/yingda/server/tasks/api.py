"""/tasks: one's own, and for leaders those of people within reach."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from yingda.kernel.store import reading, writing
from yingda.server.deps import House, InHouse, SignedIn
from yingda.server.directory import Directory
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer
from yingda.server.tasks import service
from yingda.server.tasks.schemas import NewTask, TaskIn, TaskPage

router = APIRouter(prefix="/tasks", tags=["desk"])
TaskId = Annotated[str, Path(max_length=64)]


@router.get("", response_model=TaskPage, responses=documented(400, 404), summary="Tasks: due ones first")
def list_tasks(
    house: InHouse,
    viewer: SignedIn,
    state: Literal["open", "closed"] = "open",
    owner: Annotated[str | None, Query(max_length=64, description="a user within reach; oneself if not given")] = None,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    directory, whose = house.directory(), owner or viewer.user_id
    if not service.reaches(directory, viewer, whose):
        raise not_found("user")
    with reading(house.deps.store.business) as connection:
        rows, total, following = service.page(
            connection, viewer.tenant, whose, is_open=state == "open", cursor=cursor, limit=limit
        )
    return {"items": [_shown(directory, row) for row in rows], "total": total, "next_cursor": following}


@router.post("", status_code=201, responses=documented(404, 409), summary="A new task, one's own or for somebody")
def create_task(order: NewTask, house: InHouse, viewer: SignedIn) -> dict[str, str]:
    with writing(house.deps.store.business) as connection:
        return {"task_id": service.create(connection, house.directory(), viewer, order, house.deps.clock.now())}


@router.put("/{task_id}", status_code=204, responses=documented(404, 409), summary="Change an open task")
def change_task(task_id: TaskId, order: TaskIn, house: InHouse, viewer: SignedIn) -> None:
    with writing(house.deps.store.business) as connection:
        service.change(connection, house.directory(), viewer, task_id, order)


@router.post("/{task_id}/done", status_code=204, responses=documented(404, 409), summary="The task is done")
def finish_task(task_id: TaskId, house: InHouse, viewer: SignedIn) -> None:
    _close(house, viewer, task_id, "done")


@router.post("/{task_id}/cancel", status_code=204, responses=documented(404, 409), summary="The task need not be done")
def cancel_task(task_id: TaskId, house: InHouse, viewer: SignedIn) -> None:
    _close(house, viewer, task_id, "cancelled")


def _close(house: House, viewer: Viewer, task_id: str, state: str) -> None:
    with writing(house.deps.store.business) as connection:
        service.close(connection, house.directory(), viewer, task_id, state, house.deps.clock.now())


def _shown(directory: Directory, row: dict[str, Any]) -> dict[str, Any]:
    names = {side: directory.users.get(row[side]) for side in ("owner", "author")}
    return {**row, **{f"{side}_name": user.display_name if user else "" for side, user in names.items()}}
