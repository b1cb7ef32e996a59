"""First-contact resolution, 一次解决率 (metrics.md section 7): counted from the contacts when it is asked for.

A first contact was answered by a person about a case without other contacts in the 30 days before. A contact is about
the case that its last form names; without one, about what the same customer called for under the same call type.
Whether it was resolved is known from what the customer said, else from the form, if nobody contacted us again within
7 days; until those are over it is provisional. Nothing said, no form, or a number withheld: unknown, and in the
denominator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from yingda.kernel.clock import SECOND
from yingda.reports.customer_rows import Survey
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact, Handling
from yingda.reports.sheets.adding import Sums, Wanted

DAY = 86_400 * SECOND
BEFORE, AFTER = 30 * DAY, 7 * DAY
FIELDS = ("first_contacts", "first_resolved", "first_unknown", "first_claimed", "first_provisional")

_contacts, _handlings, _surveys = TABLES[Contact], TABLES[Handling], TABLES[Survey]
_other, _form, _about = _contacts.alias("other"), _handlings.alias("form"), _handlings.alias("about")


def _last_form(field: str, of: ColumnElement[Any]) -> Any:
    """What the last form of the contact says; null without one."""
    forms = select(_form.c[field]).where(_form.c.interaction_id == of, _form.c.disposed_seq > 0)
    return forms.order_by(_form.c.disposed_seq.desc()).limit(1).correlate(_contacts).scalar_subquery()


_CASE = _last_form("case_id", _contacts.c.interaction_id)
_OF_CASE = (
    exists()
    .where(_about.c.interaction_id == _other.c.interaction_id, _about.c.case_id == _CASE)
    .correlate(_other, _contacts)
)
_OF_CALLER = and_(
    _other.c.party_ref == _contacts.c.party_ref,
    _other.c.withheld.is_(False),
    func.coalesce(_other.c.call_type, "") == func.coalesce(_contacts.c.call_type, ""),
)
_SAME = or_(and_(_CASE.is_not(None), _OF_CASE), and_(_CASE.is_(None), _OF_CALLER))
_SAID = (
    select(_surveys.c.resolved)
    .where(_surveys.c.interaction_id == _contacts.c.interaction_id, _surveys.c.resolved.is_not(None))
    .order_by(_surveys.c.ended.desc())
    .limit(1)
    .correlate(_contacts)
    .scalar_subquery()
)


def _another(since: ColumnElement[Any] | Any, until: ColumnElement[Any] | Any) -> ColumnElement[bool]:
    """Another contact that the customer began then, about the same."""
    inbound = (_other.c.direction == "inbound", _other.c.test.is_(False))
    mine = (_other.c.tenant_id == _contacts.c.tenant_id, _other.c.interaction_id != _contacts.c.interaction_id)
    found = exists().where(*mine, *inbound, _other.c.started >= since, _other.c.started < until, _SAME)
    return found.correlate(_contacts)


def first_contacts(connection: Connection, wanted: Wanted) -> Iterator[tuple[int, Sums]]:
    """(when it began, what it counts) of every first contact of the span."""
    columns = _contacts.c
    followed = or_(_CASE.is_not(None), and_(columns.withheld.is_(False), columns.party_ref != ""))
    query = select(
        columns.started,
        followed.label("followed"),
        _SAID.label("said"),
        _last_form("resolved", columns.interaction_id).label("claimed"),
        _another(columns.started + 1, columns.started + AFTER).label("again"),
    )
    query = query.where(columns.tenant_id == wanted.tenant, columns.test.is_(False), columns.direction == "inbound")
    query = query.where(columns.medium.in_(wanted.media), columns.first_connected.is_not(None))
    query = query.where(columns.started >= wanted.begin, columns.started < wanted.end)
    query = query.where(~_another(columns.started - BEFORE, columns.started))
    for row in connection.execute(query.order_by(columns.started)):
        yield row.started, _counted(row.said, row.claimed, row.again, row.followed, wanted.now - row.started < AFTER)


def _counted(said: bool | None, claimed: bool | None, again: bool, followed: bool, fresh: bool) -> Sums:
    """said: by the customer; claimed: by the form; again: he contacted us again; followed: we could know."""
    unknown = said is None and not again and (claimed is None or not followed)
    resolved = bool(said) if said is not None else bool(claimed) and not again and followed
    counts = (True, resolved, unknown, bool(claimed), said is None and fresh)
    return {name: int(count) for name, count in zip(FIELDS, counts, strict=True)}
