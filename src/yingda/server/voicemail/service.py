"""Left messages within the reach of the viewer: those for his queues and for agents whom he sees.

Who may not see numbers sees this one once he has claimed the message; leaders see all. A message is heard as the
archive keeps it (docs/recordings.md); whoever hears it stands in the audit log. Reach and masking are decided here, for
page, file and sound alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.store import reading
from yingda.recordings import catalogue
from yingda.recordings.catalogue import Form
from yingda.recordings.paths import message_path
from yingda.reports import left
from yingda.server.calls import playback
from yingda.server.deps import House
from yingda.server.masking import sees_numbers
from yingda.server.refusals import not_found
from yingda.server.reports import claims
from yingda.server.reports.owed import numbers, shown
from yingda.server.sessions.viewer import Viewer
from yingda.server.voicemail.schemas import MessageFilters

Row = dict[str, Any]
PAGE = 200
MOST_ROWS = 100_000


def page(house: House, viewer: Viewer, filters: MessageFilters, offset: int, limit: int) -> tuple[list[Row], int]:
    """(messages, latest first; how many there are)."""
    rows, count = left.page(house.deps.store, _wanted(viewer, filters), offset, limit)
    known, tenant = numbers(house, viewer, rows), viewer.tenant
    held = claims.of(house, tenant, [row["message_id"] for row in rows])
    with reading(house.deps.store.business) as connection:
        forms = catalogue.forms(connection, tenant, [row["message_id"] for row in rows])
    return [_one(house, viewer, row, known, held, forms) for row in rows], count


def everything(house: House, viewer: Viewer, filters: MessageFilters) -> Iterator[Row]:
    """All of them, a page at a time, up to MOST_ROWS."""
    for offset in range(0, MOST_ROWS, PAGE):
        rows, _ = page(house, viewer, filters, offset, PAGE)
        yield from rows
        if len(rows) < PAGE:
            return


def _wanted(viewer: Viewer, filters: MessageFilters) -> left.Wanted:
    reach = viewer.reach
    queues = None if reach.everywhere else reach.queues
    return left.Wanted(viewer.tenant, queues, reach.agents, filters.state, filters.queue)


def _one(
    house: House,
    viewer: Viewer,
    row: Row,
    known: Mapping[str, str],
    held: Mapping[str, claims.Claim],
    forms: Mapping[str, Form],
) -> Row:
    directory, claimed = house.directory(), claims.shown(house, viewer, held.get(row["message_id"]))
    agent_id, queue_id = row["agent_id"], row["queue_id"]
    cleared_by = directory.users.get((row["cleared_by"] or "").removeprefix("user:"))
    told = ("received", "duration_ms", "heard", "cleared", "queue_id")
    return {
        **{name: row[name] for name in told},
        "id": row["message_id"],
        "contact_id": row["interaction_id"],
        "caller": shown(known.get(row["party_ref"] or ""), whole=sees_numbers(viewer.role) or claimed["mine"]),
        "called": row["dialled"],
        "queue_name": directory.queue_name(queue_id) if queue_id else None,
        "agent_number": directory.agent_number(agent_id) if agent_id else None,
        "agent_name": directory.agent_name(agent_id) if agent_id else None,
        "sound": "expired" if forms.get(row["message_id"]) is Form.EXPIRED else "ready",
        "cleared_by": cleared_by.display_name if cleared_by is not None else None,
        "served_at": row["served"],
        **claimed,
    }


def find(house: House, viewer: Viewer, message_id: str) -> Row:
    """The message as the books have it. Raises not_found, also for what lies outside his reach."""
    row = left.one(house.deps.store, _wanted(viewer, MessageFilters(state="all")), message_id)
    if row is None:
        raise not_found("message")
    return row


def claim(house: House, viewer: Viewer, message_id: str) -> None:
    """Raises not_found, claimed_already."""
    find(house, viewer, message_id)
    claims.claim(house, viewer, message_id)


def release(house: House, viewer: Viewer, message_id: str) -> None:
    """Raises not_found, claimed_already."""
    find(house, viewer, message_id)
    claims.release(house, viewer, message_id)


def number_of(house: House, viewer: Viewer, message_id: str) -> str:
    """Whom to call. Raises not_found, number_withheld, number_erased."""
    row = find(house, viewer, message_id)
    if not row["party_ref"]:
        raise YingdaError("number_withheld", "The caller gave no number.", todo="Listen: perhaps he says one.")
    number = numbers(house, viewer, [row]).get(row["party_ref"])
    if number is None:
        raise YingdaError("number_erased", "This number was erased on the customer's demand.")
    return number


def told(house: House, viewer: Viewer, row: Row, kind: str) -> Event:
    """`message.heard` or `message.cleared`."""
    facts = {"message_id": row["message_id"]}
    at = house.deps.clock.now()
    return Event(kind=kind, at=at, by=viewer.who, interaction_id=row["interaction_id"], data=facts)


def clear(house: House, viewer: Viewer, message_id: str) -> Event | None:
    """What is to be written; None if it is cleared already. Raises not_found, claimed_already (by a colleague)."""
    row = find(house, viewer, message_id)
    if row["cleared"] is not None:
        return None
    if viewer.role == "agent" and claims.held(house, viewer, message_id) not in (None, viewer.user_id):
        raise YingdaError("claimed_already", "Somebody else has taken this call upon himself.")
    return told(house, viewer, row, "message.cleared")


def is_cleared(house: House, viewer: Viewer, message_id: str) -> bool:
    """Whether the books have it by now."""
    return find(house, viewer, message_id)["cleared"] is not None


def play(house: House, viewer: Viewer, row: Row, range_header: str | None) -> Response:
    """Raises what `playback.play` does."""
    return playback.play(house.deps, viewer.tenant, sound_of(row), range_header)


def sound_of(row: Row) -> playback.Sound:
    place = message_path(row["tenant_id"], row["recorded_at"], row["interaction_id"], row["message_id"])
    return playback.Sound(row["message_id"], place, row["message_id"])
