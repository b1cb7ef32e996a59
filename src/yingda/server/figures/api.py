"""/figures: the day so far."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from yingda.server.deps import InHouse, SignedIn
from yingda.server.figures import service
from yingda.server.figures.schemas import AgentTable, QueueTable

router = APIRouter(prefix="/figures", tags=["figures"])
Day = Annotated[Literal["today"], Query(description="The day so far, with what is open by now.")]


@router.get("/queues", response_model=QueueTable, summary="Queues: counts, waits, service level")
def read_queue_figures(house: InHouse, viewer: SignedIn, day: Day = "today") -> dict[str, Any]:
    now = house.deps.clock.now()
    return {"now": now, "rows": service.queue_rows(house, viewer, now)}


@router.get("/agents", response_model=AgentTable, summary="Agents: handled, times, occupancy")
def read_agent_figures(house: InHouse, viewer: SignedIn, day: Day = "today") -> dict[str, Any]:
    now = house.deps.clock.now()
    return {"now": now, "rows": service.agent_rows(house, viewer, now)}
