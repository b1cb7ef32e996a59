"""What the events in the books say of recordings: which handlings are due one, how each ended, and what callers left.

Reads the events in their global order from a given place on: nothing is looked at twice, nothing is left out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from yingda.kernel.config import versions
from yingda.kernel.config.centre import Centre
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, reading
from yingda.recordings.paths import message_path, path_of

EVENTS = StoredEvent.__table__.c
CONNECTED, BEGUN = "handling.connected", "recording.started"
ENDED, MISSING = "recording.ended", "recording.missing"
MESSAGE = "message.received"
WATCHED = (CONNECTED, ENDED, MISSING, MESSAGE)
AT_ONCE = 500


INTERNAL = "internal"
"""The pseudo-queue of calls without a customer (metrics.md section 4)."""


@dataclass(frozen=True, slots=True)
class Handling:
    """A connected handling (µs) and where its recording lies. due: its queue is recorded."""

    handling_id: str
    tenant: str
    interaction_id: str
    connected: int
    due: bool

    @property
    def path(self) -> str:
        return self.path_beside("")

    def path_beside(self, leg_id: str) -> str:
        """Where the recording lies of an outside party who was consulted; "": the talk's own."""
        return path_of(self.tenant, self.connected, self.interaction_id, self.handling_id, leg_id)


