"""Missed calls (漏话) and call-backs within the reach of the viewer: whose numbers he may see, who has claimed what.

A number is whole for leaders and for who has claimed it; else masked. To call it one needs no digits: the route dials.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from yingda.kernel.errors import YingdaError
from yingda.kernel.personal import lookup
from yingda.reports import owed
from yingda.server.deps import House
from yingda.server.masking import masked, sees_numbers
from yingda.server.refusals import not_found
from yingda.server.reports import claims
from yingda.server.sessions.viewer import Viewer

Row = dict[str, Any]


def _queues(viewer: Viewer) -> Collection[str] | None:
    return None if viewer.reach.everywhere else viewer.reach.queues


def missed_page(house: House, viewer: Viewer, offset: int, limit: int) -> tuple[list[Row], int]:
    """(the numbers missed, latest first; how many there are)."""
    rows, count = owed.missed(house.deps.store, viewer.tenant, _queues(viewer), offset, limit)
    held = claims.of(house, viewer.tenant, [row["interaction_id"] for row in rows])
    known = numbers(house, viewer, rows)
    return [_missed(house, viewer, row, known, held) for row in rows], count


def _missed(house: House, viewer: Viewer, row: Row, known: Mapping[str, str], held: Mapping[str, claims.Claim]) -> Row:
    directory, claimed = house.directory(), claims.shown(house, viewer, held.get(row["interaction_id"]))
    return {
        "id": row["interaction_id"],
        "caller": shown(known.get(row["party_ref"]), whole=sees_numbers(viewer.role) or claimed["mine"]),
        "queue_id": row["queue_id"],
        "queue_name": directory.queue_name(row["queue_id"]) if row["queue_id"] else None,
        "called": row["dialled"],
        "outcome": row["outcome"],
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "calls": row["calls"],
        "attempts": row["attempts"],
        "tried_at": row["tried_at"],
        **claimed,
    }


def shown(number: str | None, *, whole: bool) -> str | None:
    """A number for whom it is whole, or not."""
    return number if number is None or whole else masked(number)


def numbers(house: House, viewer: Viewer, rows: Sequence[Row]) -> Mapping[str, str]:
    """The numbers that rows of the books refer to."""
    refs = [row["party_ref"] for row in rows if row["party_ref"]]
    return lookup(house.deps.store.business, refs, viewer.tenant)


def _standing(house: House, viewer: Viewer, contact_id: str) -> Row:
    row = owed.missed_one(house.deps.store, viewer.tenant, _queues(viewer), contact_id)
    if row is None:
        raise not_found("missed call")
    return row


def claim(house: House, viewer: Viewer, contact_id: str) -> None:
    """Take it upon oneself. Raises not_found, claimed_already (by somebody else)."""
    _standing(house, viewer, contact_id)
    claims.claim(house, viewer, contact_id)


def release(house: House, viewer: Viewer, contact_id: str) -> None:
    """Give it back; a leader may also give back what others have. Raises not_found, claimed_already."""
    if claims.held(house, viewer, contact_id) != viewer.user_id:
        _standing(house, viewer, contact_id)  # refuses what lies outside his reach
    claims.release(house, viewer, contact_id)


def number_of(house: House, viewer: Viewer, contact_id: str) -> str:
    """The number to call. Raises not_found, number_erased."""
    row = _standing(house, viewer, contact_id)
    number = numbers(house, viewer, [row]).get(row["party_ref"])
    if number is None:
        raise YingdaError("number_erased", "This number was erased on the customer's demand.")
    return number


def need_callback(house: House, viewer: Viewer, callback_id: str) -> None:
    """Refuses one that is not open, or not of these queues."""
    if not owed.callback_open(house.deps.store, viewer.tenant, _queues(viewer), callback_id):
        raise not_found("call-back")


def callback_page(house: House, viewer: Viewer, offset: int, limit: int) -> tuple[list[Row], int]:
    """(call-backs that are open, the earliest promise first; how many there are)."""
    rows, count = owed.callbacks(house.deps.store, viewer.tenant, _queues(viewer), offset, limit)
    known, now, directory = numbers(house, viewer, rows), house.deps.clock.now(), house.directory()
    told = ("source", "requested", "promised_by", "attempts", "calling", "last_result", "queue_id")
    return [
        {
            **{name: row[name] for name in told},
            "id": row["callback_id"],
            "contact_id": row["interaction_id"],
            "queue_name": directory.queue_name(row["queue_id"]) if row["queue_id"] else None,
            "caller": shown(known.get(row["party_ref"] or ""), whole=sees_numbers(viewer.role)),
            "late": row["first_attempt"] is None and row["promised_by"] < now,
        }
        for row in rows
    ], count
