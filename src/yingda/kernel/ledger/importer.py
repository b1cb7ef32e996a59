"""From the writers' folders into the books: every event gets its place in the one global order, for good.

Serves metrics.md section 2, law 1. A step raises the horizon, takes what lies at or below it in the order (stamp,
writer, n), numbers it, and commits events, projections and the new positions in one transaction; so wherever it is
interrupted, the next step goes on exactly there.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from yingda.kernel.clock import MS, Clock
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope
from yingda.kernel.ledger.horizon import Horizon
from yingda.kernel.ledger.kinds import lift
from yingda.kernel.ledger.models import ImportPosition, StoredEvent
from yingda.kernel.ledger.reader import START, Batch, Position, has_more, read, waiting, writers
from yingda.kernel.store.bulk import insert_rows
from yingda.kernel.store.engines import reading, writing

log = logging.getLogger(__name__)

BEHIND = 50 * MS
"""How far the horizon stays behind the clock: so much later than another writer's an event may be stamped."""

_QUICK_S, _IDLE_S, _FAILED_S = 0.05, 0.1, 5.0
_GATHER_S, _MANY_A_SECOND = 0.8, 500
"""While so many events come, steps are further apart: a row that changes twice between two of them is written once."""


class Projector(Protocol):
    """Something derived from the events, kept in the books by the importer alone and in its transaction."""

    def load(self, connection: Connection) -> None:
        """Forget everything and begin from what stands in the books: at the start, and after a failed step."""

    def apply(self, envelope: Envelope) -> None:
        """The next event, with its seq, in the present version of its kind."""

    def flush(self, connection: Connection) -> None:
        """Write what changed since the last flush."""


