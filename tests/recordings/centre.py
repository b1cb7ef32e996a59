"""A centre's books, business data and recordings' folder, filled by hand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from yingda.kernel.clock import MS, SECOND, VirtualClock
from yingda.kernel.config import versions
from yingda.kernel.config.centre import Centre, CentreInfo, Queue, Recordings
from yingda.kernel.config.identity import give_ids
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.models import StoredEvent
from yingda.kernel.store import Store, migrate, open_store, reading, writing
from yingda.media.g711 import Law, encode
from yingda.media.recording_file import header
from yingda.recordings import catalogue
from yingda.recordings.catalogue import Filed
from yingda.recordings.keyring import ring_path
from yingda.recordings.paths import message_path, path_of

NOON = 1_763_726_400_000_000
RATE = 8_000


def wav(seconds: float, left_hz: float = 700, right_hz: float = 1_500) -> bytes:
    """A recording: a tone on the left in even seconds, another on the right in odd ones."""
    t = np.arange(int(seconds * RATE)) / RATE
    even = (t.astype(int) % 2) == 0
    left = 8_000 * np.sin(2 * np.pi * left_hz * t) * even
    right = 8_000 * np.sin(2 * np.pi * right_hz * t) * ~even
    stereo = np.column_stack((left, right)).astype(np.int16).reshape(-1)
    data = encode(stereo, Law.MU)
    return header(len(data)) + data


@dataclass
class Place:
    """The queues are recorded and unrecorded; version 1 is in force from the beginning."""

    folder: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))

    def __post_init__(self) -> None:
        self.store: Store = open_store(self.folder)
        migrate(self.store)
        self.recordings = self.folder / "recordings"
        self.recordings.mkdir()
        self.ring = ring_path(self.folder)
        self.removed: list[str] = []
        self.centre = Centre(
            centre=CentreInfo(name="x"), queues=[Queue(name="recorded"), Queue(name="unrecorded", recording=False)]
        )
        self.version, self.seq = 0, 0
        self.configure(Recordings())

    def configure(self, recordings: Recordings, *, recorded: bool = True) -> None:
        """Publish another version."""
        info = self.centre.centre.model_copy(update={"recordings": recordings})
        queues = [self.centre.queues[0].model_copy(update={"recording": recorded}), self.centre.queues[1]]
        new = self.centre.model_copy(update={"centre": info, "queues": queues})
        self.centre = give_ids(new, self.centre if self.version else None, seeded_ids(self.version))
        with writing(self.store.business) as connection:
            self.version = versions.publish(connection, self.centre, self.version, "system", self.clock.now())

    def say(self, kind: str, interaction_id: str, **data: Any) -> None:
        self.seq += 1
        row = {"seq": self.seq, "writer": "control", "n": self.seq, "stamp": self.seq, "kind": kind, "v": 1}
        rest = {"by_": "system", "node": "n1", "config": self.version, "interaction_id": interaction_id}
        with writing(self.store.books) as connection:
            connection.execute(
                sa.insert(StoredEvent),
                {**row, **rest, "at": self.clock.now(), "data": json.dumps(data), "tenant_id": DEFAULT_TENANT},
            )

    def connect(self, name: str, *, queue: int = 0, role: str = "primary") -> str:
        """A handling begins now; where its recording lies."""
        queue_id = self.centre.queues[queue].id
        self.say("handling.started", name, handling_id=f"{name}-h", role=role, queue_id=queue_id)
        self.say("handling.connected", name, handling_id=f"{name}-h")
        return path_of(DEFAULT_TENANT, self.clock.now(), name, f"{name}-h")

    def end(self, name: str, audio: bytes, *, duration_ms: int | None = None) -> None:
        """The recording has ended, and was this."""
        ms = len(audio) // (2 * RATE // 1_000) if duration_ms is None else duration_ms
        words = {"duration_ms": ms, "checksum": hashlib.sha256(audio).hexdigest()}
        self.say("recording.ended", name, recording_id=f"{name}-r", handling_id=f"{name}-h", **words)

    def write(self, path: str, content: bytes) -> Path:
        file = self.recordings / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def recorded(self, name: str, seconds: float = 3) -> Path:
        """A whole call that was recorded."""
        path, audio = self.connect(name), wav(seconds)
        file = self.write(path, audio)
        self.later(seconds)
        self.end(name, audio)
        return file

    def left(self, name: str, seconds: float = 3) -> Path:
        """A message that a caller has left: `NAME-r`."""
        since, audio = self.clock.now(), wav(seconds)
        file = self.write(message_path(DEFAULT_TENANT, since, name, f"{name}-r"), audio)
        self.later(seconds)
        facts = {"medium": "voice", "author": "customer", "recorded_at": since, "duration_ms": round(seconds * 1_000)}
        checksum = hashlib.sha256(audio).hexdigest()
        self.say("message.received", name, message_id=f"{name}-r", checksum=checksum, **facts)
        return file

    def audit(self, _connection: sa.Connection, _tenant: str, _at: int, recording_id: str) -> None:
        self.removed.append(recording_id)

    def later(self, seconds: float) -> int:
        self.clock.advance_to(self.clock.now() + int(seconds * SECOND / MS) * MS)
        return self.clock.now()

    def filed(self, name: str) -> Filed | None:
        with reading(self.store.business) as connection:
            return catalogue.find(connection, DEFAULT_TENANT, f"{name}-r")
