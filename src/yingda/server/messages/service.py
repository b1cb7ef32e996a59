"""The rules of messages between seats: who gets one, when a deputy does, what is unread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.server.directory import Directory
from yingda.server.messages.models import SeatDelivery, SeatMessage
from yingda.server.messages.schemas import MessageIn, Recipient

Row = dict[str, Any]
_messages, _deliveries = SeatMessage.__table__, SeatDelivery.__table__


def recipients_of(directory: Directory, to: Iterable[Recipient], sender: str) -> tuple[frozenset[str], str]:
    """(user ids without the sender, the choice in words). Raises unknown_recipient, no_recipient."""
    users: set[str] = set()
    told: list[str] = []
    for one in to:
        chosen, words = _chosen(directory, one)
        users |= chosen
        told.append(words)
    if not users - {sender}:
        raise YingdaError("no_recipient", "Nobody would get this message.", where="to")
    return frozenset(users - {sender}), ", ".join(told)


def _chosen(directory: Directory, one: Recipient) -> tuple[set[str], str]:
    agents = directory.agents.values()
    if one.kind == "everybody":
        return set(directory.users), "*"
    if one.kind == "user" and one.id in directory.users:
        return {one.id}, directory.users[one.id].display_name
    if one.kind == "team" and any(team.name == one.id for team in directory.centre.teams):
        members = {directory.usernames[agent.user].id for agent in agents if agent.team == one.id}
        return members | {user.id for user in directory.users.values() if one.id in user.leads}, one.id
    if one.kind == "queue" and one.id in directory.queues:
        name = directory.queues[one.id].name
        return {directory.usernames[agent.user].id for agent in agents if name in agent.queues}, name
    raise YingdaError("unknown_recipient", f"There is no {one.kind} {one.id}.", where="to")


def send(connection: sa.Connection, tenant: str, sender: str, order: MessageIn, directory: Directory, now: int) -> Row:
    """The message and whom it went to: `message_id`, `users`. Raises what `recipients_of` does."""
    users, told = recipients_of(directory, order.to, sender)
    if order.deputy is not None and order.deputy not in directory.users:
        raise YingdaError("unknown_recipient", f"There is no user {order.deputy}.", where="deputy")
    message_id = new_id()
    written = {"sender": sender, "told": told, "text": order.text, "urgent": order.urgent, "at": now, "number": None}
    connection.execute(sa.insert(SeatMessage), {"message_id": message_id, "tenant_id": tenant, **written})
    base = {"message_id": message_id, "tenant_id": tenant, "read": None, "deputy_of": None, "visible": now}
    rows = [{**base, "user_id": user} for user in sorted(users)]
    if order.deputy is not None and order.deputy not in users:
        later = now + order.deputy_after_s * SECOND
        rows.append({**base, "user_id": order.deputy, "visible": later, "deputy_of": min(users)})
    connection.execute(sa.insert(SeatDelivery), rows)
    return {"message_id": message_id, "users": users}


def keep(connection: sa.Connection, tenant: str, text: Row, users: Mapping[str, str], now: int) -> None:
    """A text that came by telephone. text: `message_id`, `sender`, `number` and `text`; users: names by id."""
    written = {**text, "told": ", ".join(users.values()), "urgent": False, "at": now, "tenant_id": tenant}
    connection.execute(sa.insert(SeatMessage), written)
    base = {"message_id": text["message_id"], "tenant_id": tenant, "read": None, "deputy_of": None, "visible": now}
    connection.execute(sa.insert(SeatDelivery), [{**base, "user_id": user} for user in sorted(users)])


def inbox(
    connection: sa.Connection, tenant: str, user: str, cursor: str | None, limit: int, now: int
) -> tuple[list[Row], str | None]:
    """What came, newest first."""
    query = sa.select(_messages, _deliveries.c.read).join(_deliveries, _joined()).where(*_shown(tenant, user, now))
    return _page(connection, query, cursor, limit)


def outbox(
    connection: sa.Connection, tenant: str, user: str, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """What one sent, newest first, with how many got and read it."""
    query = sa.select(_messages).where(_messages.c.tenant_id == tenant, _messages.c.sender == user)
    rows, following = _page(connection, query, cursor, limit)
    counts = _counts(connection, [row["message_id"] for row in rows])
    return [{**row, **counts.get(row["message_id"], {})} for row in rows], following


def unread(connection: sa.Connection, tenant: str, user: str, now: int) -> Row:
    """What the feed tells: how many, whether an urgent one is among them, when the latest came."""
    query = sa.select(
        sa.func.count(), sa.func.max(_messages.c.at), sa.func.max(sa.cast(_messages.c.urgent, sa.Integer))
    )
    query = query.join_from(_messages, _deliveries, _joined()).where(*_shown(tenant, user, now))
    count, latest, urgent = connection.execute(query.where(_deliveries.c.read.is_(None))).one()
    return {"unread": count, "urgent": bool(urgent), "latest": latest}


def mark_read(connection: sa.Connection, tenant: str, user: str, message_id: str, now: int) -> None:
    """Raises unknown_message."""
    mine = (_deliveries.c.tenant_id == tenant, _deliveries.c.user_id == user, _deliveries.c.message_id == message_id)
    if connection.execute(sa.select(_deliveries.c.user_id).where(*mine, _deliveries.c.visible <= now)).first() is None:
        raise YingdaError("unknown_message", "There is no such message.")
    connection.execute(sa.update(SeatDelivery).where(*mine, _deliveries.c.read.is_(None)).values(read=now))


# ---- within --------------------------------------------------------------------------------------------------------


def _joined() -> sa.ColumnElement[bool]:
    return _deliveries.c.message_id == _messages.c.message_id


def _shown(tenant: str, user: str, now: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Deliveries that the user sees by now; a deputy those that nobody has read before his time came."""
    others = sa.alias(_deliveries)
    in_time = sa.exists().where(
        others.c.message_id == _deliveries.c.message_id,
        others.c.user_id != user,
        others.c.read.is_not(None),
        others.c.read <= _deliveries.c.visible,
    )
    needed = sa.or_(_deliveries.c.deputy_of.is_(None), sa.not_(in_time))
    return (_deliveries.c.tenant_id == tenant, _deliveries.c.user_id == user, _deliveries.c.visible <= now, needed)


def _page(
    connection: sa.Connection, query: sa.Select[Any], cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    if cursor is not None:
        at, _, ident = cursor.partition(".")
        if not (at.isascii() and at.isdigit() and len(at) < 19):
            raise YingdaError("bad_cursor", "The cursor is not one that a page gave.")
        same = sa.and_(_messages.c.at == int(at), _messages.c.message_id < ident)
        query = query.where(sa.or_(_messages.c.at < int(at), same))
    query = query.order_by(_messages.c.at.desc(), _messages.c.message_id.desc()).limit(limit + 1)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], f"{last['at']}.{last['message_id']}" if last is not None else None


def _counts(connection: sa.Connection, message_ids: list[str]) -> Mapping[str, Row]:
    query = (
        sa.select(_deliveries.c.message_id, sa.func.count(), sa.func.count(_deliveries.c.read))
        .where(_deliveries.c.message_id.in_(message_ids), _deliveries.c.deputy_of.is_(None))
        .group_by(_deliveries.c.message_id)
    )
    return {ident: {"recipients": sent, "read_by": read} for ident, sent, read in connection.execute(query)}