class Importer:
    """The one importer of a data folder. root: the ledger's folder. engine: the books.

    batch_events: how many events one transaction takes at most (the append that passes the mark is taken whole).
    One thread steps; `lag` and `fault` may be asked from others.
    """

    def __init__(
        self,
        root: Path,
        engine: Engine,
        clock: Clock,
        projectors: Sequence[Projector] = (),
        *,
        batch_events: int = 5_000,
    ) -> None:
        self._root, self._engine, self._clock = root, engine, clock
        self._projectors = tuple(projectors)
        self.batch_events = batch_events
        self._horizon = Horizon(root)
        self._encode = msgspec.json.Encoder().encode
        self._positions: dict[str, Position] = {}
        self._seq = 0
        self._loaded = False
        self.fault: str | None = None
        """Why `run` is not getting on, in one sentence; None while all is well."""

    @property
    def seq(self) -> int:
        """The number of the last event in the books."""
        return self._seq

    def step(self) -> int:
        """Import what is final by now; how many events that was.

        Raises YingdaError("ledger_broken") and SQLAlchemyError with nothing imported; stepping again begins anew from
        the books.
        """
        if not self._loaded:
            self._load()
        if not any(has_more(self._root / writer, self._position(writer)) for writer in writers(self._root)):
            return 0
        horizon = self._horizon.raise_to(self._clock.now() - BEHIND)
        batches = self._final(horizon)
        if not batches:
            return 0
        events = self._numbered(batches)
        positions = {batch.envelopes[0].writer: batch.after for batch in batches}
        self._loaded = False  # until the transaction is through, nobody knows what the books hold
        with writing(self._engine) as connection:
            self._persist(connection, events, positions)
        self._loaded = True
        self._positions = self._positions | positions
        self._seq = events[-1].seq
        return len(events)

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set. A failure is logged, shown in `fault` and tried again after a while."""
        pause = _QUICK_S
        while not stop.is_set():
            began = time.monotonic()
            try:
                imported = self.step()
            except (YingdaError, SQLAlchemyError) as error:
                if self.fault is None:
                    log.error("the import of the ledger stands still: %s", error)
                self.fault = str(error)
                pause = min(2 * pause, _FAILED_S)
            else:
                self.fault = None
                if imported >= self.batch_events:
                    continue  # far behind: no pause
                many = imported >= _MANY_A_SECOND * (pause + time.monotonic() - began)
                pause = _GATHER_S if many else _QUICK_S if imported else _IDLE_S
            stop.wait(pause)

    def lag(self) -> tuple[int, int]:
        """How many events wait to be imported, and for how long the oldest has (µs)."""
        counts, stamps = 0, []
        for writer in writers(self._root):
            events, oldest = waiting(self._root / writer, self._position(writer))
            counts += events
            if events:
                stamps.append(oldest)
        return counts, max(0, self._clock.now() - min(stamps)) if stamps else 0

    def close(self) -> None:
        self._horizon.close()

    # ---- one step ---------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        with reading(self._engine) as connection:
            rows = connection.execute(select(ImportPosition.__table__)).mappings()
            self._positions = {
                row["writer"]: Position(row["segment"], row["offset"], row["n"], row["stamp"], row["hash"])
                for row in rows
            }
            self._seq = connection.execute(select(func.max(StoredEvent.seq))).scalar() or 0
            for projector in self._projectors:
                projector.load(connection)
        # The books may remember more than the horizon's file, after a loss of power or from a backup.
        self._horizon.raise_to(max((position.stamp for position in self._positions.values()), default=0))
        self._loaded = True

    def _position(self, writer: str) -> Position:
        return self._positions.get(writer, START)

    def _final(self, horizon: int) -> list[Batch]:
        """The next appends at or below the horizon in the global order, about one transaction's worth.

        The folders are listed after the horizon was raised: a folder made later holds nothing below it.
        """
        streams = [self._up_to(horizon, writer) for writer in writers(self._root)]
        batches: list[Batch] = []
        room = self.batch_events
        for batch in heapq.merge(*streams, key=lambda one: (one.envelopes[0].stamp, one.envelopes[0].writer)):
            batches.append(batch)
            room -= len(batch.envelopes)
            if room <= 0:
                break
        for stream in streams:
            stream.close()
        return batches

    def _up_to(self, horizon: int, writer: str) -> Generator[Batch, None, None]:
        for batch in read(self._root / writer, self._position(writer)):
            if batch.envelopes[0].stamp > horizon:
                return
            yield batch

    def _numbered(self, batches: list[Batch]) -> list[Envelope]:
        envelopes = (envelope for batch in batches for envelope in batch.envelopes)
        return [msgspec.structs.replace(one, seq=seq) for seq, one in enumerate(envelopes, self._seq + 1)]

    def _persist(self, connection: Connection, events: list[Envelope], positions: dict[str, Position]) -> None:
        insert_rows(connection, _table(StoredEvent), [self._row(envelope) for envelope in events])
        for envelope in events:
            present = lift(envelope)
            for projector in self._projectors:
                projector.apply(present)
        for projector in self._projectors:
            projector.flush(connection)
        connection.execute(delete(ImportPosition).where(ImportPosition.writer.in_(positions)))
        rows = [_position_row(writer, position) for writer, position in positions.items()]
        insert_rows(connection, _table(ImportPosition), rows)

    def _row(self, envelope: Envelope) -> dict[str, Any]:
        cause_writer, cause_n = envelope.cause or (None, None)
        return {
            "seq": envelope.seq,
            "writer": envelope.writer,
            "n": envelope.n,
            "stamp": envelope.stamp,
            "kind": envelope.kind,
            "v": envelope.v,
            "at": envelope.at,
            "by_": envelope.by,
            "node": envelope.node,
            "config": envelope.config,
            "tenant_id": envelope.tenant,
            "interaction_id": envelope.interaction_id,
            "data": self._encode(envelope.data).decode(),
            "cause_writer": cause_writer,
            "cause_n": cause_n,
        }


def _position_row(writer: str, position: Position) -> dict[str, Any]:
    return {
        "writer": writer,
        "segment": position.segment,
        "offset": position.offset,
        "n": position.n,
        "stamp": position.stamp,
        "hash": position.digits,
    }


def _table(model: type[StoredEvent] | type[ImportPosition]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
