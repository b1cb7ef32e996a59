"""Who has taken a missed call or a left message upon himself, so that no two call the same customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import sqlalchemy as sa

from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server.deps import House
from yingda.server.reports.models import MissedClaim
from yingda.server.sessions.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Claim:
    """at: µs UTC."""

    user_id: str
    at: int


class Claimed(TypedDict):
    """As lists tell it: who, by name; when; whether it is the viewer."""

    claimed_by: str | None
    claimed_at: int | None
    mine: bool


def of(house: House, tenant: str, things: Sequence[str]) -> dict[str, Claim]:
    """The claims of these contacts, or messages, that have one."""
    table = MissedClaim.__table__
    query = sa.select(table).where(table.c.tenant_id == tenant, table.c.contact_id.in_(things))
    with reading(house.deps.store.business) as connection:
        return {row["contact_id"]: Claim(row["user_id"], row["at"]) for row in connection.execute(query).mappings()}


def shown(house: House, viewer: Viewer, claim: Claim | None) -> Claimed:
    user = house.directory().users.get(claim.user_id) if claim is not None else None
    return {
        "claimed_by": user.display_name if user is not None else None,
        "claimed_at": claim.at if claim is not None else None,
        "mine": claim is not None and claim.user_id == viewer.user_id,
    }


def held(house: House, viewer: Viewer, thing: str) -> str | None:
    """By which user."""
    with reading(house.deps.store.business) as connection:
        return _held(connection, viewer, thing)


def claim(house: House, viewer: Viewer, thing: str) -> None:
    """Raises claimed_already (by somebody else)."""
    with writing(house.deps.store.business) as connection:
        holder = _held(connection, viewer, thing)
        if holder == viewer.user_id:
            return
        if holder is not None:
            who = house.directory().users.get(holder)
            raise YingdaError(
                "claimed_already",
                f"{who.display_name if who is not None else 'Somebody'} has taken this call upon himself.",
                todo="Take another one, or ask him to give it back.",
            )
        row = {"tenant_id": viewer.tenant, "contact_id": thing, "user_id": viewer.user_id}
        connection.execute(sa.insert(MissedClaim), {**row, "at": house.deps.clock.now()})


def release(house: House, viewer: Viewer, thing: str) -> None:
    """Raises claimed_already: only leaders give back what others have."""
    with writing(house.deps.store.business) as connection:
        if viewer.role == "agent" and _held(connection, viewer, thing) not in (None, viewer.user_id):
            raise YingdaError("claimed_already", "Somebody else has taken this call upon himself.")
        connection.execute(sa.delete(MissedClaim).filter_by(tenant_id=viewer.tenant, contact_id=thing))


def _held(connection: sa.Connection, viewer: Viewer, thing: str) -> str | None:
    query = sa.select(MissedClaim.user_id).filter_by(tenant_id=viewer.tenant, contact_id=thing)
    holder: str | None = connection.execute(query).scalar()
    return holder
