"""/targets: one field finds a colleague, a queue or a flow (ui.md section 2, the transfer panel)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from yingda.customers.search import keys_of, pinyin, plain
from yingda.server.deps import House, InHouse, SignedIn
from yingda.server.directory import Directory
from yingda.server.targets.schemas import Targets

router = APIRouter(tags=["desk"])
MOST = 50
_ORDER = ("idle", "serving", "wrapup", "ringing", "talking", "holding", "consulting")
"""States of colleagues as they are of use to somebody who needs one now; all others stand behind."""

_keys = lru_cache(maxsize=20_000)(keys_of)  # the pinyin of a name is the same at every key stroke
_spelled = lru_cache(maxsize=20_000)(pinyin)


@router.get("/targets", response_model=Targets, summary="Colleagues, queues and flows by number, name or pinyin")
async def list_targets(
    house: InHouse,
    viewer: SignedIn,
    q: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> dict[str, Any]:
    directory = await run_in_threadpool(house.directory)
    found = [one for one in _all(house, directory) if _fits(one, plain(q)) and one["id"] != viewer.agent_id]
    return {"items": sorted(found, key=_usefulness)[:limit], "now": house.deps.clock.now()}


def _all(house: House, directory: Directory) -> Iterator[dict[str, Any]]:
    docs = house.hub.documents.now
    for agent in directory.agents.values():
        live = docs.get(("agents", agent.id), {})
        user = directory.usernames.get(agent.user)
        yield {
            "kind": "agent",
            "id": agent.id,
            "name": directory.agent_name(agent.id),
            "number": agent.number,
            "team": agent.team,
            "user_id": user.id if user is not None else None,
            "state": live.get("state", "offline"),
            "since": live.get("since"),
        }
    for queue in directory.queues.values():
        live = docs.get(("queues", queue.id), {})
        yield {
            "kind": "queue",
            "id": queue.id,
            "name": queue.name,
            "waiting": live.get("waiting"),
            "idle": live.get("idle"),
        }
    for flow in directory.centre.flows:
        yield {"kind": "flow", "id": flow.id, "name": flow.name}


def _fits(target: dict[str, Any], text: str) -> bool:
    return not text or str(target.get("number", "")).startswith(text) or text in _keys(str(target["name"]))


def _usefulness(target: dict[str, Any]) -> tuple[int, int, str]:
    """Colleagues within reach, then queues and flows, then colleagues who are not there; by name within."""
    if target["kind"] != "agent":
        return (1, 0, _spelled(str(target["name"])))
    state = str(target["state"])
    rank = _ORDER.index(state) if state in _ORDER else len(_ORDER)
    return (2 if state in ("offline", "unreachable") else 0, rank, str(target["number"]))
