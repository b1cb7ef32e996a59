"""The screen pop (弹屏, POP-01..08): for a contact in hand, who it is and what is known of him, in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from yingda.customers import service as customers
from yingda.kernel.clock import SECOND
from yingda.kernel.numbers import region
from yingda.kernel.store import reading
from yingda.reports import service as books
from yingda.server.calls.records import Records
from yingda.server.customers.history import filters_of, past
from yingda.server.customers.views import shown
from yingda.server.deps import House
from yingda.server.feed.visible import eyes_now
from yingda.server.masking import masked
from yingda.server.sessions.viewer import Viewer

RECENT = 10
MONTH = 30 * 86_400 * SECOND
MOST = 1_000


def numbers_in_hand(house: House, viewer: Viewer) -> frozenset[str]:
    """The numbers of the customers whom the viewer rings for, talks with or writes up at this moment."""
    docs = house.hub.documents.now
    held = eyes_now(viewer.role, viewer.reach, docs, agent_id=viewer.agent_id).own
    callers = (docs.get(("calls", ident), {}).get("caller") for ident in held)
    in_wrapup = (part.get("caller") for part in _in_hand(house, viewer))
    return frozenset(str(number) for number in (*callers, *in_wrapup) if number)


def _in_hand(house: House, viewer: Viewer) -> list[Mapping[str, object]]:
    """The viewer's handling and offer, as his live document has them."""
    agent = house.hub.documents.now.get(("agents", viewer.agent_id or ""), {})
    return [part for part in (agent.get("handling"), agent.get("offer")) if isinstance(part, Mapping)]


def number_of(house: House, viewer: Viewer, interaction_id: str) -> tuple[str | None, bool]:
    """(the customer's number of a contact that the viewer may see, whether he sees it whole). Raises not_found."""
    for part in _in_hand(house, viewer):
        if part.get("interaction_id") == interaction_id:
            caller = house.hub.documents.now.get(("calls", interaction_id), part).get("caller")
            return (str(caller) if caller else None), True
    return Records(house.deps.store, house.directory(), viewer).number(interaction_id)


def pop(house: House, viewer: Viewer, interaction_id: str) -> dict[str, Any]:
    """Everything of `schemas.Pop`. Raises not_found. Blocks (SQL, the tables of regions)."""
    number, whole = number_of(house, viewer, interaction_id)
    told = number if whole or number is None else masked(number)
    centre = house.directory().centre.centre
    known = None
    if number is not None:
        with reading(house.deps.store.business) as connection:
            known = customers.of_number(connection, viewer.tenant, number)
    numbers = {one["number"] for one in known["numbers"]} if known is not None else set()
    recent, _ = past(house, viewer, numbers | ({number} if number else set()), None, RECENT + 1)
    before = [contact for contact in recent if contact["interaction_id"] != interaction_id]
    return {
        "interaction_id": interaction_id,
        "number": told,
        "region": region(number, centre.country, centre.language[:2]) if number else "",
        "customer": shown(known, numbers_in_hand(house, viewer), viewer) if known is not None else None,
        "contacts_30_days": _lately(house, viewer, numbers | ({number} if number else set())),
        "last_agent_number": next((contact["agent_number"] for contact in before if contact["agent_number"]), None),
        "recent": before[:RECENT],
        "url": url_of(centre.customers.pop_url, told or "", known, interaction_id, viewer),
    }


def url_of(
    template: str | None, number: str, known: customers.Record | None, interaction_id: str, viewer: Viewer
) -> str | None:
    """The configured address with its variables put in, each escaped."""
    if template is None:
        return None
    values = {
        "number": number,
        "name": known["name"] if known is not None else "",
        "customer_id": known["customer_id"] if known is not None else "",
        "interaction_id": interaction_id,
        "agent": viewer.username,
    }
    for name, value in values.items():
        template = template.replace("{" + name + "}", quote(value, safe=""))
    return template


def _lately(house: House, viewer: Viewer, numbers: set[str]) -> int:
    filters = filters_of(house, viewer.tenant, numbers, since=house.deps.clock.now() - MONTH)
    if filters is None:
        return 0
    count = books.count_calls(house.deps.store, filters, MOST)
    return MOST if count is None else count