@dataclass(frozen=True, slots=True)
class LastWord:
    """How a recording, or a message, ended (µs). handling_id: None for a message, and for the recording of an outside
    party who was consulted. checksum, duration_ms: None if it is missing (then it may still have a part)."""

    recording_id: str
    tenant: str
    path: str
    handling_id: str | None
    at: int
    duration_ms: int | None
    checksum: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events on. seq: where to go on; done: there were no more. wordless: handlings whose recording is missing
    without having begun."""

    connected: list[Handling]
    ended: list[LastWord]
    wordless: list[str]
    seq: int
    done: bool


class Books:
    """Reads pages of events. Blocks (SQL)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: dict[tuple[str, int], tuple[dict[str, bool], dict[str, bool]]] = {}

    def place_at(self, at: int) -> int:
        """The place before the first event at or after this time (µs)."""
        with reading(self._store.books) as connection:
            later = sa.select(sa.func.min(EVENTS.seq)).where(EVENTS.kind.in_(WATCHED), EVENTS.at >= at)
            first = connection.execute(later).scalar()
            newest = connection.execute(sa.select(sa.func.max(EVENTS.seq))).scalar()
        return (newest or 0) if first is None else first - 1

    def page(self, after: int, limit: int) -> Page:
        with reading(self._store.books) as connection:
            query: sa.Select[Any] = sa.select(
                EVENTS.seq, EVENTS.kind, EVENTS.at, EVENTS.tenant_id, EVENTS.interaction_id, EVENTS.data
            )
            query = query.where(EVENTS.seq > after, EVENTS.kind.in_(WATCHED)).order_by(EVENTS.seq).limit(limit)
            rows = connection.execute(query).all()
            told = [(row, json.loads(row.data)) for row in rows]
            handlings = self._handlings(connection, {row.interaction_id for row, _ in told})
        page = Page([], [], [], rows[-1].seq if rows else after, len(rows) < limit)
        for row, data in told:
            if row.kind == MESSAGE:
                page.ended.extend(_left(row, data))
            else:
                self._sort(page, row, data, handlings.get(data["handling_id"]))
        return page

    def paths(self, interaction_ids: Iterable[str]) -> set[str]:
        """Where recordings of these contacts may lie: of their connected handlings, and of whom they consulted."""
        asked = set(interaction_ids)
        with reading(self._store.books) as connection:
            handlings = self._handlings(connection, asked)
            found = {handling.path for handling in handlings.values()}
            for data in self._told(connection, asked, BEGUN):
                if (handling := handlings.get(data["handling_id"])) is not None:
                    found.add(handling.path_beside(data.get("leg_id", "")))
        return found

    def messages(self, interaction_ids: Iterable[str]) -> set[str]:
        """What the callers of these contacts have left, by id."""
        with reading(self._store.books) as connection:
            return {data["message_id"] for data in self._told(connection, interaction_ids, MESSAGE)}

    @staticmethod
    def _told(connection: sa.Connection, interaction_ids: Iterable[str], kind: str) -> Iterator[Mapping[str, Any]]:
        """What the events of a kind say of these contacts."""
        asked = sorted(interaction_ids)
        for begin in range(0, len(asked), AT_ONCE):
            query = sa.select(EVENTS.data).where(EVENTS.interaction_id.in_(asked[begin : begin + AT_ONCE]))
            yield from map(json.loads, connection.execute(query.where(EVENTS.kind == kind)).scalars())

    @staticmethod
    def _sort(page: Page, row: sa.Row[Any], data: Mapping[str, Any], handling: Handling | None) -> None:
        if handling is None:
            return  # it never was connected: nothing was due, and nothing can lie anywhere
        if row.kind == CONNECTED:
            page.connected.append(handling)
        elif recording_id := data.get("recording_id"):
            leg_id = data.get("leg_id", "")  # whoever was consulted: the talk's own recording is due all the same
            place = (handling.tenant, handling.path_beside(leg_id), None if leg_id else handling.handling_id)
            page.ended.append(LastWord(recording_id, *place, row.at, data.get("duration_ms"), data.get("checksum")))
        else:
            page.wordless.append(handling.handling_id)

    def _handlings(self, connection: sa.Connection, interaction_ids: Collection[str | None]) -> dict[str, Handling]:
        asked = sorted(one for one in interaction_ids if one is not None)
        begun: dict[str, Mapping[str, Any]] = {}
        found: dict[str, Handling] = {}
        for begin in range(0, len(asked), AT_ONCE):
            query = sa.select(StoredEvent.__table__).where(EVENTS.interaction_id.in_(asked[begin : begin + AT_ONCE]))
            query = query.where(EVENTS.kind.in_(("handling.started", CONNECTED))).order_by(EVENTS.seq)
            for row in connection.execute(query):
                data = json.loads(row.data)
                handling_id = data["handling_id"]
                if row.kind == CONNECTED:
                    due = self._due(row.tenant_id, row.config, begun.get(handling_id, {}))
                    found[handling_id] = Handling(handling_id, row.tenant_id, row.interaction_id, row.at, due)
                else:
                    begun[handling_id] = data
        return found

    def _due(self, tenant: str, config: int, started: Mapping[str, Any]) -> bool:
        """As the configuration of that moment said; without a queue as the agent's first queue says, as calls go by it.

        Who assists is heard in the recording of him whom he assists; a call among colleagues is not recorded.
        """
        if started.get("role") != "primary" or started.get("queue_id") == INTERNAL:
            return False
        if (tenant, config) not in self._rules:
            with reading(self._store.business) as connection:
                version = versions.load(connection, config, tenant)
            self._rules[tenant, config] = _rules_of(version.centre) if version else ({}, {})
        queues, first_queues = self._rules[tenant, config]
        queue_id = started.get("queue_id") or ""
        own = queues.get(queue_id)
        return own if own is not None else first_queues.get(started.get("agent_id") or "", True)


def _left(row: sa.Row[Any], data: Mapping[str, Any]) -> Iterator[LastWord]:
    """A message that a caller has spoken; others (texts) have no file."""
    if since := data.get("recorded_at"):
        path = message_path(row.tenant_id, since, row.interaction_id, data["message_id"])
        yield LastWord(data["message_id"], row.tenant_id, path, None, row.at, data["duration_ms"], data["checksum"])


def _rules_of(centre: Centre) -> tuple[dict[str, bool], dict[str, bool]]:
    """Whether calls are recorded: by queue id; by agent id, for calls without a queue."""
    by_name = {queue.name: queue.recording for queue in centre.queues}
    first = {
        agent.id: next((by_name[name] for name in agent.queues if name in by_name), True) for agent in centre.agents
    }
    return {queue.id: queue.recording for queue in centre.queues}, first
