"""Rows of the books, as the projector would have written them, and the audio that belongs to them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.server.centre import NOON, Place
from yingda.calls.recordings import path_of
from yingda.kernel.clock import SECOND
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.personal import PersonalValue
from yingda.kernel.store import writing
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


def answered_call(place: Place, name: str, username: str, *, at: int = NOON, caller: str = "13812345678") -> str:
    """A call from `caller` that this agent answered after 4 s, recorded; its id."""
    agent, queue = place.agent(username).id, place.queue("售后").id
    entered, connected, ended = at + SECOND, at + 5 * SECOND, at + 65 * SECOND
    contact = Contact(
        interaction_id=name,
        tenant_id=DEFAULT_TENANT,
        medium="voice",
        direction="inbound",
        started=at,
        last_at=ended,
        party_ref=f"ref of {name}",
        dialled="95500",
        ended=ended,
        ended_by="customer",
        outcome="answered",
        verdict="hit",
        open=0,
        first_queue_id=queue,
        first_agent_id=agent,
        wait_us=4 * SECOND,
        talking_us=60 * SECOND,
    )
    number(place, f"ref of {name}", caller)
    entry = Entry(
        tenant_id=DEFAULT_TENANT,
        interaction_id=name,
        entry_id=f"{name}-e",
        queue_id=queue,
        medium="voice",
        cause="first",
        entered=entered,
        arrived_at=at,
        priority=50,
        target_us=20 * SECOND,
        short_us=5 * SECOND,
        left=connected,
        outcome="answered",
        verdict="hit",
        offers=1,
        handling_id=f"{name}-h",
    )
    offer = Offer(
        tenant_id=DEFAULT_TENANT,
        interaction_id=name,
        offer_id=f"{name}-o",
        entry_id=f"{name}-e",
        agent_id=agent,
        queue_id=queue,
        medium="voice",
        device="8",
        made=entered,
        ended=connected,
        outcome="accepted",
    )
    handling = Handling(
        tenant_id=DEFAULT_TENANT,
        interaction_id=name,
        handling_id=f"{name}-h",
        agent_id=agent,
        session_id="s",
        queue_id=queue,
        medium="voice",
        role="primary",
        origin="offer",
        started=connected,
        since=ended,
        connected=connected,
        released=ended,
        over=ended,
        codes="退货|换货",
        resolved=True,
        talking_us=60 * SECOND,
    )
    leg = Leg(
        tenant_id=DEFAULT_TENANT,
        interaction_id=name,
        leg_id=f"{name}-l",
        role="customer",
        direction="inbound",
        device=None,
        trunk_id=None,
        created=at,
        answered=at,
        ended=ended,
        ended_by="customer",
    )
    recording = Recording(
        tenant_id=DEFAULT_TENANT,
        interaction_id=name,
        recording_id=f"{name}-r",
        handling_id=f"{name}-h",
        started=connected,
        state="ended",
        ended=ended,
        duration_ms=60_000,
    )
    put(place, contact, entry, offer, handling, leg, recording)
    audio(place, name).write_bytes(AUDIO)
    return name


def audio(place: Place, name: str, at: int = NOON) -> Path:
    """Where the recording of an answered call lies; its folder is there."""
    file = place.options.recordings / path_of(DEFAULT_TENANT, at + 5 * SECOND, name, f"{name}-h")
    file.parent.mkdir(parents=True, exist_ok=True)
    return file
