"""The audit log: who changed or saw what. A line is written before the thing is given out."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from yingda.kernel.clock import SECOND
from yingda.kernel.ids import new_id
from yingda.server.models import AuditLine

SAME_VIEWING = 600 * SECOND
"""A player fetches a recording in many ranges: within ten minutes that is one viewing, and one line."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what to what, from where. who: user:ID, or "nobody" before signing in; action: `noun.past`."""

    who: str
    action: str
    target: str
    address: str


def write(connection: sa.Connection, tenant: str, at: int, deed: Deed) -> None:
    """One line, in the caller's transaction."""
    row = {
        "audit_id": new_id(),
        "tenant_id": tenant,
        "at": at,
        "who": deed.who,
        "action": deed.action,
        "object": deed.target[:128],
        "address": deed.address[:64],
    }
    connection.execute(sa.insert(AuditLine), row)


def write_viewing(connection: sa.Connection, tenant: str, at: int, deed: Deed) -> None:
    """The same, unless the same person did the same to the same thing within the last ten minutes."""
    same = sa.select(AuditLine.audit_id).where(
        AuditLine.tenant_id == tenant,
        AuditLine.who == deed.who,
        AuditLine.action == deed.action,
        AuditLine.object == deed.target[:128],
        AuditLine.at > at - SAME_VIEWING,
    )
    if connection.execute(same.limit(1)).first() is None:
        write(connection, tenant, at, deed)
