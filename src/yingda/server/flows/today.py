"""/flows/{id}/today: what happened in a document today, node by node, as far as the viewer's reach goes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from yingda.kernel.config.centre import Centre, Flow
from yingda.kernel.store import reading
from yingda.reports.flows import flows_today
from yingda.server.deps import InHouse, SignedIn
from yingda.server.flows import service
from yingda.server.flows.service import Row
from yingda.server.reach import Reach
from yingda.server.refusals import documented

router = APIRouter(prefix="/flows", tags=["flows"], responses=documented(404))
Id = Annotated[str, Path(max_length=36)]


class NodeToday(BaseModel):
    """One form item. Runs count in the quarter hour in which they began."""

    node: str = Field(description="dialog/item")
    visits: int
    passed: int = Field(description="went on to another node")
    left: int = Field(description="left the flow here")
    hangups: int
    errors: int
    time_us: int
    inside: int
    exits: dict[str, int] = Field(description="how many went on to which node, or by which `exit:` out of the flow")


class FlowName(BaseModel):
    flow_id: str
    name: str


class FlowToday(BaseModel):
    """flows: those that lead through this document, as far as the viewer reaches; the figures are of them together."""

    now: int
    begin: int = Field(description="of the day, µs UTC, in the centre's zone")
    flows: list[FlowName]
    runs: int
    inside: int
    exit_hangup: int
    exit_error: int
    exit_queue: int
    self_service: int = Field(description="contacts that stayed 5 s or more in self-service: the denominator")
    self_helped: int = Field(description="of them, those that helped themselves: the numerator")
    nodes: list[NodeToday]


@router.get("/{document_id}/today", response_model=FlowToday, summary="Today's counts of a document, node by node")
def read_flow_today(document_id: Id, house: InHouse, viewer: SignedIn) -> Row:
    directory, now = house.directory(), house.deps.clock.now()
    centre = directory.centre
    with reading(house.deps.store.business) as connection:
        document = service.find(connection, viewer.tenant, centre, document_id)
        names = service.names_of(connection, viewer.tenant, centre, document)
    flows = _leading_to(centre, document.name, viewer.reach)
    ids = [flow.id for flow in flows]
    figures = flows_today(house.deps.store, centre.centre.time_zone, now, ids, names, viewer.tenant)
    return {"now": now, "flows": [{"flow_id": flow.id, "name": flow.name} for flow in flows], **figures}


def _leading_to(centre: Centre, name: str, reach: Reach) -> list[Flow]:
    """The flows whose documents lead there, whose queue lies within reach."""
    queues = {queue.name: queue.id for queue in centre.queues}
    return [flow for flow in service.leading_to(centre, name) if reach.has_queue(queues.get(flow.queue))]
