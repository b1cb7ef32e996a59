"""The ledger's writer: one process, one folder, one line an append, on file before anybody can see its effect.

Serves metrics.md section 2 (laws 1 to 4) and docs/architecture.md, "Ledger". What is appended survives `kill -9` at
once, and a loss of power after 50 ms. `at` is its owner's business: the writer neither moves nor refuses it, before the
stamp or behind it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from yingda.kernel.clock import Clock
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.kernel.ledger.causes import BEGINS, ENDS, Mentions, SpokenOf, mentioned
from yingda.kernel.ledger.horizon import Horizon
from yingda.kernel.ledger.kinds import REGISTRY, validate
from yingda.kernel.ledger.schema import Kind, refused
from yingda.kernel.ledger.segment import FORMAT, GENESIS, Header, digits_of, segment_path
from yingda.kernel.ledger.segment_file import SegmentFile
from yingda.kernel.ledger.tail import Tail, find_tail

log = logging.getLogger(__name__)

MIB = 1 << 20
SYNC_EVERY_S = 0.05


class LedgerWriter:
    """Appends to `folder/<writer>/`; `folder` is the ledger's root, which all writers of a data folder share.

    node: the machine's name, on every event. clock: the owner's clock. config_version: of the configuration in force;
    set it when another one is published. segment_bytes: when a new segment begins. reserve: bytes of disk kept in hand.
    Raises YingdaError: ledger_in_use if another process writes as `writer`, ledger_broken, ledger_full.
    """

    _segment: SegmentFile
    _number: int
    _first: int
    _digits: bytes
    _n: int
    _stamp: int

    def __init__(
        self,
        folder: Path,
        writer: str,
        node: str,
        clock: Clock,
        config_version: int = 0,
        *,
        segment_bytes: int = 64 * MIB,
        reserve: int = 4 * MIB,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.writer = writer
        self.config_version = config_version
        self._folder, self._node, self._clock, self._monotonic = folder / writer, node, clock, monotonic
        self._segment_bytes, self._reserve = segment_bytes, reserve
        self._encoder = msgspec.json.Encoder()
        self._mentions = Mentions()
        self._lock = threading.Lock()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._owner = _own(self._folder)
        self._horizon = Horizon(folder)
        try:
            self._resume(find_tail(self._folder, writer))
        except BaseException:
            self._let_go()
            raise
        self._closed = False
        self._finished: list[SegmentFile] = []
        self._failure: str | None = None
        self._dirty, self._stop = threading.Event(), threading.Event()
        self._syncer = threading.Thread(target=self._sync_loop, name=f"ledger-sync-{writer}", daemon=True)
        self._syncer.start()

    @property
    def last_n(self) -> int:
        """The number of the last event; 0 before the first."""
        return self._n

    @property
    def last_stamp(self) -> int:
        """The stamp of the last append, µs."""
        return self._stamp

    def append(self, events: Sequence[Event]) -> int:
        """Write `events` as one append, with one stamp; the number of the first.

        On return they are in the file. Raises YingdaError, with nothing written: event_refused, ledger_full,
        ledger_failed, ledger_closed; ValueError if there are no events.
        """
        if not events:
            raise ValueError("an append holds at least one event")
        kinds = [validate(event) for event in events]
        with self._lock:
            self._refuse_if_unusable()
            with self._horizon as horizon:
                stamp = max(self._clock.now(), self._stamp + 1, horizon.read() + 1)
                envelopes, spoken_of = self._envelopes(events, kinds, stamp)
                self._write(envelopes)
            first = self._n + 1
            self._n += len(events)
            self._stamp = stamp
            self._note(events, spoken_of)
            if not self._dirty.is_set():
                self._dirty.set()
            return first

    def close(self) -> None:
        """Sync, give the reserve back and let go of the folder. Harmless when closed already."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._stop.set()
        self._dirty.set()
        self._syncer.join()
        try:
            for segment in (*self._finished, self._segment):
                segment.close()
        finally:
            self._let_go()

    def __enter__(self) -> LedgerWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- writing ----------------------------------------------------------------------------------------------------

    def _envelopes(self, events: Sequence[Event], kinds: Sequence[Kind], stamp: int) -> tuple[list[Envelope], SpokenOf]:
        mono, envelopes = self._monotonic(), []
        spoken_of: SpokenOf = {}
        for n, (event, kind) in enumerate(zip(events, kinds, strict=True), self._n + 1):
            data = event.data if type(event.data) is dict else dict(event.data)
            envelope = Envelope(
                writer=self.writer,
                n=n,
                stamp=stamp,
                kind=event.kind,
                v=kind.version,
                at=event.at,
                by=event.by,
                node=self._node,
                tenant=event.tenant,
                mono=mono,
                config=self.config_version,
                data=data,
                interaction_id=event.interaction_id,
                cause=self._cause(event.cause, spoken_of),
            )
            envelopes.append(envelope)
            of_contact = spoken_of.setdefault(event.interaction_id, {})
            if event.interaction_id is not None:
                of_contact[event.interaction_id] = n
            for field in kind.ids:
                if (object_id := data.get(field)) is not None:
                    of_contact[object_id] = n
        return envelopes, spoken_of

    def _cause(self, object_id: str | None, spoken_of: SpokenOf) -> tuple[str, int] | None:
        if object_id is None:
            return None
        n = max([one.get(object_id, 0) for one in spoken_of.values()], default=0) or self._mentions.latest(object_id)
        return (self.writer, n) if n else None

    def _note(self, events: Sequence[Event], spoken_of: SpokenOf) -> None:
        """What was written can be a cause from here on."""
        kinds = [(event.kind, event.interaction_id) for event in events if event.kind in (BEGINS, ENDS)]
        for kind, contact in kinds:
            if kind == BEGINS and contact is not None:
                self._mentions.begin(contact)
        self._mentions.note(spoken_of)
        for kind, contact in kinds:
            if kind == ENDS and contact is not None:
                self._mentions.end(contact)

    def _write(self, envelopes: list[Envelope]) -> None:
        try:
            body = self._encoder.encode(envelopes)
        except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            raise refused(", ".join(envelope.kind for envelope in envelopes), f"it is no JSON ({error})") from error
        if self._segment.end + len(body) > self._segment_bytes and self._n >= self._first:
            self._rotate()
        digits = digits_of(self._digits, body)
        self._segment.write(b"%b %b\n" % (digits, body))
        self._digits = digits

    def _rotate(self) -> None:
        try:
            fresh = self._begin(self._number + 1)
        except YingdaError as error:
            if error.code != "ledger_full":
                raise
            return  # the old segment has the reserve: go on in it
        self._finished.append(self._segment)
        self._segment = fresh

    def _begin(self, number: int) -> SegmentFile:
        """A fresh segment; on success the chain goes on from its header."""
        header = Header(
            format=FORMAT,
            writer=self.writer,
            node=self._node,
            first=self._n + 1,
            stamp=self._stamp,
            previous=self._digits.decode(),
        )
        body = self._encoder.encode(header)
        digits = digits_of(self._digits, body)
        segment = SegmentFile.create(self._folder, number, b"%b %b\n" % (digits, body), self._reserve)
        self._number, self._first, self._digits = number, self._n + 1, digits
        return segment

    def _refuse_if_unusable(self) -> None:
        if self._closed:
            raise YingdaError("ledger_closed", f"The ledger of {self.writer} is closed.")
        if self._failure is not None:
            raise YingdaError("ledger_failed", f"The ledger could not be made safe on disk: {self._failure}")

    # ---- opening, syncing, letting go -------------------------------------------------------------------------------

    def _resume(self, tail: Tail | None) -> None:
        if tail is None:
            self._n, self._stamp, self._digits = 0, 0, GENESIS
            self._segment = self._begin(1)
            return
        self._n, self._stamp, self._digits = tail.n, tail.stamp, tail.digits
        self._number, self._first = tail.number, tail.first
        path = segment_path(self._folder, tail.number)
        self._segment = SegmentFile.resume(path, tail.end, tail.torn, self._reserve)
        for envelope in tail.recent:
            kind = REGISTRY.get(envelope.kind)
            ids = kind.ids if kind else ()
            spoken_of = dict.fromkeys(mentioned(envelope.interaction_id, ids, envelope.data), envelope.n)
            self._mentions.note({None: spoken_of})

    def _sync_loop(self) -> None:
        while not self._stop.is_set():
            self._dirty.wait()
            self._stop.wait(SYNC_EVERY_S)
            self._dirty.clear()
            try:
                self._segment.reserve_ahead()
                self._segment.sync()
                while self._finished:
                    self._finished.pop(0).close()
            except (OSError, YingdaError) as error:
                # After a failed sync nobody knows what is on disk: refuse rather than pretend.
                log.error("the ledger of %s could not be made safe on disk: %s", self.writer, error)
                self._failure = str(error)
                return

    def _let_go(self) -> None:
        os.close(self._owner)
        self._horizon.close()


def _own(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise YingdaError(
            "ledger_in_use",
            f"Another process already writes the ledger of {folder.name}.",
            where=str(folder),
            todo="Stop it first.",
        ) from None
    return descriptor
