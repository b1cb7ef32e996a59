"""Missed calls (漏话) and call-backs within the reach of the viewer: whose numbers he may see, who has claimed what.

A number is whole for leaders and for who has claimed it; else masked. To call it one needs no digits: the route dials.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from yingda.kernel.errors import YingdaError
from yingda.kernel.personal import lookup
from yingda.kernel.store import reading, writing
from yingda.reports import owed
from yingda.server.deps import House
from yingda.server.masking import masked, sees_numbers
from yingda.server.refusals import not_found
from yingda.server.reports.models import MissedClaim
from yingda.server.sessions.viewer import Viewer

Row = dict[str, Any]


def _queues(viewer: Viewer) -> Collection[str] | None:
    return None if viewer.reach.everywhere else viewer.reach.queues


def missed_page(house: House, viewer: Viewer, offset: int, limit: int) -> tuple[list[Row], int]:
    """(the numbers missed, latest first; how many there are)."""
    rows, count = owed.missed(house.deps.store, viewer.tenant, _queues(viewer), offset, limit)
    claims = _claims(house, viewer.tenant, [row["interaction_id"] for row in rows])
    numbers = _numbers(house, viewer, rows)
    return [_missed(house, viewer, row, numbers, claims) for row in rows], count


def _missed(
    house: House, viewer: Viewer, row: Row, numbers: Mapping[str, str], claims: Mapping[str, sa.RowMapping]
) -> Row:
    claim = claims.get(row["interaction_id"])
    directory, mine = house.directory(), claim is not None and claim["user_id"] == viewer.user_id
    user = directory.users.get(claim["user_id"]) if claim is not None else None
    return {
        "id": row["interaction_id"],
        "caller": _shown(numbers.get(row["party_ref"]), whole=sees_numbers(viewer.role) or mine),
        "queue_id": row["queue_id"],
        "queue_name": directory.queue_name(row["queue_id"]) if row["queue_id"] else None,
        "called": row["dialled"],
        "outcome": row["outcome"],
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "calls": row["calls"],
        "attempts": row["attempts"],
        "tried_at": row["tried_at"],
        "claimed_by": user.display_name if user is not None else None,
        "claimed_at": claim["at"] if claim is not None else None,
        "mine": mine,
    }


def _shown(number: str | None, *, whole: bool) -> str | None:
    return number if number is None or whole else masked(number)


def _numbers(house: House, viewer: Viewer, rows: Sequence[Row]) -> Mapping[str, str]:
    refs = [row["party_ref"] for row in rows if row["party_ref"]]
    return lookup(house.deps.store.business, refs, viewer.tenant)


def _claims(house: House, tenant: str, contact_ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    table = MissedClaim.__table__
    query = sa.select(table).where(table.c.tenant_id == tenant, table.c.contact_id.in_(contact_ids))
    with reading(house.deps.store.business) as connection:
        return {row["contact_id"]: row for row in connection.execute(query).mappings()}


def _standing(house: House, viewer: Viewer, contact_id: str) -> Row:
    row = owed.missed_one(house.deps.store, viewer.tenant, _queues(viewer), contact_id)
    if row is None:
        raise not_found("missed call")
    return row


def claim(house: House, viewer: Viewer, contact_id: str) -> None:
    """Take it upon oneself. Raises not_found, claimed_already (by somebody else)."""
    _standing(house, viewer, contact_id)
    with writing(house.deps.store.business) as connection:
        held = _held(connection, viewer, contact_id)
        if held == viewer.user_id:
            return
        if held is not None:
            who = house.directory().users.get(held)
            raise YingdaError(
                "claimed_already",
                f"{who.display_name if who is not None else 'Somebody'} has taken this call upon himself.",
                todo="Take another one, or ask him to give it back.",
            )
        row = {"tenant_id": viewer.tenant, "contact_id": contact_id, "user_id": viewer.user_id}
        connection.execute(sa.insert(MissedClaim), {**row, "at": house.deps.clock.now()})


def release(house: House, viewer: Viewer, contact_id: str) -> None:
    """Give it back; a leader may also give back what others have. Raises not_found, claimed_already."""
    with writing(house.deps.store.business) as connection:
        held = _held(connection, viewer, contact_id)
        if held != viewer.user_id:
            _standing(house, viewer, contact_id)  # refuses what lies outside his reach
        if held not in (None, viewer.user_id) and viewer.role == "agent":
            raise YingdaError("claimed_already", "Somebody else has taken this call upon himself.")
        connection.execute(sa.delete(MissedClaim).filter_by(tenant_id=viewer.tenant, contact_id=contact_id))


def _held(connection: sa.Connection, viewer: Viewer, contact_id: str) -> str | None:
    query = sa.select(MissedClaim.user_id).filter_by(tenant_id=viewer.tenant, contact_id=contact_id)
    held: str | None = connection.execute(query).scalar()
    return held


def number_of(house: House, viewer: Viewer, contact_id: str) -> str:
    """The number to call. Raises not_found, number_erased."""
    row = _standing(house, viewer, contact_id)
    number = _numbers(house, viewer, [row]).get(row["party_ref"])
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
    numbers, now, directory = _numbers(house, viewer, rows), house.deps.clock.now(), house.directory()
    shown = ("source", "requested", "promised_by", "attempts", "calling", "last_result", "queue_id")
    return [
        {
            **{name: row[name] for name in shown},
            "id": row["callback_id"],
            "contact_id": row["interaction_id"],
            "queue_name": directory.queue_name(row["queue_id"]) if row["queue_id"] else None,
            "caller": _shown(numbers.get(row["party_ref"] or ""), whole=sees_numbers(viewer.role)),
            "late": row["first_attempt"] is None and row["promised_by"] < now,
        }
        for row in rows
    ], count
