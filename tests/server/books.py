"""Rows of the books, as the projector would have written them, and the audio that belongs to them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.server.centre import NOON, Place
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.personal import PersonalValue
from yingda.kernel.store import writing
from yingda.recordings.paths import path_of
from yingda.reports.models import TABLES
from yingda.reports.rows import Contact, Entry, Handling, Leg, Offer, Recording, Row

AUDIO = bytes(range(256)) * 300


def put(place: Place, *rows: Row) -> None:
    with writing(place.store.books) as connection:
        for row in rows:
            connection.execute(sa.insert(TABLES[type(row)]), asdict(row))  # type: ignore[call-overload]  # a dataclass each


def number(place: Place, ref: str, value: str) -> None:
    with writing(place.store.business) as connection:
        row = {"tenant_id": DEFAULT_TENANT, "ref": ref, "kind": "number", "value": value}
        connection.execute(sa.insert(PersonalValue), row)


def event(place: Place, seq: int, kind: str, interaction_id: str, **data: Any) -> None:
    row = {"seq": seq, "writer": "control", "n": seq, "stamp": seq, "kind": kind, "v": 1, "at": NOON + seq}
    rest = {"by_": "customer", "node": "n1", "config": 1, "interaction_id": interaction_id, "data": json.dumps(data)}
    with writing(place.store.books) as connection:
        connection.execute(sa.insert(StoredEvent), {**row, **rest, "tenant_id": DEFAULT_TENANT})


@dataclass(frozen=True)
class Answered:
    """A call that an agent answered after 4 s and talked for a minute: the rows that the books have of it."""

    name: str
    agent: str
    queue: str
    at: int

    @property
    def connected(self) -> int:
        return self.at + 5 * SECOND

    @property
    def ended(self) -> int:
        return self.connected + 60 * SECOND

    @property
    def hangs(self) -> dict[str, Any]:
        return {"tenant_id": DEFAULT_TENANT, "interaction_id": self.name}

    @property
    def contact(self) -> Contact:
        kind: dict[str, Any] = {
            "medium": "voice",
            "direction": "inbound",
            "party_ref": f"ref of {self.name}",
            "dialled": "95500",
        }
        end: dict[str, Any] = {
            "ended": self.ended,
            "ended_by": "customer",
            "outcome": "answered",
            "verdict": "hit",
            "open": 0,
        }
        first: dict[str, Any] = {"first_queue_id": self.queue, "first_agent_id": self.agent}
        times: dict[str, Any] = {
            "started": self.at,
            "last_at": self.ended,
            "wait_us": 4 * SECOND,
            "talking_us": 60 * SECOND,
        }
        return Contact(**self.hangs, **kind, **times, **end, **first)

    @property
    def entry(self) -> Entry:
        target: dict[str, Any] = {"priority": 50, "target_us": 20 * SECOND, "short_us": 5 * SECOND}
        begin: dict[str, Any] = {"cause": "first", "entered": self.at + SECOND, "arrived_at": self.at}
        end: dict[str, Any] = {"left": self.connected, "outcome": "answered", "verdict": "hit", "offers": 1}
        names: dict[str, Any] = {"queue_id": self.queue, "medium": "voice", "handling_id": f"{self.name}-h"}
        return Entry(**self.hangs, **names, **begin, **target, **end, entry_id=f"{self.name}-e")

    @property
    def offer(self) -> Offer:
        names: dict[str, Any] = {"entry_id": f"{self.name}-e", "agent_id": self.agent, "queue_id": self.queue}
        end: dict[str, Any] = {"ended": self.connected, "outcome": "accepted"}
        ring: dict[str, Any] = {"medium": "voice", "device": "8", "made": self.at + SECOND}
        return Offer(**self.hangs, **names, **ring, **end, offer_id=f"{self.name}-o")

    @property
    def handling(self) -> Handling:
        names: dict[str, Any] = {"agent_id": self.agent, "session_id": "s", "queue_id": self.queue, "medium": "voice"}
        begin: dict[str, Any] = {"role": "primary", "origin": "offer", "started": self.connected}
        end: dict[str, Any] = {"since": self.ended, "released": self.ended, "over": self.ended}
        came_to: dict[str, Any] = {"codes": "退货|换货", "resolved": True, "talking_us": 60 * SECOND}
        ident: dict[str, Any] = {"handling_id": f"{self.name}-h", "connected": self.connected}
        return Handling(**self.hangs, **names, **begin, **end, **came_to, **ident)

    @property
    def leg(self) -> Leg:
        kind: dict[str, Any] = {"role": "customer", "direction": "inbound", "device": None, "trunk_id": None}
        times: dict[str, Any] = {"created": self.at, "answered": self.at, "ended": self.ended, "ended_by": "customer"}
        return Leg(**self.hangs, **kind, **times, leg_id=f"{self.name}-l")

    @property
    def recording(self) -> Recording:
        ident: dict[str, Any] = {"recording_id": f"{self.name}-r", "handling_id": f"{self.name}-h"}
        times: dict[str, Any] = {"started": self.connected, "ended": self.ended, "duration_ms": 60_000}
        return Recording(**self.hangs, **ident, **times, state="ended")


def answered_call(place: Place, name: str, username: str, *, at: int = NOON, caller: str = "13812345678") -> str:
    """A call from `caller` that this agent answered, recorded; its id."""
    call = Answered(name, place.agent(username).id, place.queue("售后").id, at)
    number(place, f"ref of {name}", caller)
    put(place, call.contact, call.entry, call.offer, call.handling, call.leg, call.recording)
    audio(place, name, at).write_bytes(AUDIO)
    return name


def audio(place: Place, name: str, at: int = NOON) -> Path:
    """Where the recording of an answered call lies; its folder is there."""
    file = place.options.recordings / path_of(DEFAULT_TENANT, at + 5 * SECOND, name, f"{name}-h")
    file.parent.mkdir(parents=True, exist_ok=True)
    return file
