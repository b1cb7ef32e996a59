"""What to say (话术, CTI-37): the script of a contact in hand, and what its variables stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yingda.customers import service as customers
from yingda.kernel.config.centre import Centre
from yingda.kernel.store import reading
from yingda.server.customers.pop import number_of
from yingda.server.deps import House
from yingda.server.feed.documents import Doc
from yingda.server.masking import masked
from yingda.server.sessions.viewer import Viewer


def script_of(house: House, viewer: Viewer, interaction_id: str) -> dict[str, Any]:
    """`schemas.ScriptOut`. Raises not_found for what the viewer may not see. Blocks (SQL)."""
    number, whole = number_of(house, viewer, interaction_id)
    directory = house.directory()
    docs = house.hub.documents.now
    call = docs.get(("calls", interaction_id), {})
    queue_id = str(call.get("queue_id") or _queue_in_hand(docs.get(("agents", viewer.agent_id or ""), {})))
    text = chosen(directory.centre, str(call.get("flow_id") or ""), queue_id)
    known = None
    if number is not None and "{customer." in text:
        with reading(house.deps.store.business) as connection:
            known = customers.of_number(connection, viewer.tenant, number)
    data = call.get("data") if whole else None  # of a colleague's contact: what is attached may be anything
    values = {
        "customer.name": known["name"] if known is not None else "",
        "customer.grade": known["grade"] if known is not None else "",
        "caller": number or "" if whole else masked(number or ""),
        "called": str(call.get("called") or ""),
        "agent.number": directory.agent_number(viewer.agent_id or ""),
        "agent.name": directory.agent_name(viewer.agent_id or ""),
        "queue": directory.queue_name(queue_id),
        "centre": directory.centre.centre.name,
    }
    attached = {f"data.{key}": str(value) for key, value in data.items()} if isinstance(data, Mapping) else {}
    return {"text": text, "values": {**values, **attached}}


def chosen(centre: Centre, flow_id: str, queue_id: str) -> str:
    """The flow's own, else the queue's, else the centre's; "" where nobody wrote one."""
    flow = next((one.script for one in centre.flows if one.id == flow_id), "")
    queue = next((one.script for one in centre.queues if one.id == queue_id), "")
    return flow or queue or centre.centre.desk.script


def _queue_in_hand(agent: Doc) -> str:
    """Of the contact in hand when its call is over: in wrap-up."""
    handling = agent.get("handling")
    return str(handling.get("queue_id") or "") if isinstance(handling, Mapping) else ""
