"""Texts that came by SIP become messages between seats in the business store; and what waits for whom (RFC 3842)."""

from __future__ import annotations

from typing import Any

from yingda.calls.effects import KeepText
from yingda.kernel.config.centre import Centre
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, reading, writing
from yingda.server.messages import service


class SeatTexts:
    """Of one version of the configuration. Every call blocks for some ms and raises SQLAlchemyError when the store
    cannot be used."""

    def __init__(self, store: Store, centre: Centre) -> None:
        self._store = store
        users = {user.username: user for user in centre.users}
        self._users = {agent.id: users[agent.user] for agent in centre.agents}

    def keep(self, text: KeepText, now: int) -> dict[str, dict[str, Any]]:
        """By reader (user id): what his screens show of his messages from now on."""
        readers = [self._users[agent_id] for agent_id in text.to_agents if agent_id in self._users]
        sender = self._users.get(text.from_agent or "")
        row = {
            "message_id": text.message_id,
            "sender": sender.id if sender is not None else "",
            "number": text.from_number if sender is None else None,
            "text": text.text,
        }
        with writing(self._store.business) as connection:
            service.keep(connection, DEFAULT_TENANT, row, {one.id: one.display_name for one in readers}, now)
        return self._unread([one.id for one in readers], now)

    def unread(self, now: int) -> dict[str, dict[str, Any]]:
        """The same of every agent."""
        return self._unread([user.id for user in self._users.values()], now)

    def _unread(self, users: list[str], now: int) -> dict[str, dict[str, Any]]:
        with reading(self._store.business) as connection:
            return {user: service.unread(connection, DEFAULT_TENANT, user, now) for user in users}
